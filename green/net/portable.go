package net

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/internal/aside"
	"github.com/go-greenlet/greenlet/green/internal/poll"
	"github.com/go-greenlet/greenlet/tasklet"
)

// portable is the backend on package net. What would block a goroutine runs on one of its own, and the task waits for
// that.
type portable struct{}

func (portable) listen(h *green.Hub, addr net.Addr, c *ListenConfig) (acceptor, error) {
	l, err := c.plain(15*time.Second).Listen(context.Background(), familyOf(addr), addr.String())
	if err != nil {
		return nil, bare(err)
	}
	s := newGoListener(h, l)
	if u, ok := l.(*net.UnixListener); ok {
		if s.made = newSocketFile(addr); s.made != nil {
			u.SetUnlinkOnClose(false)
		}
	}
	return s, nil
}

// familyOf is a's network with the family: package net takes what is unspecified for both.
func familyOf(a net.Addr) string {
	switch ip := ipOf(a); {
	case ip == nil:
		return a.Network()
	case ip.To4() != nil:
		return a.Network() + "4"
	default:
		return a.Network() + "6"
	}
}

// plain returns the settings for package net.
func (c *ListenConfig) plain(keepAlive time.Duration) *net.ListenConfig {
	config := &net.ListenConfig{KeepAlive: keepAlive}
	if c.ReusePort {
		config.Control = func(_, _ string, raw syscall.RawConn) (err error) {
			if e := raw.Control(func(fd uintptr) { err = reusePort(int(fd)) }); e != nil {
				err = e
			}
			return err
		}
	}
	return config
}

func (portable) dial(h *green.Hub, local, remote net.Addr) (stream, error) {
	await := func(f func(context.Context) (net.Conn, error)) (net.Conn, error) {
		return tasklet.Await(h.Scheduler(), f)
	}
	c, err := aside.Run(await, func(ctx context.Context) (net.Conn, error) {
		d := net.Dialer{LocalAddr: local}
		return d.DialContext(ctx, remote.Network(), remote.String())
	}, func(c net.Conn) { c.Close() })
	if err != nil {
		return nil, bare(err)
	}
	return newGoConn(h, c), nil
}

func (portable) pair(h *green.Hub) (stream, stream, error) {
	a, b, err := plainPair()
	if err != nil {
		return nil, nil, bare(err)
	}
	return newGoConn(h, a), newGoConn(h, b), nil
}

func (portable) packet(h *green.Hub, local, remote net.Addr, c *ListenConfig) (packets, error) {
	if remote != nil {
		d := net.Dialer{LocalAddr: local}
		conn, err := d.Dial(remote.Network(), remote.String()) // a datagram socket connects at once
		if err != nil {
			return nil, bare(err)
		}
		return newGoPackets(h, conn.(plainPackets), conn.RemoteAddr()), nil
	}
	p, err := c.plain(0).ListenPacket(context.Background(), familyOf(local), local.String())
	if err != nil {
		return nil, bare(err)
	}
	s := newGoPackets(h, p.(plainPackets), nil)
	s.made = newSocketFile(local)
	return s, nil
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
	c           plain
	read, write operation
	closed      bool
	lingers     bool   // closing may take seconds
	forget      func() // that it is to be closed when the hub has ended
}

// plain is what the sockets of package net have in common: listeners too.
type plain interface{ Close() error }

// An operation is one direction of a socket. When the task that waits for it goes away, what the goroutine got
// meanwhile is kept for the next one.
type operation struct {
	busy      bool
	until     poll.Limit
	deadline  func(time.Time) error // makes what runs return
	interrupt func()                // or this does
}

func newOperation(h *green.Hub) operation { return operation{until: poll.NewLimit(h.Scheduler())} }

func newGoSocket(h *green.Hub, c plain) goSocket {
	s := goSocket{h: h, c: c, read: newOperation(h), write: newOperation(h)}
	if d, ok := c.(interface{ SetReadDeadline(time.Time) error }); ok {
		s.read.deadline = d.SetReadDeadline
	} else if d, ok := c.(interface{ SetDeadline(time.Time) error }); ok {
		s.read.deadline = d.SetDeadline // a listener
	}
	if d, ok := c.(interface{ SetWriteDeadline(time.Time) error }); ok {
		s.write.deadline = d.SetWriteDeadline
	}
	return s
}

func (s *goSocket) late() bool { return s.write.until.Passed() }

func (s *goSocket) limit(read, write bool, t time.Time) error {
	s.check()
	if read {
		s.read.until.Set(t)
	}
	if write {
		s.write.until.Set(t)
	}
	if s.closed {
		return net.ErrClosed
	}
	return nil
}

func (s *goSocket) close() error {
	s.check()
	if s.closed {
		return net.ErrClosed
	}
	s.closed = true
	s.forget()
	if s.lingers {
		closeAside(s.h, s.c.Close)
		return nil
	}
	return bare(s.c.Close())
}

// closeAside closes what lingers, on a goroutine: the system does not return before what is unsent has gone, or the
// time has passed. The hub does not end before.
func closeAside(h *green.Hub, end func() error) {
	release := h.Scheduler().Hold()
	go func() {
		defer release()
		end()
	}()
}

func (s *goSocket) linger(_ *green.Hub, on bool) { s.lingers = on }

// closeAtEnd makes sure that the socket is closed when the hub has ended. Then also is called besides; it may be nil.
func (s *goSocket) closeAtEnd(also func()) {
	s.forget = s.h.OnEnd(func() {
		s.closed = true
		s.c.Close()
		if also != nil {
			also()
		}
	})
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

// begin claims o for the calling task, until end.
func (s *goSocket) begin(o *operation) error {
	s.check()
	switch {
	case s.closed:
		return net.ErrClosed
	case o.busy:
		return ErrBusy
	case o.until.Passed():
		return os.ErrDeadlineExceeded
	}
	o.busy = true
	return nil
}

// check panics unless the caller runs in the hub.
func (s *goSocket) check() { s.h.Check() }

func (o *operation) end() { o.busy = false }

// run calls f, which blocks, on a goroutine, and waits for it. If the task must stop waiting, f is made to return by a
// deadline in the past, and run waits for that, so that what f has got is not lost.
func (s *goSocket) run(o *operation, f func()) error {
	sched := s.h.Scheduler()
	done := sched.NewLine("a connection")
	over := false
	finished := make(chan struct{})
	release := sched.Hold()
	go func() {
		defer release()
		f()
		close(finished)
		sched.Post(func() error {
			over = true
			done.WakeAll()
			return nil
		})
	}()
	defer func() { // the panic of another task may be raised in Wait
		if !over {
			s.interrupt(o, done, &over, finished)
		}
	}()
	if err := o.until.Wait(done); !over {
		return err
	}
	return nil
}

// interrupt makes the function of run return, and waits for that.
func (s *goSocket) interrupt(o *operation, done *tasklet.Line, over *bool, finished <-chan struct{}) {
	if o.deadline != nil {
		o.deadline(time.Unix(1, 0))
	}
	if o.interrupt != nil {
		o.interrupt()
	}
	s.h.Scheduler().Shield(func() error {
		for !*over {
			if err := done.Wait(); err != nil {
				return err
			}
		}
		return nil
	})
	<-finished // at the end of the hub, over does not come
	if o.deadline != nil {
		o.deadline(time.Time{})
	}
}

// interrupted says whether err only says that run has made its function return.
func interrupted(err error) bool { return err == nil || errors.Is(err, os.ErrDeadlineExceeded) }
