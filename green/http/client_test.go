package http_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	greenhttp "github.com/go-greenlet/greenlet/green/http"
	greennet "github.com/go-greenlet/greenlet/green/net"
)

func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s %s %d %v", r.Method, body, r.ContentLength, err)
}

// fetch sends a request and returns status and body.
func fetch(c *http.Client, method, url string, body io.Reader) (string, error) {
	req, err := http.NewRequest(method, url, body)
	if err != nil {
		return "", err
	}
	r, err := c.Do(req)
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	all, err := io.ReadAll(r.Body)
	return fmt.Sprint(r.StatusCode, " ", string(all)), err
}

// onlyReader hides what a body is.
type onlyReader struct{ io.Reader }

// The client of this package with the server of net/http, on goroutines.
func TestClientWithStandardServer(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", echo)
	mux.HandleFunc("/redirect", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/echo", http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "who", Value: "me"})
		http.Redirect(w, r, "/who", http.StatusFound)
	})
	mux.HandleFunc("/who", func(w http.ResponseWriter, r *http.Request) {
		c, _ := r.Cookie("who")
		fmt.Fprint(w, c)
	})
	mux.HandleFunc("/trailer", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "T")
		io.Copy(w, r.Body)
		w.Header().Set("T", r.Trailer.Get("T"))
	})
	mux.HandleFunc("/early", func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "no", http.StatusRequestEntityTooLarge)
	})
	for name, s := range map[string]*httptest.Server{"plain": httptest.NewServer(mux), "tls": httptest.NewTLSServer(mux)} {
		t.Run(name, func(t *testing.T) {
			defer s.Close()
			run(t, func(t *testing.T, h *green.Hub) error {
				tr := greenhttp.NewTransport(h)
				defer tr.CloseIdleConnections()
				dials := 0
				tr.Dial = func(network, address string) (net.Conn, error) {
					dials++
					return greennet.Dial(h, network, address)
				}
				if s.TLS != nil {
					tr.TLSConfig = s.Client().Transport.(*http.Transport).TLSClientConfig
				}
				jar, _ := cookiejar.New(nil)
				c := &http.Client{Transport: tr, Jar: jar}
				big := strings.Repeat("x", 300000)
				for _, r := range []struct {
					method, path string
					body         io.Reader
					want         string
				}{
					{"GET", "/echo", nil, "200 GET  0 <nil>"},
					{"POST", "/echo", strings.NewReader("abc"), "200 POST abc 3 <nil>"},
					{"POST", "/echo", onlyReader{strings.NewReader("abc")}, "200 POST abc -1 <nil>"},
					{"PUT", "/echo", strings.NewReader(big), "200 PUT " + big + " 300000 <nil>"},
					{"PUT", "/echo", onlyReader{strings.NewReader(big)}, "200 PUT " + big + " -1 <nil>"},
					{"POST", "/redirect", strings.NewReader("abc"), "200 POST abc 3 <nil>"},
					{"HEAD", "/echo", nil, "200 "},
					{"GET", "/login", nil, "200 who=me"},
					{"DELETE", "/echo", nil, "200 DELETE  0 <nil>"},
				} {
					got, err := fetch(c, r.method, s.URL+r.path, r.body)
					if err != nil {
						return fmt.Errorf("%s %s: %w", r.method, r.path, err)
					}
					expect(t, r.method+" "+r.path, got == r.want, true)
				}
				// A body that is still being sent at the end of the answer costs a connection.
				expect(t, "connections", dials <= 3, true)

				req, _ := http.NewRequest("POST", s.URL+"/trailer", onlyReader{strings.NewReader("abc")})
				req.Trailer = http.Header{"T": {"x"}}
				resp, err := c.Do(req)
				if err != nil {
					return err
				}
				body, err := io.ReadAll(resp.Body)
				expect(t, "trailer", string(body)+resp.Trailer.Get("T"), "abcx")

				// A server that does not want the body answers before it has come.
				got, err2 := fetch(c, "POST", s.URL+"/early", &onlyReader{io.LimitReader(zeros{}, 100<<20)})
				if err2 == nil {
					expect(t, "early", got, "413 no\n")
				}
				return err
			})
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// The server of this package with the client of net/http, on goroutines.
func TestServerWithStandardClient(t *testing.T) {
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprint("tls=", secure), func(t *testing.T) {
			run(t, func(t *testing.T, h *green.Hub) error {
				l, err := greennet.Listen(h, "tcp", "127.0.0.1:0")
				if err != nil {
					return err
				}
				s := &greenhttp.Server{Handler: http.HandlerFunc(echo)}
				scheme, client := "http", &http.Client{Transport: &http.Transport{}}
				if secure {
					peer := httptest.NewUnstartedServer(nil)
					peer.StartTLS()
					s.TLSConfig = &tls.Config{Certificates: peer.TLS.Certificates}
					client.Transport = &http.Transport{TLSClientConfig: peer.Client().Transport.(*http.Transport).TLSClientConfig}
					scheme = "https"
					peer.Close()
				}
				server := h.Go(func() error {
					if secure {
						return s.ServeTLS(h, l, "", "")
					}
					return s.Serve(h, l)
				})
				_, err = green.Offload(h, func(context.Context) (int, error) {
					defer client.CloseIdleConnections()
					for _, size := range []int{0, 3, 300000} {
						body := strings.Repeat("x", size)
						got, err := fetch(client, "POST", scheme+"://"+l.Addr().String()+"/", strings.NewReader(body))
						if err != nil {
							return 0, err
						}
						expect(t, "answer", got == fmt.Sprintf("200 POST %s %d <nil>", body, size), true)
					}
					return 0, nil
				})
				s.Shutdown(time.Second)
				server.Join()
				expect(t, "Serve", server.Err(), http.ErrServerClosed)
				return err
			})
		})
	}
}

func TestServerWithCurl(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("curl is not installed")
	}
	with(t, echo, func(t *testing.T, h *green.Hub, addr string) error {
		for _, c := range []struct {
			args []string
			want string
		}{
			{nil, "GET  0 <nil>"},
			{[]string{"-0"}, "GET  0 <nil>"},
			{[]string{"-d", "abc"}, "POST abc 3 <nil>"},
			{[]string{"-d", "abc", "-H", "Transfer-Encoding: chunked"}, "POST abc -1 <nil>"},
			{[]string{"-d", "abc", "-H", "Expect: 100-continue"}, "POST abc 3 <nil>"},
			{[]string{"-I"}, ""},
		} {
			out, err := green.Offload(h, func(ctx context.Context) (string, error) {
				args := append([]string{"-sS", "--max-time", "10", "-o", "-", "-w", "", "http://" + addr + "/"}, c.args...)
				out, err := exec.CommandContext(ctx, curl, args...).Output()
				return string(out), err
			})
			if err != nil {
				return err
			}
			if c.want == "" {
				expect(t, "head", strings.HasPrefix(out, "HTTP/1.1 200 OK\r\n"), true)
				continue
			}
			expect(t, strings.Join(c.args, " "), out, c.want)
		}
		return nil
	})
}

