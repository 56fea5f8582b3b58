package net

import (
	"net"
	"runtime/debug"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/internal/outcome"
)

// A wish is what a handshake on another goroutine waits for.
type wish struct {
	buf   []byte
	reply chan answered
}

type answered struct {
	n   int
	err error
}

// shakeAside makes the handshake on another goroutine. That computes; whenever it needs the peer, it asks the calling
// task, which reads and writes as in any other handshake, and so with its own deadlines. While one works the other
// waits, so that they share the pipe without a lock.
func (c *TLSConn) shakeAside() error {
	h := c.c.h
	s := h.Scheduler()
	news := s.NewLine("a TLS handshake on another goroutine")
	var asked *wish
	var result error
	over, gone := false, false
	c.p.exchange = func(p []byte) (int, error) {
		w := &wish{buf: p, reply: make(chan answered, 1)}
		if err := s.Post(func() error {
			if gone {
				w.reply <- answered{0, net.ErrClosed}
				return nil
			}
			asked = w
			news.WakeAll()
			return nil
		}); err != nil {
			return 0, err
		}
		a := <-w.reply
		return a.n, a.err
	}
	answer := func(f func(p []byte) (int, error)) {
		w := asked
		asked = nil
		a := answered{0, net.ErrClosed}
		defer func() { w.reply <- a }() // if the task is unwound, too
		a.n, a.err = f(w.buf)
	}
	defer func() {
		gone = true
		if asked != nil {
			asked.reply <- answered{0, net.ErrClosed}
		}
	}()
	release := s.Hold()
	go func() {
		defer release()
		returned := false
		var err error
		defer func() {
			if !returned {
				err = fallen(recover())
			}
			s.Post(func() error {
				result, over = err, true
				news.WakeAll()
				return nil
			})
		}()
		err = c.t.Handshake()
		returned = true
	}()
	// giveUp makes the goroutine end: before, the task may not leave it alone with the connection.
	giveUp := func(err error) {
		h.Shield(func() error {
			for !over {
				if asked != nil {
					answer(func([]byte) (int, error) { return 0, err })
				}
				if e := news.Wait(); e != nil {
					return e
				}
			}
			return nil
		})
	}
	defer func() {
		if !over { // the panic of another task was raised in Wait
			giveUp(net.ErrClosed)
		}
	}()
	for !over {
		err := news.Wait()
		if err != nil {
			giveUp(err)
			return c.c.fail("handshake", err)
		}
		if asked != nil {
			answer(c.exchange)
		}
	}
	if p, panicked := result.(*greenlet.PanicError); panicked {
		panic(p)
	}
	return result
}

// fallen is the error of a handshake that panicked with p, or called runtime.Goexit if that is nil.
func fallen(p any) error {
	if p == nil {
		return green.ErrGoexit
	}
	return &greenlet.PanicError{Value: p, Stack: outcome.PanicStack(debug.Stack()), Greenlet: "a TLS handshake"}
}
