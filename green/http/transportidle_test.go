package http_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	greenhttp "github.com/go-greenlet/greenlet/green/http"
	greennet "github.com/go-greenlet/greenlet/green/net"
	"github.com/go-greenlet/greenlet/tasklet"
)

// toward makes a transport whose connections all go to addr, whatever the host. It counts them.
func toward(h *green.Hub, addr string, dials *int) *greenhttp.Transport {
	t := greenhttp.NewTransport(h)
	t.Dial = func(network, _ string) (net.Conn, error) {
		*dials++
		return greennet.Dial(h, network, addr)
	}
	return t
}

// eventually waits until what is so.
func eventually(h *green.Hub, what func() bool) error {
	for !what() {
		if err := h.Sleep(time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

func greet(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }

// Connections to hosts that nobody asks again are closed after IdleTimeout.
func TestTransport_ClosesIdleConnectionsByItself(t *testing.T) {
	run(t, func(t *testing.T, h *green.Hub) error {
		s := &greenhttp.Server{Handler: http.HandlerFunc(greet)}
		return serve(h, s, func(addr string) error {
			dials := 0
			tr := toward(h, addr, &dials)
			tr.IdleTimeout = 20 * time.Millisecond
			c := &http.Client{Transport: tr}
			for round := range 2 { // it begins anew after all have been closed
				for i := range 20 {
					if _, err := fetch(c, "GET", fmt.Sprintf("http://host%d.example/", i), nil); err != nil {
						return err
					}
				}
				if err := eventually(h, func() bool { return s.Conns() == 0 }); err != nil {
					return fmt.Errorf("round %d: %d connections are left: %w", round, s.Conns(), err)
				}
			}
			return nil
		})
	})
}

// There are no more than MaxIdle idle connections in all, and those that were used last.
func TestTransport_BoundsIdleConnections(t *testing.T) {
	for most, want := range map[int]int{0: 100, 3: 3, -1: 130} {
		t.Run(fmt.Sprint("MaxIdle=", most), func(t *testing.T) {
			run(t, func(t *testing.T, h *green.Hub) error {
				s := &greenhttp.Server{Handler: http.HandlerFunc(greet)}
				return serve(h, s, func(addr string) error {
					dials := 0
					tr := toward(h, addr, &dials)
					tr.MaxIdle = most
					c := &http.Client{Transport: tr}
					for i := range 130 {
						if _, err := fetch(c, "GET", fmt.Sprintf("http://host%d.example/", i), nil); err != nil {
							return err
						}
					}
					if err := eventually(h, func() bool { return s.Conns() == want }); err != nil {
						return fmt.Errorf("%d connections instead of %d: %w", s.Conns(), want, err)
					}
					for i := range want {
						url := fmt.Sprintf("http://host%d.example/", 130-want+i)
						if _, err := fetch(c, "GET", url, nil); err != nil {
							return err
						}
					}
					expect(t, "connections made", dials, 130)
					tr.CloseIdleConnections()
					return nil
				})
			})
		})
	}
}

// A closing is a connection that counts its Close.
type closing struct {
	*greennet.Conn
	closed *int
}

func (c closing) Close() error {
	*c.closed++
	return c.Conn.Close()
}

// A connection that the server has closed is closed here without anybody asking for it, long before IdleTimeout.
func TestTransport_NoticesThatTheServerHasGone(t *testing.T) {
	if testing.Short() || runtime.GOOS == "windows" {
		t.Skip("takes some seconds, and a way to look at a socket")
	}
	run(t, func(t *testing.T, h *green.Hub) error {
		s := httptest.NewServer(http.HandlerFunc(greet))
		defer s.Close()
		closed := 0
		tr := greenhttp.NewTransport(h)
		tr.Dial = func(network, addr string) (net.Conn, error) {
			c, err := greennet.Dial(h, network, addr)
			if err != nil {
				return nil, err
			}
			return closing{c, &closed}, nil
		}
		c := &http.Client{Transport: tr}
		if _, err := fetch(c, "GET", s.URL, nil); err != nil {
			return err
		}
		s.CloseClientConnections()
		return eventually(h, func() bool { return closed == 1 })
	})
}

// Idle connections neither keep a deadlock from being reported, nor Run from ending.
func TestTransport_IdleConnectionsHoldNothing(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(greet))
	defer s.Close()
	for _, opts := range [][]green.Option{nil, {green.Portable()}} {
		for _, timeout := range []time.Duration{0, time.Hour, 20 * time.Millisecond} {
			err := green.Run(func(h *green.Hub) error {
				tr := greenhttp.NewTransport(h)
				tr.IdleTimeout = timeout
				if _, err := fetch(&http.Client{Transport: tr}, "GET", s.URL, nil); err != nil {
					return err
				}
				var dead *tasklet.DeadlockError
				if err := h.NewEvent().Wait(); !errors.As(err, &dead) {
					t.Errorf("nobody sets the event: %v", err)
				}
				return nil
			}, opts...)
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		}
	}
}

// Nothing is left of a host that has no connection any more.
func TestTransport_ForgetsHosts(t *testing.T) {
	const n = 5000
	closing := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
		io.WriteString(w, "hello")
	}
	with(t, closing, func(t *testing.T, h *green.Hub, addr string) error {
		dials := 0
		tr := toward(h, addr, &dials)
		c := &http.Client{Transport: tr}
		get := func(n int) error {
			for i := range n {
				if _, err := fetch(c, "GET", fmt.Sprintf("http://%d-%d.example/", n, i), nil); err != nil {
					return err
				}
			}
			return nil
		}
		if err := get(10); err != nil {
			return err
		}
		before := heap()
		if err := get(n); err != nil {
			return err
		}
		if grown := int64(heap()) - int64(before); grown > n*100 {
			t.Errorf("%d bytes are left of each host", grown/n)
		}
		runtime.KeepAlive(tr)
		return nil
	})
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
