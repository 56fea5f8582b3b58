package http_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet/green"
	greenhttp "github.com/go-greenlet/greenlet/green/http"
	greennet "github.com/go-greenlet/greenlet/green/net"
)

// heads makes a server that notes what it is sent, byte by byte, until end says that this is all, and answers.
func heads(t *testing.T, end string) (addr string, sent func() string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	all := make(chan string, 100)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			var got []byte
			for b := make([]byte, 1); !bytes.HasSuffix(got, []byte(end)); got = append(got, b[0]) {
				if _, err := c.Read(b); err != nil {
					break
				}
			}
			all <- string(got)
			io.WriteString(c, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello")
			c.Close()
		}
	}()
	return l.Addr().String(), func() string { return <-all }
}

// What is looked up, and the request line and Host that are sent.
func TestTransport_Names(t *testing.T) {
	addr, sent := heads(t, "\r\n\r\n")
	for _, x := range []struct {
		url, host, method, opaque string
		dialed, line, sentHost    string
	}{
		{"http://bücher.example/", "", "GET", "", "xn--bcher-kva.example:80", "GET / HTTP/1.1", "xn--bcher-kva.example"},
		{"http://gophér.test:81/", "", "GET", "", "xn--gophr-esa.test:81", "GET / HTTP/1.1", "xn--gophr-esa.test:81"},
		{"http://a.example/", "bücher.example:8", "GET", "", "a.example:80", "GET / HTTP/1.1", "xn--bcher-kva.example:8"},
		{"http://[fe80::1%25en0]/", "", "GET", "", "[fe80::1%en0]:80", "GET / HTTP/1.1", "[fe80::1]"},
		{"http://[fe80::1%25en0]:81/", "", "GET", "", "[fe80::1%en0]:81", "GET / HTTP/1.1", "[fe80::1]:81"},
		{"http://[::1]:81/", "[fe80::2%25x]:9", "GET", "", "[::1]:81", "GET / HTTP/1.1", "[fe80::2]:9"},
		{"http://p.example:312", "", "CONNECT", "", "p.example:312", "CONNECT p.example:312 HTTP/1.1", "p.example:312"},
		{"http://p.example:312", "", "CONNECT", "b:443", "p.example:312", "CONNECT b:443 HTTP/1.1", "p.example:312"},
	} {
		run(t, func(t *testing.T, h *green.Hub) error {
			dialed := ""
			tr := greenhttp.NewTransport(h)
			tr.Dial = func(network, to string) (net.Conn, error) {
				dialed = to
				return greennet.Dial(h, network, addr)
			}
			req, err := http.NewRequest(x.method, x.url, nil)
			if err != nil {
				return err
			}
			req.Host = x.host
			req.URL.Opaque = x.opaque
			resp, err := tr.RoundTrip(req)
			if err != nil {
				return err
			}
			resp.Body.Close()
			expect(t, x.url+" dialed", dialed, x.dialed)
			line, rest, _ := strings.Cut(sent(), "\r\n")
			expect(t, x.url+" request line", line, x.line)
			host, _, _ := strings.Cut(rest, "\r\n")
			expect(t, x.url+" Host", host, "Host: "+x.sentHost)
			return nil
		})
	}
}

// A request with a name or value that cannot go out is not sent, and no connection made. The body is closed.
func TestTransport_RefusesWhatCannotBeSent(t *testing.T) {
	header := func(k, v string) *http.Request { return &http.Request{Header: http.Header{k: {v}}} }
	trailer := func(k, v string) *http.Request {
		return &http.Request{Trailer: http.Header{k: {v}}, ContentLength: -1, Method: "POST"}
	}
	for text, req := range map[string]*http.Request{
		`invalid header field value for "X"`:        header("X", "a\x01b"),
		`invalid header field value for "Y"`:        header("Y", "a\r\nEvil: 1"),
		`invalid header field value for "Z"`:        header("Z", "a\x7f"),
		`invalid header field name "a b"`:           header("a b", "c"),
		`invalid header field name ""`:              header("", "c"),
		`invalid trailer field name "X\r\nEvil: 1"`: trailer("X\r\nEvil: 1", "a"),
		`invalid trailer field value for "X"`:       trailer("X", "a\r\nEvil: 1"),
		`"Content-Length" may not be a trailer`:     trailer("Content-Length", "1"),
		`"transfer-encoding" may not be a trailer`:  trailer("transfer-encoding", "chunked"),
		`"Trailer" may not be a trailer`:            trailer("Trailer", "1"),
		`"Host" may not be a trailer`:               trailer("Host", "1"),
		`"Authorization" may not be a trailer`:      trailer("Authorization", "1"),
		`"If-Match" may not be a trailer`:           trailer("If-Match", "1"),
		`invalid Host`:                              {Host: "a b"},
		`a control character in the URL`:            {URL: &url.URL{Scheme: "http", Host: "x.example", Opaque: "/a b"}},
	} {
		run(t, func(t *testing.T, h *green.Hub) error {
			addr, _ := heads(t, "\r\n\r\n")
			dials := 0
			req := req.Clone(t.Context())
			if req.URL == nil || req.URL.Host == "" {
				req.URL = &url.URL{Scheme: "http", Host: "x.example"}
			}
			body := &closes{Reader: strings.NewReader("abc")}
			req.Body = body
			resp, err := toward(h, addr, &dials).RoundTrip(req)
			if err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("%s: got %v, %v", text, resp, err)
			}
			expect(t, text+": the body was closed", body.n > 0, true)
			return nil
		})
	}
}

