package http

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/internal/outcome"
	"github.com/go-greenlet/greenlet/tasklet"
)

// A phase is what a connection is at.
type phase uint8

const (
	fresh    phase = iota // no request has begun
	idle                  // between two requests
	begun                 // the head of a request comes
	active                // in a request
	draining              // what a handler has left of a body is read, before its answer goes out
)

// A conn is a connection that is served. Its task is the only one that uses it, but for what watches for its end.
type conn struct {
	s        *Server
	h        *green.Hub
	nc       net.Conn
	task     *green.Task
	br       *bufio.Reader
	out      []byte // to be written
	buf      []byte // for a response's beginning
	keys     []string
	remote   string
	tls      *tls.ConnectionState
	ctx      context.Context // of all its requests
	phase    phase
	at       int // in the server's list; -1 when it has left that
	ticks    int // of the server's sweep, since it became idle, or began to drain
	hijacked bool
	skipped  bool          // an empty line before this request
	writing  bool          // a write is under way
	written  *tasklet.Line // where its end is waited for, by another task
	limited  bool          // a handler has set a deadline for writing
	failed   error         // of a write
	serving  *requestContext
	watching *tasklet.Line // where the end of a watch is waited for
}

const bufferSize = 4 << 10

// buffers are those that no connection uses.
type buffers struct {
	readers []*bufio.Reader
	outs    [][]byte
}

func (s *Server) newConn(nc net.Conn) *conn {
	c := &conn{s: s, h: s.h, nc: nc, at: len(s.conns)}
	if len(s.conns) == 0 {
		s.forget = s.h.AtEnd(func() { s.ended = true })
	}
	s.conns = append(s.conns, c)
	s.sweep()
	return c
}

// setUp readies c in its task.
func (c *conn) setUp() {
	if n := len(c.s.free.readers); n > 0 {
		c.br, c.s.free.readers = c.s.free.readers[n-1], c.s.free.readers[:n-1]
		c.br.Reset(c.nc)
	} else {
		c.br = bufio.NewReaderSize(c.nc, bufferSize)
	}
	if n := len(c.s.free.outs); n > 0 {
		c.out, c.s.free.outs = c.s.free.outs[n-1], c.s.free.outs[:n-1]
	} else {
		c.out = make([]byte, 0, bufferSize+512)
	}
	if a := c.nc.RemoteAddr(); a != nil {
		c.remote = a.String()
	}
	base := c.s.h.Current()
	c.ctx = context.Background()
	if base != nil {
		c.ctx = base.Context()
	}
	c.ctx = connContext{c.ctx, c}
}

// tearDown gives back the buffers.
func (c *conn) tearDown() {
	const spare = 1024
	if c.hijacked {
		return
	}
	if c.br.Size() == bufferSize && len(c.s.free.readers) < spare {
		c.br.Reset(nil)
		c.s.free.readers = append(c.s.free.readers, c.br)
	}
	if cap(c.out) <= 2*bufferSize && len(c.s.free.outs) < spare {
		c.s.free.outs = append(c.s.free.outs, c.out[:0])
	}
}

// serve serves the requests of c, one after the other.
func (c *conn) serve() {
	c.setUp()
	defer c.tearDown()
	if !c.handshake() {
		return
	}
	for {
		if !c.await() {
			return
		}
		c.phase = begun
		began := c.h.Now()
		f, size, err := c.readHead(began)
		if err != nil {
			c.reject(err)
			return
		}
		c.phase = active
		before := c.br.Buffered()
		req, err := http.ReadRequest(c.br)
		if err != nil {
			c.reject(refuse(400, "a request that is malformed"))
			return
		}
		if before-c.br.Buffered() != size {
			c.reject(refuse(400, "a head that is ambiguous"))
			return
		}
		if c.s.MaxBodyBytes > 0 && f.length > c.s.MaxBodyBytes {
			c.reject(refuse(413, "a body that is too big"))
			return
		}
		if !c.answer(req, f, began) || c.told() {
			return
		}
		c.phase = idle
		if c.br.Buffered() > 0 && c.h.Yield() != nil { // whoever sends many requests at once must not starve others
			return
		}
	}
}

