package tasklet

import (
	"runtime/debug"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/internal/outcome"
)

// What the program is called back with runs between two switches, where there is nobody to switch away from. So the switch
// trap is set meanwhile, and a panic goes where those of tasklets go.

// handle asks the error handler what to do with err, with which t ended.
func (s *Scheduler) handle(t *Tasklet, err error) (left error) {
	s.callBack()
	defer s.calledBack()
	defer func() {
		if p := recover(); p != nil {
			left = newPanicError(p, t)
		}
	}()
	return s.onError(t, err)
}

// callSchedule calls the callback of SetScheduleCallback.
func (s *Scheduler) callSchedule(prev, next *Tasklet) {
	s.callBack()
	defer s.calledBack()
	defer func() {
		if p := recover(); p != nil {
			s.watcher().throw(escaped{newPanicError(p, prev)})
		}
	}()
	s.onSchedule(prev, next)
}

func (s *Scheduler) callBack() {
	s.switchTrap++
	s.rare |= rareTrap
}

func (s *Scheduler) calledBack() {
	s.switchTrap--
	s.setRare(rareTrap, s.switchTrap != 0)
}

// newPanicError makes p, which was recovered in a deferred call, an error. One that already is stays the same.
func newPanicError(p any, t *Tasklet) *greenlet.PanicError {
	if e, carried := p.(*greenlet.PanicError); carried {
		return e
	}
	return &greenlet.PanicError{Value: p, Stack: outcome.PanicStack(debug.Stack()), Greenlet: t.String()}
}