type closes struct {
	io.Reader
	n int
}

func (c *closes) Close() error { c.n++; return nil }

// A trailer whose value turns out to be wrong at the end of the body fails the request, and goes out in no form.
func TestTransport_TrailerThatBecomesInvalid(t *testing.T) {
	run(t, func(t *testing.T, h *green.Hub) error {
		got := ""
		l, err := greennet.Listen(h, "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer l.Close()
		server := h.Go(func() error {
			c, err := l.Accept()
			if err != nil {
				return err
			}
			all, _ := io.ReadAll(c)
			got = string(all)
			return c.Close()
		})
		req, err := http.NewRequest("POST", "http://"+l.Addr().String(), nil)
		if err != nil {
			return err
		}
		req.Trailer = http.Header{"T": nil}
		req.ContentLength = -1
		spoil := func() { req.Trailer["T"] = []string{"a\r\nEvil: 1"} }
		req.Body = io.NopCloser(&atEnd{Reader: strings.NewReader("abc"), f: spoil})
		_, err = greenhttp.NewTransport(h).RoundTrip(req)
		if err == nil || !strings.Contains(err.Error(), `invalid trailer field value for "T"`) {
			t.Errorf("got %v", err)
		}
		if err := server.Join(); err != nil {
			return err
		}
		if strings.Contains(got, "Evil") || strings.Contains(got, "\r\n0\r\n") {
			t.Errorf("sent %q", got)
		}
		return nil
	})
}

// An atEnd calls f when the reader has ended.
type atEnd struct {
	io.Reader
	f func()
}

func (a *atEnd) Read(p []byte) (int, error) {
	n, err := a.Reader.Read(p)
	if err == io.EOF {
		a.f()
	}
	return n, err
}

// A gzip body gives nothing after Close, as every other.
func TestTransport_GzipBodyAfterClose(t *testing.T) {
	handler := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		pack(w, strings.Repeat("hello ", 100000))
	}
	with(t, handler, func(t *testing.T, h *green.Hub, addr string) error {
		resp, err := greenhttp.NewClient(h).Get("http://" + addr)
		if err != nil {
			return err
		}
		buf := make([]byte, 10)
		if _, err := io.ReadFull(resp.Body, buf); err != nil {
			return err
		}
		resp.Body.Close()
		n, err := resp.Body.Read(buf)
		expect(t, "bytes after Close", n, 0)
		expect(t, "the error after Close", err, http.ErrBodyReadAfterClose)
		return nil
	})
}

