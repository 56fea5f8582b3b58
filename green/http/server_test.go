package http_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/green"
	greenhttp "github.com/go-greenlet/greenlet/green/http"
)

func TestKeepAliveAndPipelining(t *testing.T) {
	handler := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s", r.URL.Path, body)
	}
	with(t, handler, func(t *testing.T, h *green.Hub, addr string) error {
		got, err := talk(h, addr, strings.Replace(post("Content-Length: 3\r\n", "abc"), "/", "/1", 1)+
			strings.Replace(post("Transfer-Encoding: chunked\r\n", "2\r\nde\r\n0\r\n\r\n"), "/", "/2", 1)+
			"GET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"+smuggled)
		var bodies []string
		for part := range strings.SplitSeq(got, "HTTP/1.1 200 OK\r\n") {
			if _, body, ok := strings.Cut(part, "\r\n\r\n"); ok {
				bodies = append(bodies, body)
			}
		}
		expect(t, "bodies", strings.Join(bodies, "|"), "/1 abc|/2 de|/3 ")
		expect(t, "told to close", strings.Count(got, "Connection: close\r\n"), 1)
		return err
	})
}

func TestFramingOfResponses(t *testing.T) {
	long := strings.Repeat("x", 10000)
	handler := func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/short":
			io.WriteString(w, "short")
		case "/long":
			io.WriteString(w, long)
		case "/known":
			w.Header().Set("Content-Length", "10000")
			io.WriteString(w, long)
		case "/flushed":
			io.WriteString(w, "a")
			w.(http.Flusher).Flush()
			io.WriteString(w, "b")
		case "/none":
			w.WriteHeader(204)
			if _, err := w.Write([]byte("x")); !errors.Is(err, http.ErrBodyNotAllowed) {
				t.Errorf("Write after 204: %v", err)
			}
		case "/same":
			w.Header().Set("Content-Length", "7")
			w.WriteHeader(304)
		case "/trailer":
			w.Header().Set("Trailer", "X-Sum, X-Other")
			io.WriteString(w, "t")
			w.Header().Set("X-Sum", "1")
			w.Header().Set("X-Other", "2")
			w.Header().Set(http.TrailerPrefix+"X-Late", "3")
		case "/split":
			w.Header().Set("X", "a\r\nY: b")
			w.Header()["Bad Name"] = []string{"c"}
		case "/more":
			w.Header().Set("Content-Length", "1")
			if _, err := io.WriteString(w, "xy"); !errors.Is(err, http.ErrContentLength) {
				t.Errorf("Write of too much: %v", err)
			}
			io.WriteString(w, "x")
		case "/hints":
			w.Header().Set("Link", "</a>")
			w.WriteHeader(http.StatusEarlyHints)
			io.WriteString(w, "h")
		}
	}
	show := func(r *http.Response, body string) string {
		if body == long {
			body = "LONG"
		}
		return fmt.Sprint(r.StatusCode, " ", r.ContentLength, " ", r.TransferEncoding, " ", r.Close, " ", body, " ", r.Header.Get("Content-Type"))
	}
	const plain = "text/plain; charset=utf-8"
	for _, c := range []struct{ method, path, version, want string }{
		{"GET", "/empty", "1.1", "200 0 [] false  "},
		{"GET", "/short", "1.1", "200 5 [] false short " + plain},
		{"HEAD", "/short", "1.1", "200 5 [] false  " + plain},
		{"HEAD", "/long", "1.1", "200 10000 [] false  " + plain},
		{"GET", "/long", "1.1", "200 -1 [chunked] false LONG " + plain},
		{"GET", "/long", "1.0", "200 -1 [] true LONG " + plain},
		{"GET", "/short", "1.0", "200 5 [] true short " + plain},
		{"GET", "/known", "1.1", "200 10000 [] false LONG " + plain},
		{"HEAD", "/known", "1.1", "200 10000 [] false  " + plain},
		{"GET", "/flushed", "1.1", "200 -1 [chunked] false ab " + plain},
		{"HEAD", "/flushed", "1.1", "200 -1 [chunked] false  " + plain},
		{"GET", "/none", "1.1", "204 0 [] false  "},
		{"GET", "/same", "1.1", "304 0 [] false  "},
		{"GET", "/trailer", "1.1", "200 -1 [chunked] false t " + plain},
		{"GET", "/split", "1.1", "200 0 [] false  "},
		{"GET", "/more", "1.1", "200 1 [] false x " + plain},
		{"OPTIONS", "*", "1.1", "200 0 [] false  "},
	} {
		t.Run(c.method+c.path+c.version, func(t *testing.T) {
			with(t, handler, func(t *testing.T, h *green.Hub, addr string) error {
				p, err := dial(h, addr)
				if err != nil {
					return err
				}
				defer p.Close()
				for range 2 {
					r, body, err := p.ask(c.method, c.method+" "+c.path+" HTTP/"+c.version+"\r\nHost: x\r\n\r\n")
					if err != nil {
						return err
					}
					expect(t, "response", show(r, body), c.want)
					switch c.path {
					case "/same":
						expect(t, "length", r.Header.Get("Content-Length"), "7")
					case "/trailer":
						expect(t, "trailers", r.Trailer.Get("X-Sum")+r.Trailer.Get("X-Other")+r.Trailer.Get("X-Late"), "123")
						expect(t, "trailer in the header", r.Header.Get("X-Sum"), "")
					case "/split":
						expect(t, "header", fmt.Sprint(r.Header["X"], r.Header["Y"], r.Header["Bad Name"]), "[a  Y: b] [] []")
					}
					if r.Close {
						break
					}
				}
				return nil
			})
		})
	}
}

