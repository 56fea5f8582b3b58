package http_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"mime/multipart"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	greenhttp "github.com/go-greenlet/greenlet/green/http"
	greennet "github.com/go-greenlet/greenlet/green/net"
	"github.com/go-greenlet/greenlet/tasklet"
)

// A panic of a handler is logged with its stack when nobody asked for it, as net/http does; http.ErrAbortHandler is
// not.
func TestPanicWithoutOnError(t *testing.T) {
	var logged bytes.Buffer
	log.SetOutput(&logged)
	defer log.SetOutput(os.Stderr)
	handler := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/abort" {
			panic(http.ErrAbortHandler)
		}
		panicInHandler()
	}
	with(t, handler, func(t *testing.T, h *green.Hub, addr string) error {
		logged.Reset()
		talk(h, addr, strings.Replace(get(""), "/", "/abort", 1))
		expect(t, "logged of ErrAbortHandler", logged.String(), "")
		_, err := talk(h, addr, get(""))
		for _, part := range []string{"green/http: panic serving 127.0.0.1:", "a defect", "panicInHandler"} {
			if !strings.Contains(logged.String(), part) {
				t.Errorf("%q is missing in what was logged: %s", part, logged.String())
			}
		}
		return err
	})
}

//go:noinline
func panicInHandler() { panic("a defect") }

// The files of a multipart form are removed when its handler has ended, also by a panic.
func TestMultipartFilesAreRemoved(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir)
	handler := func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1); err != nil {
			t.Errorf("ParseMultipartForm: %v", err)
		}
		if files, _ := os.ReadDir(dir); len(files) == 0 {
			t.Error("the test shows nothing: the form made no file")
		}
		if r.URL.Path == "/abort" {
			panic(http.ErrAbortHandler)
		}
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, _ := form.CreateFormFile("file", "name")
	file.Write(make([]byte, 11<<20))
	form.Close()
	fields := fmt.Sprintf("Connection: close\r\nContent-Type: %s\r\nContent-Length: %d\r\n", form.FormDataContentType(), body.Len())
	with(t, handler, func(t *testing.T, h *green.Hub, addr string) error {
		for _, path := range []string{"/", "/abort"} {
			if _, err := talk(h, addr, strings.Replace(post(fields, body.String()), "/", path, 1)); err != nil {
				return err
			}
			files, err := os.ReadDir(dir)
			if err != nil || len(files) > 0 {
				t.Errorf("%s: %d files are left, %v", path, len(files), err)
			}
		}
		return nil
	})
}

// The context of a request ends when its client goes: after a deadline for reading has passed, when a write has
// failed, and when the body has ended early.
func TestContextEndsWithTheClient(t *testing.T) {
	for name, wait := range map[string]func(h *green.Hub, w http.ResponseWriter, r *http.Request){
		"after ReadTimeout": func(h *green.Hub, w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			r.Context().Done() // from now on the client is watched
			h.Sleep(30 * time.Millisecond)
		},
		"after SetReadDeadline": func(h *green.Hub, w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			r.Context().Done()
			h.Yield()
			http.NewResponseController(w).SetReadDeadline(h.Now().Add(-time.Second))
			h.Yield()
		},
		"after a write that failed": func(h *green.Hub, w http.ResponseWriter, r *http.Request) {
			for part := make([]byte, 64<<10); ; {
				if _, err := w.Write(part); err != nil {
					return
				}
			}
		},
		"after a body that ended early": func(h *green.Hub, w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
		},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, h *green.Hub) error {
				came, waits, ended := h.NewEvent(), h.NewEvent(), h.NewEvent()
				handler := func(w http.ResponseWriter, r *http.Request) {
					came.Set()
					wait(h, w, r)
					waits.Set()
					h.UntilDone(r.Context(), func() error { return h.Sleep(longest) })
					expect(t, "the context's error", r.Context().Err(), context.Canceled)
					ended.Set()
				}
				s := &greenhttp.Server{Handler: http.HandlerFunc(handler), ReadTimeout: 10 * time.Millisecond}
				raw := post("Content-Length: 3\r\n", "abc")
				if strings.Contains(name, "early") {
					raw, s.ReadTimeout = raw[:len(raw)-1], 0
				}
				return serve(h, s, func(addr string) error {
					p, err := dial(h, addr)
					if err != nil {
						return err
					}
					io.WriteString(p, raw)
					if err := came.Wait(); err != nil {
						return err
					}
					if strings.Contains(name, "Deadline") || strings.Contains(name, "Timeout") {
						if err := waits.Wait(); err != nil {
							return err
						}
					}
					p.Close()
					return ended.Wait()
				})
			})
		})
	}
}

