package net

import (
	"net"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/internal/poll"
)

// A Listener accepts connections: a [net.Listener] whose Accept blocks the calling task only.
type Listener struct {
	h *green.Hub
	a acceptor
}

var _ net.Listener = (*Listener)(nil)

// A ListenConfig is how to listen. Its zero value is what Listen uses.
type ListenConfig struct {
	// ReusePort lets several hubs, or processes, listen on one port, among which the kernel shares out the connections.
	// It is an error where the system can't.
	ReusePort bool
	// Backlog is how many connections may wait to be accepted; 0 means 4096, which the system may lower.
	Backlog int
}

// Listen announces on a local address: "tcp", "tcp4" or "tcp6" with an address as [net.Listen] has it, or "unix" with a
// path. An empty host means all addresses, as does [::] unless the network is "tcp6"; 0.0.0.0 means all of IPv4.
// An empty address is an error, since it is mostly a setting that was forgotten; in package net it means any port.
// A network for datagrams is a net.UnknownNetworkError.
func Listen(h *green.Hub, network, address string) (*Listener, error) {
	return (&ListenConfig{}).Listen(h, network, address)
}

// Listen is the function [Listen] with the settings of c.
func (c *ListenConfig) Listen(h *green.Hub, network, address string) (*Listener, error) {
	h.Check()
	var addr net.Addr
	fail := func(err error) (*Listener, error) {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: addr, Err: err}
	}
	addr, err := localAddr(h, network, address)
	if err != nil {
		return fail(err)
	}
	if isPacket(network) {
		return fail(net.UnknownNetworkError(network))
	}
	a, err := of(h).listen(h, addr, c)
	if err != nil {
		return fail(err)
	}
	return &Listener{h: h, a: a}, nil
}

// Accept waits for a connection and returns it: a [*Conn].
func (l *Listener) Accept() (net.Conn, error) {
	c, err := l.AcceptConn()
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Passing reports whether err, of Accept, may pass by itself, such as too many open files: a server then pauses and
// accepts again, as [StreamServer] does.
func Passing(err error) bool { return poll.Passing(err) }

// AcceptConn is Accept with the type that it has.
func (l *Listener) AcceptConn() (*Conn, error) {
	s, err := l.a.accept()
	if err != nil {
		a := l.a.addr()
		return nil, &net.OpError{Op: "accept", Net: a.Network(), Addr: a, Err: err}
	}
	return newConn(l.h, s), nil
}

// Close stops listening. A task that waits in Accept gets an error in which errors.Is finds net.ErrClosed.
// A second Close returns such an error, too.
func (l *Listener) Close() error {
	if err := l.a.close(); err != nil {
		addr := l.Addr()
		return &net.OpError{Op: "close", Net: addr.Network(), Addr: addr, Err: err}
	}
	return nil
}

// SetDeadline limits Accept, one that waits now included: after t it fails with an error in which errors.Is finds
// os.ErrDeadlineExceeded. The zero time means no limit. On a closed listener SetDeadline returns net.ErrClosed.
func (l *Listener) SetDeadline(t time.Time) error {
	return l.a.limit(true, false, t)
}

// SetUnlinkOnClose sets whether Close removes the file of a Unix socket, which it does by default, unless the file has
// become another listener's. For a listener on other addresses it does nothing.
func (l *Listener) SetUnlinkOnClose(unlink bool) {
	l.h.Check()
	if f := l.a.file(); f != nil {
		f.kept = !unlink
	}
}

// Hub returns the hub that l belongs to.
func (l *Listener) Hub() *green.Hub { return l.h }

// Addr returns the address that is listened on.
func (l *Listener) Addr() net.Addr { return l.a.addr() }
