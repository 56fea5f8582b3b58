package net_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
	"github.com/go-greenlet/greenlet/internal/waittest"
)

// readsAll writes a text into w, closes that, and wants to read exactly this of r.
func readsAll(h *green.Hub, r io.Reader, w io.WriteCloser, skip int) error {
	h.Go(func() error {
		if _, err := io.WriteString(w, "all of it"); err != nil {
			return err
		}
		return w.Close()
	})
	got, err := io.ReadAll(r)
	if before, is := bytes.CutSuffix(got, []byte("all of it")); err != nil || !is || len(bytes.Trim(before, "x")) > 0 || len(before) > skip {
		return fmt.Errorf("read %.20q, %d bytes, %v", got, len(got), err)
	}
	return nil
}

// secured is a pair of connections with TLS.
func secured(h *green.Hub, offload bool) (server, client *net.TLSConn, err error) {
	a, b, err := net.SocketPair(h)
	if err != nil {
		return nil, nil, err
	}
	s, c := secure(offload)
	server, client = s.Server(a), c.Client(b)
	h.Go(server.Handshake)
	return server, client, client.Handshake()
}

// Whatever ends a wait, the connection goes on, nothing is held, and no byte is lost or sent twice.
func TestEveryWait_LeavesThingsInOrder(t *testing.T) {
	const large = 8 << 20
	long := bytes.Repeat([]byte("x"), large)
	cases := []waittest.Case{
		{Name: "Conn.Read", Make: func(h *green.Hub) (wait, after func() error, err error) {
			a, b, err := net.SocketPair(h)
			if err != nil {
				return nil, nil, err
			}
			wait = func() error { _, err := a.Read(make([]byte, 10)); return err }
			return wait, func() error { return errors.Join(readsAll(h, a, b, 0), a.Close()) }, nil
		}},
		{Name: "Conn.WaitReadable", Make: func(h *green.Hub) (wait, after func() error, err error) {
			a, b, err := net.SocketPair(h)
			if err != nil {
				return nil, nil, err
			}
			return a.WaitReadable, func() error { return errors.Join(readsAll(h, a, b, 0), a.Close()) }, nil
		}},
		{Name: "Conn.Write", Make: func(h *green.Hub) (wait, after func() error, err error) {
			a, b, err := net.SocketPair(h)
			if err != nil {
				return nil, nil, err
			}
			wait = func() error { _, err := b.Write(long); return err }
			return wait, func() error { return errors.Join(readsAll(h, a, b, large), a.Close()) }, nil
		}},
		{Name: "Listener.Accept", Make: func(h *green.Hub) (wait, after func() error, err error) {
			l, err := net.Listen(h, "tcp", "127.0.0.1:0")
			if err != nil {
				return nil, nil, err
			}
			wait = func() error { _, err := l.AcceptConn(); return err }
			after = func() error {
				b, err := net.Dial(h, "tcp", l.Addr().String())
				if err != nil {
					return err
				}
				a, err := l.AcceptConn()
				if err != nil {
					return err
				}
				return errors.Join(readsAll(h, a, b, 0), a.Close(), l.Close())
			}
			return wait, after, nil
		}},
		{Name: "PacketConn.ReadFrom", Make: func(h *green.Hub) (wait, after func() error, err error) {
			p, err := net.ListenPacket(h, "udp", "127.0.0.1:0")
			if err != nil {
				return nil, nil, err
			}
			buf := make([]byte, 10)
			wait = func() error { _, _, err := p.ReadFrom(buf); return err }
			after = func() error {
				if _, err := p.WriteTo([]byte("a packet"), p.LocalAddr()); err != nil {
					return err
				}
				if n, _, err := p.ReadFrom(buf); err != nil || string(buf[:n]) != "a packet" {
					return fmt.Errorf("read %q, %v", buf[:n], err)
				}
				return p.Close()
			}
			return wait, after, nil
		}},
		{Name: "TLSConn.Read", Make: func(h *green.Hub) (wait, after func() error, err error) {
			server, client, err := secured(h, false)
			if err != nil {
				return nil, nil, err
			}
			wait = func() error { _, err := server.Read(make([]byte, 10)); return err }
			return wait, func() error { return errors.Join(readsAll(h, server, client, 0), server.Close()) }, nil
		}},
		{Name: "TLSConn.Write", Make: func(h *green.Hub) (wait, after func() error, err error) {
			server, client, err := secured(h, false)
			if err != nil {
				return nil, nil, err
			}
			wait = func() error { _, err := client.Write(long); return err }
			return wait, func() error { return errors.Join(readsAll(h, server, client, large), server.Close()) }, nil
		}},
		{Name: "TLSConn.Handshake", Make: handshake(false)},
		{Name: "TLSConn.Handshake on another goroutine", Make: handshake(true)},
	}
	waittest.Run(t, cases)
	t.Run("Portable", func(t *testing.T) { waittest.Run(t, cases, green.Portable()) })
}

// handshake is a handshake with a peer that says nothing. It cannot be resumed; what is left must close.
func handshake(offload bool) func(h *green.Hub) (wait, after func() error, err error) {
	return func(h *green.Hub) (wait, after func() error, err error) {
		a, b, err := net.SocketPair(h)
		if err != nil {
			return nil, nil, err
		}
		c := (&net.TLS{Config: &tls.Config{InsecureSkipVerify: true}, Offload: offload}).Client(a)
		return c.Handshake, func() error { return errors.Join(c.Close(), b.Close()) }, nil
	}
}
