package http

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"os"
	"syscall"

	"github.com/go-greenlet/greenlet/green"
)

const (
	maxTrailer = 4 << 10   // bytes of trailers
	maxDrain   = 256 << 10 // bytes of a body that a handler has left, for the sake of keeping the connection
)

// A body is that of a request. An error of the connection is not kept: who read within a deadline may read on after it,
// so nothing is taken from the buffer before it is whole.
type body struct {
	c       *conn
	w       *response
	req     *http.Request
	br      *bufio.Reader
	left    int64   // of the length, or of the chunk
	chunks  *chunks // nil if the length is known
	hundred bool    // the client waits for a 100
	closed  bool
	dropped bool  // a part was read for nobody: what a Read returned now would look whole
	err     error // once it has ended
	met     error // what the handler got last, if the body has not ended well
}

// newBody makes the body of req.
func (c *conn) newBody(req *http.Request, w *response, f framing) *body {
	b := &body{c: c, w: w, req: req, br: c.br, left: f.length, hundred: f.hundred}
	if f.chunked {
		b.left, b.chunks = 0, &chunks{limit: c.s.MaxBodyBytes}
	}
	return b
}

// Read reads what there is of the body. A client that waits for a 100 gets it here.
func (b *body) Read(p []byte) (n int, err error) {
	switch {
	case b.closed, b.dropped:
		return 0, http.ErrBodyReadAfterClose
	case b.err != nil:
		return 0, b.err
	case len(p) == 0:
		return 0, nil
	}
	if b.hundred {
		b.hundred = false
		if err := b.w.sendContinue(); err != nil {
			b.met = err
			return 0, err
		}
	}
	n, err = b.read(p)
	b.met = err
	return n, err
}

// Close ends reading. What is left is the server's business.
func (b *body) Close() error {
	b.closed = true
	return nil
}

func (b *body) read(p []byte) (n int, err error) {
	if b.chunks != nil {
		n, err = b.readChunks(p)
	} else if n, err = b.br.Read(p[:min(int64(len(p)), b.left)]); true {
		if b.left -= int64(n); b.left == 0 {
			err = b.end(io.EOF)
		}
	}
	switch {
	case err == nil || b.err != nil:
	case err == io.EOF:
		b.w.ctx.gone()
		err = io.ErrUnexpectedEOF
	case broken(err):
		b.w.ctx.gone()
	}
	return n, err
}

// broken reports whether err is the connection's end, and not that of a deadline, say.
func broken(err error) bool {
	var errno syscall.Errno
	return errors.As(err, &errno) || errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrClosedPipe)
}

// end notes how the body ended.
func (b *body) end(err error) error {
	b.err = err
	if err == io.EOF {
		b.w.ctx.bodyEnded()
	}
	return err
}

// trailer reads the trailers and the empty line.
func (b *body) trailer() error {
	for from := 0; ; {
		head, _ := b.br.Peek(b.br.Buffered())
		if bytes.HasPrefix(head, crlf) {
			b.br.Discard(len(crlf))
			return nil
		}
		size, next, bad := scanHead(head, from)
		switch {
		case bad != nil:
			return bad
		case size > 0:
			return b.takeTrailer(size)
		case len(head) >= min(maxTrailer, b.br.Size()):
			return refuse(431, "trailers that are too long")
		}
		from = next
		if _, err := b.br.Peek(len(head) + 1); err != nil {
			return err
		}
	}
}

// takeTrailer parses trailers of size bytes that are in the buffer.
func (b *body) takeTrailer(size int) error {
	head, _ := b.br.Peek(size)
	for rest := head; len(rest) > 2; {
		var line []byte
		line, rest, _ = bytes.Cut(rest, crlf)
		if _, _, bad := field(line); bad != nil {
			return bad
		}
	}
	fields, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(head))).ReadMIMEHeader()
	b.br.Discard(size)
	if err != nil {
		return refuse(400, "trailers that are malformed")
	}
	if b.req.Trailer == nil {
		b.req.Trailer = http.Header{}
	}
	for name, values := range fields {
		b.req.Trailer[name] = values
	}
	return nil
}

// drain reads what the handler has left, and reports whether the connection can go on. The client may take as long as
// between two requests.
func (b *body) drain() bool {
	if b.hundred && b.err == nil {
		return false // it may come, or not
	}
	if b.chunks == nil && b.left > maxDrain {
		return false
	}
	c := b.c
	defer func(before phase) { c.phase = before }(c.phase)
	c.phase, c.ticks = draining, 0
	if c.s.stopping {
		c.nc.SetReadDeadline(c.h.Now().Add(newGrace))
	}
	var buf [2048]byte
	for total := 0; b.err == nil && total <= maxDrain; {
		n, err := b.read(buf[:])
		total += n
		b.dropped = b.dropped || n > 0
		if err != nil {
			break
		}
	}
	return b.err == io.EOF
}

// status is what a body is answered with that was refused, or did not come in time for its handler, or 0.
func (b *body) status() int {
	switch {
	case b == nil || b.err == io.EOF:
		return 0
	case b.err != nil:
		return statusOf(b.err)
	case b.met != nil:
		return statusOf(b.met)
	}
	return 0
}

func statusOf(err error) int {
	var bad *refusal
	var big *http.MaxBytesError
	var system interface{ Timeout() bool }
	switch {
	case errors.As(err, &bad):
		return bad.status
	case errors.As(err, &big):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, green.ErrTimeout):
		return 0 // the handler's own deadline
	case errors.Is(err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout
	case errors.As(err, &system):
		return 0 // the connection has failed: nobody would hear
	}
	return http.StatusBadRequest
}
