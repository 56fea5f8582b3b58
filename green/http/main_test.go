package http_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	greenhttp "github.com/go-greenlet/greenlet/green/http"
	greennet "github.com/go-greenlet/greenlet/green/net"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if kind := os.Getenv(benchmarkedServer); kind != "" {
		serveBenchmark(kind)
		return
	}
	goleak.VerifyTestMain(m)
}

// longest is after what a test that hangs is ended.
const longest = 20 * time.Second

// run runs f in a hub, and again in one that is portable.
func run(t *testing.T, f func(t *testing.T, h *green.Hub) error) {
	t.Helper()
	for name, opts := range map[string][]green.Option{"native": nil, "portable": {green.Portable()}} {
		t.Run(name, func(t *testing.T) {
			err := green.Run(func(h *green.Hub) error {
				return h.WithTimeout(longest, func(*green.Timeout) error { return f(t, h) })
			}, opts...)
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		})
	}
}

// serve serves with s, on an address that it returns, until the test's function has returned.
func serve(h *green.Hub, s *greenhttp.Server, f func(addr string) error) error {
	l, err := greennet.Listen(h, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := h.Go(func() error {
		if err := s.Serve(h, l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	err = f(l.Addr().String())
	return errors.Join(err, s.Close(), server.Join())
}

// with serves handler and calls f with the address.
func with(t *testing.T, handler http.HandlerFunc, f func(t *testing.T, h *green.Hub, addr string) error) {
	t.Helper()
	run(t, func(t *testing.T, h *green.Hub) error {
		return serve(h, &greenhttp.Server{Handler: handler}, func(addr string) error { return f(t, h, addr) })
	})
}

// talk sends raw and returns all that comes until the server closes.
func talk(h *green.Hub, addr, raw string) (string, error) {
	c, err := greennet.Dial(h, "tcp", addr)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if _, err := io.WriteString(c, raw); err != nil {
		return "", err
	}
	all, err := io.ReadAll(c)
	return string(all), err
}

// A peer is a raw client.
type peer struct {
	net.Conn
	br *bufio.Reader
}

func dial(h *green.Hub, addr string) (*peer, error) {
	c, err := greennet.Dial(h, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &peer{c, bufio.NewReader(c)}, nil
}

// ask sends raw and reads one response, and its body.
func (p *peer) ask(method, raw string) (*http.Response, string, error) {
	if _, err := io.WriteString(p, raw); err != nil {
		return nil, "", err
	}
	return p.answer(method)
}

func (p *peer) answer(method string) (*http.Response, string, error) {
	r, err := http.ReadResponse(p.br, &http.Request{Method: method})
	if err != nil {
		return nil, "", err
	}
	body, err := io.ReadAll(r.Body)
	return r, string(body), err
}

// expect says what is not as it should be.
func expect[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
