package net

import (
	"net"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/internal/poll"
)

// A backend makes sockets: on descriptors that the hub's world watches, or on package net with helper goroutines.
type backend interface {
	listen(h *green.Hub, addr net.Addr, c *ListenConfig) (acceptor, error)
	dial(h *green.Hub, local, remote net.Addr) (stream, error)
	pair(h *green.Hub) (stream, stream, error)
	packet(h *green.Hub, local, remote net.Addr, c *ListenConfig) (packets, error)
}

// A stream is what a Conn stands on.
type stream interface {
	socket
	read(p []byte) (int, error)
	waitReadable() error
	write(p []byte) (int, error)
	wrote() int // how much the last write had written when it ended in the panic of another task
	closeRead() error
	closeWrite() error
	peer() net.Addr
}

// An acceptor is what a Listener stands on.
type acceptor interface {
	socket
	accept() (stream, error)
	file() *socketFile
	acceptNow() (stream, error) // os.ErrDeadlineExceeded if none waits; nobody is in accept
}

// packets is what a PacketConn stands on.
type packets interface {
	socket
	readFrom(p []byte) (int, net.Addr, error)
	waitReadable() error
	writeTo(p []byte, to net.Addr) (int, error)
	peer() net.Addr
}

// A socket is what they have in common.
type socket interface {
	addr() net.Addr
	close() error
	limit(read, write bool, t time.Time) error // the deadlines
	control(f func(fd uintptr)) error
	late() bool // the limit of writes has passed
}

// of returns the backend for h.
func of(h *green.Hub) backend {
	if _, watched := poll.Of(h.Scheduler()); watched {
		return native
	}
	return portable{}
}
