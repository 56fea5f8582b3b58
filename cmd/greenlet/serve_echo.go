package main

import (
	"errors"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/go-greenlet/greenlet/green"
	greennet "github.com/go-greenlet/greenlet/green/net"
)

const (
	echoBuffer = 4 << 10
	maxSpare   = 64 // buffers that are kept for the next connection that is busy
	// closing is for how long, at the end, what comes is still answered, and then for how long a client may take to hear of the
	// end.
	closing = 100 * time.Millisecond
)

// An echo sends back what it gets.
type echo struct {
	h        *green.Hub
	idle     time.Duration
	answered *atomic.Int64
	open     map[stream]struct{}
	spare    [][]byte
	end      time.Time // of reading, when the server ends; else zero
}

func newEcho(s *server) beginner {
	s.unit = "byte"
	return func(h *green.Hub) part {
		return &echo{h: h, idle: s.o.idle, answered: &s.answers, open: map[stream]struct{}{}}
	}
}

func (e *echo) serve(c stream) error {
	e.open[c] = struct{}{}
	defer delete(e.open, c)
	if c, ok := c.(*greennet.TLSConn); ok {
		e.limit(c)
		if err := c.Handshake(); err != nil {
			return e.late(err)
		}
	}
	for {
		e.limit(c)
		err := wait(c)
		if err == nil {
			buf := e.take()
			var n int
			n, err = c.Read(buf)
			if n > 0 {
				sent, err := c.Write(buf[:n])
				e.answered.Add(int64(sent))
				if err != nil {
					return e.late(err)
				}
			}
			e.giveBack(buf)
		}
		switch {
		case err == nil:
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			return e.farewell(c)
		default:
			return err
		}
	}
}

// wait waits until c needs a buffer. With TLS only reading can tell.
func wait(c stream) error {
	if c, ok := c.(*greennet.Conn); ok {
		return c.WaitReadable()
	}
	return nil
}

// take returns a buffer. Since one task runs at a time, few are in use at a time, whatever the number of connections.
func (e *echo) take() []byte {
	last := len(e.spare) - 1
	if last < 0 {
		return make([]byte, echoBuffer)
	}
	buf := e.spare[last]
	e.spare = e.spare[:last]
	return buf
}

// giveBack takes a buffer back.
func (e *echo) giveBack(buf []byte) {
	if len(e.spare) < maxSpare {
		e.spare = append(e.spare, buf)
	}
}

// limit sets until when the next read and write must have happened.
func (e *echo) limit(c stream) {
	if e.idle > 0 {
		c.SetDeadline(e.h.Now().Add(e.idle))
	}
	if !e.end.IsZero() {
		c.SetReadDeadline(e.end)
	}
}

// late makes no failure of a client that took too long.
func (e *echo) late(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	return err
}

// farewell ends c in such a way that the client gets all that was sent: closing a connection to which something comes would
// make the system throw that away.
func (e *echo) farewell(c stream) error {
	if err := c.CloseWrite(); err != nil {
		return err
	}
	c.SetReadDeadline(e.h.Now().Add(closing))
	if _, err := io.Copy(io.Discard, struct{ io.Reader }{c}); err != nil {
		return e.late(err)
	}
	return nil
}

func (e *echo) drain(time.Duration) error {
	e.end = e.h.Now().Add(closing)
	for c := range e.open {
		c.SetReadDeadline(e.end)
	}
	return nil
}
