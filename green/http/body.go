package http

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"net/textproto"
	"os"
)

const (
	maxTrailer = 4 << 10   // bytes of trailers
	maxDrain   = 256 << 10 // bytes of a body that a handler has left, for the sake of keeping the connection
)

// A body is that of a request.
type body struct {
	c       *conn
	w       *response
	req     *http.Request
	br      *bufio.Reader
	chunks  io.Reader // nil if the length is known
	left    int64     // of the known length, or of the limit
	limit   int64     // of chunked ones; 0 if there is none
	hundred bool      // the client waits for a 100
	closed  bool
	dropped bool  // a part was read for nobody: what a Read returned now would look whole
	err     error // once it has ended
}

// newBody makes the body of req.
func (c *conn) newBody(req *http.Request, w *response, f framing) *body {
	b := &body{c: c, w: w, req: req, br: c.br, left: f.length, hundred: f.hundred}
	if f.chunked {
		b.chunks = httputil.NewChunkedReader(c.br)
		b.limit, b.left = c.s.MaxBodyBytes, c.s.MaxBodyBytes
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
			return 0, b.end(err)
		}
	}
	return b.read(p)
}

// Close ends reading. What is left is the server's business.
func (b *body) Close() error {
	b.closed = true
	return nil
}

func (b *body) read(p []byte) (n int, err error) {
	if b.chunks == nil {
		n, err = b.br.Read(p[:min(int64(len(p)), b.left)])
		b.left -= int64(n)
		switch {
		case b.left == 0:
			return n, b.end(io.EOF)
		case err == io.EOF:
			err = io.ErrUnexpectedEOF
		}
	} else {
		n, err = b.chunks.Read(p)
		if b.limit > 0 {
			if b.left -= int64(n); b.left < 0 {
				n = max(0, n+int(b.left))
				return n, b.end(&http.MaxBytesError{Limit: b.limit})
			}
		}
		switch err {
		case nil:
		case io.EOF:
			if err = b.trailer(); err == nil {
				err = io.EOF
			}
		}
	}
	if err != nil {
		err = b.end(err)
	}
	return n, err
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
		if _, err := b.br.Peek(len(head) + 1); err == io.EOF {
			return io.ErrUnexpectedEOF
		} else if err != nil {
			return err
		}
	}
}

// takeTrailer parses trailers of size bytes, that are in the buffer.
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

// drain reads what the handler has left, and says whether the connection can go on.
func (b *body) drain() bool {
	if b.hundred && b.err == nil {
		return false // it may come, or not
	}
	if b.chunks == nil && b.left > maxDrain {
		return false
	}
	var buf [2048]byte
	for total := 0; b.err == nil && total <= maxDrain; {
		n, _ := b.read(buf[:])
		total += n
		b.dropped = b.dropped || n > 0
	}
	return b.err == io.EOF
}

// status is what a body is answered with that could not be read, or 0.
func (b *body) status() int {
	if b == nil || b.err == nil || b.err == io.EOF {
		return 0
	}
	return statusOf(b.err)
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
	case errors.Is(err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout
	case errors.As(err, &system):
		return 0 // the connection has failed: nobody would hear
	}
	return http.StatusBadRequest
}
