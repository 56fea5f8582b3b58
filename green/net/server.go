package net

import (
	"errors"
	"net"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/internal/outcome"
	"github.com/go-greenlet/greenlet/tasklet"
)

// A StreamServer accepts connections and runs a task for each. Set its fields, then call Serve.
type StreamServer struct {
	// Handler serves one connection, in a task of its own. The server closes the connection when it returns. Its errors, and
	// its panics, go to OnError, and end nothing but the connection.
	Handler func(c *Conn) error

	// MaxConns is how many connections are served at a time; 0 means no limit. While there are as many, none is accepted:
	// the system keeps the next ones waiting.
	MaxConns int

	// OnError hears of what handlers returned, and of failures to accept; c is nil for those. It must not block. Nil
	// ignores them.
	OnError func(c net.Conn, err error)

	// Stats counts for several servers together, those of other hubs too; nil means one of its own.
	Stats *ServerStats

	h         *green.Hub
	listeners map[*Listener]bool
	conns     map[*Conn]*green.Task
	room      *tasklet.Line // where Serve waits for MaxConns
	idle      *tasklet.Line // where Stop waits for the last connection
	stopped   bool
}

// ServerStats counts what servers do. Any goroutine may read it.
type ServerStats struct {
	Accepted atomic.Int64 // connections so far
	Active   atomic.Int64 // that are served now
	Failed   atomic.Int64 // handlers that returned an error
	Refused  atomic.Int64 // failures to accept
}

// How long Serve pauses after a failure to accept, as gevent does: for lack of descriptors, say.
const (
	minPause = 10 * time.Millisecond
	maxPause = time.Second
)

// Serve accepts connections from l until the server is stopped, the calling task is killed, or accepting fails for good. It
// returns nil after Stop, and else why it ended. It closes l, and leaves connections that are served to go on.
func (s *StreamServer) Serve(l *Listener) error {
	s.begin(l.h)
	if s.stopped {
		l.Close()
		return nil
	}
	s.listeners[l] = true
	defer func() {
		if s.listeners[l] {
			delete(s.listeners, l)
			l.Close()
		}
	}()
	pause := time.Duration(0)
	for {
		for s.MaxConns > 0 && len(s.conns) >= s.MaxConns && !s.stopped {
			if err := s.room.Wait(); err != nil {
				return err
			}
		}
		if s.stopped {
			return nil
		}
		c, err := l.AcceptConn()
		switch {
		case err == nil:
			pause = 0
			s.start(c)
			continue
		case s.stopped:
			return nil
		case !passing(err):
			return err
		}
		s.Stats.Refused.Add(1)
		s.tell(nil, err)
		pause = max(minPause, min(maxPause, 2*pause))
		if err := s.h.Sleep(pause); err != nil {
			return err
		}
	}
}

func (s *StreamServer) begin(h *green.Hub) {
	if s.Handler == nil {
		panic("green/net: StreamServer without a Handler")
	}
	if s.h == h {
		return
	}
	if s.h != nil {
		panic("green/net: one StreamServer serves in two hubs; make one for each and let them share Stats")
	}
	s.h = h
	s.listeners = map[*Listener]bool{}
	s.conns = map[*Conn]*green.Task{}
	s.room = h.Scheduler().NewLine("room for a connection")
	s.idle = h.Scheduler().NewLine("the end of the connections")
	if s.Stats == nil {
		s.Stats = &ServerStats{}
	}
}

func (s *StreamServer) start(c *Conn) {
	s.Stats.Accepted.Add(1)
	s.Stats.Active.Add(1)
	var failure error
	t := s.h.Go(func() error {
		failure = s.handle(c)
		return nil
	})
	s.conns[c] = t
	t.LinkRaw(func(*green.Task) {
		c.Close()
		delete(s.conns, c)
		s.Stats.Active.Add(-1)
		if failure != nil && !errors.Is(failure, green.ErrKilled) {
			s.Stats.Failed.Add(1)
			s.tell(c, failure)
		}
		s.room.WakeAll()
		if len(s.conns) == 0 {
			s.idle.WakeAll()
		}
	})
}

// handle calls the handler, and makes an error of its panic.
func (s *StreamServer) handle(c *Conn) (err error) {
	defer func() {
		if p := recover(); p != nil {
			e, carried := p.(*greenlet.PanicError)
			if !carried {
				e = &greenlet.PanicError{Value: p, Stack: outcome.PanicStack(debug.Stack()), Greenlet: s.h.Current().String()}
			}
			err = e
		}
	}()
	return s.Handler(c)
}

func (s *StreamServer) tell(c net.Conn, err error) {
	if s.OnError != nil {
		s.OnError(c, err)
	}
}

// Stop stops accepting and waits for the connections that are served, for grace at the longest: then it kills their
// handlers, and waits for those. Less than 0 means no limit. It returns nil, or why it was woken early: then the handlers
// are killed too.
func (s *StreamServer) Stop(grace time.Duration) error {
	s.stopped = true
	if s.h == nil {
		return nil
	}
	for l := range s.listeners {
		delete(s.listeners, l)
		l.Close()
	}
	s.room.WakeAll()
	err := s.drain(grace)
	for _, t := range s.conns {
		t.Stop()
	}
	return errors.Join(err, s.h.Shield(func() error { return s.drain(-1) }))
}

// drain waits until no connection is left, for d at the longest.
func (s *StreamServer) drain(d time.Duration) error {
	wait := func() error {
		for len(s.conns) > 0 {
			if err := s.idle.Wait(); err != nil {
				return err
			}
		}
		return nil
	}
	if d < 0 {
		return wait()
	}
	return pause(s.h, d, wait)
}

// Conns returns how many connections are served.
func (s *StreamServer) Conns() int { return len(s.conns) }

// passing says whether accepting may succeed a little later.
func passing(err error) bool {
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED, syscall.ECONNRESET} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
