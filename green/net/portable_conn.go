package net

import (
	"cmp"
	"net"
	"os"
	"runtime"
	"time"

	"github.com/go-greenlet/greenlet/green"
)

// A goConn is a stream on a connection of package net.
type goConn struct {
	goSocket
	c     net.Conn
	early []byte // read for a task that had gone
	sorry error  // what such a read failed with
	buf   []byte
	out   []byte
	done  int // what the last write has written
}

func newGoConn(h *green.Hub, c net.Conn) *goConn {
	s := &goConn{goSocket: newGoSocket(h, c), c: c}
	s.closeAtEnd(nil)
	return s
}

func (s *goConn) addr() net.Addr { return s.c.LocalAddr() }
func (s *goConn) peer() net.Addr { return s.c.RemoteAddr() }

func (s *goConn) read(p []byte) (int, error) {
	o := &s.goSocket.read
	if err := s.begin(o); err != nil {
		return 0, err
	}
	defer o.end()
	switch {
	case len(p) == 0:
		return 0, nil
	case len(s.early) > 0:
		n := copy(p, s.early)
		s.early = s.early[n:]
		return n, nil
	case s.sorry != nil:
		err := s.sorry
		s.sorry = nil
		return 0, err
	}
	got, failure, err := s.fetch(o, len(p))
	if err != nil {
		s.keep(got, failure)
		return 0, err
	}
	return copy(p, got), bare(failure)
}

// waitReadable reads ahead: package net has no other way to wait.
func (s *goConn) waitReadable() error {
	o := &s.goSocket.read
	if err := s.begin(o); err != nil {
		return err
	}
	defer o.end()
	if len(s.early) > 0 || s.sorry != nil {
		return nil
	}
	got, failure, err := s.fetch(o, max(len(s.buf), 512))
	s.keep(got, failure)
	return err
}

// fetch reads at most n bytes, into s.buf. err is why the task stopped waiting for them, and they are there all the
// same.
func (s *goConn) fetch(o *operation, n int) (got []byte, failure, err error) {
	if len(s.buf) < n {
		s.buf = make([]byte, n) // not the caller's: the goroutine may outlive the call
	}
	buf := s.buf[:n]
	returned := false
	defer func() {
		if !returned { // the panic of another task goes on
			s.keep(buf[:n], failure)
		}
	}()
	err = s.run(o, func() { n, failure = s.c.Read(buf) })
	returned = true
	return buf[:n], failure, err
}

// keep puts aside what was read, for the next read.
func (s *goConn) keep(got []byte, failure error) {
	s.early = append([]byte(nil), got...)
	if !interrupted(failure) {
		s.sorry = bare(failure)
	}
}

// write tells how much was written even if it fails: the caller can go on behind that.
func (s *goConn) write(p []byte) (int, error) {
	o := &s.goSocket.write
	if err := s.begin(o); err != nil {
		return 0, err
	}
	defer o.end()
	for s.done = 0; ; {
		failure, err := s.writeSome(o, p[s.done:min(len(p), s.done+maxPortable)])
		switch {
		case err != nil:
			return s.done, err
		case failure != nil:
			return s.done, bare(failure)
		case s.done == len(p):
			return s.done, nil
		}
	}
}

// writeSome writes p. err is why the task stopped waiting for that.
func (s *goConn) writeSome(o *operation, p []byte) (failure, err error) {
	s.out = append(s.out[:0], p...)
	buf := s.out
	n := 0
	defer func() { s.done += n }() // if the panic of another task is raised in run, too
	err = s.run(o, func() { n, failure = s.c.Write(buf) })
	return failure, err
}

func (s *goConn) wrote() int { return s.done }

// maxPortable is how much is written at a time, and copied for that.
const maxPortable = 128 << 10

func (s *goConn) closeRead() error {
	if c, ok := s.c.(interface{ CloseRead() error }); ok {
		return bare(c.CloseRead())
	}
	return errNoSuch
}

func (s *goConn) closeWrite() error {
	if c, ok := s.c.(interface{ CloseWrite() error }); ok {
		return bare(c.CloseWrite())
	}
	return errNoSuch
}

// A goListener is an acceptor on a listener of package net.
type goListener struct {
	goSocket
	l     net.Listener
	early []net.Conn // accepted for a task that had gone
	made  *socketFile
}

func newGoListener(h *green.Hub, l net.Listener) *goListener {
	s := &goListener{goSocket: newGoSocket(h, l), l: l}
	s.closeAtEnd(s.release)
	return s
}

func (s *goListener) addr() net.Addr { return s.l.Addr() }