func TestRedirectsAndReuse(t *testing.T) {
	conns := map[string]bool{}
	handler := func(w http.ResponseWriter, r *http.Request) {
		conns[r.RemoteAddr] = true
		if r.URL.Path == "/a" {
			http.Redirect(w, r, "/b", http.StatusFound)
			return
		}
		io.WriteString(w, r.URL.Path)
	}
	with(t, handler, func(t *testing.T, h *green.Hub, addr string) error {
		clear(conns)
		c := greenhttp.NewClient(h)
		defer c.CloseIdleConnections()
		for range 3 {
			got, err := fetch(c, "GET", "http://"+addr+"/a", nil)
			if err != nil {
				return err
			}
			expect(t, "answer", got, "200 /b")
		}
		expect(t, "connections", len(conns), 1)
		return nil
	})
}

func TestLimitPerHost(t *testing.T) {
	now, most := 0, 0
	run(t, func(t *testing.T, h *green.Hub) error {
		now, most = 0, 0
		s := &greenhttp.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			now++
			most = max(most, now)
			h.Sleep(time.Millisecond)
			now--
			io.WriteString(w, "x")
		})}
		return serve(h, s, func(addr string) error {
			tr := greenhttp.NewTransport(h)
			tr.MaxPerHost = 2
			defer tr.CloseIdleConnections()
			c := &http.Client{Transport: tr}
			return h.Group(func(g *green.Group) error {
				for range 10 {
					g.Go(func() error {
						got, err := fetch(c, "GET", "http://"+addr, nil)
						expect(t, "answer", got, "200 x")
						expect(t, "at a time", most <= 2, true)
						return err
					})
				}
				return nil
			})
		})
	})
}

