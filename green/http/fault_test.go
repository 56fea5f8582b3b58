package http_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	greenhttp "github.com/go-greenlet/greenlet/green/http"
	greennet "github.com/go-greenlet/greenlet/green/net"
)

// Bodies that end in every way there is.
var framings = []struct{ name, fields, body string }{
	{"length", "Content-Length: 11\r\n", "hello world"},
	{"chunked", "Transfer-Encoding: chunked\r\n", "6;x=y\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n"},
	{"chunked, with trailers", "Transfer-Encoding: chunked\r\nTrailer: T\r\n", "b\r\nhello world\r\n0\r\nT: 1\r\n\r\n"},
}

// breakOff sends the first n bytes of raw, and then a reset or an end. If that is an end, it waits for the peer's.
func breakOff(c *greennet.Conn, raw string, n int, reset bool) error {
	if _, err := io.WriteString(c, raw[:n]); err != nil {
		return err
	}
	if reset {
		return errors.Join(c.SetLinger(0), c.Close())
	}
	err := c.CloseWrite()
	io.Copy(io.Discard, c)
	return errors.Join(err, c.Close())
}

// A request that breaks off anywhere is never taken for a whole one, and the server goes on.
func TestRequestBreaksOffAnywhere(t *testing.T) {
	step := 1
	if testing.Short() {
		step = 7
	}
	for _, f := range framings {
		t.Run(f.name, func(t *testing.T) {
			whole, broken := 0, 0
			handler := func(w http.ResponseWriter, r *http.Request) {
				switch body, err := io.ReadAll(r.Body); {
				case err != nil:
					broken++
				case string(body) == "hello world":
					whole++
					io.WriteString(w, "thanks")
				default:
					t.Errorf("a body %q without an error", body)
				}
			}
			with(t, handler, func(t *testing.T, h *green.Hub, addr string) error {
				raw := post(f.fields, f.body)
				for n := 0; n < len(raw); n += step {
					for _, reset := range []bool{true, false} {
						whole, broken = 0, 0
						c, err := greennet.Dial(h, "tcp", addr)
						if err != nil {
							return err
						}
						if err := breakOff(c, raw, n, reset); err != nil {
							return err
						}
						got, err := talk(h, addr, strings.Replace(raw, "Host:", "Connection: close\r\nHost:", 1))
						if err != nil || !strings.HasSuffix(got, "\r\n\r\nthanks") {
							t.Errorf("the next request: %q, %v", got, err)
						}
						if whole != 1 || n < len(raw)-len(f.body) && broken != 0 {
							t.Errorf("%d of %d bytes, reset %v: %d whole, %d broken", n, len(raw), reset, whole, broken)
						}
					}
				}
				return nil
			})
		})
	}
}

// A response that breaks off anywhere is an error of the client's, of the request or of its body, and never a shorter one.
func TestResponseBreaksOffAnywhere(t *testing.T) {
	step := 1
	if testing.Short() {
		step = 7
	}
	for _, f := range framings {
		t.Run(f.name, func(t *testing.T) {
			run(t, func(t *testing.T, h *green.Hub) error {
				l, err := greennet.Listen(h, "tcp", "127.0.0.1:0")
				if err != nil {
					return err
				}
				defer l.Close()
				raw := "HTTP/1.1 200 OK\r\n" + f.fields + "\r\n" + f.body
				client := greenhttp.NewClient(h)
				for n := 0; n <= len(raw); n += step {
					for _, reset := range []bool{true, false} {
						server := h.Go(func() error {
							c, err := l.AcceptConn()
							if err != nil {
								return err
							}
							if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
								return err
							}
							return breakOff(c, raw, n, reset)
						})
						var body []byte
						r, err := client.Get("http://" + l.Addr().String())
						if err == nil {
							body, err = io.ReadAll(r.Body)
							r.Body.Close()
						}
						client.CloseIdleConnections()
						if err := server.Join(); err != nil {
							return err
						}
						if n < len(raw) && err == nil {
							t.Errorf("%d of %d bytes, reset %v: %q without an error", n, len(raw), reset, body)
						}
						if n == len(raw) && !reset && (err != nil || string(body) != "hello world") {
							t.Errorf("all of it: %q, %v", body, err)
						}
						if !strings.HasPrefix("hello world", string(body)) {
							t.Errorf("%d of %d bytes: received %q", n, len(raw), body)
						}
					}
				}
				return nil
			})
		})
	}
}

// A handler that is killed in the middle of a write leaves an answer that is seen to be cut off.
func TestKillInMidWrite(t *testing.T) {
	for _, known := range []bool{true, false} {
		t.Run(fmt.Sprint("length known ", known), func(t *testing.T) {
			run(t, func(t *testing.T, h *green.Hub) error {
				const size = 1 << 30
				var failed error
				s := &greenhttp.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if known {
						w.Header().Set("Content-Length", fmt.Sprint(size))
					}
					for part := make([]byte, 1<<20); failed == nil; {
						_, failed = w.Write(part)
					}
				})}
				return serve(h, s, func(addr string) error {
					p, err := dial(h, addr)
					if err != nil {
						return err
					}
					defer p.Close()
					io.WriteString(p, get(""))
					if _, err := p.br.Peek(1); err != nil {
						return err
					}
					if err := h.Sleep(20 * time.Millisecond); err != nil {
						return err
					}
					if err := s.Shutdown(time.Millisecond); !errors.Is(err, green.ErrTimeout) {
						t.Errorf("Shutdown: %v", err)
					}
					if !errors.Is(failed, green.ErrKilled) {
						t.Errorf("the handler's Write: %v", failed)
					}
					expect(t, "connections", s.Conns(), 0)
					r, err := http.ReadResponse(p.br, nil)
					if err != nil {
						return err
					}
					if n, err := io.Copy(io.Discard, r.Body); err == nil || n >= size {
						t.Errorf("the client read %d bytes, %v", n, err)
					}
					return nil
				})
			})
		})
	}
}