func (s *goListener) accept() (stream, error) {
	o := &s.goSocket.read
	if err := s.begin(o); err != nil {
		return nil, err
	}
	defer o.end()
	if len(s.early) > 0 {
		c := s.early[0]
		s.early = s.early[1:]
		return newGoConn(s.h, c), nil
	}
	var c net.Conn
	var failure error
	taken := false
	defer func() { // if the panic of another task is raised in run, too
		switch {
		case taken || c == nil:
		case s.closed:
			c.Close()
		default:
			s.early = append(s.early, c)
		}
	}()
	if err := s.run(o, func() { c, failure = s.l.Accept() }); err != nil {
		return nil, err
	}
	taken = true
	if failure != nil {
		return nil, bare(failure)
	}
	return newGoConn(s.h, c), nil
}

// acceptNow gives package net a moment, of the system's clock: the hub's may stand still meanwhile.
func (s *goListener) acceptNow() (stream, error) {
	o := &s.goSocket.read
	if o.deadline == nil {
		return nil, os.ErrDeadlineExceeded
	}
	o.deadline(time.Now().Add(2 * time.Millisecond))
	defer o.deadline(time.Time{})
	c, err := s.accept()
	if err != nil && len(s.early) > 0 { // it came in the last moment
		return s.accept()
	}
	return c, err
}

func (s *goListener) file() *socketFile { return s.made }

func (s *goListener) close() error {
	if !s.closed {
		s.release()
	}
	return s.goSocket.close()
}

// release lets go of what is not the socket itself.
func (s *goListener) release() {
	s.made.remove()
	for _, c := range s.early {
		c.Close()
	}
	s.early = nil
}

// plainPackets is a packet socket of package net.
type plainPackets interface {
	net.Conn
	net.PacketConn
}

// goPackets is packets on a connection of package net.
type goPackets struct {
	goSocket
	c      plainPackets
	remote net.Addr // of a connected one
	early  []datagram
	buf    []byte
	made   *socketFile
}

// A datagram was received for a task that had gone.
type datagram struct {
	data []byte
	from net.Addr
}

func newGoPackets(h *green.Hub, c plainPackets, remote net.Addr) *goPackets {
	s := &goPackets{goSocket: newGoSocket(h, c), c: c, remote: remote}
	s.closeAtEnd(func() { s.made.remove() })
	return s
}

func (s *goPackets) addr() net.Addr { return s.c.LocalAddr() }
func (s *goPackets) peer() net.Addr { return s.remote }

func (s *goPackets) readFrom(p []byte) (int, net.Addr, error) {
	o := &s.goSocket.read
	if err := s.begin(o); err != nil {
		return 0, nil, err
	}
	defer o.end()
	if len(s.early) > 0 {
		d := s.early[0]
		s.early = s.early[1:]
		return copy(p, d.data), d.from, nil
	}
	n := len(p)
	if runtime.GOOS == "windows" {
		n = largest // it is an error there if a datagram does not fit
	}
	d, failure, err := s.fetch(o, n)
	if err != nil {
		s.keep(d, failure)
		return 0, nil, err
	}
	return copy(p, d.data), d.from, bare(failure)
}

// waitReadable reads ahead, as that of a goConn does.
func (s *goPackets) waitReadable() error {
	o := &s.goSocket.read
	if err := s.begin(o); err != nil {
		return err
	}
	defer o.end()
	if len(s.early) > 0 {
		return nil
	}
	d, failure, err := s.fetch(o, largest)
	s.keep(d, failure)
	return cmp.Or(err, bare(failure))
}

// largest is more than the largest datagram.
const largest = 64 << 10

// fetch reads a datagram, of at most n bytes, into s.buf. err is why the task stopped waiting for it, and it may be
// there all the same.
func (s *goPackets) fetch(o *operation, n int) (d datagram, failure, err error) {
	if len(s.buf) < n {
		s.buf = make([]byte, n)
	}
	buf := s.buf[:n]
	returned := false
	defer func() {
		if s.remote != nil {
			d.from = s.remote
		}
		d.data = buf[:n]
		if !returned { // the panic of another task goes on
			s.keep(d, failure)
		}
	}()
	err = s.run(o, func() { n, d.from, failure = s.c.ReadFrom(buf) })
	returned = true
	return d, failure, err
}

// keep puts d aside, if it is one, for the next read.
func (s *goPackets) keep(d datagram, failure error) {
	if failure == nil && d.from != nil {
		s.early = append(s.early, datagram{append([]byte(nil), d.data...), d.from})
	}
}

func (s *goPackets) writeTo(p []byte, to net.Addr) (int, error) {
	o := &s.goSocket.write
	if err := s.begin(o); err != nil {
		return 0, err
	}
	defer o.end()
	buf := append([]byte(nil), p...)
	var n int
	var failure error
	if err := s.run(o, func() {
		if s.remote != nil {
			n, failure = s.c.Write(buf)
		} else {
			n, failure = s.c.WriteTo(buf, to)
		}
	}); err != nil {
		return n, err
	}
	return n, bare(failure)
}

func (s *goPackets) close() error {
	if !s.closed {
		s.made.remove()
	}
	return s.goSocket.close()
}
