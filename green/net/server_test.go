package net_test

import (
	"errors"
	"fmt"
	"io"
	stdnet "net"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
)

// echo serves what comes back.
func echo(c *net.Conn) error {
	_, err := io.Copy(c, c)
	return err
}

// serve starts s in a task and returns its address.
func serve(t *testing.T, h *green.Hub, s *net.StreamServer) (address string, served *green.Task) {
	t.Helper()
	l := listen(t, h, "tcp")
	served = h.Go(func() error { return s.Serve(l) })
	blocked(t, h)
	return l.Addr().String(), served
}

func TestServer_ServesAndDrains(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		s := &net.StreamServer{Handler: echo}
		address, served := serve(t, h, s)
		var clients []*net.Conn
		for i := range 10 {
			c, err := net.Dial(h, "tcp", address)
			must(t, err)
			pass(t, h, c, c, fmt.Sprint("hello ", i))
			clients = append(clients, c)
		}
		expect(t, "connections", s.Conns(), 10)
		stop := h.Go(func() error { return s.Stop(10 * time.Second) })
		must(t, served.Join())
		must(t, served.Err())
		for _, c := range clients {
			pass(t, h, c, c, "while it drains")
			must(t, c.Close())
		}
		must(t, stop.Join())
		must(t, stop.Err())
		expect(t, "accepted", s.Stats.Accepted.Load(), 10)
		expect(t, "active", s.Stats.Active.Load(), 0)
		_, err := net.Dial(h, "tcp", address)
		if err == nil {
			t.Error("a server that was stopped accepts")
		}
		l := listen(t, h, "tcp")
		must(t, s.Serve(l)) // at once: it was stopped
		expectIs(t, "its listener", l.Close(), stdnet.ErrClosed)
	})
}

func TestServer_StopKillsAfterTheGrace(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		var ended error
		s := &net.StreamServer{Handler: func(c *net.Conn) error {
			_, ended = c.Read(make([]byte, 1))
			return ended
		}}
		address, _ := serve(t, h, s)
		c, err := net.Dial(h, "tcp", address)
		must(t, err)
		defer c.Close()
		for s.Conns() == 0 {
			must(t, h.Sleep(ms))
		}
		must(t, h.Yield())
		must(t, s.Stop(5*ms))
		expectIs(t, "the handler", ended, green.ErrKilled)
		_, err = c.Read(make([]byte, 1))
		expect(t, "the client", err, io.EOF)
		expect(t, "a kill is a failure", s.Stats.Failed.Load(), 0)
	})
}

func TestServer_ErrorsAndPanicsEndTheConnectionOnly(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		var heard []error
		s := &net.StreamServer{
			Handler: func(c *net.Conn) error {
				p := make([]byte, 1)
				if _, err := io.ReadFull(c, p); err != nil {
					return err
				}
				if p[0] == 'p' {
					panic("a handler panics")
				}
				return errors.New("a handler fails")
			},
			OnError: func(c stdnet.Conn, err error) { heard = append(heard, err) },
		}
		address, _ := serve(t, h, s)
		for _, what := range []string{"e", "p"} {
			c, err := net.Dial(h, "tcp", address)
			must(t, err)
			_, err = c.Write([]byte(what))
			must(t, err)
			_, err = c.Read(make([]byte, 1))
			expect(t, "the client", err, io.EOF)
			must(t, c.Close())
		}
		must(t, s.Stop(-1))
		expect(t, "failures", len(heard), 2)
		var p *greenlet.PanicError
		if len(heard) == 2 && (heard[0].Error() != "a handler fails" || !errors.As(heard[1], &p) ||
			!strings.Contains(p.Error(), "a handler panics")) {
			t.Errorf("heard of %v", heard)
		}
		expect(t, "counted", s.Stats.Failed.Load(), 2)
	})
}

func TestServer_MaxConnsKeepsTheOthersWaiting(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		worst := 0
		s := &net.StreamServer{MaxConns: 2}
		s.Handler = func(c *net.Conn) error {
			worst = max(worst, s.Conns())
			return echo(c)
		}
		address, _ := serve(t, h, s)
		must(t, h.Group(func(g *green.Group) error {
			for range 8 {
				g.Go(func() error {
					c, err := net.Dial(h, "tcp", address)
					if err != nil {
						return err
					}
					pass(t, h, c, c, "in turn")
					return c.Close()
				})
			}
			return nil
		}))
		must(t, s.Stop(-1))
		expect(t, "at a time", worst, 2)
		expect(t, "in all", s.Stats.Accepted.Load(), 8)
	})
}

func TestServer_StopInAHandlerPanics(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		var heard error
		s := &net.StreamServer{OnError: func(_ stdnet.Conn, err error) { heard = err }}
		s.Handler = func(c *net.Conn) error { return s.Stop(-1) }
		address, _ := serve(t, h, s)
		c, err := net.Dial(h, "tcp", address)
		must(t, err)
		_, err = c.Read(make([]byte, 1))
		expect(t, "the client", err, io.EOF)
		must(t, c.Close())
		if heard == nil || !strings.Contains(heard.Error(), "Stop called by a handler") {
			t.Errorf("the handler ended with %v", heard)
		}
	})
}

func TestServer_KillOfServeClosesTheListener(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		s := &net.StreamServer{Handler: echo}
		l := listen(t, h, "tcp")
		served := h.Go(func() error { return s.Serve(l) })
		blocked(t, h)
		must(t, served.Kill())
		expectIs(t, "Serve", served.Err(), green.ErrKilled)
		expectIs(t, "its listener", l.Close(), stdnet.ErrClosed)
	})
}

func TestDatagramServer_AnswersEach(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		p, err := net.ListenPacket(h, "udp", "127.0.0.1:0")
		must(t, err)
		var failed []error
		s := &net.DatagramServer{
			MaxTasks: 4,
			Handler: func(c *net.PacketConn, p []byte, from stdnet.Addr) error {
				if string(p) == "bad" {
					return errors.New("a bad one")
				}
				if err := h.Yield(); err != nil {
					return err
				}
				_, err := c.WriteTo(append([]byte("re: "), p...), from)
				return err
			},
			OnError: func(err error) { failed = append(failed, err) },
		}
		served := h.Go(func() error { return s.Serve(p) })
		c, err := net.Dial(h, "udp", p.LocalAddr().String())
		must(t, err)
		defer c.Close()
		buf := make([]byte, 100)
		for i := range 20 {
			what := fmt.Sprint("question ", i)
			_, err := c.Write([]byte(what))
			must(t, err)
			n, err := c.Read(buf)
			must(t, err)
			expect(t, "answer", string(buf[:n]), "re: "+what)
		}
		_, err = c.Write([]byte("bad"))
		must(t, err)
		for len(failed) == 0 {
			must(t, h.Sleep(ms))
		}
		must(t, s.Stop(time.Second))
		must(t, served.Join())
		must(t, served.Err())
		expect(t, "received", s.Stats.Accepted.Load(), 21)
		expect(t, "failed", s.Stats.Failed.Load(), 1)
		expect(t, "at work", s.Tasks(), 0)
		expectIs(t, "its socket", p.Close(), stdnet.ErrClosed)
	})
}
