package green

import (
	"fmt"
	"runtime/debug"
	"time"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/internal/outcome"
)

// Restarts says how a [Supervisor] restarts its children.
type Restarts struct {
	// Limit is how many restarts there may be, of all children together, within the time Within; one more, and the
	// supervisor gives up. A Within of 0 counts them all.
	Limit  int
	Within time.Duration

	// Min is the pause before a restart. It doubles with each restart of the same child, up to Max, and is Min again after
	// the child has run for longer than Max. A Max of 0 is Min: the pause stays the same.
	Min, Max time.Duration

	// Always makes a child start again, too, when it has ended without an error.
	Always bool

	// OnRestart is told about every restart before its pause. err is what the child ended with. If OnRestart is nil,
	// what a child failed with goes to the standard logger of package log.
	OnRestart func(child *Task, err error)
}

// A Supervisor starts its children again when they fail: see [Hub.Supervise].
type Supervisor struct {
	g     *Group
	r     Restarts
	times []time.Time // of the restarts that count
}

// A RestartError says that a supervisor gave up.
type RestartError struct {
	Child string // which child failed once too often
	Limit int
	Err   error // what it failed with
}

// Error says which child failed with what.
func (e *RestartError) Error() string {
	return fmt.Sprintf("green: %s failed after %d restarts: %v", e.Child, e.Limit, e.Err)
}

// Unwrap returns what the child failed with.
func (e *RestartError) Unwrap() error { return e.Err }

// Supervise is a [Hub.Group] whose tasks start again when they return an error or panic. When there were too many
// restarts, it kills the children that are left and returns a [*RestartError].
func (h *Hub) Supervise(r Restarts, f func(s *Supervisor) error) error {
	return h.Group(func(g *Group) error { return f(&Supervisor{g: g, r: r}) })
}

// Group returns the group to which the children belong. A task that is spawned in it directly is not restarted.
func (s *Supervisor) Group() *Group { return s.g }

// Go makes a child: a task that calls f, and again when f has failed. It ends when f returns nil, or [ErrKilled], or
// when it is told to stop. All that f does happens in one task: its context and locals stay.
func (s *Supervisor) Go(name string, f func() error) *Task {
	var t *Task
	t = spawn(s.g, func() error { return s.keep(t, f) }).SetName(name)
	return t
}

// keep calls f until it is done.
func (s *Supervisor) keep(t *Task, f func() error) error {
	h := s.g.h
	pause := s.r.Min
	for {
		began := h.Now()
		err := protect(t, f)
		if t.told != nil || isKilled(err) || err == nil && !s.r.Always {
			return err
		}
		if !s.allows(h.Now()) {
			return &RestartError{Child: t.String(), Limit: s.r.Limit, Err: err}
		}
		if s.r.OnRestart != nil {
			s.r.OnRestart(t, err)
		} else {
			unheard(t.String()+", which starts again,", err)
		}
		if h.Now().Sub(began) > max(s.r.Max, s.r.Min) {
			pause = s.r.Min
		}
		if err := h.Sleep(pause); err != nil {
			return err
		}
		pause = min(2*pause, max(s.r.Max, s.r.Min))
	}
}

// allows notes a restart, if it is within the limit.
func (s *Supervisor) allows(now time.Time) bool {
	for s.r.Within > 0 && len(s.times) > 0 && now.Sub(s.times[0]) > s.r.Within {
		s.times = s.times[1:]
	}
	if len(s.times) >= s.r.Limit {
		return false
	}
	s.times = append(s.times, now)
	return true
}

// protect calls f and makes a panic an error.
func protect(t *Task, f func() error) (err error) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if p := recover(); p != nil {
			err = panicError(t, p)
		}
	}()
	err = f()
	returned = true
	return err
}

// panicError makes p, which was recovered in a deferred call, an error. One that already is stays the same.
func panicError(t *Task, p any) *greenlet.PanicError {
	if e, carried := p.(*greenlet.PanicError); carried {
		return e
	}
	return &greenlet.PanicError{Value: p, Stack: outcome.PanicStack(debug.Stack()), Greenlet: t.String()}
}

// isKilled says whether err is [ErrKilled], or wraps it and nothing else.
func isKilled(err error) bool { return outcome.IsExit[*greenlet.PanicError](err, ErrKilled) }