func TestKeepAliveOfOldClients(t *testing.T) {
	with(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "x") }, func(t *testing.T, h *green.Hub, addr string) error {
		p, err := dial(h, addr)
		if err != nil {
			return err
		}
		defer p.Close()
		for range 2 {
			r, _, err := p.ask("GET", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
			if err != nil {
				return err
			}
			expect(t, "Connection", r.Header.Get("Connection"), "keep-alive")
			expect(t, "version", r.Proto, "HTTP/1.0")
		}
		return nil
	})
}

func TestTooLittleBodyEndsTheConnection(t *testing.T) {
	handler := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "10")
		io.WriteString(w, "x")
	}
	with(t, handler, func(t *testing.T, h *green.Hub, addr string) error {
		got, err := talk(h, addr, get("")+get(""))
		expect(t, "responses", strings.Count(got, "HTTP/1.1"), 1)
		return err
	})
}

func TestExpectContinue(t *testing.T) {
	handler := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/refused" {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		body, _ := io.ReadAll(r.Body)
		w.Write(body)
	}
	with(t, handler, func(t *testing.T, h *green.Hub, addr string) error {
		p, err := dial(h, addr)
		if err != nil {
			return err
		}
		defer p.Close()
		r, _, err := p.ask("POST", post("Expect: 100-continue\r\nContent-Length: 3\r\n", ""))
		if err != nil {
			return err
		}
		expect(t, "first", r.StatusCode, 100)
		r, body, err := p.ask("POST", "abc")
		if err != nil {
			return err
		}
		expect(t, "then", fmt.Sprint(r.StatusCode, body), "200abc")

		got, err := talk(h, addr, "POST /refused HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
		expect(t, "refused", strings.HasPrefix(got, "HTTP/1.1 403 ") && strings.Contains(got, "Connection: close\r\n"), true)
		return err
	})
}

func TestUnreadBody(t *testing.T) {
	with(t, func(w http.ResponseWriter, r *http.Request) {}, func(t *testing.T, h *green.Hub, addr string) error {
		p, err := dial(h, addr)
		if err != nil {
			return err
		}
		defer p.Close()
		for range 2 { // a little is read by the server, and the connection goes on
			r, _, err := p.ask("POST", post("Content-Length: 1000\r\n", strings.Repeat("x", 1000)))
			if err != nil {
				return err
			}
			expect(t, "close", r.Close, false)
		}
		r, _, err := p.ask("POST", post("Content-Length: 10000000\r\n", "x")) // much is not
		if err != nil {
			return err
		}
		expect(t, "close", r.Close, true)
		return nil
	})
}

func TestPanicOfAHandler(t *testing.T) {
	run(t, func(t *testing.T, h *green.Hub) error {
		var heard []string
		s := &greenhttp.Server{
			OnError: func(r *http.Request, err error) {
				var p *greenlet.PanicError
				if errors.As(err, &p) {
					heard = append(heard, fmt.Sprint(r.URL.Path, p.Value))
				}
			},
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch r.URL.Path {
				case "/late":
					io.WriteString(w, "x")
					w.(http.Flusher).Flush()
				case "/silent":
					panic(http.ErrAbortHandler)
				}
				io.WriteString(w, "lost")
				panic("oh")
			}),
		}
		return serve(h, s, func(addr string) error {
			for path, want := range map[string]string{"/early": "HTTP/1.1 500", "/late": "HTTP/1.1 200", "/silent": ""} {
				got, err := talk(h, addr, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n")
				if err != nil {
					return err
				}
				expect(t, path, got[:min(len(got), 12)], want)
				expect(t, "lost", strings.Contains(got, "lost"), false)
				expect(t, "ended", strings.HasSuffix(got, "0\r\n\r\n"), false)
			}
			expect(t, "reports", len(heard), 2)
			return nil
		})
	})
}

