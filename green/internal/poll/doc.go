// Package poll is the outside of a hub in which tasks wait for sockets and other descriptors.
//
// On Linux a [World] sleeps in Go's own netpoller: its epoll descriptor is registered there like any socket, so that
// waiting holds no thread, and waking is as fast as for an ordinary connection. On macOS and the BSDs the netpoller takes no kqueue,
// and a world that waits holds the thread. Descriptors are watched edge-triggered: who reads tries first, and waits only when the
// kernel says that there is nothing.
//
// Where there is neither epoll nor kqueue, or a kqueue turns out not to do what it must, [Of] says so, and connections are served
// by helper goroutines instead.
//
// With the build tag greenlet_kqueue the code for kqueue runs on Linux, over an emulation by epoll, for tests.
package poll
