package http

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
)

// A response is the http.ResponseWriter of one request. Its handler's task uses it, or others of the hub, but one at
// a time.
//
// The header goes into the buffer of the connection when the handler has settled it. What depends on the body follows
// when the body begins: at its end, if it is small, so that its length is known then.
type response struct {
	c      *conn
	req    *http.Request
	body   *body // nil if there is none
	ctx    *requestContext
	header http.Header

	status  int
	length  int64 // what the handler declared, or -1
	written int64
	buf     []byte   // of the body, before it begins
	keys    []string // of trailers that were declared
	options []string // of the connection that the handler has set, close and keep-alive apart

	settled   bool // the header was
	begun     bool // the body
	chunked   bool
	uncounted bool // the handler wants no Content-Length
	old       bool // HTTP/1.0
	keepOld   bool // which wants to keep the connection
	head      bool // a HEAD: no body is sent
	typed     bool // there is a Content-Type, or must be none
	explicit  bool // the handler chose the status
	closing   bool // the connection ends with this response
	duplex    bool // reading goes on after the body has begun
	silent    bool // the handler wanted no answer
	sent      bool // something has left
	gone      bool // the handler has returned

	aside    atomic.Pointer[aside] // what goroutines have written; nil if none has
	flushing atomic.Bool           // a goroutine has asked for a flush, which has not begun
}

const bodyBuffer = 4 << 10 // of a body up to which its length is found out

var (
	_ http.ResponseWriter = (*response)(nil)
	_ http.Flusher        = (*response)(nil)
	_ http.Hijacker       = (*response)(nil)
	_ io.ReaderFrom       = (*response)(nil)
	_ io.StringWriter     = (*response)(nil)
)

// Header returns the header, to be changed before it is settled; of trailers, until the end.
func (w *response) Header() http.Header {
	if w.header == nil {
		w.header = make(http.Header, 4)
	}
	return w.header
}

// WriteHeader settles the header; with a status of 1xx it sends it, and another one follows.
func (w *response) WriteHeader(status int) {
	if !w.c.h.Scheduler().Inside() {
		w.settleAside(status)
		return
	}
	w.takeAside()
	if w.c.waitWritten() == nil {
		w.writeHeader(status)
	}
}

// writeHeader is WriteHeader while nobody else writes.
func (w *response) writeHeader(status int) {
	if w.settled || w.c.hijacked || w.gone {
		return
	}
	if status < 100 || status > 999 {
		panic(fmt.Sprintf("invalid WriteHeader code %v", status))
	}
	if status < 200 && status != http.StatusSwitchingProtocols {
		w.inform(status)
		return
	}
	w.explicit = true
	w.settle(status)
}

// inform sends a response before the response.
func (w *response) inform(status int) {
	if w.old {
		return
	}
	if status == http.StatusContinue && w.body != nil {
		w.body.hundred = false
	}
	c := w.c
	c.out = appendStatus(c.out, false, status)
	if status != http.StatusContinue {
		for _, key := range w.sorted() {
			if !framingKeys[key] {
				c.out = appendFields(c.out, key, w.header[key])
			}
		}
	}
	c.out = append(c.out, "\r\n"...)
	c.flush()
}

// sendContinue asks the client for the body.
func (w *response) sendContinue() error {
	if w.begun {
		return nil // it has got its answer
	}
	w.c.write([]byte("HTTP/1.1 100 Continue\r\n\r\n"))
	return w.c.failed
}

// settle writes the header into the buffer, without what depends on the body.
func (w *response) settle(status int) {
	w.settled, w.status = true, status
	c := w.c
	c.out = appendStatus(c.out, w.old, status)
	dated := false
	var trailers []string
	for _, key := range w.sorted() {
		values := w.header[key]
		switch {
		case key == "Date":
			dated = true
		case key == "Content-Type":
			w.typed = true
		case key == "Content-Encoding" && len(values) > 0 && values[0] != "":
			w.typed = true // what it is can't be seen
		case key == "Trailer":
			trailers = values
		case key == "Connection":
			w.connection(values)
			continue // it follows in begin, with what the server wants
		case key == "Content-Length":
			w.uncounted = len(values) == 0
			if n, ok := declared(values); ok {
				w.length = n
			}
			continue
		case key == "Transfer-Encoding", strings.HasPrefix(key, http.TrailerPrefix):
			continue
		}
		c.out = appendFields(c.out, key, values)
	}
	w.declare(trailers)
	if !dated {
		c.out = append(c.out, "Date: "...)
		c.out = append(c.out, c.s.date.at(c.h.Now())...)
		c.out = append(c.out, "\r\n"...)
	}
}

