package net_test

import (
	"context"
	"errors"
	stdnet "net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
)

func TestListener_DeadlinesKillsAndClose(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			each(t, func(t *testing.T, h *green.Hub) {
				l := listen(t, h, network)
				must(t, l.SetDeadline(h.Now().Add(5*ms)))
				_, err := l.Accept()
				expectIs(t, "Accept after its deadline", err, os.ErrDeadlineExceeded)
				must(t, l.SetDeadline(time.Time{}))
				err = h.WithTimeout(5*ms, func(*green.Timeout) error { _, err := l.Accept(); return err })
				expectIs(t, "Accept after the task's", err, green.ErrTimeout)
				a := h.Go(func() error { _, err := l.Accept(); return err })
				blocked(t, h)
				_, err = l.Accept()
				expectIs(t, "second Accept", err, net.ErrBusy)
				must(t, a.Kill())
				expectIs(t, "killed", a.Err(), green.ErrKilled)

				dial := green.Spawn(h, func() (*net.Conn, error) { return net.Dial(h, network, l.Addr().String()) })
				c, err := l.Accept()
				must(t, err)
				d, err := dial.Get()
				must(t, err)
				pass(t, h, c, d, "after all that")
				must(t, c.Close())
				must(t, d.Close())

				var failure error
				w := h.Go(func() error { _, failure = l.Accept(); return nil })
				blocked(t, h)
				must(t, l.Close())
				must(t, w.Join())
				expectIs(t, "Accept of one that is closed", failure, stdnet.ErrClosed)
				expectIs(t, "second Close", l.Close(), stdnet.ErrClosed)
				if network == "unix" {
					_, err := os.Stat(l.Addr().String())
					expectIs(t, "its file", err, os.ErrNotExist)
				}
			})
		})
	}
}

func TestListener_AKillLosesNoConnection(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		l := listen(t, h, "tcp")
		defer l.Close()
		got := 0
		for range 20 {
			var c stdnet.Conn
			a := h.Go(func() (err error) { c, err = l.Accept(); return err })
			blocked(t, h)
			peer, err := stdnet.Dial("tcp", l.Addr().String())
			must(t, err)
			must(t, a.Kill())
			if c != nil {
				got++
				c.Close()
			}
			defer peer.Close()
		}
		for ; got < 20; got++ {
			c, err := l.Accept()
			must(t, err)
			must(t, c.Close())
		}
	})
}

func TestListen_Errors(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		l := listen(t, h, "tcp")
		defer l.Close()
		_, err := net.Listen(h, "tcp", l.Addr().String())
		expectIs(t, "a port that is taken", err, errInUse)
		var unknown stdnet.UnknownNetworkError
		_, err = net.Listen(h, "carrier-pigeon", "x")
		expect(t, "an unknown network is found", errors.As(err, &unknown), true)
		_, err = net.Listen(h, "udp", "127.0.0.1:0")
		expect(t, "udp has no Listen", errors.As(err, &unknown), true)
		_, err = net.Dial(h, "tcp", "127.0.0.1:99999")
		if err == nil || !strings.Contains(err.Error(), "invalid port") {
			t.Errorf("a port that is too high: %v", err)
		}
		_, err = net.Dial(h, "tcp", "no port")
		if err == nil {
			t.Error("an address without a port was dialled")
		}
	})
}

func TestListen_ReusePortSharesAPort(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		config := &net.ListenConfig{ReusePort: true}
		a, err := config.Listen(h, "tcp", "127.0.0.1:0")
		if err != nil {
			t.Skip("no SO_REUSEPORT here:", err)
		}
		b, err := config.Listen(h, "tcp", a.Addr().String())
		must(t, err)
		expect(t, "address", b.Addr().String(), a.Addr().String())
		must(t, a.Close())
		must(t, b.Close())
	})
}

func TestDial_RefusedAndNames(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		l := listen(t, h, "tcp")
		address := l.Addr().String()
		must(t, l.Close())
		_, err := net.Dial(h, "tcp", address)
		expectIs(t, "nobody listens", err, errRefused)
		_, err = net.Dial(h, "unix", t.TempDir()+"/none")
		if runtime.GOOS == "windows" { // which has several errors for this
			expect(t, "no such file", err != nil, true)
		} else {
			expectIs(t, "no such file", err, os.ErrNotExist)
		}

		failure := errors.New("no names today")
		d := &net.Dialer{Resolver: &net.Resolver{Lookup: func(context.Context, string) ([]netip.Addr, time.Duration, error) {
			return nil, 0, failure
		}}}
		_, err = d.Dial(h, "tcp", "some.example:80")
		expectIs(t, "a name that is not found", err, failure)
	})
}

