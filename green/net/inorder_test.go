package net_test

import (
	"fmt"
	"io"
	stdnet "net"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
)

// sameOrder runs f 50 times: what it writes must be the same each time.
func sameOrder(t *testing.T, f func(h *green.Hub, note func(a ...any)) error) {
	t.Helper()
	first := ""
	for i := range 50 {
		order := ""
		err := green.Run(func(h *green.Hub) error { return f(h, func(a ...any) { order += fmt.Sprintln(a...) }) })
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = order
		} else if order != first {
			t.Fatalf("run %d went otherwise than the first one:\n%s\nand not\n%s", i, order, first)
		}
	}
	if first == "" {
		t.Fatal("nothing was noted")
	}
}

// The handlers of a server are killed in the order in which they began.
func TestStopKillsInOrder(t *testing.T) {
	sameOrder(t, func(h *green.Hub, note func(a ...any)) error {
		l, err := net.Listen(h, "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		n := 0
		began := green.NewQueue[int](h, 0)
		s := &net.StreamServer{Handler: func(c *net.Conn) error {
			n++
			me := n
			if err := began.Put(me); err != nil {
				return err
			}
			_, err := io.Copy(io.Discard, c)
			note("handler", me)
			return err
		}}
		h.Go(func() error { return s.Serve(l) })
		for range 8 {
			c, err := net.Dial(h, "tcp", l.Addr().String())
			if err != nil {
				return err
			}
			defer c.Close()
			if _, err := began.Get(); err != nil {
				return err
			}
		}
		return s.Stop(0)
	})
}

func TestStopOfDatagramServerKillsInOrder(t *testing.T) {
	sameOrder(t, func(h *green.Hub, note func(a ...any)) error {
		began := green.NewQueue[int](h, 0)
		n := 0
		s := &net.DatagramServer{Handler: func(*net.PacketConn, []byte, stdnet.Addr) error {
			n++
			me := n
			if err := began.Put(me); err != nil {
				return err
			}
			err := h.Sleep(time.Hour)
			note("handler", me)
			return err
		}}
		for range 4 {
			c, err := net.ListenPacket(h, "udp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			h.Go(func() error {
				err := s.Serve(c)
				return err
			})
			for range 2 {
				if _, err := c.WriteTo([]byte("x"), c.LocalAddr()); err != nil {
					return err
				}
				if _, err := began.Get(); err != nil {
					return err
				}
			}
		}
		return s.Stop(0)
	})
}
