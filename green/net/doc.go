// Package net has the sockets of package green: connections and listeners that are those of the standard package net, and
// of which only the calling task waits.
//
//	err := green.Run(func(h *green.Hub) error {
//		l, err := net.Listen(h, "tcp", ":7000")
//		if err != nil {
//			return err
//		}
//		s := &net.StreamServer{Handler: func(c *net.Conn) error {
//			_, err := io.Copy(c, c)
//			return err
//		}}
//		return s.Serve(l)
//	})
//
// # Connections
//
// [Dial], [Listen], [ListenPacket] and [SocketPair] make sockets of a hub; [Adopt] takes over one of the standard
// package. A [Conn] is a [net.Conn], a [Listener] a [net.Listener], a [PacketConn] a [net.PacketConn], so that what is
// written for those works with them, io.Copy and bufio for a start. All of them belong to a hub and are used on its
// goroutine alone.
//
// One task may read from a connection while another writes to it. Two that read at the same time, or write, are a
// mistake, for who gets what would be chance: the second gets [ErrBusy]. Only datagrams may be sent by any number of tasks.
//
// [Conn.WriteBuffers] writes several buffers with one call to the system, [Conn.ReadFrom], which io.Copy uses, sends
// files by sendfile on Linux, [Conn.CloseWrite] closes one direction. A [Reader] reads lines and frames with a limit,
// and [WriteFrame] writes a frame.
//
// # Deadlines, kills and Close
//
// An operation that waits ends early when the task is killed, when a deadline of the task passes, when the connection's
// own deadline does, see [Conn.SetDeadline], or when somebody closes the connection:
//
//	what happens                       errors.Is finds
//	Task.Kill, Task.Stop               green.ErrKilled
//	the end of Hub.WithTimeout         green.ErrTimeout
//	the time of SetDeadline            os.ErrDeadlineExceeded
//	Close                              net.ErrClosed, of the standard package
//	the peer has reset it              syscall.ECONNRESET or EPIPE; WSAECONNRESET or WSAECONNABORTED on Windows
//
// All are in a *net.OpError that names the addresses. The connection stays usable after the first three, and no byte is
// lost: what came meanwhile is read by the next read, and an interrupted write returns how much of it is on its way.
//
// An operation that need not wait succeeds whatever the task has been told: kills and deadlines arrive where a task
// waits. So that neither can be starved, a task that goes on reading and writing without ever having to wait gives way
// now and then: the others have their turn, and what was thrown at it arrives.
//
// What is still open when the hub ends is closed then. Connections that a program has lost sight of before that are not
// closed by the collector.
//
// # Names
//
// Dial looks up names by a [Resolver]: by the system's rules as Go's own resolver knows them, its hosts file included,
// on a goroutine beside the hub. Answers are kept as long as the name servers say, and any number of look-ups of one
// name at the same time are one. On Windows the system's resolver is asked, which does not say for how long its answers
// are good: they are kept for five seconds. Where a name has several addresses, Dial tries them side by side, each a
// quarter of a second after the one before, with the families taking turns, and takes the first that answers.
//
// # TLS
//
// A [TLS] holds the settings of crypto/tls and makes [TLSConn]s of connections, on either side; [DialTLS] and
// [ListenTLS] are the short way. Use these, and not tls.Client or tls.Server on a Conn: a tls.Conn holds locks while it
// reads and writes, and two tasks of a hub that meet at one would stop the whole hub. A TLSConn keeps all waiting
// outside of the locks, and so it also survives kills and deadlines, other than a tls.Conn. [TLS.Offload] computes
// handshakes on another goroutine.
//
// # Servers
//
// A [StreamServer] runs a task for each connection, a [DatagramServer] one for each datagram. They pause after failures
// that may pass, such as a lack of descriptors, hold at most as many connections as they are told, and stop gracefully:
// first they accept no more, then they wait for the handlers, and then they kill them. A [Cluster] is a server on
// several processors: a hub on each, all at the same port, with common [ServerStats].
//
// # How it works
//
// On Linux a hub has an epoll descriptor, and that descriptor waits in Go's own netpoller: a hub that waits holds no
// thread, and is woken as fast as a goroutine that reads from a connection. On macOS and the BSDs it has a kqueue, which
// the netpoller does not take: there a hub that waits holds a thread.
// Sockets are watched edge-triggered, once and for all: every operation is tried first, and only if the system says
// that it would block the task waits. A read that finds something is one system call, and allocates nothing.
//
// Elsewhere, on Windows for one, and in a hub with the option [green.Portable], the standard package does the work:
// every operation that could block runs on a helper goroutine, and the task waits for that. All of it behaves the same,
// and costs some microseconds more. The same holds in a hub with a [tasklet.Clock], whose time stands still while it
// waits for the outside.
//
// [Watch] waits for other descriptors, of a pipe or of a library in C.
//
// # When the standard package is the better choice
//
// A program that computes for each request, or calls what blocks, is better off with a goroutine for each connection. A
// hub is for many connections with little to do for each, for what they share without locks, and for the order that one
// can rely on.
package net
