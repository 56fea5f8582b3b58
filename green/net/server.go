package net

import (
	"net"
	"slices"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/internal/poll"
)

// A StreamServer accepts connections and runs a task for each. Set its fields, then call Serve.
type StreamServer struct {
	// Handler serves one connection, in a task of its own. The server closes the connection when it returns. Its errors,
	// and its panics, go to OnError, and end nothing but the connection. One that calls runtime.Goexit, as t.FailNow
	// does, ends the hub's Run, as any task does. For TLS, see [TLS.Handler].
	Handler func(c *Conn) error

	// MaxConns is how many connections are served at a time; 0 means no limit. While there are as many, none is accepted:
	// the system keeps the next ones waiting.
	MaxConns int

	// OnError is told about the errors that handlers return, about their panics, as a *greenlet.PanicError with the
	// stack, and about failures to accept, for which c is nil. It must not block. If it is nil, panics and failures to
	// accept go to the standard logger of package log, which writes to standard error; Stats counts the errors.
	OnError func(c net.Conn, err error)

	// Stats counts for several servers together, those of other hubs too; nil means one of its own.
	Stats *ServerStats

	crew      crew
	listeners []*Listener // a list, so that they are told in the same order every time
	leave     func()      // is told about the end of a connection; for a Cluster
}

// Serve accepts connections from l until the server is stopped, the calling task is killed, or accepting fails for
// good. It returns nil after Stop, and else why it ended. After a failure that may pass, such as too many open files,
// it pauses, from 10 ms up to a second, and goes on. It closes l, and leaves connections that are served to go on.
func (s *StreamServer) Serve(l *Listener) error {
	l.h.Check()
	s.begin(l.h)
	w := &s.crew
	if w.stopped {
		l.Close()
		return nil
	}
	s.listeners = append(s.listeners, l)
	defer func() {
		s.listeners = slices.DeleteFunc(s.listeners, func(o *Listener) bool { return o == l })
		l.Close()
		w.room.WakeAll() // Stop
	}()
	pause := time.Duration(0)
	for {
		if err := w.waitRoom(s.MaxConns); err != nil {
			return err
		}
		if w.stopped {
			s.sweep(l)
			return nil
		}
		c, err := l.AcceptConn()
		switch {
		case err == nil:
			pause = 0
			s.start(c)
		case w.stopped: // Stop ended the waiting
		case !poll.Passing(err):
			return err
		default:
			if err := w.stumble(err, &pause); err != nil {
				return err
			}
		}
	}
}

func (s *StreamServer) begin(h *green.Hub) {
	if s.Handler == nil {
		panic("green/net: StreamServer without a Handler")
	}
	s.crew.begin(h, &s.Stats)
	s.crew.tell = s.OnError
}

// start serves c.
func (s *StreamServer) start(c *Conn) {
	s.crew.work(c, func() error { return s.Handler(c) }, func() {
		c.Close()
		if s.leave != nil {
			s.leave()
		}
	})
}

// sweep serves the connections that the system has accepted already: their clients may have sent requests, and would
// be reset. It serves them when the listener is closed: who is answered may come again at once.
func (s *StreamServer) sweep(l *Listener) {
	l.SetDeadline(time.Time{})
	var waited []*Conn
	for len(waited) < maxSweep && (s.MaxConns <= 0 || s.Conns()+len(waited) < s.MaxConns) {
		c, err := l.a.acceptNow()
		if err != nil {
			break
		}
		waited = append(waited, newConn(l.h, c))
	}
	l.Close()
	for _, c := range waited {
		s.start(c)
	}
}

// maxSweep is how many connections a system may have waiting, as we ask for it.
const maxSweep = 4096

// Stop stops accepting, and waits for the connections that are served, for grace at the longest: then it kills their
// handlers, and waits for those. Less than 0 means no limit. It returns nil, or why it was woken early: then the
// handlers are killed too. It panics in a handler, since it would wait for that.
//
// Connections that the system has accepted by then, and Serve has not, are served too, as far as MaxConns lets them
// in, unless grace is 0: what their clients have sent would be lost.
func (s *StreamServer) Stop(grace time.Duration) error {
	s.crew.check()
	s.crew.stopped = true
	if s.crew.h == nil {
		return nil
	}
	for _, l := range slices.Clone(s.listeners) {
		if grace == 0 {
			l.Close()
		} else {
			l.SetDeadline(l.h.Now()) // makes Serve go on to sweep
		}
	}
	s.crew.notServing()
	if err := s.swept(); err != nil {
		s.crew.stop(0)
		return err
	}
	return s.crew.stop(grace)
}

// swept waits until no Serve runs any more.
func (s *StreamServer) swept() error {
	s.crew.room.WakeAll()
	for len(s.listeners) > 0 {
		if err := s.crew.room.Wait(); err != nil {
			for _, l := range slices.Clone(s.listeners) {
				l.Close()
			}
			return err
		}
	}
	return nil
}

// Conns returns how many connections are served.
func (s *StreamServer) Conns() int {
	s.crew.check()
	return len(s.crew.tasks)
}