// connection heeds what the handler says of the connection.
func (w *response) connection(values []string) {
	for _, v := range values {
		for token := range strings.SplitSeq(v, ",") {
			switch token = strings.TrimSpace(token); {
			case strings.EqualFold(token, "close"):
				w.closing = true
			case isToken(token) && !strings.EqualFold(token, "keep-alive"):
				w.options = append(w.options, token)
			}
		}
	}
}

// declared returns the Content-Length that a handler has set.
func declared(values []string) (int64, bool) {
	if len(values) == 0 {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(values[0]), 10, 64)
	return n, err == nil && n >= 0
}

// declare takes the trailers that are announced.
func (w *response) declare(values []string) {
	for _, v := range values {
		for key := range strings.SplitSeq(v, ",") {
			key = http.CanonicalHeaderKey(strings.TrimSpace(key))
			if isToken(key) && !framingKeys[key] {
				w.keys = append(w.keys, key)
			}
		}
	}
}

// bodyAllowed says whether a response with that status has a body.
func bodyAllowed(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}

// Write writes a part of the body. The errors are http.ErrBodyNotAllowed, http.ErrContentLength, http.ErrHijacked, or
// the connection's. Goroutines may write while the handler runs; that is sent when the hub's goroutine can, and their
// errors are lost.
func (w *response) Write(p []byte) (int, error) { return write(w, p) }

// WriteString is Write of a string.
func (w *response) WriteString(p string) (int, error) { return write(w, p) }

func write[T string | []byte](w *response, p T) (int, error) {
	if !w.c.h.Scheduler().Inside() {
		return writeAside(w, p)
	}
	w.takeAside()
	if err := w.c.waitWritten(); err != nil {
		return 0, err
	}
	return writeNow(w, p)
}

// writeNow is write while nobody else writes.
func writeNow[T string | []byte](w *response, p T) (int, error) {
	if w.c.hijacked || w.gone {
		return 0, w.unusable()
	}
	if !w.settled {
		w.settle(http.StatusOK)
	}
	if len(p) == 0 {
		return 0, nil
	}
	if !bodyAllowed(w.status) {
		return 0, http.ErrBodyNotAllowed
	}
	if w.length >= 0 && w.written+int64(len(p)) > w.length {
		return 0, http.ErrContentLength
	}
	w.written += int64(len(p))
	if w.head {
		if !w.typed && len(w.buf) < 512 {
			w.buf = append(w.buf, p[:min(len(p), 512)]...)
		}
		return len(p), nil
	}
	if !w.begun {
		if len(w.buf)+len(p) <= bodyBuffer {
			w.buf = append(w.buf, p...)
			return len(p), nil
		}
		w.begin(false, []byte(p[:min(len(p), 512)]))
	}
	w.put([]byte(p))
	if w.c.failed != nil {
		return 0, w.c.failed
	}
	return len(p), nil
}

// begin ends the header. whole says that buf is the whole body. next is what follows buf.
func (w *response) begin(whole bool, next []byte) {
	w.begun = true
	c := w.c
	allowed := bodyAllowed(w.status)
	if allowed && !w.typed {
		if sample := w.buf; len(sample) > 0 || len(next) > 0 {
			if len(sample) == 0 {
				sample = next
			}
			c.out = append(c.out, "Content-Type: "...)
			c.out = append(c.out, http.DetectContentType(sample)...)
			c.out = append(c.out, "\r\n"...)
		}
	}
	w.settleRequest()
	trailers := len(w.keys) > 0
	switch {
	case !allowed && (w.status != http.StatusNotModified || w.length < 0):
		w.length = -1
	case w.length >= 0 && (!trailers || w.head):
		c.out = appendLength(c.out, w.length)
	case whole && w.head:
		if w.written > 0 {
			c.out = appendLength(c.out, w.written)
		}
	case whole && !trailers && !w.uncounted:
		c.out = appendLength(c.out, w.written)
	case w.old:
		w.closing, w.length = true, -1
	default:
		w.chunked, w.length = true, -1
		c.out = append(c.out, "Transfer-Encoding: chunked\r\n"...)
	}
	if c.s.stopping && c.br.Buffered() == 0 || c.told() {
		w.closing = true
	}
	switch {
	case w.status == http.StatusSwitchingProtocols: // what the connection becomes is not for the server to say
	case w.closing:
		w.options = append(w.options, "close")
	case w.keepOld:
		w.options = append(w.options, "keep-alive")
	}
	if len(w.options) > 0 {
		c.out = append(c.out, "Connection: "...)
		c.out = append(c.out, strings.Join(w.options, ", ")...)
		c.out = append(c.out, "\r\n"...)
	}
	c.out = append(c.out, "\r\n"...)
	if len(w.buf) > 0 && !w.head {
		w.put(w.buf)
		w.buf = w.buf[:0]
	}
}

