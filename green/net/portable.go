package net

import (
	"context"
	"net"
	"syscall"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/internal/poll"
	"github.com/go-greenlet/greenlet/tasklet"
)

// portable is the backend on package net. What would block a goroutine runs on one of its own, and the task waits for that.
type portable struct{}

func (portable) listen(h *green.Hub, addr net.Addr, c *ListenConfig) (acceptor, error) {
	config := net.ListenConfig{KeepAlive: 15 * time.Second}
	if c.ReusePort {
		config.Control = func(_, _ string, raw syscall.RawConn) (err error) {
			if e := raw.Control(func(fd uintptr) { err = reusePort(int(fd)) }); e != nil {
				err = e
			}
			return err
		}
	}
	l, err := config.Listen(context.Background(), addr.Network(), addr.String())
	if err != nil {
		return nil, bare(err)
	}
	return &goListener{h: h, l: l}, nil
}

func (portable) dial(h *green.Hub, local, remote net.Addr) (stream, error) {
	c, err := tasklet.Await(h.Scheduler(), func(ctx context.Context) (net.Conn, error) {
		d := net.Dialer{LocalAddr: local}
		c, err := d.DialContext(ctx, remote.Network(), remote.String())
		if err == nil && ctx.Err() != nil {
			c.Close() // nobody waits for it any more
		}
		return c, err
	})
	if err != nil {
		return nil, bare(err)
	}
	return newGoConn(h, c), nil
}

func (portable) packet(h *green.Hub, local, remote net.Addr, c *ListenConfig) (packets, error) {
	if remote != nil {
		d := net.Dialer{LocalAddr: local}
		conn, err := d.Dial(remote.Network(), remote.String()) // a datagram socket connects at once
		if err != nil {
			return nil, bare(err)
		}
		return &goPackets{goSocket: newGoSocket(h, conn), p: conn.(net.PacketConn), remote: conn.RemoteAddr()}, nil
	}
	p, err := net.ListenPacket(local.Network(), local.String())
	if err != nil {
		return nil, bare(err)
	}
	return &goPackets{goSocket: newGoSocket(h, p.(net.Conn)), p: p}, nil
}

// bare takes off the wrapper that the caller puts on again.
func bare(err error) error {
	if e, ok := err.(*net.OpError); ok {
		return e.Err
	}
	return err
}

// A goSocket is what the portable sockets have in common.
type goSocket struct {
	h           *green.Hub
	c           net.Conn
	read, write operation
	closed      bool
}

// An operation is one direction of a socket. When the task that waits for it goes away, what the goroutine got meanwhile
// is kept for the next one.
type operation struct {
	busy bool
}

func newGoSocket(h *green.Hub, c net.Conn) goSocket { return goSocket{h: h, c: c} }

func (s *goSocket) addr() net.Addr { return s.c.LocalAddr() }

func (s *goSocket) close() error {
	if s.closed {
		return net.ErrClosed
	}
	s.closed = true
	return bare(s.c.Close())
}