// The time of these is the system's, since sockets are; nothing depends on how much passes.
func TestSlowClients(t *testing.T) {
	const short = 30 * time.Millisecond
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/big" {
			for {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
		}
		io.Copy(io.Discard, r.Body)
	})
	for _, c := range []struct {
		name string
		s    greenhttp.Server
		raw  string
		want string
	}{
		{"nothing", greenhttp.Server{ReadHeaderTimeout: short}, "", ""},
		{"half a head", greenhttp.Server{ReadHeaderTimeout: short}, "GET / HT", "HTTP/1.1 408"},
		{"half a head by ReadTimeout", greenhttp.Server{ReadTimeout: short}, "GET / HT", "HTTP/1.1 408"},
		{"half a body", greenhttp.Server{ReadTimeout: short}, post("Content-Length: 3\r\n", "a"), "HTTP/1.1 408"},
		{"no next request", greenhttp.Server{IdleTimeout: short}, get(""), "HTTP/1.1 200"},
	} {
		t.Run(c.name, func(t *testing.T) {
			run(t, func(t *testing.T, h *green.Hub) error {
				s := c.s
				s.Handler = handler
				return serve(h, &s, func(addr string) error {
					got, err := talk(h, addr, c.raw)
					expect(t, "answer", got[:min(len(got), 12)], c.want)
					return err
				})
			})
		})
	}
	t.Run("does not read", func(t *testing.T) {
		run(t, func(t *testing.T, h *green.Hub) error {
			s := &greenhttp.Server{WriteTimeout: short, Handler: handler}
			return serve(h, s, func(addr string) error {
				p, err := dial(h, addr)
				if err != nil {
					return err
				}
				defer p.Close()
				if _, err := io.WriteString(p, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
					return err
				}
				if _, err := p.br.Peek(1); err != nil {
					return err
				}
				for s.Conns() > 0 {
					if err := h.Sleep(short); err != nil {
						return err
					}
				}
				return nil
			})
		})
	})
}

func TestRequestContext(t *testing.T) {
	run(t, func(t *testing.T, h *green.Hub) error {
		var kept context.Context
		gone := h.NewEvent()
		s := &greenhttp.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/short" {
				kept = r.Context()
				if kept.Err() != nil || greenhttp.HubOf(kept) != h {
					t.Errorf("context: %v, hub %v", kept.Err(), greenhttp.HubOf(kept))
				}
				return
			}
			_, err := green.Offload(h, func(context.Context) (int, error) {
				<-r.Context().Done() // on another goroutine
				return 0, nil
			})
			if err == nil {
				gone.Set()
			}
		})}
		return serve(h, s, func(addr string) error {
			p, err := dial(h, addr)
			if err != nil {
				return err
			}
			for range 2 {
				if _, _, err := p.ask("GET", "GET /short HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
					return err
				}
				expect(t, "after the request", kept.Err(), context.Canceled)
			}
			io.WriteString(p, "GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
			h.Yield()
			p.Close()
			return gone.Wait()
		})
	})
}

func TestHijack(t *testing.T) {
	handler := func(w http.ResponseWriter, r *http.Request) {
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		line, _ := rw.ReadString('\n')
		fmt.Fprintf(rw, "you said %s", line)
		rw.Flush()
		if _, err := w.Write([]byte("x")); !errors.Is(err, http.ErrHijacked) {
			t.Errorf("Write after Hijack: %v", err)
		}
	}
	with(t, handler, func(t *testing.T, h *green.Hub, addr string) error {
		got, err := talk(h, addr, get("")+"hi\n")
		expect(t, "answer", got, "you said hi\n")
		return err
	})
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	data := bytes.Repeat([]byte("0123456789"), 30000)
	if err := os.WriteFile(filepath.Join(dir, "f.bin"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	with(t, http.FileServer(http.Dir(dir)).ServeHTTP, func(t *testing.T, h *green.Hub, addr string) error {
		p, err := dial(h, addr)
		if err != nil {
			return err
		}
		defer p.Close()
		r, body, err := p.ask("GET", "GET /f.bin HTTP/1.1\r\nHost: x\r\n\r\n")
		if err != nil {
			return err
		}
		expect(t, "length", r.ContentLength, int64(len(data)))
		expect(t, "body", body == string(data), true)
		r, body, err = p.ask("GET", "GET /f.bin HTTP/1.1\r\nHost: x\r\nRange: bytes=5-20004\r\n\r\n")
		if err != nil {
			return err
		}
		expect(t, "part", fmt.Sprint(r.StatusCode, body == string(data[5:20005])), "206 true")
		return nil
	})
}

// Handlers run one at a time and share without a lock; while one waits, others go on.
func TestHandlersWaitForEachOther(t *testing.T) {
	run(t, func(t *testing.T, h *green.Hub) error {
		waiting := 0
		all := h.NewEvent()
		s := &greenhttp.Server{MaxConns: 10, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if waiting++; waiting == 10 {
				all.Set()
			}
			all.Wait()
			fmt.Fprint(w, waiting)
		})}
		return serve(h, s, func(addr string) error {
			return h.Group(func(g *green.Group) error {
				for range 10 {
					g.Go(func() error {
						got, err := talk(h, addr, get("Connection: close\r\n"))
						expect(t, "answer", got[len(got)-2:], "10")
						return err
					})
				}
				return nil
			})
		})
	})
}
