package http_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	greenhttp "github.com/go-greenlet/greenlet/green/http"
	greennet "github.com/go-greenlet/greenlet/green/net"
)

// silent listens, reads all that comes, and never answers.
func silent(h *green.Hub, f func(url string) error) error {
	l, err := greennet.Listen(h, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := &greennet.StreamServer{Handler: func(c *greennet.Conn) error {
		_, err := io.Copy(io.Discard, c)
		return err
	}}
	server := h.Go(func() error { return s.Serve(l) })
	err = f("http://" + l.Addr().String())
	return errors.Join(err, s.Stop(0), server.Join())
}

// The time for the head of a response runs from the end of the request's body, however that was sent.
func TestHeaderTimeout(t *testing.T) {
	const short = 50 * time.Millisecond
	bodies := map[string]func() io.Reader{
		"none":    func() io.Reader { return nil },
		"small":   func() io.Reader { return strings.NewReader("x") },
		"big":     func() io.Reader { return strings.NewReader(strings.Repeat("x", 100_000)) },
		"unknown": func() io.Reader { return onlyReader{strings.NewReader("x")} },
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, h *green.Hub) error {
				return silent(h, func(url string) error {
					tr := greenhttp.NewTransport(h)
					tr.HeaderTimeout = short
					_, err := fetch(&http.Client{Transport: tr}, "POST", url, body())
					if !errors.Is(err, os.ErrDeadlineExceeded) {
						t.Errorf("no answer: %v", err)
					}
					return nil
				})
			})
		})
	}
}

// The time does not run while the body is sent, nor while that of the response is read.
func TestHeaderTimeoutIsOfTheHead(t *testing.T) {
	const short = 200 * time.Millisecond
	run(t, func(t *testing.T, h *green.Hub) error {
		s := &greenhttp.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.(http.Flusher).Flush()
			h.Sleep(2 * short)
			w.Write(body)
		})}
		return serve(h, s, func(addr string) error {
			tr := greenhttp.NewTransport(h)
			tr.HeaderTimeout = short
			defer tr.CloseIdleConnections()
			slow := readerFunc(func(p []byte) (int, error) {
				if err := h.Sleep(2 * short); err != nil {
					return 0, err
				}
				return copy(p, "x"), io.EOF
			})
			got, err := fetch(&http.Client{Transport: tr}, "POST", "http://"+addr, slow)
			expect(t, "answer", got, "200 x")
			return err
		})
	})
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// A body that is not as long as its ContentLength is an error, and not cut.
func TestBodyIsNotItsContentLength(t *testing.T) {
	run(t, func(t *testing.T, h *green.Hub) error {
		return silent(h, func(url string) error {
			for _, n := range []int64{2, 4, 40_000} {
				for _, packed := range []bool{true, false} {
					for _, off := range []int64{-1, 1} {
						req, err := http.NewRequest("POST", url, strings.NewReader(strings.Repeat("x", int(n+off))))
						if err != nil {
							return err
						}
						if req.ContentLength = n; !packed {
							req.GetBody = nil
						}
						c := greenhttp.NewClient(h)
						want := fmt.Sprintf("http: ContentLength=%d with Body length %d", n, n+off)
						if _, err := c.Do(req); err == nil || !strings.Contains(err.Error(), want) {
							t.Errorf("GetBody %v: got %v, want %s", packed, err, want)
						}
					}
				}
			}
			return nil
		})
	})
}
