package tasklet

import (
	"fmt"
	"time"
)

// What only the layers above need.

// An Alarm calls a function at a time, between two switches, where a [Timer] makes a tasklet: what tasks that start
// later and timers that can be waited for are built from. It is used on the scheduler's goroutine only.
type Alarm struct {
	s     *Scheduler
	timer timer
	f     func()
}

// NewAlarm makes an alarm that is not set. f must not block or panic. An alarm that is set counts as a sleeper:
// [Scheduler.Run] waits for it.
func (s *Scheduler) NewAlarm(f func()) *Alarm {
	s.enter()
	a := &Alarm{s: s, f: f}
	a.timer.of, a.timer.fire = a, goOff
	return a
}

func goOff(t *timer) { t.of.(*Alarm).f() }

// Set makes the alarm go off after d, once, in place of when it was set to. It allocates nothing in the steady state.
func (a *Alarm) Set(d time.Duration) {
	a.s.enter()
	a.timer.start(a.s, d)
}

// Stop takes Set back, and says whether the alarm was set.
func (a *Alarm) Stop() (was bool) {
	a.s.enter()
	was = a.IsSet()
	a.s.timers.unset(&a.timer)
	return was
}

// IsSet says whether the alarm will go off.
func (a *Alarm) IsSet() bool {
	a.s.enter()
	return a.timer.pos != 0
}

// NewOwned is [Scheduler.NewTasklet] for a layer that keeps the handle to itself and drops it when the tasklet ends:
// the scheduler then uses it again, unless [Tasklet.Share] was called. data is what SetData would set.
func (s *Scheduler) NewOwned(body func() error, data any) *Tasklet {
	t := s.create(s.enter(), body)
	t.data = data
	return t
}

// Share says that somebody else has the handle of t, so that it is not used again. It returns t.
func (t *Tasklet) Share() *Tasklet {
	t.s.enter()
	t.shown = true
	return t
}

// CurrentData returns the current tasklet's [Tasklet.Data].
func (s *Scheduler) CurrentData() any { return s.enter().data }

// Init makes a line of l, which is part of what it belongs to: see [Scheduler.NewLineOf].
func (l *Line) Init(s *Scheduler, what string, of fmt.Stringer) {
	s.enter()
	l.s, l.what, l.of = s, what, of
}

// OneWaker says that one tasklet alone can wake those in l: the one that the method Waker() *Tasklet of what l belongs
// to returns, or nobody just now if that is nil. A circle of such waits is then reported as a deadlock even while
// something is expected from outside. It returns l.
func (l *Line) OneWaker() *Line {
	l.s.enter()
	l.oneWaker = true
	return l
}

// WaitHanded is [Line.Wait] for somebody to whom Wake hands something over. If that has happened and WaitHanded
// raises the panic of another tasklet, in place of returning, it calls back first, which must not block.
func (l *Line) WaitHanded(back func()) error {
	me := l.s.enter()
	me.node.done = false
	returned := false
	defer func() {
		if !returned && me.node.done && !l.s.closed {
			back()
		}
	}()
	err := l.Wait()
	returned = true
	return err
}

// SetStillborn makes f be called with what was thrown into a tasklet before it started, which therefore ends without
// having run. f must not block, and returns what the tasklet ends with.
func (s *Scheduler) SetStillborn(f func(t *Tasklet, err error) error) {
	s.enter()
	s.onStillborn = f
}

// SetLookCallback makes f be called whenever the scheduler looks outside, before it does what was posted: before it
// waits, when a tasklet sleeps for 0, and else after some 60 switches. f must neither block nor panic, and reports
// whether it has made somebody runnable. A nil f removes it.
func (s *Scheduler) SetLookCallback(f func() bool) {
	s.enter()
	s.onLook = f
}

// WithTimeoutCause is [Scheduler.WithTimeout] with an error of the caller's: what the operations in the scope fail
// with.
func (s *Scheduler) WithTimeoutCause(d time.Duration, cause error, f func(*Timeout) error) error {
	o := s.StartTimeout(d)
	defer o.Stop()
	o.cause = cause
	return f(o)
}

// Deadline returns the nearest deadline of the scopes that are open in t, and whether there is one. A shield hides
// those outside of it.
func (t *Tasklet) Deadline() (at time.Time, ok bool) {
	s := t.s
	s.enter()
	nearest := int64(0)
	for o := t.timeout; o != nil; o = o.outer {
		if o.expired {
			return s.world.Now(), true // it has passed; when, nobody needs to know
		}
		if o.timer.pos != 0 && (!ok || o.timer.when < nearest) {
			nearest, ok = o.timer.when, true
		}
	}
	if !ok {
		return time.Time{}, false
	}
	return s.start.Add(time.Duration(nearest)), true
}