// A deadline around the reading of a body ends with its scope, wherever in the body it passes.
func TestDeadlineOnABodyEndsWithItsScope(t *testing.T) {
	for _, f := range framings {
		t.Run(f.name, func(t *testing.T) {
			run(t, func(t *testing.T, h *green.Hub) error {
				late := 0
				handler := func(w http.ResponseWriter, r *http.Request) {
					buf, all := make([]byte, 3), ""
					for {
						n := 0
						inTime, err := h.Within(time.Millisecond, func() (err error) {
							n, err = r.Body.Read(buf)
							return err
						})
						all += string(buf[:n])
						switch {
						case !inTime:
							late++
						case err != nil && err != io.EOF:
							t.Errorf("Read: %v", err)
							return
						case err == io.EOF:
							fmt.Fprint(w, all)
							return
						}
					}
				}
				return serve(h, &greenhttp.Server{Handler: http.HandlerFunc(handler)}, func(addr string) error {
					p, err := dial(h, addr)
					if err != nil {
						return err
					}
					defer p.Close()
					raw := post(f.fields, f.body)
					for i := range len(raw) {
						if _, err := io.WriteString(p, raw[i:i+1]); err != nil {
							return err
						}
						if err := h.Sleep(2 * time.Millisecond); err != nil {
							return err
						}
					}
					_, body, err := p.answer("POST")
					expect(t, "body", body, "hello world")
					if late == 0 {
						t.Error("the test shows nothing: no deadline has passed")
					}
					return err
				})
			})
		})
	}
}

// The answer to an upload that the handler does not read arrives, however much the client still sends.
func TestAnswerToAnUnreadUpload(t *testing.T) {
	with(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "thanks") },
		func(t *testing.T, h *green.Hub, addr string) error {
			for _, size := range []int{400 << 10, 2 << 20} {
				c, err := greennet.Dial(h, "tcp", addr)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(c, "%s", post(fmt.Sprintf("Content-Length: %d\r\n", size), ""))
				for sent := 0; sent < size && err == nil; sent += 16 << 10 {
					_, err = c.Write(make([]byte, 16<<10))
				}
				if err != nil {
					t.Errorf("sending %d bytes: %v", size, err)
				}
				all, err := io.ReadAll(c)
				if err != nil || !strings.HasSuffix(string(all), "\r\n\r\nthanks") {
					t.Errorf("after %d bytes: %q, %v", size, all, err)
				}
				c.Close()
			}
			return nil
		})
}

// A body that never comes, and that the handler does not want, holds up neither the answer nor the end of the server.
func TestBodyThatNeverComes(t *testing.T) {
	for name, idle := range map[string]time.Duration{"IdleTimeout": 20 * time.Millisecond, "Shutdown": time.Hour} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, h *green.Hub) error {
				served := h.NewEvent()
				s := &greenhttp.Server{IdleTimeout: idle, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					io.WriteString(w, "thanks")
					served.Set()
				})}
				return serve(h, s, func(addr string) error {
					p, err := dial(h, addr)
					if err != nil {
						return err
					}
					defer p.Close()
					io.WriteString(p, post("Content-Length: 10\r\n", ""))
					if err := served.Wait(); err != nil {
						return err
					}
					if name == "Shutdown" {
						if err := s.Shutdown(longest / 2); err != nil {
							t.Errorf("Shutdown: %v", err)
						}
					}
					r, body, err := p.answer("POST")
					if err != nil {
						return err
					}
					expect(t, "answer", body, "thanks")
					expect(t, "closes", r.Close, true)
					return nil
				})
			})
		})
	}
}

// A handler that shuts its own server down does not wait for itself.
func TestShutdownInAHandler(t *testing.T) {
	for _, grace := range []time.Duration{-1, 0, time.Second} {
		t.Run(grace.String(), func(t *testing.T) {
			run(t, func(t *testing.T, h *green.Hub) error {
				s := &greenhttp.Server{}
				s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, s.Shutdown(grace)) })
				return serve(h, s, func(addr string) error {
					got, err := talk(h, addr, get(""))
					if !strings.HasSuffix(got, "\r\n\r\n<nil>") {
						t.Errorf("answer: %q", got)
					}
					return err
				})
			})
		})
	}
}

