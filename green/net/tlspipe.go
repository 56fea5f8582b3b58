package net

import (
	"io"
	"net"
	"time"
)

// A tlsPipe is what a tls.Conn stands on. It never blocks but in a handshake: a tls.Conn holds mutexes while it reads
// and writes, and a task that was parked in one would stop all that need the same. So what the tls.Conn writes is
// kept, and what it reads must be here already; the TLSConn does the rest, outside of the mutexes.
type tlsPipe struct {
	local, remote net.Addr
	in            []byte // from the peer, still encrypted
	end           error  // what comes behind that
	out           []byte // for the peer, encrypted already
	first         []byte // the whole buffer of out

	// exchange, during the handshake, sends out and then reads from the peer.
	exchange func(p []byte) (int, error)
}

// again is what a tls.Conn is told when there is nothing to read. It takes it for something that passes.
type again struct{}

func (again) Error() string   { return "nothing to read yet" }
func (again) Timeout() bool   { return true }
func (again) Temporary() bool { return true }

func (p *tlsPipe) Read(b []byte) (int, error) {
	switch {
	case len(p.in) > 0:
		n := copy(b, p.in)
		p.in = p.in[n:]
		return n, nil
	case p.exchange != nil:
		return p.exchange(b)
	case p.end != nil:
		return 0, p.end
	}
	return 0, again{}
}

func (p *tlsPipe) Write(b []byte) (int, error) {
	if len(p.out) == 0 {
		p.out = p.first[:0]
	}
	p.out = append(p.out, b...)
	if cap(p.out) > cap(p.first) && cap(p.out) <= maxKept {
		p.first = p.out[:0:cap(p.out)]
	}
	return len(b), nil
}

// maxKept is how large a buffer is kept for the next write.
const maxKept = 2 * maxRecord

func (p *tlsPipe) Close() error                     { return nil }
func (p *tlsPipe) LocalAddr() net.Addr              { return p.local }
func (p *tlsPipe) RemoteAddr() net.Addr             { return p.remote }
func (p *tlsPipe) SetDeadline(time.Time) error      { return nil }
func (p *tlsPipe) SetReadDeadline(time.Time) error  { return nil }
func (p *tlsPipe) SetWriteDeadline(time.Time) error { return nil }

// ended notes what the connection's read failed with, if that is for good, and reports whether it is.
func (p *tlsPipe) ended(err error) bool {
	if err != io.EOF {
		return false
	}
	p.end = err
	return true
}
