package http

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-greenlet/greenlet/green"
	greennet "github.com/go-greenlet/greenlet/green/net"
	"github.com/go-greenlet/greenlet/tasklet"
)

// A Transport is an [http.RoundTripper] for the tasks of one hub: it keeps connections and uses them again. Set its fields
// before the first request. Its methods, those of the bodies that it returns, and those of an http.Client on top of it,
// may be called in tasks of that hub alone.
//
// A request ends when its context does, when the task is killed, or when the task's deadline passes; its connection is
// closed then. It speaks HTTP/1.1, and uses no proxy.
type Transport struct {
	// TLSConfig is for https; nil means the system's certificates.
	TLSConfig *tls.Config
	// Dialer connects; nil means one with the defaults.
	Dialer *greennet.Dialer
	// Dial, if not nil, makes the connections instead of Dialer. Their operations must block the calling task only; those
	// for https must be a *Conn of green/net.
	Dial func(network, address string) (net.Conn, error)

	// MaxIdlePerHost is how many unused connections to one host are kept; 0 means 16, less than 0 none.
	MaxIdlePerHost int
	// MaxPerHost is how many connections to one host there are; 0 means no limit. Requests beyond that wait.
	MaxPerHost int
	// IdleTimeout is how long an unused connection is kept; 0 means 90 s.
	IdleTimeout time.Duration
	// HeaderTimeout limits how long after the request, its body included, the head of the response may take; 0 means no
	// limit.
	HeaderTimeout time.Duration
	// ContinueTimeout is how long a body waits for leave, in a request with "Expect: 100-continue"; 0 means 1 s.
	ContinueTimeout time.Duration
	// MaxHeaderBytes limits the head of a response; 0 means 1 MB.
	MaxHeaderBytes int64
	// DisableCompression leaves it to the caller to ask for gzip, and to unpack it.
	DisableCompression bool

	h     *green.Hub
	hosts map[hostKey]*host
}

// NewTransport makes a transport with the defaults for tasks of h.
func NewTransport(h *green.Hub) *Transport {
	h.Check()
	return &Transport{h: h, hosts: map[hostKey]*host{}}
}

// NewClient makes a standard client on a transport of its own. Leave its Timeout alone, for which it would start a
// goroutine: the task's deadline, [green.Hub.WithTimeout], does the same.
func NewClient(h *green.Hub) *http.Client {
	h.Check()
	return &http.Client{Transport: NewTransport(h)}
}

// errStale says that a connection that was used before turned out to be dead before anything came of a request.
var errStale = errors.New("http: the connection was closed before the response")

// RoundTrip sends req and returns the response when its head has come: see [http.RoundTripper]. A request that can be
// repeated, as net/http has it, is, when a connection that was used before turns out to be dead.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := t.check(req); err != nil {
		closeBody(req)
		return nil, err
	}
	key := keyOf(req.URL)
	body := req.Body
	for {
		p, err := t.get(req.Context(), key)
		if err != nil {
			if body != nil {
				body.Close()
			}
			return nil, err
		}
		resp, err := p.roundTrip(req, body)
		if err == nil {
			return resp, nil
		}
		if !p.again || !errors.Is(err, errStale) || !repeatable(req) {
			return nil, err
		}
		if body != nil && body != http.NoBody {
			if body, err = req.GetBody(); err != nil {
				return nil, err
			}
		}
	}
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}

// repeatable says whether a request may be sent twice.
func repeatable(req *http.Request) bool {
	if req.Body != nil && req.Body != http.NoBody && req.GetBody == nil {
		return false
	}
	switch req.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	_, a := req.Header["Idempotency-Key"]
	_, b := req.Header["X-Idempotency-Key"]
	return a || b
}

// check says why req can't be sent.
func (t *Transport) check(req *http.Request) error {
	switch {
	case t.h == nil:
		return errors.New("http: a Transport must be made by NewTransport")
	case req.URL == nil:
		return errors.New("http: nil Request.URL")
	case req.URL.Scheme != "http" && req.URL.Scheme != "https":
		return errors.New("http: unsupported protocol scheme " + strings.ToValidUTF8(req.URL.Scheme, "?"))
	case req.URL.Host == "":
		return errors.New("http: no Host in request URL")
	case req.Method != "" && !isToken(req.Method):
		return errors.New("http: invalid method")
	}
	for key, values := range req.Header {
		if !isToken(key) {
			return errors.New("http: invalid header field name")
		}
		for _, v := range values {
			if strings.ContainsAny(v, "\r\n\x00") {
				return errors.New("http: invalid header field value for " + key)
			}
		}
	}
	return nil
}

// A hostKey tells apart what needs a connection of its own.
type hostKey struct{ scheme, addr string }

func keyOf(u *url.URL) hostKey {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return hostKey{u.Scheme, net.JoinHostPort(u.Hostname(), port)}
}

// A host is what a transport knows of one.
type host struct {
	idle []*persistent // the one that was used last at the end
	n    int           // connections, those that are being made included
	room *tasklet.Line
}

