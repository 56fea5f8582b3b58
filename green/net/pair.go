package net

import (
	"net"

	"github.com/go-greenlet/greenlet/green"
)

// SocketPair returns two connections that are connected to each other: what one writes, the other reads. There is no
// name by which anybody else could reach them.
func SocketPair(h *green.Hub) (*Conn, *Conn, error) {
	a, b, err := of(h).pair(h)
	if err != nil {
		return nil, nil, &net.OpError{Op: "socketpair", Net: "unix", Err: err}
	}
	return newConn(h, a), newConn(h, b), nil
}

// Adopt makes a connection of the hub h from one of package net, which must not be used any more; that may have come from
// another goroutine. If it fails, c is as it was.
func Adopt(h *green.Hub, c net.Conn) (*Conn, error) {
	if n, ok := of(h).(interface {
		adopt(*green.Hub, net.Conn) (stream, error)
	}); ok {
		s, err := n.adopt(h, c)
		if err != nil {
			return nil, &net.OpError{Op: "adopt", Net: c.LocalAddr().Network(), Err: err}
		}
		if s != nil {
			return newConn(h, s), nil
		}
	}
	return newConn(h, newGoConn(h, c)), nil
}
