package net

import (
	"crypto/tls"
	"net"
	"time"

	"github.com/go-greenlet/greenlet/green"
)

// TLS is how to secure connections, on either side. It may be used by any number of hubs, and must not be changed then.
type TLS struct {
	// Config is that of crypto/tls: names, certificates, ALPN, client certificates. Its functions are called by the task
	// that makes the handshake and must not call operations of the hub that block; with Offload, none at all.
	// Renegotiation must be tls.RenegotiateNever.
	Config *tls.Config
	// HandshakeTimeout is the longest that a handshake may take; 0 means no limit but the task's own deadline.
	HandshakeTimeout time.Duration
	// Offload lets another goroutine compute the handshake, so that it holds up no other task of the hub: some hundred
	// microseconds of signing and checking. It costs some more in all.
	Offload bool
}

// DialTLS connects to an address and makes the handshake, with the settings of config, as [Dial] and [TLS.Dial] do.
func DialTLS(h *green.Hub, network, address string, config *tls.Config) (*TLSConn, error) {
	return (&TLS{Config: config}).Dial(h, network, address)
}

// ListenTLS announces on a local address, as [Listen] does, and accepts connections with TLS.
func ListenTLS(h *green.Hub, network, address string, config *tls.Config) (*TLSListener, error) {
	l, err := Listen(h, network, address)
	if err != nil {
		return nil, err
	}
	return (&TLS{Config: config}).Listener(l), nil
}

// Client makes c the client's side of TLS. The handshake is made by the first Read or Write, or by Handshake. Config
// must say which name the server must have.
func (t *TLS) Client(c *Conn) *TLSConn {
	s := newTLSConn(c, t, tls.Client)
	s.renegotiates = t.Config != nil && t.Config.Renegotiation != tls.RenegotiateNever
	return s
}

// Server makes c the server's side of TLS. The handshake is made by the first Read or Write, or by Handshake.
func (t *TLS) Server(c *Conn) *TLSConn { return newTLSConn(c, t, tls.Server) }

// Dial connects to an address, as [Dial] does, and makes the handshake. The server must have the name in the address,
// unless Config says another.
func (t *TLS) Dial(h *green.Hub, network, address string) (*TLSConn, error) {
	return t.DialWith(&Dialer{}, h, network, address)
}

// DialWith is Dial with the settings of d.
func (t *TLS) DialWith(d *Dialer, h *green.Hub, network, address string) (*TLSConn, error) {
	c, err := d.Dial(h, network, address)
	if err != nil {
		return nil, err
	}
	with := *t
	if t.Config == nil {
		with.Config = &tls.Config{}
	}
	if with.Config.ServerName == "" {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			host = address
		}
		with.Config = with.Config.Clone()
		with.Config.ServerName = host
	}
	s := with.Client(c)
	if err := s.Handshake(); err != nil {
		c.Close()
		return nil, err
	}
	return s, nil
}

// Handler makes a handler for a [StreamServer] that makes the handshake and then calls f. It closes the connection
// after f, as it should be closed.
func (t *TLS) Handler(f func(c *TLSConn) error) func(*Conn) error {
	return func(c *Conn) error {
		s := t.Server(c)
		defer s.Close()
		if err := s.Handshake(); err != nil {
			return err
		}
		return f(s)
	}
}

// A TLSListener accepts connections with TLS: a [net.Listener].
type TLSListener struct {
	*Listener
	t *TLS
}

// Listener makes l accept connections with TLS.
func (t *TLS) Listener(l *Listener) *TLSListener { return &TLSListener{l, t} }

// Accept waits for a connection and returns it: a [*TLSConn]. The handshake is not made yet, since it would keep others
// waiting.
func (l *TLSListener) Accept() (net.Conn, error) {
	c, err := l.AcceptConn()
	if err != nil {
		return nil, err
	}
	return l.t.Server(c), nil
}
