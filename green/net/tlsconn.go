package net

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
)

const (
	maxRecord  = 16 << 10      // the longest of TLS
	maxPending = 4 * maxRecord // bytes that wait to be sent, beyond which no request for an answer is read
	closeLimit = 5 * time.Second
)

// A TLSConn is a connection with TLS, made by a [TLS]. Like [Conn] it belongs to a hub, one task may read while another
// writes, and it is a [net.Conn].
//
// A read or write that is ended by a deadline or a kill leaves the connection as it was: the next one goes on. After a
// handshake that was ended so, it is of no use. A server that asks for another handshake, which TLS 1.2 calls
// renegotiation, is told no; a client whose Config allows it gets an error from its first handshake, since nobody could
// write meanwhile.
type TLSConn struct {
	c       *Conn
	t       *tls.Conn
	p       *tlsPipe
	with    *TLS
	reading bool
	writing bool
	sending bool
	sent    *tasklet.Line // who waits until nobody is sending
	shaking bool
	shaken  *tasklet.Line // who waits for the end of the handshake
	done    bool          // the handshake
	answer  bool          // of the protocol's own, to be sent by who reads next
	closed  bool
	buf     []byte

	renegotiates bool // its Config says so, and it is a client
}

var errRenegotiation = errors.New(
	"renegotiation of TLS is not supported; leave Config.Renegotiation at tls.RenegotiateNever")

var _ net.Conn = (*TLSConn)(nil)

func newTLSConn(c *Conn, with *TLS, make func(net.Conn, *tls.Config) *tls.Conn) *TLSConn {
	p := &tlsPipe{local: c.local, remote: c.remote}
	config := with.Config
	if config == nil {
		config = &tls.Config{}
	}
	s := c.h.Scheduler()
	return &TLSConn{
		c: c, p: p, t: make(p, config), with: with,
		sent: s.NewLine("the end of a write"), shaken: s.NewLine("the end of a TLS handshake"),
	}
}

// Read reads what there is, at most len(p) bytes, and waits until there is something. Its errors are those of
// [Conn.Read] and of crypto/tls. If the handshake was not made yet, it is now.
func (c *TLSConn) Read(p []byte) (int, error) {
	if err := c.Handshake(); err != nil {
		return 0, err
	}
	if c.reading {
		return 0, c.c.fail("read", ErrBusy)
	}
	c.reading = true
	defer func() { c.reading = false }()
	if len(p) == 0 {
		return 0, nil
	}
	for {
		unsent := len(c.p.out)
		n, err := c.t.Read(p)
		// What it has written is an answer of the protocol's own, or an alert. Behind what a write has left, or sends now,
		// that goes with it: a reader must not wait until the peer takes what somebody else has written.
		c.answer = c.answer || unsent == 0 && len(c.p.out) > 0
		_, more := err.(again)
		if n > 0 && more {
			err = nil
		}
		if n > 0 || err == nil {
			return n, err
		}
		if c.answer {
			// A connection that has failed says less than what is wrong with what came from it.
			var failed syscall.Errno
			if e := c.flush(false); e != nil && (more || !errors.As(e, &failed)) {
				return 0, e
			}
		}
		if !more {
			return 0, err
		}
		for c.sending && len(c.p.out) > maxPending { // the peer asks and does not read: no more of that
			if err := c.sent.Wait(); err != nil {
				return 0, c.c.fail("read", err)
			}
		}
		if c.closed {
			return 0, c.c.fail("read", net.ErrClosed)
		}
		if c.buf == nil {
			c.buf = make([]byte, maxRecord)
		}
		n, err = c.c.Read(c.buf)
		if err != nil && !c.p.ended(err) {
			return 0, err // of this operation only: the tls.Conn need not know
		}
		c.p.in = c.buf[:n]
	}
}

// Write writes all of p, and waits while there is no room. After an error, what it returns is how much of p was
// encrypted: the next Write goes on behind that, and sends first what was not sent. A Write whose deadline has passed
// at the call encrypts nothing. If the handshake was not made yet, it is now.
func (c *TLSConn) Write(p []byte) (done int, err error) {
	if err := c.Handshake(); err != nil {
		return 0, err
	}
	if c.writing {
		return 0, c.c.fail("write", ErrBusy)
	}
	c.writing = true
	defer func() { c.writing = false }()
	if c.c.s.late() {
		return 0, c.c.fail("write", os.ErrDeadlineExceeded)
	}
	for {
		if err := c.flush(true); err != nil {
			return done, err
		}
		if done == len(p) {
			return done, nil
		}
		n, err := c.t.Write(p[done:min(len(p), done+maxRecord)])
		if done += n; err != nil {
			return done, err
		}
	}
}