func (s *goSocket) control(f func(uintptr)) error {
	if s.closed {
		return net.ErrClosed
	}
	c, ok := s.c.(syscall.Conn)
	if !ok {
		return errNoSuch
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Control(f)
}

// run calls f, which blocks, on a goroutine, and waits for it. If the task must stop waiting, interrupt makes f return,
// and run waits for that, so that what f has got is not lost.
func (s *goSocket) run(o *operation, interrupt func(time.Time) error, f func()) error {
	if s.closed {
		return net.ErrClosed
	}
	if o.busy {
		return poll.ErrBusy
	}
	o.busy = true
	defer func() { o.busy = false }()
	sched := s.h.Scheduler()
	done := sched.NewLine("a connection")
	over := false
	release := sched.Hold()
	go func() {
		f()
		sched.Post(func() error {
			over = true
			done.WakeAll()
			return nil
		})
		release()
	}()
	err := done.Wait()
	if err == nil || over {
		return nil
	}
	interrupt(time.Unix(1, 0))
	sched.Shield(func() error {
		for !over {
			if err := done.Wait(); err != nil {
				return err
			}
		}
		return nil
	})
	interrupt(time.Time{})
	return err
}

// A goConn is a stream on a connection of package net.
type goConn struct {
	goSocket
	early []byte // read for a task that had gone
	buf   []byte
}

func newGoConn(h *green.Hub, c net.Conn) *goConn { return &goConn{goSocket: newGoSocket(h, c)} }

func (s *goConn) peer() net.Addr { return s.c.RemoteAddr() }

func (s *goConn) read(p []byte) (int, error) {
	if len(s.early) > 0 && !s.closed {
		n := copy(p, s.early)
		s.early = s.early[n:]
		return n, nil
	}
	if len(s.buf) < len(p) {
		s.buf = make([]byte, len(p)) // not p: the goroutine may outlive the call
	}
	buf := s.buf[:len(p)]
	var n int
	var failure error
	err := s.run(&s.goSocket.read, s.c.SetReadDeadline, func() { n, failure = s.c.Read(buf) })
	switch {
	case err == nil:
		return copy(p, buf[:n]), ended(failure)
	case n > 0:
		s.early = append([]byte(nil), buf[:n]...)
	}
	return 0, err
}

// ended names the error of a socket that was closed meanwhile.
func ended(err error) error {
	if err == nil {
		return nil
	}
	return bare(err)
}

func (s *goConn) write(p []byte) (int, error) {
	buf := append([]byte(nil), p...)
	var n int
	var failure error
	err := s.run(&s.goSocket.write, s.c.SetWriteDeadline, func() { n, failure = s.c.Write(buf) })
	if err != nil && n < len(p) {
		return n, err
	}
	return n, ended(failure)
}

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
	h      *green.Hub
	l      net.Listener
	early  []net.Conn // accepted for a task that had gone
	busy   operation
	closed bool
}

func (s *goListener) addr() net.Addr { return s.l.Addr() }

func (s *goListener) accept() (stream, error) {
	if s.closed {
		return nil, net.ErrClosed
	}
	if len(s.early) > 0 {
		c := s.early[0]
		s.early = s.early[1:]
		return newGoConn(s.h, c), nil
	}
	var c net.Conn
	var failure error
	interrupt := func(time.Time) error { return errNoSuch }
	if d, ok := s.l.(interface{ SetDeadline(time.Time) error }); ok {
		interrupt = d.SetDeadline
	}
	socket := goSocket{h: s.h}
	if err := socket.run(&s.busy, interrupt, func() { c, failure = s.l.Accept() }); err != nil {
		if c != nil {
			s.early = append(s.early, c)
		}
		return nil, err
	}
	if failure != nil {
		return nil, ended(failure)
	}
	return newGoConn(s.h, c), nil
}

func (s *goListener) close() error {
	if s.closed {
		return net.ErrClosed
	}
	s.closed = true
	for _, c := range s.early {
		c.Close()
	}
	return bare(s.l.Close())
}

func (s *goListener) control(f func(uintptr)) error {
	c, ok := s.l.(syscall.Conn)
	if !ok || s.closed {
		return errNoSuch
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Control(f)
}

// goPackets is packets on a connection of package net.
type goPackets struct {
	goSocket
	p      net.PacketConn
	remote net.Addr // of a connected one
	buf    []byte
}

func (s *goPackets) peer() net.Addr { return s.remote }

func (s *goPackets) readFrom(p []byte) (int, net.Addr, error) {
	if len(s.buf) < len(p) {
		s.buf = make([]byte, len(p))
	}
	buf := s.buf[:len(p)]
	var n int
	var from net.Addr
	var failure error
	if err := s.run(&s.goSocket.read, s.c.SetReadDeadline, func() { n, from, failure = s.p.ReadFrom(buf) }); err != nil {
		return 0, nil, err
	}
	if s.remote != nil {
		from = s.remote
	}
	return copy(p, buf[:n]), from, ended(failure)
}

func (s *goPackets) writeTo(p []byte, to net.Addr) (int, error) {
	buf := append([]byte(nil), p...)
	var n int
	var failure error
	if err := s.run(&s.goSocket.write, s.c.SetWriteDeadline, func() {
		if s.remote != nil {
			n, failure = s.c.Write(buf)
		} else {
			n, failure = s.p.WriteTo(buf, to)
		}
	}); err != nil && n < len(p) {
		return n, err
	}
	return n, ended(failure)
}