// names resolves every name to ips.
func names(ips ...string) *net.Resolver {
	return &net.Resolver{Lookup: func(context.Context, string) (all []netip.Addr, _ time.Duration, _ error) {
		for _, ip := range ips {
			all = append(all, netip.MustParseAddr(ip))
		}
		return all, time.Hour, nil
	}}
}

func TestDial_TriesTheOtherAddresses(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		l := listen(t, h, "tcp")
		defer l.Close()
		_, port, err := stdnet.SplitHostPort(l.Addr().String())
		must(t, err)
		// Nobody listens on the first two; the fourth is never asked.
		for _, delay := range []time.Duration{0, -1, ms} {
			d := &net.Dialer{Resolver: names("::1", "127.0.0.2", "127.0.0.1", "127.0.0.3"), FallbackDelay: delay}
			c, err := d.Dial(h, "tcp", "many.example:"+port)
			must(t, err)
			expect(t, "peer", c.RemoteAddr().String(), l.Addr().String())
			must(t, c.Close())
			s, err := l.Accept()
			must(t, err)
			must(t, s.Close())
		}
		d := &net.Dialer{Resolver: names("127.0.0.2", "127.0.0.3")}
		_, err = d.Dial(h, "tcp", "many.example:"+port)
		expectIs(t, "nobody listens on any", err, errRefused)
	})
}

// full returns the address of a listener that does not answer, for its queue is full.
func full(t *testing.T, h *green.Hub) string {
	t.Helper()
	l, err := (&net.ListenConfig{Backlog: 1}).Listen(h, "tcp", "127.0.0.1:0")
	must(t, err)
	d := stdnet.Dialer{Timeout: 50 * ms}
	for range 20 {
		c, err := d.Dial("tcp", l.Addr().String())
		if err != nil {
			return l.Addr().String()
		}
		t.Cleanup(func() { c.Close() })
	}
	t.Skip("this system takes any number of connections that nobody accepts")
	return ""
}

func TestDial_DeadlineAndKillEndIt(t *testing.T) {
	must(t, green.Run(func(h *green.Hub) error {
		address := full(t, h)
		for _, opts := range [][]green.Option{nil, {green.Portable()}} {
			done := make(chan error, 1)
			go func() {
				done <- green.Run(func(h *green.Hub) error {
					_, err := (&net.Dialer{Timeout: 5 * ms}).Dial(h, "tcp", address)
					expectIs(t, "its own limit", err, green.ErrTimeout)
					err = h.WithTimeout(5*ms, func(*green.Timeout) error { _, err := net.Dial(h, "tcp", address); return err })
					expectIs(t, "the task's", err, green.ErrTimeout)
					dial := h.Go(func() error { _, err := net.Dial(h, "tcp", address); return err })
					blocked(t, h)
					if err := dial.Kill(); err != nil {
						return err
					}
					expectIs(t, "a kill", dial.Err(), green.ErrKilled)
					return nil
				}, opts...)
			}()
			must(t, <-done)
		}
		return nil
	}))
}

func TestAdopt_TakesOverAPlainConnection(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		l := plainListener(t)
		a, err := stdnet.Dial("tcp", l.Addr().String())
		must(t, err)
		b, err := l.Accept()
		must(t, err)
		defer b.Close()
		c, err := net.Adopt(h, a)
		must(t, err)
		defer c.Close()
		expect(t, "peer", c.RemoteAddr().String(), b.LocalAddr().String())
		_, err = b.Write([]byte("hello"))
		must(t, err)
		p := make([]byte, 5)
		_, err = c.Read(p)
		must(t, err)
		expect(t, "read", string(p), "hello")

		x, y := stdnet.Pipe() // which stands on no descriptor
		piped, err := net.Adopt(h, x)
		must(t, err)
		go y.Write([]byte("pipe"))
		n, err := piped.Read(p)
		must(t, err)
		expect(t, "read", string(p[:n]), "pipe")
		must(t, piped.Close())
	})
}