// settleRequest deals with what is left of the request's body: a client may not read before it has written all.
func (w *response) settleRequest() {
	if w.body == nil || w.closing || w.duplex || w.body.err == io.EOF {
		return
	}
	w.c.writing = true // others wait until the beginning is written
	defer w.c.wrote()
	if w.c.told() || !w.body.drain() { // who was told to stop waits for no client
		w.closing = true
	}
}

// put writes a part of the body.
func (w *response) put(p []byte) {
	c := w.c
	if w.chunked {
		c.out = strconv.AppendInt(c.out, int64(len(p)), 16)
		c.out = append(c.out, "\r\n"...)
	}
	if len(c.out)+len(p) <= bufferSize+512 {
		c.out = append(c.out, p...)
	} else {
		room := min(max(0, bufferSize-len(c.out)), len(p))
		c.out = append(c.out, p[:room]...)
		w.sent = true
		c.flush()
		if p = p[room:]; len(p) < bufferSize {
			c.out = append(c.out, p...)
		} else {
			c.write(p)
		}
	}
	if w.chunked {
		c.out = append(c.out, "\r\n"...)
	}
}

// fail makes the answer of a handler that panicked, and says whether there is one.
func (w *response) fail() bool {
	if w.silent || w.sent || w.c.hijacked {
		return false
	}
	w.replace(http.StatusInternalServerError)
	return true
}

// replace makes another response of one of which nothing was sent.
func (w *response) replace(status int) {
	w.aside.Store(asideGone)
	w.c.out = appendError(w.c.out[:0], status, "")
	if w.head {
		end := bytes.Index(w.c.out, []byte("\r\n\r\n"))
		w.c.out = w.c.out[:end+4]
	}
	w.settled, w.begun, w.chunked, w.closing, w.length, w.buf = true, true, false, true, -1, nil
	w.status = status
}

// finish ends the response.
func (w *response) finish() {
	c := w.c
	if err := c.waitWritten(); err != nil {
		c.failed = err // a part of the answer may have gone out
		return
	}
	if !w.settled {
		w.settle(http.StatusOK)
	}
	if !w.begun {
		w.begin(true, nil)
	}
	if status := w.body.status(); status != 0 {
		w.closing = true
		if !w.sent && !w.explicit {
			w.replace(status)
		}
	}
	if w.chunked && !w.head {
		c.out = append(c.out, "0\r\n"...)
		w.trailers()
		c.out = append(c.out, "\r\n"...)
	}
	if w.length >= 0 && w.written < w.length && !w.head && bodyAllowed(w.status) {
		w.closing = true // the client must not take the next response for the rest
	}
	if w.status == http.StatusSwitchingProtocols {
		w.closing = true // to which nobody has switched
	}
	if w.body != nil && w.body.err != io.EOF {
		if w.duplex && !w.closing {
			w.closing = !w.body.drain()
		}
	}
	c.flush()
	if cap(c.out) > 4*bufferSize {
		c.out = make([]byte, 0, bufferSize+512)
	}
}

var errGone = errors.New("http: the handler of this response has returned")

// unusable says why nothing can be done with w any more.
func (w *response) unusable() error {
	if w.gone {
		return errGone
	}
	return http.ErrHijacked
}

// forget is for when the handler has returned, and the response is over.
func (w *response) forget() {
	w.aside.Store(asideGone)
	w.gone = true
	if cap(w.buf) <= 2*bodyBuffer {
		w.c.buf = w.buf[:0]
	}
	w.buf = nil
}

// trailers appends those that were declared, and those that have the prefix.
func (w *response) trailers() {
	for _, key := range w.keys {
		w.c.out = appendFields(w.c.out, key, w.header[key])
	}
	for _, key := range w.sorted() {
		if name, ok := strings.CutPrefix(key, http.TrailerPrefix); ok && !framingKeys[http.CanonicalHeaderKey(name)] {
			w.c.out = appendFields(w.c.out, name, w.header[key])
		}
	}
}
