package net_test

import (
	"io"
	stdnet "net"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
	"github.com/go-greenlet/greenlet/tasklet"
)

// Connections that wait to be accepted when Stop is called are served: their requests are sent already.
func TestServer_StopServesWhoWaitsToBeAccepted(t *testing.T) {
	const clients = 20
	for _, test := range []struct{ limit, served int }{{0, clients}, {5, 5}} {
		each(t, func(t *testing.T, h *green.Hub) {
			l := listen(t, h, "tcp")
			s := &net.StreamServer{MaxConns: test.limit, Handler: func(c *net.Conn) error {
				if err := h.Sleep(20 * ms); err != nil { // so that none makes room for the next one
					return err
				}
				buf := make([]byte, 8)
				n, err := c.Read(buf)
				if err == nil {
					_, err = c.Write(buf[:n])
				}
				return err
			}}
			serving := h.Go(func() error { return s.Serve(l) })
			must(t, h.Sleep(ms))
			var conns []stdnet.Conn
			for range clients { // the hub does nothing meanwhile
				c, err := stdnet.Dial("tcp", l.Addr().String())
				must(t, err)
				defer c.Close()
				_, err = io.WriteString(c, "request")
				must(t, err)
				conns = append(conns, c)
			}
			must(t, s.Stop(time.Minute))
			must(t, serving.Join())
			must(t, serving.Err())
			served := 0
			for _, c := range conns {
				c.SetDeadline(time.Now().Add(time.Minute))
				got, err := io.ReadAll(c)
				if err == nil && string(got) == "request" {
					served++
				} else if test.limit == 0 {
					t.Errorf("a client got %q, %v", got, err)
				}
			}
			if served < test.served || test.limit > 0 && served == clients {
				t.Errorf("with a limit of %d, %d of %d were served", test.limit, served, clients)
			}
			if _, err := stdnet.Dial("tcp", l.Addr().String()); err == nil {
				t.Error("somebody listens still")
			}
		})
	}
}

// Stop ends a server whose clock stands still, too.
func TestServer_StopWithAVirtualClock(t *testing.T) {
	must(t, green.Run(func(h *green.Hub) error {
		l := listen(t, h, "tcp")
		s := &net.StreamServer{Handler: func(*net.Conn) error { return nil }}
		serving := h.Go(func() error { return s.Serve(l) })
		must(t, h.Sleep(0))
		must(t, s.Stop(-1))
		return serving.Join()
	}, green.WithWorld(tasklet.NewClock(time.Unix(0, 0)))))
}
