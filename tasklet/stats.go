package tasklet

import (
	"time"

	"github.com/go-greenlet/greenlet/internal/owner"
)

// Stats are counts of a scheduler: see [Scheduler.Stats].
type Stats struct {
	Alive    int    // tasklets that have not ended, the main one included
	Runnable int    // those in the ring, the current one included
	Blocked  int    // those that wait for something
	Spawned  uint64 // tasklets that were ever made, the main one included
	Switches uint64 // switches to another tasklet so far
	Timers   int    // sleeps, deadlines and timers that are pending
	Outside  int    // tasklets that wait for something in the world: see [Poller]
}

// Stats counts what there is now. It looks at every tasklet that lives; no switch pays for it.
func (s *Scheduler) Stats() Stats {
	s.enter()
	st := Stats{
		Alive: s.alive + 1, Runnable: s.count, Spawned: s.lastID,
		Switches: s.past, Timers: len(s.timers.list), Outside: s.pending(),
	}
	count := func(t *Tasklet) {
		st.Switches += t.switches
		if t.on != nil {
			st.Blocked++
		}
	}
	count(&s.main)
	for t := s.newest; t != nil; t = t.older {
		count(t)
	}
	return st
}

// BlockedFor returns for how long t has been blocked, by the time at which the scheduler last looked at the clock
// before that; 0 if it is not blocked.
func (t *Tasklet) BlockedFor() time.Duration {
	s := t.s
	s.enter()
	if t.on == nil {
		return 0
	}
	return time.Duration(s.now() - t.since)
}

// Inside reports whether the caller runs in s, so that it may use s. Any goroutine may ask. It is for better messages;
// on other processors than amd64 and arm64 it takes a microsecond.
func (s *Scheduler) Inside() bool {
	return owner.Exact && owner.Check(&s.mark.Running) != 0 || s.mark.Reach() != 0
}

// Outside says whether the caller runs elsewhere: the opposite of [Scheduler.Inside].
func (s *Scheduler) Outside() bool { return !s.Inside() }

// SetIdleCallback makes f be called with nil when the scheduler begins to wait for the outside, because nobody can
// run, and afterwards with the tasklet that goes on, before the schedule callback. f must not block, as that must
// not. A nil f removes it. It returns the one before.
func (s *Scheduler) SetIdleCallback(f func(next *Tasklet)) (old func(next *Tasklet)) {
	s.enter()
	old, s.onIdle, s.idling = s.onIdle, f, false
	s.setRare(rareCallback, s.onSchedule != nil || f != nil)
	return old
}

// idled calls the callback of SetIdleCallback when something has changed: next is nil, or who goes on.
func (s *Scheduler) idled(next *Tasklet) {
	if s.onIdle == nil || s.idling == (next == nil) {
		return
	}
	s.idling = next == nil
	s.callBack()
	defer s.calledBack()
	defer func() {
		if p := recover(); p != nil {
			s.watcher().throw(escaped{newPanicError(p, s.current)})
		}
	}()
	if next != nil {
		next.shown = true
	}
	s.onIdle(next)
}
