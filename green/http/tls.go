package http

import (
	"crypto/tls"
	"net"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
)

// A tlsConn is TLS between tasks. A tls.Conn holds a mutex while it writes, and its reader takes the same one to answer a
// key update or to send an alert. A task that waited in a write would then stop the reader, and with it the whole hub, for
// good. So the tls.Conn writes into memory, which never waits, and what is there is sent when it has let go of the mutex.
type tlsConn struct {
	*tls.Conn
	h *green.Hub
	w *wire
}

// newTLS wraps nc, for the server's side or the client's: make is tls.Server or tls.Client.
func newTLS(h *green.Hub, nc net.Conn, config *tls.Config, make func(net.Conn, *tls.Config) *tls.Conn) *tlsConn {
	w := &wire{Conn: nc, sent: h.Scheduler().NewLine("the bytes before")}
	return &tlsConn{make(w, config), h, w}
}

// A wire is what the tls.Conn stands on.
type wire struct {
	net.Conn
	out      []byte
	spare    []byte
	sent     *tasklet.Line // where the end of a flush is waited for
	flushing bool
	past     bool // the handshake is over
	err      error
}

func (w *wire) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	w.out = append(w.out, p...)
	return len(p), nil
}

// Read reads. In the handshake, in which no other task has a part, it first sends what the peer waits for.
func (w *wire) Read(p []byte) (int, error) {
	if !w.past {
		if err := w.flush(); err != nil {
			return 0, err
		}
	}
	return w.Conn.Read(p)
}

// The tls.Conn sets deadlines when it closes, for writes that are none here.
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// flush returns when all that was written has been sent.
func (w *wire) flush() error {
	for w.flushing {
		if err := w.sent.Wait(); err != nil {
			return err
		}
	}
	if len(w.out) == 0 || w.err != nil {
		return w.err
	}
	w.flushing = true
	out := w.out
	w.out, w.spare = w.spare[:0], nil
	_, err := w.Conn.Write(out)
	if err != nil {
		w.err = err // half a record may have gone
	}
	if cap(out) <= 64<<10 {
		w.spare = out[:0]
	}
	w.flushing = false
	w.sent.WakeAll()
	return err
}

func (t *tlsConn) Handshake() error {
	err := t.Conn.Handshake()
	if e := t.w.flush(); err == nil {
		err = e
	}
	t.w.past = true
	return err
}

func (t *tlsConn) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	if err != nil && !t.w.flushing {
		t.w.flush() // an alert, if any
	}
	return n, err
}

// Write encrypts and sends p piece by piece, so that memory holds one.
func (t *tlsConn) Write(p []byte) (done int, err error) {
	const piece = 32 << 10
	for {
		n, err := t.Conn.Write(p[done:min(done+piece, len(p))])
		if err == nil {
			err = t.w.flush()
		}
		if err != nil {
			return done, err
		}
		if done += n; done == len(p) {
			return done, nil
		}
	}
}

func (t *tlsConn) CloseWrite() error {
	if err := t.Conn.CloseWrite(); err != nil {
		return err
	}
	if err := t.w.flush(); err != nil {
		return err
	}
	if c, ok := t.w.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}

// Close says goodbye, if that needs no long waiting, and closes the connection.
func (t *tlsConn) Close() error {
	if t.w.past && !t.w.flushing && t.w.err == nil {
		t.Conn.CloseWrite()
		t.w.Conn.SetWriteDeadline(t.h.Now().Add(100 * time.Millisecond))
		if len(t.w.out) > 0 {
			t.w.Conn.Write(t.w.out)
		}
	}
	return t.w.Conn.Close()
}

func (t *tlsConn) SetDeadline(at time.Time) error      { return t.w.Conn.SetDeadline(at) }
func (t *tlsConn) SetReadDeadline(at time.Time) error  { return t.w.Conn.SetReadDeadline(at) }
func (t *tlsConn) SetWriteDeadline(at time.Time) error { return t.w.Conn.SetWriteDeadline(at) }

// NetConn returns the connection below.
func (t *tlsConn) NetConn() net.Conn { return t.w.Conn }
