package http_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	greenhttp "github.com/go-greenlet/greenlet/green/http"
	greennet "github.com/go-greenlet/greenlet/green/net"
)

// A stalling server goes with its first client as far as a phase, and then says nothing more until it is told what to
// do. All others it serves.
type stalling struct {
	phase           string
	config          *tls.Config   // nil without TLS
	there           atomic.Bool   // in the phase
	reset, check    chan struct{} // closed: the connection is to be reset; its end is to be waited for
	accepted, ended atomic.Int64
}

func (s *stalling) serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		n := s.accepted.Add(1)
		go func() {
			defer s.ended.Add(1)
			defer c.Close()
			s.talk(c, n == 1 && s.phase != "dial")
			select {
			case <-s.reset:
				c.(*net.TCPConn).SetLinger(0)
			case <-s.check:
				io.Copy(io.Discard, c)
			}
		}()
	}
}

func (s *stalling) talk(c net.Conn, stalls bool) {
	first := make([]byte, 1)
	if stalls && (s.phase == "TLS" || s.phase == "write head" && s.config == nil) {
		io.ReadFull(c, first)
		s.there.Store(true)
		return
	}
	if s.config != nil {
		c = tls.Server(c, s.config)
	}
	if stalls && s.phase == "write head" {
		io.ReadFull(c, first)
		s.there.Store(true)
		return
	}
	req, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return
	}
	if stalls && s.phase == "write body" {
		s.there.Store(true)
		return
	}
	io.Copy(io.Discard, req.Body)
	if stalls && s.phase == "await answer" {
		s.there.Store(true)
		return
	}
	io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe")
	if stalls {
		s.there.Store(true)
		return
	}
	io.WriteString(c, "llo")
}

// resolver is that of the client: it stalls in the phase of dialing.
func (s *stalling) resolver() *greennet.Resolver {
	var asked atomic.Bool
	return &greennet.Resolver{Lookup: func(ctx context.Context, _ string) ([]netip.Addr, time.Duration, error) {
		if s.phase == "dial" && !asked.Swap(true) {
			s.there.Store(true)
			select {
			case <-s.reset:
				return nil, 0, errors.New("the name server has gone")
			case <-ctx.Done():
				return nil, 0, ctx.Err()
			}
		}
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, time.Minute, nil
	}}
}

// In whatever phase of a request its task is killed or late, its context ends, its connection breaks, or another
// task's panic is raised: the request says so, and neither a connection, nor a place, a task or an open body is left.
func TestTransport_EndsInEveryPhase(t *testing.T) {
	raised := errors.New("raised")
	type asking struct {
		h   *green.Hub
		s   *stalling
		ask func(ctx context.Context) error
	}
	there := func(a asking) error { return eventually(a.h, a.s.there.Load) }
	ways := []struct {
		name string
		f    func(a asking) error // returns what the request ended with
		want error                // nil for any
	}{
		{"killed", func(a asking) error {
			task := a.h.Go(func() error { return a.ask(context.Background()) })
			if err := there(a); err != nil {
				return err
			}
			task.Kill()
			return task.Err()
		}, green.ErrKilled},
		{"late", func(a asking) (err error) {
			a.h.WithTimeout(time.Hour, func(o *green.Timeout) error {
				a.h.Go(func() error {
					err := there(a)
					o.Reset(time.Nanosecond)
					return err
				})
				err = a.ask(context.Background())
				return nil
			})
			return err
		}, green.ErrTimeout},
		{"context", func(a asking) error {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			task := a.h.Go(func() error { return a.ask(ctx) })
			if err := there(a); err != nil {
				return err
			}
			cancel()
			task.Join()
			return task.Err()
		}, context.Canceled},
		{"broken", func(a asking) error {
			task := a.h.Go(func() error { return a.ask(context.Background()) })
			if err := there(a); err != nil {
				return err
			}
			close(a.s.reset)
			task.Join()
			return task.Err()
		}, nil},
		{"panic", func(a asking) (err error) {
			a.h.Go(func() error {
				if err := there(a); err != nil {
					return err
				}
				panic(raised)
			})
			defer func() {
				if v := recover(); v != nil && strings.Contains(fmt.Sprint(v), "raised") {
					err = raised
				} else if v != nil {
					panic(v)
				}
			}()
			return a.ask(context.Background())
		}, raised},
	}
	certified := httptest.NewUnstartedServer(nil)
	certified.StartTLS()
	defer certified.Close()
	for _, secure := range []bool{false, true} {
		for _, phase := range []string{"dial", "TLS", "write head", "write body", "await answer", "read body"} {
			if phase == "TLS" && !secure {
				continue
			}
			for _, way := range ways {
				t.Run(fmt.Sprintf("%s,%s,tls=%v", phase, way.name, secure), func(t *testing.T) {
					run(t, func(t *testing.T, h *green.Hub) error {
						l, err := net.Listen("tcp", "127.0.0.1:0")
						if err != nil {
							return err
						}
						defer l.Close()
						s := &stalling{phase: phase, reset: make(chan struct{}), check: make(chan struct{})}
						tr := greenhttp.NewTransport(h)
						tr.MaxPerHost = 1
						tr.Dialer = &greennet.Dialer{Resolver: s.resolver()}
						scheme := "http"
						if secure {
							scheme = "https"
							s.config = &tls.Config{Certificates: certified.TLS.Certificates}
							tr.TLSConfig = certified.Client().Transport.(*http.Transport).TLSClientConfig
						}
						go s.serve(l)
						_, port, _ := net.SplitHostPort(l.Addr().String())
						url := scheme + "://example.com:" + port
						body := &closes{Reader: strings.NewReader("abc")}
						if phase == "write body" {
							body.Reader = zeros{}
						}
						err = way.f(asking{h, s, func(ctx context.Context) error {
							req, err := http.NewRequestWithContext(ctx, "POST", url, body)
							if err != nil {
								return err
							}
							if phase == "write head" {
								req.Header.Set("Big", strings.Repeat("x", 32<<20))
							}
							resp, err := tr.RoundTrip(req)
							if err != nil {
								return err
							}
							defer resp.Body.Close()
							_, err = io.ReadAll(resp.Body)
							return err
						}})
						if err == nil || way.want != nil && !errors.Is(err, way.want) {
							t.Errorf("the request ended with %v, want %v", err, way.want)
						}
						if err := eventually(h, func() bool { return h.Len() <= 1 && body.n > 0 }); err != nil {
							return fmt.Errorf("%d tasks are left, the body was closed %d times: %w", h.Len(), body.n, err)
						}
						close(s.check)
						first := s.accepted.Load()
						if err := eventually(h, func() bool { return s.ended.Load() >= first }); err != nil {
							return fmt.Errorf("the connection is left: %w", err)
						}
						got, err := fetch(&http.Client{Transport: tr}, "POST", url, strings.NewReader("abc"))
						if err != nil {
							return fmt.Errorf("the next request: %w", err)
						}
						expect(t, "the next request", got, "200 hello")
						tr.CloseIdleConnections()
						return eventually(h, func() bool { return s.ended.Load() == s.accepted.Load() })
					})
				})
			}
		}
	}
}
