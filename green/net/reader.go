package net

import (
	"errors"
	"io"
)

// ErrTooLong is returned for a line or a frame that is longer than the limit.
var ErrTooLong = errors.New("green/net: longer than the limit")

// A Reader reads lines, frames, and any number of bytes from a stream, with a buffer. Nothing is lost by an operation that
// fails, for a deadline, say: what came of a line or frame stays, and the next call goes on with it. It belongs to one task
// at a time.
type Reader struct {
	r    io.Reader
	buf  []byte
	a, b int // what is buffered is buf[a:b]
	seen int // how much of that was searched for the end of a line
}

// minBuffer is the size of the first buffer.
const minBuffer = 4096

// NewReader makes a reader of r: a [*Conn], a [*TLSConn], or anything else.
func NewReader(r io.Reader) *Reader { return &Reader{r: r} }

// Buffered returns how many bytes were read from the stream and not from r.
func (r *Reader) Buffered() int { return r.b - r.a }

// Read reads what is buffered, or else from the stream.
func (r *Reader) Read(p []byte) (int, error) {
	if r.a == r.b {
		if len(p) >= minBuffer {
			return r.r.Read(p)
		}
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.buf[r.a:r.b])
	r.take(n)
	return n, nil
}

// Next reads n bytes and returns them, until the next call on r. At the end of the stream it fails with io.EOF, or with
// io.ErrUnexpectedEOF if there is something, but less.
func (r *Reader) Next(n int) ([]byte, error) {
	if err := r.need(n); err != nil {
		return nil, err
	}
	return r.take(n), nil
}

// need fills the buffer until it has n bytes.
func (r *Reader) need(n int) error {
	for r.b-r.a < n {
		if err := r.fill(); err != nil {
			if err == io.EOF && r.b > r.a {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
	}
	return nil
}

// fill reads from the stream once, and makes room for that. A buffer grows with what came, not with what was promised.
func (r *Reader) fill() error {
	if r.a > 0 {
		copy(r.buf, r.buf[r.a:r.b])
		r.a, r.b = 0, r.b-r.a
	}
	if r.b == len(r.buf) {
		grown := make([]byte, max(minBuffer, 2*len(r.buf)))
		copy(grown, r.buf[:r.b])
		r.buf = grown
	}
	for range 100 {
		n, err := r.r.Read(r.buf[r.b:])
		r.b += n
		switch {
		case n > 0:
			return nil // err comes again
		case err != nil:
			return err
		}
	}
	return io.ErrNoProgress
}

// take takes n bytes out of the buffer.
func (r *Reader) take(n int) []byte {
	p := r.buf[r.a : r.a+n : r.a+n]
	r.a += n
	r.seen = 0
	return p
}
