package net

import (
	"net"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
)

// A PacketConn sends and receives datagrams: a [net.PacketConn] whose operations block the calling task only. What is
// said of [Conn] holds for it too.
type PacketConn struct {
	h       *green.Hub
	p       packets
	sending bool
	turn    *tasklet.Line // of those that wait to send; nil before the first
}

var _ net.PacketConn = (*PacketConn)(nil)

// ListenPacket announces on a local address: "udp", "udp4", "udp6" or "unixgram".
// Another network, also one that package net knows, is a net.UnknownNetworkError.
func ListenPacket(h *green.Hub, network, address string) (*PacketConn, error) {
	return (&ListenConfig{}).ListenPacket(h, network, address)
}

// ListenPacket is the function [ListenPacket] with the settings of c.
func (c *ListenConfig) ListenPacket(h *green.Hub, network, address string) (*PacketConn, error) {
	h.Check()
	addr, err := localAddr(h, network, address)
	if err == nil && !isPacket(network) {
		err = net.UnknownNetworkError(network)
	}
	var p packets
	if err == nil {
		p, err = of(h).packet(h, addr, nil, c)
	}
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: addr, Err: err}
	}
	return &PacketConn{h: h, p: p}, nil
}

// ReadFrom waits for a datagram. What does not fit into b is lost.
func (c *PacketConn) ReadFrom(b []byte) (n int, from net.Addr, err error) {
	n, from, err = c.p.readFrom(b)
	return n, from, c.fail("read", nil, err)
}

// WriteTo sends b as one datagram, and waits if the system has no room. Several tasks may send at the same time. An
// address without an IP, or with an unspecified one, is this machine's. An address of another type than the socket's is
// an error.
func (c *PacketConn) WriteTo(b []byte, to net.Addr) (n int, err error) {
	c.h.Check()
	if to, err = destination(c.p.addr(), to); err != nil {
		return 0, c.fail("write", to, err)
	}
	for c.sending {
		if c.turn == nil {
			c.turn = c.h.Scheduler().NewLine("a turn to send")
		}
		if err := c.turn.Wait(); err != nil {
			return 0, c.fail("write", to, err)
		}
	}
	c.sending = true
	defer func() {
		c.sending = false
		if c.turn != nil {
			c.turn.WakeAll()
		}
	}()
	n, err = c.p.writeTo(b, to)
	return n, c.fail("write", to, err)
}

func (c *PacketConn) fail(op string, to net.Addr, err error) error {
	if err == nil {
		return nil
	}
	local := c.p.addr()
	return &net.OpError{Op: op, Net: local.Network(), Source: local, Addr: to, Err: err}
}

// Close closes the socket. Tasks that wait in it get an error in which errors.Is finds net.ErrClosed.
func (c *PacketConn) Close() error { return c.fail("close", nil, c.p.close()) }

// LocalAddr returns the address of this end.
func (c *PacketConn) LocalAddr() net.Addr { return c.p.addr() }

// SetDeadline is as [Conn.SetDeadline].
func (c *PacketConn) SetDeadline(t time.Time) error {
	return c.fail("set", nil, c.p.limit(true, true, t))
}

// SetReadDeadline is SetDeadline for reads.
func (c *PacketConn) SetReadDeadline(t time.Time) error {
	return c.fail("set", nil, c.p.limit(true, false, t))
}

// SetWriteDeadline is SetDeadline for writes.
func (c *PacketConn) SetWriteDeadline(t time.Time) error {
	return c.fail("set", nil, c.p.limit(false, true, t))
}

// Hub returns the hub that c belongs to.
func (c *PacketConn) Hub() *green.Hub { return c.h }

// connected makes a stream of a connected packet socket: each read and write is a datagram.
type connected struct{ packets }

func (c connected) read(p []byte) (int, error) {
	n, _, err := c.readFrom(p)
	return n, err
}

func (c connected) write(p []byte) (int, error) { return c.writeTo(p, nil) }
func (c connected) closeRead() error            { return errNoSuch }
func (c connected) closeWrite() error           { return errNoSuch }

// wrote is 0: a datagram goes out whole, or its task has waited before it did.
func (c connected) wrote() int { return 0 }
