package net

import "io"

// ReadFrom sends what r has until its end: what io.Copy uses. A regular file is sent by the system itself where it can;
// whatever else is read into a buffer and written, and should be something whose Read blocks the task only. It returns
// how many bytes were sent; a file, or a file in an io.LimitedReader, then stands behind those, even after an error.
func (c *Conn) ReadFrom(r io.Reader) (n int64, err error) {
	if s, ok := c.s.(interface {
		sendFile(io.Reader) (int64, bool, error)
	}); ok {
		if n, sent, err := s.sendFile(r); sent {
			if err != nil {
				err = c.fail("sendfile", err)
			}
			return n, err
		}
	}
	return io.Copy(writer{c}, r)
}

var _ io.ReaderFrom = (*Conn)(nil)

// A writer is a Conn without ReadFrom.
type writer struct{ c *Conn }

func (w writer) Write(p []byte) (int, error) { return w.c.Write(p) }
