package net

import (
	"errors"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/internal/poll"
)

// A Conn is a stream connection that belongs to a hub: a [net.Conn] whose operations block the calling task only. Its
// methods may be called on the hub's goroutine alone. One task may read while another writes; two that read at once, or
// write at once, are an error. Every operation also ends at the deadline of the task, with its error, and when the task
// is killed.
type Conn struct {
	h             *green.Hub
	s             stream
	local, remote net.Addr
}

// ErrBusy is in the chain of the error when two tasks read from one connection at the same time, or two write.
var ErrBusy = poll.ErrBusy

var _ net.Conn = (*Conn)(nil)

// newConn makes a connection of s.
func newConn(h *green.Hub, s stream) *Conn {
	return &Conn{h: h, s: s, local: s.addr(), remote: s.peer()}
}

// Read reads what there is, at most len(p) bytes, and waits until there is something. At the end it returns io.EOF. The
// errors are as in package net: a *net.OpError, in which errors.Is finds net.ErrClosed, os.ErrDeadlineExceeded,
// [green.ErrTimeout], [green.ErrKilled] or the system's.
//
// A read that finds something does not wait, and so succeeds even in a task that was killed or whose deadline has
// passed; from time to time it gives way all the same, and fails then. No byte is lost by a read that fails. After
// the time of SetReadDeadline a read into an empty p fails, too; in package net it does not.
func (c *Conn) Read(p []byte) (n int, err error) {
	n, err = c.s.read(p)
	if err != nil && err != io.EOF {
		err = c.fail("read", err)
	}
	return n, err
}

// WaitReadable waits until a Read would not have to: there is something, or the end of the stream, or an error. With
// it a task need not have a buffer before it can use one, so that of thousands of connections only those that are
// busy do. It reads nothing; it may return early, so that a Read still waits. Its errors are Read's, and it counts as
// a reader.
func (c *Conn) WaitReadable() error {
	if err := c.s.waitReadable(); err != nil {
		return c.fail("read", err)
	}
	return nil
}

// Write writes all of p, and waits while there is no room. It returns fewer than len(p) only with an error, which are
// Read's.
func (c *Conn) Write(p []byte) (n int, err error) {
	n, err = c.s.write(p)
	if err != nil {
		err = c.fail("write", err)
	}
	return n, err
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
	c.h.Check()
	if err := c.s.closeWrite(); err != nil {
		return c.fail("close", err)
	}
	return nil
}

// CloseRead ends reading.
func (c *Conn) CloseRead() error {
	c.h.Check()
	if err := c.s.closeRead(); err != nil {
		return c.fail("close", err)
	}
	return nil
}

// LocalAddr returns the address of this end.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns the address of the peer.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline limits reads and writes, those that wait now included: after t, in the time of the hub's world, they fail
// with an error in which errors.Is finds os.ErrDeadlineExceeded. The zero time takes it back. The deadline of a task,
// [green.Hub.WithTimeout], is mostly the better way. On a closed connection SetDeadline returns an error in which
// errors.Is finds net.ErrClosed.
func (c *Conn) SetDeadline(t time.Time) error { return c.limit(true, true, t) }

// SetReadDeadline is SetDeadline for reads.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.limit(true, false, t) }

// SetWriteDeadline is SetDeadline for writes.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.limit(false, true, t) }

func (c *Conn) limit(read, write bool, t time.Time) error {
	if err := c.s.limit(read, write, t); err != nil {
		return c.fail("set", err)
	}
	return nil
}

// SetKeepAlive makes the system ask the peer of a TCP connection whether it is there after d without a word; a d below
// 0 makes it stop. It is on from the start, with 15 s.
func (c *Conn) SetKeepAlive(d time.Duration) error {
	c.h.Check()
	return c.option(func(fd uintptr) error { return keepAlive(fd, d) })
}

// SetNoDelay says whether small writes on a TCP connection are sent at once. They are unless it is set to false.
func (c *Conn) SetNoDelay(on bool) error {
	c.h.Check()
	return c.option(func(fd uintptr) error { return noDelay(fd, on) })
}

// SetLinger says what becomes of data that is not sent yet at Close: the system goes on for sec seconds; with 0 it is
// thrown away and the peer gets a reset; below 0, as from the start, it is sent in the background. With more than 0
// Close returns at once, too, and the hub goes on until the system has finished.
func (c *Conn) SetLinger(sec int) error {
	c.h.Check()
	err := c.option(func(fd uintptr) error { return linger(fd, sec) })
	if s, ok := c.s.(interface{ linger(h *green.Hub, on bool) }); ok && err == nil {
		s.linger(c.h, sec > 0)
	}
	return err
}

func (c *Conn) option(set func(fd uintptr) error) (err error) {
	if e := c.s.control(func(fd uintptr) { err = set(fd) }); e != nil {
		err = e
	}
	if err != nil {
		return c.fail("set", err)
	}
	return nil
}

// SyscallConn gives access to the descriptor, for settings. Reading and writing on it is not possible this way.
func (c *Conn) SyscallConn() (syscall.RawConn, error) {
	c.h.Check()
	return rawConn{c.s}, nil
}

// rawConn is a syscall.RawConn for settings.
type rawConn struct{ s socket }

func (c rawConn) Control(f func(fd uintptr)) error  { return c.s.control(f) }
func (c rawConn) Read(func(fd uintptr) bool) error  { return errNoSuch }
func (c rawConn) Write(func(fd uintptr) bool) error { return errNoSuch }

// Hub returns the hub that c belongs to.
func (c *Conn) Hub() *green.Hub { return c.h }