// flush sends what the tls.Conn has written. If another task does that now, it waits for its turn, or leaves it to that
// one.
func (c *TLSConn) flush(wait bool) error {
	for len(c.p.out) > 0 {
		if c.sending {
			if !wait {
				return nil
			}
			if err := c.sent.Wait(); err != nil {
				return c.c.fail("write", err)
			}
			continue
		}
		if err := c.send(); err != nil {
			return err
		}
	}
	c.answer = false
	return nil
}

// send sends what there is. If the panic of another task is raised in it, what has gone out meanwhile is not sent
// again.
func (c *TLSConn) send() (err error) {
	c.sending = true
	n, returned := 0, false
	defer func() {
		if !returned {
			n = c.c.s.wrote()
		}
		c.p.out = c.p.out[n:]
		c.sending = false
		c.sent.WakeAll()
	}()
	n, err = c.c.Write(c.p.out)
	returned = true
	return err
}

// Handshake makes the handshake, if it was not made yet: Read and Write do that by themselves. Of several tasks that
// call it, one makes it and the others wait. It fails at the deadline of the task, or after [TLS.HandshakeTimeout].
func (c *TLSConn) Handshake() error {
	c.c.h.Check()
	if c.done {
		return nil
	}
	for c.shaking {
		if err := c.shaken.Wait(); err != nil {
			return c.c.fail("handshake", err)
		}
	}
	if c.done {
		return nil
	}
	if c.closed {
		return c.c.fail("handshake", net.ErrClosed)
	}
	c.shaking = true
	defer func() {
		c.shaking = false
		c.shaken.WakeAll()
	}()
	if d := c.with.HandshakeTimeout; d > 0 {
		return c.c.h.WithTimeout(d, func(*green.Timeout) error { return c.shake() })
	}
	return c.shake()
}

func (c *TLSConn) shake() (err error) {
	if c.renegotiates {
		return c.c.fail("handshake", errRenegotiation)
	}
	if c.with.Offload {
		err = c.shakeAside()
	} else {
		c.p.exchange = c.exchange
		defer func() { c.p.exchange = nil }()
		err = c.t.Handshake()
	}
	c.p.exchange = nil
	if e := c.flush(true); err == nil { // its last words, or an alert
		err = e
	}
	c.done = err == nil
	return err
}

// exchange sends what the handshake has to say, and reads what the peer has.
func (c *TLSConn) exchange(p []byte) (int, error) {
	if err := c.flush(true); err != nil {
		return 0, err
	}
	n, err := c.c.Read(p)
	if err == io.EOF && n == 0 {
		c.p.end = err
	}
	return n, err
}

// CloseWrite tells the peer that nothing more comes, who reads an EOF; reading goes on.
func (c *TLSConn) CloseWrite() error {
	if err := c.Handshake(); err != nil {
		return err
	}
	if err := c.t.CloseWrite(); err != nil {
		return err
	}
	return c.flush(true)
}

// Close tells the peer that this is the end, for which it waits 5 s at the longest, and closes the connection. Tasks
// that wait in it get an error in which errors.Is finds net.ErrClosed; if one is writing, the peer is told nothing.
func (c *TLSConn) Close() error {
	c.c.h.Check()
	if c.closed {
		return c.c.fail("close", net.ErrClosed)
	}
	c.closed = true
	if c.done && !c.writing && !c.sending {
		c.t.Close() // which writes into the pipe
		c.c.SetWriteDeadline(c.c.h.Now().Add(closeLimit))
		c.c.h.Shield(func() error { return c.flush(false) })
	}
	return c.c.Close()
}

// ConnectionState describes the connection; it is empty before the end of the handshake.
func (c *TLSConn) ConnectionState() tls.ConnectionState {
	c.c.h.Check()
	if !c.done {
		return tls.ConnectionState{}
	}
	return c.t.ConnectionState()
}

// NetConn returns the connection below, which must not be read from or written to.
func (c *TLSConn) NetConn() net.Conn { return c.c }

// LocalAddr returns the address of this end.
func (c *TLSConn) LocalAddr() net.Addr { return c.c.local }

// RemoteAddr returns the address of the peer.
func (c *TLSConn) RemoteAddr() net.Addr { return c.c.remote }

// SetDeadline is as [Conn.SetDeadline].
func (c *TLSConn) SetDeadline(t time.Time) error { return c.c.SetDeadline(t) }

// SetReadDeadline is SetDeadline for reads.
func (c *TLSConn) SetReadDeadline(t time.Time) error { return c.c.SetReadDeadline(t) }

// SetWriteDeadline is SetDeadline for writes.
func (c *TLSConn) SetWriteDeadline(t time.Time) error { return c.c.SetWriteDeadline(t) }

// SyscallConn gives access to the descriptor, for settings.
func (c *TLSConn) SyscallConn() (syscall.RawConn, error) {
	c.c.h.Check()
	return c.c.SyscallConn()
}

// Hub returns the hub that c belongs to.
func (c *TLSConn) Hub() *green.Hub { return c.c.h }
