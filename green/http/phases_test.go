package http_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	greenhttp "github.com/go-greenlet/greenlet/green/http"
	greennet "github.com/go-greenlet/greenlet/green/net"
)

// A host is a server of some kind, at work.
type host struct {
	h            *green.Hub
	limit        time.Duration // of everything that it waits for; 0 is none
	lift         func()        // takes the limits away
	conns        func() int
	end          func(grace time.Duration) error
	told         []error // what OnError was told
	begun, ended int     // handlers that do not end by themselves
}

// hosts are the kinds of servers. Each serves on l with TLS if there is a certificate.
var hosts = map[string]func(x *host, l *greennet.Listener, cert *tls.Certificate) (serve func() error){
	"StreamServer": func(x *host, l *greennet.Listener, cert *tls.Certificate) func() error {
		s := &greennet.StreamServer{
			Handler: func(c *greennet.Conn) error { return x.stream(c) },
			OnError: func(_ net.Conn, err error) { x.told = append(x.told, err) },
		}
		if cert != nil {
			secure := &greennet.TLS{Config: &tls.Config{Certificates: []tls.Certificate{*cert}}}
			s.Handler = func(c *greennet.Conn) error {
				x.bound(c)
				return secure.Handler(func(c *greennet.TLSConn) error { return x.stream(c) })(c)
			}
		}
		x.lift = func() { x.limit = 0 }
		x.conns, x.end = s.Conns, s.Stop
		return func() error { return s.Serve(l) }
	},
	"Server": func(x *host, l *greennet.Listener, cert *tls.Certificate) func() error {
		s := &greenhttp.Server{
			Handler: x, ReadHeaderTimeout: -1, IdleTimeout: -1,
			OnError: func(_ *http.Request, err error) { x.told = append(x.told, err) },
		}
		if x.limit > 0 {
			s.ReadHeaderTimeout, s.IdleTimeout, s.ReadTimeout, s.WriteTimeout = x.limit, x.limit, x.limit, x.limit
		}
		x.lift = func() { s.ReadHeaderTimeout, s.IdleTimeout, s.ReadTimeout, s.WriteTimeout = -1, -1, 0, 0 }
		x.conns, x.end = s.Conns, s.Shutdown
		return func() error {
			var err error
			if cert != nil {
				s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*cert}}
				err = s.ServeTLS(x.h, l, "", "")
			} else {
				err = s.Serve(x.h, l)
			}
			if errors.Is(err, http.ErrServerClosed) {
				return nil
			}
			return err
		}
	},
}

// bound gives c the limit.
func (x *host) bound(c net.Conn) {
	if x.limit > 0 {
		c.SetDeadline(x.h.Now().Add(x.limit))
	}
}

// stream is the handler of a StreamServer: the first byte says what it does.
func (x *host) stream(c net.Conn) error {
	x.bound(c)
	b := make([]byte, 1)
	if _, err := io.ReadFull(c, b); err != nil {
		return err
	}
	if b[0] == 'e' {
		_, err := io.WriteString(c, "ok")
		return err
	}
	x.begun++
	defer func() { x.ended++ }()
	if b[0] == 'w' {
		err := fill(c)
		if s, secure := c.(*greennet.TLSConn); secure { // whose Close would wait for the peer to take an end
			s.NetConn().Close()
		}
		return err
	}
	_, err := io.ReadFull(c, b)
	return err
}

// fill writes until it can't.
func fill(w io.Writer) error {
	for buf := make([]byte, 64<<10); ; {
		if _, err := w.Write(buf); err != nil {
			return err
		}
	}
}

func (x *host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/" {
		io.WriteString(w, "ok")
		return
	}
	x.begun++
	defer func() { x.ended++ }()
	switch r.URL.Path {
	case "/read":
		io.Copy(io.Discard, r.Body)
	case "/wait":
		x.h.UntilDone(r.Context(), func() error { return x.h.Sleep(time.Hour) })
	case "/much":
		fill(w)
	case "/hijack":
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		x.bound(c)
		rw.ReadByte()
	case "/socket":
		s, err := greenhttp.Upgrade(w, r)
		if err != nil {
			return
		}
		defer s.NetConn().Close()
		x.bound(s.NetConn())
		s.ReadMessage()
	}
}