// A server that closes an idle connection costs nothing: the request is sent on another one.
func TestDeadIdleConnection(t *testing.T) {
	run(t, func(t *testing.T, h *green.Hub) error {
		l, err := greennet.Listen(h, "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		// Answers once on each connection, without saying that it closes it, and only after the next request has come if
		// the connection is to die late.
		server := h.Go(func() error {
			for {
				c, err := l.Accept()
				if err != nil {
					return nil
				}
				p := &peer{Conn: c}
				h.Go(func() error {
					defer c.Close()
					buf := make([]byte, 4096)
					n, err := c.Read(buf)
					if err != nil {
						return nil
					}
					io.WriteString(p, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
					if bytes.HasPrefix(buf[:n], []byte("GET /late")) {
						c.Read(buf)
					}
					return nil
				})
			}
		})
		c := greenhttp.NewClient(h)
		for _, path := range []string{"/", "/", "/late", "/late"} {
			got, err := fetch(c, "GET", "http://"+l.Addr().String()+path, nil)
			if err != nil {
				return err
			}
			expect(t, path, got, "200 x")
			for range 3 {
				h.Sleep(time.Millisecond)
			}
		}
		c.CloseIdleConnections()
		l.Close()
		return server.Join()
	})
}

func TestEndOfAClientRequest(t *testing.T) {
	run(t, func(t *testing.T, h *green.Hub) error {
		begun := h.NewEvent()
		s := &greenhttp.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/half" {
				w.Header().Set("Content-Length", "10")
				w.(http.Flusher).Flush()
			}
			begun.Set()
			h.Sleep(time.Hour)
		})}
		return serve(h, s, func(addr string) error {
			for _, path := range []string{"/none", "/half"} {
				tr := greenhttp.NewTransport(h)
				c := &http.Client{Transport: tr}
				get := func(ctx context.Context) error {
					req, err := http.NewRequestWithContext(ctx, "GET", "http://"+addr+path, nil)
					if err != nil {
						return err
					}
					r, err := c.Do(req)
					if err != nil {
						return err
					}
					defer r.Body.Close()
					_, err = io.ReadAll(r.Body)
					return err
				}
				// By a deadline of the task.
				err := h.WithTimeout(10*time.Millisecond, func(o *green.Timeout) error {
					err := get(context.Background())
					if !o.Owns(err) {
						t.Errorf("%s: by deadline: %v", path, err)
					}
					return nil
				})
				if err != nil {
					return err
				}
				// By killing the task.
				begun.Clear()
				task := h.Go(func() error { return get(context.Background()) })
				if err := begun.Wait(); err != nil {
					return err
				}
				task.Kill()
				expect(t, "killed", errors.Is(task.Err(), green.ErrKilled), true)
				// By the context, canceled on another goroutine.
				begun.Clear()
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				task = h.Go(func() error { return get(ctx) })
				if err := begun.Wait(); err != nil {
					return err
				}
				go cancel()
				task.Join()
				expect(t, "canceled", errors.Is(task.Err(), context.Canceled), true)
			}
			return nil
		})
	})
}

func TestGzip(t *testing.T) {
	text := strings.Repeat("hello ", 1000)
	handler := func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") == "gzip" {
			w.Header().Set("Content-Encoding", "gzip")
			pack(w, text)
			return
		}
		io.WriteString(w, "plain")
	}
	with(t, handler, func(t *testing.T, h *green.Hub, addr string) error {
		tr := greenhttp.NewTransport(h)
		defer tr.CloseIdleConnections()
		got, err := fetch(&http.Client{Transport: tr}, "GET", "http://"+addr, nil)
		if err != nil {
			return err
		}
		expect(t, "unpacked", got == "200 "+text, true)
		tr.DisableCompression = true
		got, err = fetch(&http.Client{Transport: tr}, "GET", "http://"+addr, nil)
		expect(t, "plain", got, "200 plain")
		return err
	})
}

func TestRequestsThatCannotBeSent(t *testing.T) {
	run(t, func(t *testing.T, h *green.Hub) error {
		tr := greenhttp.NewTransport(h)
		for _, req := range []*http.Request{
			{},
			{URL: &url.URL{Scheme: "ftp", Host: "x"}},
			{URL: &url.URL{Scheme: "http"}},
			{URL: &url.URL{Scheme: "http", Host: "x"}, Method: "A B"},
			{URL: &url.URL{Scheme: "http", Host: "x"}, Header: http.Header{"A": {"b\r\nC: d"}}},
			{URL: &url.URL{Scheme: "http", Host: "x"}, Header: http.Header{"A B": {"c"}}},
		} {
			if r, err := tr.RoundTrip(req); err == nil {
				t.Errorf("%v was sent: %v", req, r)
			}
		}
		return nil
	})
}
