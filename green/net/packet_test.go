package net_test

import (
	stdnet "net"
	"os"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
)

// eachPacket runs f with two packet sockets of every kind.
func eachPacket(t *testing.T, f func(t *testing.T, h *green.Hub, a, b *net.PacketConn)) {
	t.Helper()
	for _, network := range []string{"udp", "unixgram"} {
		t.Run(network, func(t *testing.T) {
			each(t, func(t *testing.T, h *green.Hub) {
				dir := socketDir(t)
				open := func(name string) *net.PacketConn {
					address := "127.0.0.1:0"
					if network == "unixgram" {
						address = dir + "/" + name
					}
					p, err := net.ListenPacket(h, network, address)
					mustOrSkip(t, network, err)
					return p
				}
				a, b := open("a"), open("b")
				f(t, h, a, b)
				a.Close()
				b.Close()
				_, err := os.Stat(dir + "/a")
				expectIs(t, "its file", err, os.ErrNotExist)
			})
		})
	}
}

func TestPacketConn_SendsAndReceives(t *testing.T) {
	eachPacket(t, func(t *testing.T, h *green.Hub, a, b *net.PacketConn) {
		buf := make([]byte, 100)
		for _, what := range []string{"one", "", "three"} {
			n, err := a.WriteTo([]byte(what), b.LocalAddr())
			must(t, err)
			expect(t, "sent", n, len(what))
			n, from, err := b.ReadFrom(buf)
			must(t, err)
			expect(t, "received", string(buf[:n]), what)
			expect(t, "from", from.String(), a.LocalAddr().String())
		}
	})
}

// Of a datagram that does not fit, the rest is lost, and no more.
func TestPacketConn_CutsWhatDoesNotFit(t *testing.T) {
	eachPacket(t, func(t *testing.T, h *green.Hub, a, b *net.PacketConn) {
		for _, what := range []string{"much too long", "short"} {
			_, err := a.WriteTo([]byte(what), b.LocalAddr())
			must(t, err)
		}
		buf := make([]byte, 6)
		for _, want := range []string{"much t", "short"} {
			n, from, err := b.ReadFrom(buf)
			must(t, err)
			expect(t, "received", string(buf[:n]), want)
			expect(t, "from", from.String(), a.LocalAddr().String())
		}
	})
}

func TestPacketConn_DeadlinesKillsAndClose(t *testing.T) {
	eachPacket(t, func(t *testing.T, h *green.Hub, a, b *net.PacketConn) {
		buf := make([]byte, 10)
		must(t, a.SetReadDeadline(h.Now().Add(5*ms)))
		_, _, err := a.ReadFrom(buf)
		expectIs(t, "after its deadline", err, os.ErrDeadlineExceeded)
		must(t, a.SetDeadline(time.Time{}))
		err = h.WithTimeout(5*ms, func(*green.Timeout) error { _, _, err := a.ReadFrom(buf); return err })
		expectIs(t, "after the task's", err, green.ErrTimeout)

		// A datagram that comes as the reader is killed is received by the next.
		for range 20 {
			got := false
			r := h.Go(func() error { _, _, err := a.ReadFrom(make([]byte, 10)); got = err == nil; return err })
			blocked(t, h)
			_, err := b.WriteTo([]byte("x"), a.LocalAddr())
			must(t, err)
			must(t, r.Kill())
			if !got {
				n, _, err := a.ReadFrom(buf)
				must(t, err)
				expect(t, "received", string(buf[:n]), "x")
			}
		}
		var failure error
		r := h.Go(func() error { _, _, failure = a.ReadFrom(buf); return nil })
		blocked(t, h)
		_, _, err = a.ReadFrom(buf)
		expectIs(t, "second reader", err, net.ErrBusy)
		must(t, a.Close())
		must(t, r.Join())
		expectIs(t, "reader of one that is closed", failure, stdnet.ErrClosed)
		_, err = a.WriteTo([]byte("x"), b.LocalAddr())
		expectIs(t, "write to one that is closed", err, stdnet.ErrClosed)
	})
}

func TestPacketConn_ManyMaySend(t *testing.T) {
	eachPacket(t, func(t *testing.T, h *green.Hub, a, b *net.PacketConn) {
		received := 0
		r := h.Go(func() error {
			for buf := make([]byte, 10); received < 100; received++ {
				if _, _, err := b.ReadFrom(buf); err != nil {
					return err
				}
			}
			return nil
		})
		must(t, h.Group(func(g *green.Group) error {
			for range 100 {
				g.Go(func() error { _, err := a.WriteTo([]byte("x"), b.LocalAddr()); return err })
			}
			return nil
		}))
		must(t, r.Join())
		expect(t, "received", received, 100)
	})
}

func TestPacketConn_BothFamiliesOnAnEmptyHost(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		p, err := net.ListenPacket(h, "udp", ":0")
		must(t, err)
		defer p.Close()
		_, port, err := stdnet.SplitHostPort(p.LocalAddr().String())
		must(t, err)
		c, err := net.Dial(h, "udp", "127.0.0.1:"+port)
		must(t, err)
		defer c.Close()
		_, err = c.Write([]byte("question"))
		must(t, err)
		buf := make([]byte, 20)
		_, from, err := p.ReadFrom(buf)
		must(t, err)
		_, err = p.WriteTo([]byte("answer"), from)
		must(t, err)
		n, err := c.Read(buf)
		must(t, err)
		expect(t, "received", string(buf[:n]), "answer")
	})
}