// told says whether c must not wait for another request: its task was told to stop, which its handler may have ignored.
func (c *conn) told() bool { return c.s.ended || c.ctx.Err() != nil }

// handshake does that of TLS.
func (c *conn) handshake() bool {
	t, ok := c.nc.(interface {
		Handshake() error
		ConnectionState() tls.ConnectionState
		NetConn() net.Conn
	})
	if !ok {
		return true
	}
	if d := c.firstTimeout(); d > 0 {
		c.nc.SetDeadline(c.h.Now().Add(d))
	}
	if err := t.Handshake(); err != nil {
		var plain tls.RecordHeaderError
		if errors.As(err, &plain) && looksLikeHTTP(plain.RecordHeader) {
			io.WriteString(t.NetConn(), "HTTP/1.0 400 Bad Request\r\nConnection: close\r\n\r\nThis server speaks HTTPS.\n")
		}
		return false
	}
	c.nc.SetDeadline(time.Time{})
	state := t.ConnectionState()
	c.tls = &state
	return true
}

func looksLikeHTTP(head [5]byte) bool {
	switch string(head[:]) {
	case "GET /", "HEAD ", "POST ", "PUT /", "OPTIO", "DELET", "PATCH":
		return true
	}
	return false
}

func (c *conn) headerTimeout() time.Duration {
	if c.s.ReadHeaderTimeout == 0 {
		return defaultHeaderTimeout
	}
	return c.s.ReadHeaderTimeout
}

// firstTimeout is how long the head of a request may take, or the handshake before it.
func (c *conn) firstTimeout() time.Duration {
	if c.s.stopping {
		return newGrace
	}
	return c.headerTimeout()
}

// await waits for the first byte of a request.
func (c *conn) await() bool {
	c.skipLine()
	if c.br.Buffered() > 0 {
		return true
	}
	if c.phase == idle {
		if c.s.stopping {
			return false
		}
		if c.br.Size() > bufferSize {
			c.br = bufio.NewReaderSize(c.nc, bufferSize) // the one that had grown
		}
		c.ticks = 0
		c.nc.SetReadDeadline(time.Time{}) // that of the request
	} else if d := c.firstTimeout(); d > 0 {
		c.nc.SetReadDeadline(c.h.Now().Add(d))
	}
	for {
		if _, err := c.br.Peek(1); err != nil {
			return false
		}
		if !c.skipLine() || c.br.Buffered() > 0 {
			return true
		}
	}
}

// skipLine takes away an empty line, which some old clients send after a body: no request begins with it.
func (c *conn) skipLine() bool {
	if !c.skipped && c.br.Buffered() >= len(crlf) {
		if head, _ := c.br.Peek(len(crlf)); bytes.Equal(head, crlf) {
			c.br.Discard(len(crlf))
			c.skipped = true
			return true
		}
	}
	return false
}

// readHead waits until the head of a request is in the buffer, and checks it. It returns how long it is.
func (c *conn) readHead(began time.Time) (f framing, size int, err error) {
	limit := c.s.MaxHeaderBytes
	if limit <= 0 {
		limit = defaultHeaderBytes
	}
	timed := false
	for from := 0; ; {
		if from == 0 {
			c.skipLine()
		}
		head, _ := c.br.Peek(c.br.Buffered())
		size, next, bad := scanHead(head, from)
		switch {
		case bad != nil:
			return f, 0, bad
		case size > limit || size == 0 && len(head) >= limit:
			return f, 0, refuse(431, "a head that is too big")
		case size > 0:
			f, bad := checkHead(head[:size])
			if bad != nil {
				return f, 0, bad
			}
			c.skipped = false
			return f, size, nil
		}
		from = next
		if len(head) == c.br.Size() {
			c.grow(head, min(2*len(head), limit))
		}
		if !timed {
			timed = true
			c.limitHead(began)
		}
		if _, err := c.br.Peek(len(head) + 1); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				err = refuse(408, "a head that took too long")
			}
			return f, 0, err
		}
	}
}

// grow gives c a bigger buffer, in which head is.
func (c *conn) grow(head []byte, size int) {
	b := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(bytes.Clone(head)), c.nc), size)
	b.Peek(len(head))
	c.br = b
}