// get returns a connection for one request.
func (t *Transport) get(ctx context.Context, key hostKey) (*persistent, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	g := t.hosts[key]
	if g == nil {
		g = &host{room: t.h.Scheduler().NewLine("a connection to " + key.addr)}
		t.hosts[key] = g
	}
	var p *persistent
	err := t.within(ctx, func() (err error) {
		for {
			if p = t.take(g); p != nil {
				return nil
			}
			if t.MaxPerHost <= 0 || g.n < t.MaxPerHost {
				break
			}
			if err := g.room.Wait(); err != nil {
				return err
			}
		}
		g.n++
		defer func() { // if the panic of another task is raised in dial, too
			if p == nil {
				t.gone(g)
			}
		}()
		p, err = t.dial(key, g)
		return err
	})
	return p, err
}

// within calls f, whose operations fail when ctx ends.
func (t *Transport) within(ctx context.Context, f func() error) error {
	if ctx.Done() == nil {
		return f()
	}
	s := t.h.Scheduler()
	scope := s.StartScope()
	over := false
	stop := context.AfterFunc(ctx, func() {
		s.Post(func() error {
			if !over {
				scope.Expire(context.Cause(ctx))
			}
			return nil
		})
	})
	defer func() {
		over = true
		stop()
		scope.Stop()
	}()
	return f()
}

// take returns an idle connection that seems to be alive, or nil.
func (t *Transport) take(g *host) *persistent {
	now := t.h.Now()
	for len(g.idle) > 0 {
		p := g.idle[len(g.idle)-1]
		g.idle[len(g.idle)-1] = nil
		g.idle = g.idle[:len(g.idle)-1]
		if now.Sub(p.since) < t.idleTimeout() && p.br.Buffered() == 0 && alive(p.nc) {
			p.again = true
			return p
		}
		p.close()
	}
	return nil
}

func (t *Transport) idleTimeout() time.Duration {
	if t.IdleTimeout > 0 {
		return t.IdleTimeout
	}
	return 90 * time.Second
}

// put keeps p for the next request.
func (t *Transport) put(p *persistent) {
	g := p.host
	most := t.MaxIdlePerHost
	if most == 0 {
		most = 16
	}
	if g.room.Len() == 0 && len(g.idle) >= most {
		p.close()
		return
	}
	p.since = t.h.Now()
	for len(g.idle) > 0 && p.since.Sub(g.idle[0].since) >= t.idleTimeout() {
		g.idle[0].close()
		g.idle = append(g.idle[:0], g.idle[1:]...)
	}
	g.idle = append(g.idle, p)
	g.room.Wake()
}

// gone notes the end of a connection.
func (t *Transport) gone(g *host) {
	g.n--
	g.room.Wake()
}

// CloseIdleConnections closes the connections that no request uses. Connections that are left when [green.Run] ends are
// closed by that.
func (t *Transport) CloseIdleConnections() {
	t.h.Check()
	for _, g := range t.hosts {
		for _, p := range g.idle {
			p.close()
		}
		g.idle = nil
	}
}

// dial makes a connection.
func (t *Transport) dial(key hostKey, g *host) (*persistent, error) {
	nc, err := t.connect(key)
	if err != nil {
		return nil, err
	}
	return newPersistent(t, g, nc), nil
}

func (t *Transport) connect(key hostKey) (net.Conn, error) {
	return connect(t.h, key, t.Dial, t.Dialer, t.TLSConfig)
}

// connect makes a connection to key, with TLS for https.
func connect(
	h *green.Hub, key hostKey, dial func(network, address string) (net.Conn, error), d *greennet.Dialer, config *tls.Config,
) (net.Conn, error) {
	var nc net.Conn
	var err error
	switch {
	case dial != nil:
		nc, err = dial("tcp", key.addr)
	case d != nil:
		nc, err = plainConn(d.Dial(h, "tcp", key.addr))
	default:
		nc, err = plainConn(greennet.Dial(h, "tcp", key.addr))
	}
	if err != nil || key.scheme != "https" {
		return nc, err
	}
	below, ok := nc.(*greennet.Conn)
	if !ok {
		nc.Close()
		return nil, fmt.Errorf("http: Dial must make a %T for https", below)
	}
	if config == nil {
		config = &tls.Config{}
	}
	if config.ServerName == "" {
		config = config.Clone()
		config.ServerName, _, _ = net.SplitHostPort(key.addr)
	}
	c := (&greennet.TLS{Config: config}).Client(below)
	if err := c.Handshake(); err != nil {
		nc.Close()
		return nil, err
	}
	return c, nil
}

// plainConn keeps a nil *Conn from becoming a net.Conn that is not nil.
func plainConn(c *greennet.Conn, err error) (net.Conn, error) {
	if err != nil {
		return nil, err
	}
	return c, nil
}

// unpack makes a response plain that has come packed without the caller having asked for it.
func unpack(resp *http.Response) {
	if !strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") || resp.Body == http.NoBody {
		return
	}
	resp.Body = &gzipBody{body: resp.Body}
	resp.Header.Del("Content-Encoding")
	resp.Header.Del("Content-Length")
	resp.ContentLength = -1
	resp.Uncompressed = true
}

// A gzipBody unpacks a body as it is read.
type gzipBody struct {
	body io.ReadCloser
	zr   *gzip.Reader
	err  error
}

func (b *gzipBody) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if b.zr == nil {
		if b.zr, b.err = gzip.NewReader(b.body); b.err != nil {
			return 0, b.err
		}
	}
	n, err := b.zr.Read(p)
	if err != nil {
		b.err = err
	}
	return n, err
}

func (b *gzipBody) Close() error { return b.body.Close() }
