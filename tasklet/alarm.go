package tasklet

import "time"

// A Timer does something once, later: [Scheduler.AfterFunc] and [Scheduler.NewTimer] make them. While it is pending the
// scheduler waits for it where it would otherwise report a deadlock, and Run where it would return.
type Timer struct {
	// C receives the time when the timer fires, if NewTimer made it. It has a buffer of one.
	C *Chan[time.Time]

	s     *Scheduler
	f     func() error
	timer timer
}

// AfterFunc runs f, when d has passed, in a tasklet of its own, as [Scheduler.Spawn] called by the main tasklet would.
func (s *Scheduler) AfterFunc(d time.Duration, f func() error) *Timer {
	s.enter()
	mustBody(f)
	return s.startTimer(&Timer{s: s, f: f}, d)
}

// NewTimer makes a timer that sends the time to its channel when d has passed.
func (s *Scheduler) NewTimer(d time.Duration) *Timer {
	return s.startTimer(&Timer{s: s, C: NewBuffered[time.Time](s, 1)}, d)
}

func (s *Scheduler) startTimer(t *Timer, d time.Duration) *Timer {
	t.timer.fire, t.timer.of = fireTimer, t
	t.timer.start(s, d)
	return t
}

func (t *timer) start(s *Scheduler, d time.Duration) {
	if !s.closed {
		s.timers.set(t, s.later(max(d, 0)))
	}
}

func fireTimer(tm *timer) {
	t := tm.of.(*Timer)
	switch {
	case t.f == nil:
		t.C.give(t.s.world.Now(), nil)
	case !t.s.closed:
		t.s.insert(t.s.create(&t.s.main, t.f))
	}
}

// Stop stops the timer, and reports whether that was in time: it had not fired, or nobody had received from C,
// which is then emptied. A tasklet of AfterFunc that has been made is not stopped. Nothing is left of a stopped
// timer.
func (t *Timer) Stop() bool {
	t.s.enter()
	pending := t.timer.pos != 0
	t.s.timers.unset(&t.timer)
	return t.C != nil && t.C.empty() || pending
}

// Reset is Stop, and then the timer fires when d has passed. It allocates nothing.
func (t *Timer) Reset(d time.Duration) bool {
	pending := t.Stop()
	t.timer.start(t.s, d)
	return pending
}

// empty drops what is in the buffer, and says whether there was anything.
func (c *Chan[T]) empty() bool {
	some := c.buffer.n > 0
	for c.buffer.n > 0 {
		_, _ = c.buffer.pop()
	}
	return some
}