// httputil.ReverseProxy aborts the answer of a backend that dies, since it finds a server in the context; and it
// flushes from another goroutine.
func TestReverseProxy(t *testing.T) {
	run(t, func(t *testing.T, h *green.Hub) error {
		more := h.NewEvent()
		backend := &greenhttp.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "hello")
			w.(http.Flusher).Flush()
			if r.URL.Path == "/die" {
				panic(http.ErrAbortHandler)
			}
			more.Wait() // until the first part has come through
		})}
		return serve(h, backend, func(addr string) error {
			proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: addr})
			transport := greenhttp.NewTransport(h)
			defer transport.CloseIdleConnections()
			proxy.Transport, proxy.FlushInterval = transport, time.Millisecond
			proxy.ErrorLog = log.New(io.Discard, "", 0)
			return serve(h, &greenhttp.Server{Handler: proxy}, func(addr string) error {
				p, err := dial(h, addr)
				if err != nil {
					return err
				}
				defer p.Close()
				if _, body, err := p.ask("GET", strings.Replace(get(""), "/", "/die", 1)); err == nil {
					t.Errorf("an answer that broke off: %q without an error", body)
				}
				p, err = dial(h, addr)
				if err != nil {
					return err
				}
				defer p.Close()
				io.WriteString(p, get(""))
				r, err := http.ReadResponse(p.br, nil)
				if err != nil {
					return err
				}
				part := make([]byte, 5)
				if _, err := io.ReadFull(r.Body, part); err != nil {
					return err
				}
				expect(t, "flushed", string(part), "hello")
				more.Set()
				_, err = io.ReadAll(r.Body)
				return err
			})
		})
	})
}

// An empty line after a body, which old clients send, begins no request.
func TestEmptyLineAfterABody(t *testing.T) {
	run(t, func(t *testing.T, h *green.Hub) error {
		s := &greenhttp.Server{ReadHeaderTimeout: 10 * time.Millisecond, Handler: http.HandlerFunc(
			func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })}
		return serve(h, s, func(addr string) error {
			p, err := dial(h, addr)
			if err != nil {
				return err
			}
			defer p.Close()
			for range 2 {
				_, body, err := p.ask("POST", post("Content-Length: 3\r\n", "abc")+"\r\n")
				if err != nil {
					return err
				}
				expect(t, "body", body, "abc")
				if err := h.Sleep(50 * time.Millisecond); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// Many requests in one packet do not keep the other tasks waiting until the last is served.
func TestPipelineGivesWay(t *testing.T) {
	run(t, func(t *testing.T, h *green.Hub) error {
		const many = 50
		served, turns := 0, 0
		handler := func(w http.ResponseWriter, r *http.Request) {
			if served++; served == 1 {
				h.Go(func() error {
					for served < many {
						turns++
						if err := h.Yield(); err != nil {
							return err
						}
					}
					return nil
				})
			}
		}
		return serve(h, &greenhttp.Server{Handler: http.HandlerFunc(handler)}, func(addr string) error {
			_, err := talk(h, addr, strings.Repeat(get(""), many-1)+get("Connection: close\r\n"))
			if turns < many-1 {
				t.Errorf("another task had %d turns while %d requests were served", turns, many)
			}
			return err
		})
	})
}

// What handlers say of the connection and of the length is said once, and as they said it.
func TestFieldsOfTheServer(t *testing.T) {
	handler := func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/keep":
			w.Header().Set("Connection", "keep-alive, X-Hop")
		case "/switch":
			w.Header().Set("Connection", "Upgrade")
			w.Header().Set("Upgrade", "x")
			w.WriteHeader(101)
		case "/uncounted":
			w.Header()["Content-Length"] = nil
			io.WriteString(w, "a")
		case "/late":
			io.WriteString(w, "a")
			w.(http.Flusher).Flush()
			w.WriteHeader(0) // which net/http does not look at either
			io.WriteString(w, "b")
		}
	}
	with(t, handler, func(t *testing.T, h *green.Hub, addr string) error {
		for path, want := range map[string][]string{
			"/keep":      {"Connection: X-Hop, close\r\n"},
			"/switch":    {"Connection: Upgrade\r\n"},
			"/uncounted": {"Connection: close\r\n", "\r\n\r\n1\r\na\r\n0\r\n\r\n"},
			"/late":      {"Connection: close\r\n", "\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n"},
		} {
			got, err := talk(h, addr, strings.Replace(get("Connection: close\r\n"), "/", path, 1))
			if err != nil {
				return err
			}
			expect(t, "Connection fields of "+path, strings.Count(got, "\r\nConnection: "), 1)
			for _, part := range want {
				if !strings.Contains(got, part) {
					t.Errorf("%s: %q is missing in %q", path, part, got)
				}
			}
		}
		return nil
	})
}

// The Date of an answer is the hub's.
func TestDateIsTheHubs(t *testing.T) {
	clock := tasklet.NewClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	err := green.Run(func(h *green.Hub) error {
		a, b, err := greennet.SocketPair(h)
		if err != nil {
			return err
		}
		s := &greenhttp.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}
		h.Go(func() error { s.ServeConn(h, b); return nil })
		io.WriteString(a, get("Connection: close\r\n"))
		all, err := io.ReadAll(a)
		if !strings.Contains(string(all), "\r\nDate: Tue, 01 Jan 2030 00:00:00 GMT\r\n") {
			t.Errorf("answer: %q", all)
		}
		return errors.Join(err, a.Close())
	}, green.WithWorld(clock))
	if err != nil {
		t.Error(err)
	}
}
