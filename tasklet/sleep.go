package tasklet

import (
	"math"
	"slices"
	"time"
)

// Now returns the time of the scheduler's world.
func (s *Scheduler) Now() time.Time {
	s.enter()
	return s.world.Now()
}

// World returns the scheduler's outside.
func (s *Scheduler) World() World { return s.world }

// now is the time in nanoseconds since s was made.
func (s *Scheduler) now() int64 {
	s.clock = int64(s.world.Now().Sub(s.start.Time))
	return s.clock
}

// later is the time in d.
func (s *Scheduler) later(d time.Duration) int64 {
	now := s.now()
	if when := now + int64(d); when >= now {
		return when
	}
	return math.MaxInt64
}

// Sleep blocks the calling tasklet for at least d. With a d of 0 or less it is [Scheduler.Schedule] and looks at the
// timers and the outside first, so that who only ever sleeps for 0 starves nobody. It returns nil, or what was thrown
// into the tasklet, or the deadline that passed.
func (s *Scheduler) Sleep(d time.Duration) error {
	me := s.enter()
	if d <= 0 {
		s.poll()
		return s.Schedule()
	}
	if me.due != 0 {
		if err := s.deliver(me); err != nil {
			return err
		}
	}
	n := &me.node
	n.t, n.done = me, false
	t := &me.timer
	t.fire, t.of = wakeSleeper, me
	s.timers.set(t, s.later(d))
	me.on = n
	if err := s.park(me); err != nil {
		me.on = nil
		s.timers.unset(t)
		return err
	}
	s.timers.unset(t)
	return s.deliver(me)
}

func wakeSleeper(t *timer) {
	me := t.of.(*Tasklet)
	if me.on == nil {
		return // it was thrown at, and had no turn yet
	}
	me.on = nil
	me.s.insert(me)
}

// poll looks at what the switches don't see: posts, timers, the world.
func (s *Scheduler) poll() {
	if s.pending() > 0 {
		s.world.Wait(s.world.Now(), false)
	}
	s.look()
}

// look is poll without the world.
func (s *Scheduler) look() {
	s.tick = ticks
	if s.closed {
		return // deferred calls of who is unwound may come here
	}
	if s.onLook != nil {
		s.onLook()
	}
	if s.mail.full.Load() {
		s.receivePosts()
	}
	if len(s.timers.list) > 0 {
		s.fire()
	}
}

// A Poller is a [World] in which tasklets wait for things that get ready by themselves. While there are any, it is
// looked at even if tasklets are runnable, and waiting for it is no deadlock.
type Poller interface {
	World
	// Pending returns how many tasklets wait for something in the world.
	Pending() int
}

// pending is how many tasklets wait for something in the world.
func (s *Scheduler) pending() int {
	if p, ok := s.world.(Poller); ok {
		return p.Pending()
	}
	return 0
}

// fire fires the timers whose time has come.
func (s *Scheduler) fire() {
	now := s.now()
	for t := s.timers.first(); t != nil && t.when <= now; t = s.timers.first() {
		s.timers.unset(t)
		t.fire(t)
	}
}

// onlyDeadlines says whether nothing but deadlines of the callers of Run is pending. Nobody runs before they pass.
func (s *Scheduler) onlyDeadlines() bool {
	for _, t := range s.timers.list {
		if o, is := t.of.(*Timeout); !is || !slices.Contains(s.watchers, o.t) {
			return false
		}
	}
	return true
}

// wait waits for the outside, when nothing is runnable, and says whether there was anything to wait for.
func (s *Scheduler) wait() bool {
	if s.onLook != nil && s.onLook() {
		return true
	}
	if s.mail.full.Load() {
		s.receivePosts()
		return true
	}
	expecting := s.holds.Load() > 0 || s.pending() > 0
	first := s.timers.first()
	if !expecting && (first == nil || s.onlyDeadlines()) {
		// Who posts and then gives up its hold may have done both in between.
		return s.mail.full.Load()
	}
	var until time.Time
	if first != nil {
		if first.when <= s.now() {
			s.fire()
			return true
		}
		until = s.start.Add(time.Duration(first.when))
	}
	if expecting && s.breakCircle() {
		return true
	}
	s.waitOutside(until, expecting)
	s.look()
	return true
}
