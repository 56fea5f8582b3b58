package net

import (
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
)

// A Conn is a stream connection that belongs to a hub: a [net.Conn] whose operations block the calling task only. Its methods
// may be called on the hub's goroutine alone. One task may read while another writes; two that read at once, or write at
// once, are an error. Every operation also ends at the deadline of the task, with its error, and when the task is killed.
type Conn struct {
	h             *green.Hub
	s             stream
	local, remote net.Addr
	readBy        time.Time
	writeBy       time.Time
}

var _ net.Conn = (*Conn)(nil)

// A stream is what a Conn stands on: a descriptor that is polled, or a connection of package net with helper goroutines.
type stream interface {
	read(p []byte) (int, error)
	write(p []byte) (int, error)
	closeRead() error
	closeWrite() error
	close() error
	control(func(fd uintptr)) error
}

// Read reads what there is, at most len(p) bytes, and waits until there is something. At the end it returns io.EOF. The
// errors are as in package net: a *net.OpError, in which errors.Is finds net.ErrClosed, os.ErrDeadlineExceeded,
// [green.ErrTimeout], [green.ErrKilled] or the system's.
func (c *Conn) Read(p []byte) (n int, err error) {
	if !c.readBy.IsZero() {
		err = c.by(c.readBy, func() (err error) {
			n, err = c.s.read(p)
			return err
		})
	} else {
		n, err = c.s.read(p)
	}
	if err != nil && err != io.EOF {
		err = c.fail("read", err)
	}
	return n, err
}

// Write writes all of p, and waits while there is no room. It returns fewer than len(p) only with an error, which are Read's.
func (c *Conn) Write(p []byte) (n int, err error) {
	if !c.writeBy.IsZero() {
		err = c.by(c.writeBy, func() (err error) {
			n, err = c.s.write(p)
			return err
		})
	} else {
		n, err = c.s.write(p)
	}
	if err != nil {
		err = c.fail("write", err)
	}
	return n, err
}

// by runs f with the deadline t of the connection.
func (c *Conn) by(t time.Time, f func() error) error {
	d := t.Sub(c.h.Now())
	if d <= 0 {
		return os.ErrDeadlineExceeded
	}
	return c.h.Scheduler().WithTimeout(d, func(o *tasklet.Timeout) error {
		err := f()
		if err != nil && o.Owns(err) {
			return os.ErrDeadlineExceeded
		}
		return err
	})
}

func (c *Conn) fail(op string, err error) error {
	var already *net.OpError
	if errors.As(err, &already) {
		return err
	}
	network := "tcp"
	if c.local != nil {
		network = c.local.Network()
	}
	return &net.OpError{Op: op, Net: network, Source: c.local, Addr: c.remote, Err: err}
}

// Close closes the connection. Tasks that wait in it get an error in which errors.Is finds net.ErrClosed.
func (c *Conn) Close() error {
	if err := c.s.close(); err != nil {
		return c.fail("close", err)
	}
	return nil
}

// CloseWrite ends the stream to the peer, which reads an EOF; reading goes on.
func (c *Conn) CloseWrite() error {
	if err := c.s.closeWrite(); err != nil {
		return c.fail("close", err)
	}
	return nil
}

// CloseRead ends reading.
func (c *Conn) CloseRead() error {
	if err := c.s.closeRead(); err != nil {
		return c.fail("close", err)
	}
	return nil
}

// LocalAddr returns the address of this end.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns the address of the peer.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline limits reads and writes that begin afterwards: they fail with an error in which errors.Is finds
// os.ErrDeadlineExceeded. The zero time takes it back. The deadline of a task, [green.WithTimeout], is mostly the better way.
func (c *Conn) SetDeadline(t time.Time) error {
	c.readBy, c.writeBy = t, t
	return nil
}

// SetReadDeadline is SetDeadline for reads.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.readBy = t
	return nil
}

// SetWriteDeadline is SetDeadline for writes.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.writeBy = t
	return nil
}

// Hub returns the hub that c belongs to.
func (c *Conn) Hub() *green.Hub { return c.h }