// Connections that are no sockets, a pipe or a tunnel, are used again.
func TestTransport_KeepsConnectionsThatAreNoSockets(t *testing.T) {
	run(t, func(t *testing.T, h *green.Hub) error {
		dials := 0
		tr := greenhttp.NewTransport(h)
		tr.Dial = func(string, string) (net.Conn, error) {
			dials++
			here, there := net.Pipe()
			go func() {
				defer there.Close()
				for br := bufio.NewReader(there); ; {
					if _, err := http.ReadRequest(br); err != nil {
						return
					}
					io.WriteString(there, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
				}
			}()
			return greennet.Adopt(h, here)
		}
		c := &http.Client{Transport: tr}
		for range 5 {
			got, err := fetch(c, "GET", "http://pipe.example/", nil)
			if err != nil {
				return err
			}
			expect(t, "the answer", got, "200 hello")
		}
		expect(t, "connections", dials, 1)
		tr.CloseIdleConnections()
		return nil
	})
}

// A writeFails is a connection whose nth Write fails.
type writeFails struct {
	*greennet.Conn
	n     *int
	wrote int
}

func (c writeFails) Write(p []byte) (int, error) {
	if *c.n--; *c.n == 0 {
		return c.wrote, errors.New("intentional write failure")
	}
	return c.Conn.Write(p)
}

// If nothing of a request was written to a connection that was used before, it is sent on another one, whatever its
// method.
func TestTransport_RetriesWhatWasNotWritten(t *testing.T) {
	for _, x := range []struct {
		method, body   string
		rewinds, again bool
		wrote          int
	}{
		{"DELETE", "", true, true, 0},
		{"POST", "foo", true, true, 0},
		{"POST", "foo", false, false, 0}, // the body is gone
		{"POST", "foo", true, false, 1},  // the server may have seen it
	} {
		t.Run(fmt.Sprint(x), func(t *testing.T) {
			run(t, func(t *testing.T, h *green.Hub) error {
				s := &greenhttp.Server{Handler: http.HandlerFunc(echo)}
				return serve(h, s, func(addr string) error {
					dials, n := 0, 2
					tr := greenhttp.NewTransport(h)
					tr.Dial = func(network, _ string) (net.Conn, error) {
						dials++
						c, err := greennet.Dial(h, network, addr)
						if err != nil {
							return nil, err
						}
						return writeFails{c, &n, x.wrote}, nil
					}
					c := &http.Client{Transport: tr}
					if _, err := fetch(c, "GET", "http://x.example/", nil); err != nil {
						return err
					}
					var body io.Reader
					if x.body != "" {
						body = strings.NewReader(x.body)
						if !x.rewinds {
							body = onlyReader{body}
						}
					}
					got, err := fetch(c, x.method, "http://x.example/", body)
					if !x.again {
						if err == nil || !strings.Contains(err.Error(), "intentional write failure") {
							t.Errorf("got %q, %v", got, err)
						}
						return nil
					}
					if err != nil {
						return err
					}
					expect(t, "the answer", got, fmt.Sprintf("200 %s %s %d <nil>", x.method, x.body, len(x.body)))
					expect(t, "connections", dials, 2)
					tr.CloseIdleConnections()
					return nil
				})
			})
		})
	}
}

// The body of a CONNECT of unknown length is the client's side of the tunnel: it goes out as it is.
func TestTransport_Connect(t *testing.T) {
	handler := func(w http.ResponseWriter, r *http.Request) {
		nc, brw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer nc.Close()
		io.WriteString(nc, "HTTP/1.1 200 OK\r\n\r\n")
		for {
			line, err := brw.ReadString('\n')
			if err != nil {
				return
			}
			io.WriteString(nc, r.RequestURI+" "+strings.ToUpper(line))
		}
	}
	with(t, handler, func(t *testing.T, h *green.Hub, addr string) error {
		in, out, err := greennet.SocketPair(h)
		if err != nil {
			return err
		}
		defer out.Close()
		req, err := http.NewRequest("CONNECT", "http://"+addr, in)
		if err != nil {
			return err
		}
		req.URL.Opaque = "backend:443"
		resp, err := greenhttp.NewTransport(h).RoundTrip(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		br := bufio.NewReader(resp.Body)
		for _, line := range []string{"foo", "bar", "baz"} {
			fmt.Fprintln(out, line)
			got, err := br.ReadString('\n')
			if err != nil {
				return err
			}
			expect(t, line, got, "backend:443 "+strings.ToUpper(line)+"\n")
		}
		return nil
	})
}

// Connection: close is sent once, and heeded however it was said.
func TestTransport_CloseIsSaidOnce(t *testing.T) {
	addr, sent := heads(t, "\r\n\r\n")
	run(t, func(t *testing.T, h *green.Hub) error {
		req, err := http.NewRequest("GET", "http://"+addr, nil)
		if err != nil {
			return err
		}
		req.Close = true
		req.Header.Set("Connection", "close")
		resp, err := greenhttp.NewTransport(h).RoundTrip(req)
		if err != nil {
			return err
		}
		resp.Body.Close()
		expect(t, "Connection fields", strings.Count(sent(), "Connection:"), 1)
		return nil
	})
	with(t, greet, func(t *testing.T, h *green.Hub, addr string) error {
		dials := 0
		tr := toward(h, addr, &dials)
		for range 2 {
			req, err := http.NewRequest("GET", "http://x.example/", nil)
			if err != nil {
				return err
			}
			req.Header.Set("Connection", "x, Close")
			resp, err := tr.RoundTrip(req)
			if err != nil {
				return err
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		expect(t, "connections", dials, 2)
		return nil
	})
}
