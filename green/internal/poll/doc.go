// Package poll is the outside of a hub in which tasks wait for sockets and other descriptors.
//
// A [World] sleeps in Go's own netpoller: its epoll or kqueue descriptor is registered there like any socket, so that
// waiting holds no thread, and waking is as fast as for an ordinary connection. Descriptors are watched edge-triggered: who
// reads tries first, and waits only when the kernel says that there is nothing.
//
// Where there is neither epoll nor kqueue, [World.Open] returns [ErrUnsupported], and connections are served by helper
// goroutines instead.
package poll
