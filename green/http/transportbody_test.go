package http_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	greenhttp "github.com/go-greenlet/greenlet/green/http"
)

// late is a reader of which the bytes come only when the event is set.
type late struct {
	*green.Event
	io.Reader
}

func (l late) Read(p []byte) (int, error) {
	if err := l.Wait(); err != nil {
		return 0, err
	}
	return l.Reader.Read(p)
}

// A body of unknown length that turns out to be empty is none, in a request that mostly has none.
func TestTransport_EmptyBodyOfUnknownLength(t *testing.T) {
	const chunked = "Transfer-Encoding: chunked\r\n"
	end := func(body string) string { return body + "\r\n\r\n" }
	for _, x := range []struct{ method, body, end, field string }{
		{"GET", "", end(""), ""}, {"DELETE", "", end(""), ""}, {"HEAD", "", end(""), ""}, {"OPTIONS", "", end(""), ""},
		{"PROPFIND", "", end(""), ""}, {"SEARCH", "", end(""), ""},
		{"GET", "abc", end("1\r\na\r\n2\r\nbc\r\n0"), chunked}, {"DELETE", "a", end("1\r\na\r\n0"), chunked},
		{"POST", "", end("\r\n0"), chunked}, {"PUT", "", end("\r\n0"), chunked},
	} {
		t.Run(x.method+" "+x.body, func(t *testing.T) {
			addr, sent := heads(t, x.end)
			run(t, func(t *testing.T, h *green.Hub) error {
				body := &closes{Reader: strings.NewReader(x.body)}
				req, err := http.NewRequest(x.method, "http://"+addr, body)
				if err != nil {
					return err
				}
				resp, err := greenhttp.NewTransport(h).RoundTrip(req)
				if err != nil {
					return err
				}
				resp.Body.Close()
				got := sent()
				if strings.Contains(got, chunked) != (x.field != "") || strings.Contains(got, "Content-Length") {
					t.Errorf("sent %q", got)
				}
				// The answer may come before the writer hears that all has been sent.
				return eventually(h, func() bool { return body.n > 0 })
			})
		})
	}
	// One that takes its time is sent when it comes; one that fails fails the request.
	run(t, func(t *testing.T, h *green.Hub) error {
		addr, sent := heads(t, "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n")
		body := late{h.NewEvent(), strings.NewReader("abc")}
		req, err := http.NewRequest("GET", "http://"+addr, body)
		if err != nil {
			return err
		}
		asking := h.Go(func() error {
			resp, err := greenhttp.NewTransport(h).RoundTrip(req)
			if err != nil {
				return err
			}
			return resp.Body.Close()
		})
		if err := h.Sleep(300 * time.Millisecond); err != nil {
			return err
		}
		body.Set()
		if err := asking.Join(); err != nil {
			return err
		}
		if got := sent(); !strings.Contains(got, chunked) {
			t.Errorf("sent %q", got)
		}
		oops := errors.New("oops")
		req.Body = io.NopCloser(io.MultiReader(failing{oops}))
		_, err = greenhttp.NewTransport(h).RoundTrip(req)
		expect(t, "the body's error", errors.Is(err, oops), true)
		return nil
	})
	// Killed and late while the body is awaited: the body is closed, and nobody is left.
	addr, _ := heads(t, "an end that never comes")
	run(t, func(t *testing.T, h *green.Hub) error {
		for _, wait := range []time.Duration{20 * time.Millisecond, 300 * time.Millisecond} {
			body := &closes{Reader: late{h.NewEvent(), strings.NewReader("abc")}}
			req, err := http.NewRequest("GET", "http://"+addr, body)
			if err != nil {
				return err
			}
			asking := h.Go(func() error { _, err := greenhttp.NewTransport(h).RoundTrip(req); return err })
			if err := h.Sleep(wait); err != nil {
				return err
			}
			asking.Kill()
			expect(t, "killed", errors.Is(asking.Err(), green.ErrKilled), true)
			if err := eventually(h, func() bool { return h.Len() <= 1 && body.n > 0 }); err != nil {
				return fmt.Errorf("%d tasks, closed %d times: %w", h.Len(), body.n, err)
			}
		}
		return nil
	})
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// The answer of a server that does not want an upload, and closes amid it, is read though writing fails.
func TestTransport_ReadsTheAnswerToAnUploadThatFails(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			http.ReadRequest(bufio.NewReader(c))
			io.WriteString(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
			c.Close() // which resets, since there is more to read
		}
	}()
	big := make([]byte, 20<<20)
	for name, body := range map[string]func() io.Reader{
		"length":  func() io.Reader { return bytes.NewReader(big) },
		"chunked": func() io.Reader { return onlyReader{bytes.NewReader(big)} },
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, h *green.Hub) error {
				c := greenhttp.NewClient(h)
				for range 20 {
					got, err := fetch(c, "POST", "http://"+l.Addr().String(), body())
					if err != nil {
						return err
					}
					expect(t, "the answer", got, "413 big")
				}
				return nil
			})
		})
	}
}
