package net

import (
	"net"
	"net/netip"

	"github.com/go-greenlet/greenlet/green"
)

// A Listener accepts connections: a [net.Listener] whose Accept blocks the calling task only.
type Listener struct {
	h    *green.Hub
	s    *descriptor
	addr net.Addr
}

var _ net.Listener = (*Listener)(nil)

// Listen announces on a local address. The networks are "tcp", "tcp4", "tcp6"; the addresses are those of [net.Listen].
func Listen(h *green.Hub, network, address string) (*Listener, error) {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	s, addr, err := listenTCP(h, a)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	return &Listener{h: h, s: s, addr: addr}, nil
}

// Accept waits for a connection and returns it, a [*Conn].
func (l *Listener) Accept() (net.Conn, error) {
	fd, sa, err := l.s.accept()
	if err != nil {
		return nil, &net.OpError{Op: "accept", Net: l.addr.Network(), Addr: l.addr, Err: err}
	}
	s, err := open(l.h, fd)
	if err != nil {
		return nil, &net.OpError{Op: "accept", Net: l.addr.Network(), Addr: l.addr, Err: err}
	}
	return newTCP(l.h, s, tcpAddr(sa)), nil
}

// Close stops listening. A task that waits in Accept gets an error in which errors.Is finds net.ErrClosed.
func (l *Listener) Close() error { return l.s.close() }

// Addr returns the address that is listened on.
func (l *Listener) Addr() net.Addr { return l.addr }