// A moment is one in the life of a connection.
type moment struct {
	name      string
	raw       string // what the client sends
	handshake bool   // without TLS, of which it is the beginning
	handler   bool   // a handler has begun that does not end by itself
	answer    string // that the client reads, up to its end
	patient   bool   // a client may be silent as long as it likes
}

func request(method, path, more string) string {
	return method + " " + path + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n"
}

var moments = map[string][]moment{
	"StreamServer": {
		{name: "accepted"},
		{name: "half a handshake", raw: "\x16\x03\x01\x02\x00\x01", handshake: true},
		{name: "a handler reads", raw: "r", handler: true},
		{name: "half an answer", raw: "w", handler: true},
	},
	"Server": {
		{name: "accepted"},
		{name: "half a handshake", raw: "\x16\x03\x01\x02\x00\x01", handshake: true},
		{name: "half a head", raw: "GET / HTTP/1.1\r\nHo"},
		{name: "half a body", raw: request("POST", "/read", "Content-Length: 10\r\n") + "abc", handler: true},
		{name: "half a chunk", raw: request("POST", "/read", "Transfer-Encoding: chunked\r\n") + "a\r\nabc", handler: true},
		{name: "a body that nobody reads", raw: request("POST", "/", "Content-Length: 10\r\n") + "abc"},
		{name: "a handler waits", raw: request("GET", "/wait", ""), handler: true, patient: true},
		{name: "half an answer", raw: request("GET", "/much", ""), handler: true},
		{name: "idle", raw: request("GET", "/", ""), answer: "ok"},
		{name: "hijacked", raw: request("GET", "/hijack", ""), handler: true},
		{name: "WebSocket", raw: request("GET", "/socket", "Connection: Upgrade\r\nUpgrade: websocket\r\n"+
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"), handler: true, answer: "\r\n\r\n"},
	},
}

// what happens then to the connection: it must end, by that alone.
var happenings = map[string]func(x *host, c *greennet.Conn) error{
	"reset": func(x *host, c *greennet.Conn) error { return reset(c) },
	"left":  func(x *host, c *greennet.Conn) error { return c.Close() },
	"silent": func(x *host, c *greennet.Conn) error {
		return nil // x has limits
	},
	"killed": func(x *host, c *greennet.Conn) error { return x.end(0) },
	"reset in the end": func(x *host, c *greennet.Conn) error {
		ending := x.h.Go(func() error { return x.end(-1) })
		for range 3 {
			if err := x.h.Yield(); err != nil {
				return err
			}
		}
		return errors.Join(reset(c), ending.Join(), ending.Err())
	},
	"silent until the end": func(x *host, c *greennet.Conn) error { return x.end(10 * time.Millisecond) },
}

func reset(c *greennet.Conn) error { return errors.Join(c.SetLinger(0), c.Close()) }

// openFiles counts descriptors, or returns -1 where that can't be found out.
func openFiles() int {
	if entries, err := os.ReadDir("/proc/self/fd"); err == nil && runtime.GOOS != "windows" {
		return len(entries)
	}
	return -1
}

// Whatever happens to a connection, and when: afterwards no connection, handler, task or descriptor of it is left, no
// goroutine either (TestMain looks for those), the other clients are served, and OnError was told of what a handler
// returned.
func TestWhateverHappensToAConnection(t *testing.T) {
	standard := httptest.NewUnstartedServer(nil)
	standard.StartTLS()
	cert := standard.TLS.Certificates[0]
	standard.Close()
	for kind := range hosts {
		for _, secure := range []bool{false, true} {
			for _, m := range moments[kind] {
				for what := range happenings {
					if m.handshake && !secure || m.patient && what == "silent" {
						continue
					}
					name := kind + "/" + m.name + "/" + what
					var with *tls.Certificate
					if secure {
						name = "TLS " + name
						with = &cert
					}
					t.Run(name, func(t *testing.T) {
						run(t, func(t *testing.T, h *green.Hub) error { return happen(t, h, kind, with, m, what) })
					})
				}
			}
		}
	}
}

func happen(t *testing.T, h *green.Hub, kind string, cert *tls.Certificate, m moment, what string) error {
	x := &host{h: h}
	if what == "silent" {
		x.limit = 20 * time.Millisecond
	}
	l, err := greennet.Listen(h, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	addr := l.Addr().String()
	tasks, before := count(h), openFiles()-1 // without that of l
	serving := h.Go(hosts[kind](x, l, cert))
	raw, err := greennet.Dial(h, "tcp", addr)
	if err != nil {
		return err
	}
	defer raw.Close()
	if err := m.come(x, raw, cert != nil); err != nil && x.limit == 0 {
		return err // but a limit may be shorter than a moment takes to come
	}
	if what == "silent" && m.name != "half an answer" {
		io.Copy(io.Discard, raw) // until the server has had enough
	}
	if err := happenings[what](x, raw); err != nil && !errors.Is(err, green.ErrTimeout) { // which is that some were killed
		return err
	}
	if err := until(h, func() bool { return x.conns() == 0 }); err != nil {
		t.Errorf("%d connections are left", x.conns())
		return err
	}
	expect(t, "handlers that have ended", x.ended, x.begun)
	checkTold(t, kind, m, what, x.told)
	raw.Close()
	if what == "reset" || what == "left" || what == "silent" {
		x.lift()
		if err := other(t, h, kind, addr, cert != nil); err != nil {
			t.Errorf("another client: %v", err)
		}
		if err := x.end(-1); err != nil {
			return err
		}
	}
	if err := errors.Join(serving.Join(), serving.Err()); err != nil {
		return err
	}
	if err := until(h, func() bool { return count(h) <= tasks && openFiles() <= before }); err != nil {
		t.Errorf("%d tasks, there were %d; %d descriptors, there were %d", count(h), tasks, openFiles(), before)
		return err
	}
	return nil
}

// come makes the moment come, on raw.
func (m moment) come(x *host, raw *greennet.Conn, secure bool) error {
	if err := until(x.h, func() bool { return x.conns() == 1 || x.limit > 0 }); err != nil {
		return err
	}
	var c net.Conn = raw
	if secure && !m.handshake && m.name != "accepted" {
		s := (&greennet.TLS{Config: &tls.Config{InsecureSkipVerify: true}}).Client(raw)
		if err := s.Handshake(); err != nil {
			return err
		}
		c = s
	}
	if _, err := io.WriteString(c, m.raw); err != nil {
		return err
	}
	for got := ""; len(got) < len(m.answer) || got[len(got)-len(m.answer):] != m.answer; {
		var b [1]byte
		if _, err := c.Read(b[:]); err != nil {
			return err
		}
		got += string(b[:])
	}
	switch {
	case m.name == "half an answer":
		_, err := c.Read(make([]byte, 1))
		return err
	case m.handler:
		return until(x.h, func() bool { return x.begun == 1 || x.limit > 0 })
	}
	return x.h.Yield()
}

// checkTold looks at what OnError was told: a StreamServer's, every error but that of a kill; an HTTP server's
// nothing, since no handler has panicked.
func checkTold(t *testing.T, kind string, m moment, what string, told []error) {
	t.Helper()
	if kind == "Server" {
		expect(t, "errors told", len(told), 0)
		return
	}
	if what == "reset" || what == "silent" || what == "reset in the end" {
		expect(t, "errors told", len(told), 1)
	}
	for _, err := range told {
		if errors.Is(err, green.ErrKilled) {
			t.Errorf("told: %v", err)
		}
	}
}

// other is another client.
func other(t *testing.T, h *green.Hub, kind, addr string, secure bool) error {
	raw, err := greennet.Dial(h, "tcp", addr)
	if err != nil {
		return err
	}
	defer raw.Close()
	var c net.Conn = raw
	if secure {
		c = (&greennet.TLS{Config: &tls.Config{InsecureSkipVerify: true}}).Client(raw)
	}
	ask := "e"
	if kind == "Server" {
		ask = request("GET", "/", "Connection: close\r\n")
	}
	if _, err := io.WriteString(c, ask); err != nil {
		return err
	}
	got, err := io.ReadAll(c)
	if len(got) < 2 || string(got[len(got)-2:]) != "ok" {
		t.Errorf("another client got %q, %v", got, err)
	}
	return nil
}

func count(h *green.Hub) (n int) {
	for range h.Tasks() {
		n++
	}
	return n
}

// until waits for what is sure to come.
func until(h *green.Hub, come func() bool) error {
	for !come() {
		if err := h.Sleep(time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}