// limitHead sets until when the head must have come.
func (c *conn) limitHead(began time.Time) {
	var by time.Time
	if d := c.firstTimeout(); d > 0 {
		by = began.Add(d)
	}
	if d := c.s.ReadTimeout; d > 0 && (by.IsZero() || d < c.headerTimeout()) {
		by = began.Add(d)
	}
	c.nc.SetReadDeadline(by)
}

// answer runs the handler and says whether the connection goes on.
func (c *conn) answer(req *http.Request, f framing, began time.Time) bool {
	w := &response{c: c, length: -1, buf: c.buf[:0], head: req.Method == http.MethodHead, old: f.minor == 0}
	w.closing = req.Close
	w.keepOld = w.old && !req.Close
	w.ctx = &requestContext{base: c.ctx, c: c}
	c.serving = w.ctx
	req = req.WithContext(w.ctx)
	w.req = req
	req.RemoteAddr, req.TLS = c.remote, c.tls
	if f.chunked || f.length > 0 {
		w.body = c.newBody(req, w, f)
		req.Body = w.body
	} else {
		req.Body = http.NoBody
		w.ctx.drained = true
	}
	if c.s.ReadTimeout > 0 && w.body != nil {
		c.nc.SetReadDeadline(began.Add(c.s.ReadTimeout))
	} else {
		c.nc.SetReadDeadline(time.Time{})
	}
	if c.s.WriteTimeout > 0 {
		c.nc.SetWriteDeadline(c.h.Now().Add(c.s.WriteTimeout))
	} else if c.limited {
		c.nc.SetWriteDeadline(time.Time{})
		c.limited = false
	}
	aborted := c.handle(w, req)
	if !aborted {
		w.takeAside()
	}
	w.aside.Store(asideGone)
	w.ctx.end()
	c.serving = nil
	defer w.forget()
	if c.hijacked {
		return false
	}
	if aborted && !w.fail() {
		return false
	}
	w.finish()
	if c.failed != nil {
		return false
	}
	if w.closing {
		if !c.told() {
			c.linger()
		}
		return false
	}
	return true
}

// handle calls the handler, and says whether that panicked.
func (c *conn) handle(w *response, req *http.Request) (aborted bool) {
	defer func() {
		p := recover()
		if req.MultipartForm != nil {
			req.MultipartForm.RemoveAll() // its files, which would fill the disk
		}
		if p == nil {
			return
		}
		aborted = true
		if p == http.ErrAbortHandler {
			w.silent = true
			return
		}
		e, carried := p.(*greenlet.PanicError)
		if !carried {
			e = &greenlet.PanicError{Value: p, Stack: outcome.PanicStack(debug.Stack()), Greenlet: fmt.Sprint(c.h.Current())}
		}
		c.s.tell(req, e)
	}()
	handler := c.s.Handler
	if handler == nil {
		handler = http.DefaultServeMux
	}
	if req.RequestURI == "*" && req.Method == http.MethodOptions {
		w.Header().Set("Content-Length", "0")
		return false
	}
	handler.ServeHTTP(w, req)
	return false
}

// reject answers a request that is not served, and ends the connection.
func (c *conn) reject(err error) {
	var bad *refusal
	if !errors.As(err, &bad) {
		return // the connection has failed: nobody would hear
	}
	c.limitAnswer()
	c.out = appendError(c.out[:0], bad.status, bad.why)
	if c.flush() == nil {
		c.linger()
	}
}

// appendError appends a whole response that ends the connection.
func appendError(out []byte, status int, why string) []byte {
	text := fmt.Sprintf("%d %s", status, http.StatusText(status))
	if why != "" {
		text += ": " + why
	}
	return fmt.Appendf(out, "HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n"+
		"Connection: close\r\n\r\n%s\n",
		status, http.StatusText(status), len(text)+1, text)
}

// limitAnswer gives an answer a limit of time, that no handler was asked for.
func (c *conn) limitAnswer() {
	d := lingerTime
	if c.s.WriteTimeout > 0 {
		d = c.s.WriteTimeout
	}
	c.nc.SetWriteDeadline(c.h.Now().Add(d))
}
