package net

import (
	"bytes"
	"io"
)

// ReadLine reads a line and returns it without its end, which is "\n" or "\r\n"; it is valid until the next call on r.
// A line of more than limit bytes is [ErrTooLong], and stays unread. At the end of the stream it returns io.EOF, or
// what is left with io.ErrUnexpectedEOF if the last line has no end.
func (r *Reader) ReadLine(limit int) ([]byte, error) {
	for {
		have := r.buf[r.a:r.b]
		if i := bytes.IndexByte(have[r.seen:], '\n'); i >= 0 {
			n := r.seen + i
			line := bytes.TrimSuffix(have[:n], []byte("\r"))
			if len(line) > limit {
				return nil, ErrTooLong
			}
			return r.take(n + 1)[:len(line)], nil
		}
		if r.seen = len(have); r.seen > limit+1 { // one more may be a "\r"
			return nil, ErrTooLong
		}
		if err := r.fill(); err != nil {
			if err == io.EOF && len(have) > 0 {
				return r.take(r.b - r.a), io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
}
