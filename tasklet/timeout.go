package tasklet

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"
)

// A Timeout is a scope with a deadline: see [Scheduler.WithTimeout].
type Timeout struct {
	t       *Tasklet
	outer   *Timeout
	timer   timer
	after   time.Duration
	err     error // what operations fail with, once expired
	cause   error // what err will be, if not a TimeoutError
	expired bool
}

// A TimeoutError says that a deadline has passed. errors.Is finds [ErrTimeout] in it, and so context.DeadlineExceeded
// and os.ErrDeadlineExceeded.
type TimeoutError struct {
	After time.Duration // how long the scope was
}

// Error says how long the scope was.
func (e *TimeoutError) Error() string { return fmt.Sprintf("%v after %v", ErrTimeout, e.After) }

// Unwrap returns [ErrTimeout].
func (e *TimeoutError) Unwrap() error { return ErrTimeout }

// Timeout returns true, as the errors of package net do.
func (e *TimeoutError) Timeout() bool { return true }

// Temporary returns true, as the errors of package net do.
func (e *TimeoutError) Temporary() bool { return true }

// WithTimeout calls f in a scope that ends after d: from then on, until f has returned, every operation of the calling
// tasklet that blocks or would block fails with a [*TimeoutError]. Scopes nest, and the nearest deadline counts: when
// an outer one passes, operations in the inner ones fail too, with the error of the outer one. f that does not block
// is not interrupted. WithTimeout returns what f returns; [Timeout.Owns] says whether an error is of this very scope.
// A d of 0 or less has passed already. [Scheduler.Run] does not wait for its own caller's deadline: it ends early for
// one, but not late. In the steady state a scope allocates nothing unless it expires.
//
// The Timeout is f's: when f has returned it may serve another scope, unless it has expired. Then it is never used
// again, and Owns can be asked for ever.
func (s *Scheduler) WithTimeout(d time.Duration, f func(*Timeout) error) error {
	o := s.startTimeout(d, true)
	defer s.closeScope(o)
	return f(o)
}

// closeScope closes the scope of WithTimeout and keeps it for another, if no error can refer to it.
func (s *Scheduler) closeScope(o *Timeout) {
	if o.t == nil {
		return // stopped by f, who may still hold it as StartTimeout's callers do
	}
	o.Stop()
	if o.err == nil && !o.expired && !s.closed {
		o.outer, s.scopes = s.scopes, o
	}
}

// StartTimeout opens a scope that [Timeout.Stop] closes, on the same tasklet. Most programs want
// [Scheduler.WithTimeout].
func (s *Scheduler) StartTimeout(d time.Duration) *Timeout {
	return s.startTimeout(d, false)
}

func (s *Scheduler) startTimeout(d time.Duration, reuse bool) *Timeout {
	me := s.enter()
	o := s.scopes
	if reuse && o != nil {
		s.scopes = o.outer
	} else {
		o = &Timeout{}
	}
	o.t, o.outer, o.after = me, me.timeout, d
	o.timer.fire, o.timer.of = expireScope, o
	me.timeout = o
	if d <= 0 {
		o.expired = true
		me.due |= dueExpiry
	} else {
		s.timers.set(&o.timer, s.later(d))
	}
	return o
}

// Stop closes the scope, and those opened in it that were not closed. Stopped already, it does nothing.
func (o *Timeout) Stop() {
	t := o.t
	if t == nil {
		return
	}
	me := t.s.enter()
	open := false
	for in := t.timeout; in != nil && !open; in = in.outer {
		open = in == o
	}
	if !open || t != me && !t.s.closed {
		panic("tasklet: Stop of a timeout in another tasklet or shield than the one that started it")
	}
	for {
		in := t.timeout
		t.s.timers.unset(&in.timer)
		t.timeout = in.outer
		in.t = nil
		if in == o {
			break
		}
	}
	t.checkExpiry()
}

// Reset gives the scope another deadline: d from now. It takes back that the old one has passed, if the tasklet of the
// scope calls it; another tasklet is too late then, since what was waited in has been given up, and changes nothing.
func (o *Timeout) Reset(d time.Duration) {
	t := o.t
	if t == nil || t.s.enter() != t && o.expired {
		return
	}
	o.after, o.err, o.expired = d, nil, false
	if d <= 0 {
		t.s.timers.unset(&o.timer)
		expireScope(&o.timer)
		return
	}
	t.s.timers.set(&o.timer, t.s.later(d))
	t.checkExpiry()
}

// Expired says whether the deadline has passed.
func (o *Timeout) Expired() bool {
	o.enter()
	return o.expired
}

// enter checks that the caller may use the scope, if that is open: of a closed one nothing changes.
func (o *Timeout) enter() {
	if o.t != nil {
		o.t.s.enter()
	}
}

// Owns reports whether err says that this scope's deadline has passed, and not another's.
func (o *Timeout) Owns(err error) bool {
	o.enter()
	return o.err != nil && carries(err, o.err)
}

// carries reports whether target itself is in the chain of err. Unlike errors.Is it asks no Is method: many errors call
// themselves context.DeadlineExceeded, and only one of them belongs to the scope.
func carries(err, target error) bool {
	if !reflect.TypeOf(target).Comparable() {
		return errors.Is(err, target)
	}
	for err != nil {
		if err == target {
			return true
		}
		switch e := err.(type) {
		case interface{ Unwrap() error }:
			err = e.Unwrap()
		case interface{ Unwrap() []error }:
			return slices.ContainsFunc(e.Unwrap(), func(err error) bool { return carries(err, target) })
		default:
			return false
		}
	}
	return false
}

// StartScope opens a scope without a deadline, which ends early only if [Timeout.Expire] says so.
func (s *Scheduler) StartScope() *Timeout {
	me := s.enter()
	o := &Timeout{t: me, outer: me.timeout}
	o.timer.fire, o.timer.of = expireScope, o
	me.timeout = o
	return o
}

// Expire ends the scope as if its deadline had passed: operations in it fail from now on, with the error cause. Any
// tasklet of the scheduler may call it. Closed or expired already, it does nothing.
func (o *Timeout) Expire(cause error) {
	if o.enter(); o.t == nil || o.expired {
		return
	}
	o.err = cause
	o.t.s.timers.unset(&o.timer)
	expireScope(&o.timer)
}

// expireScope is what the timer of a scope does.
func expireScope(tm *timer) {
	o := tm.of.(*Timeout)
	o.expired = true
	t := o.t
	t.checkExpiry()
	if t.due&dueExpiry != 0 && !t.scheduled() && (t.on != nil || t.given) {
		t.unblock()
		t.s.insert(t)
	}
}

// checkExpiry finds out whether a scope of t has expired.
func (t *Tasklet) checkExpiry() {
	t.due &^= dueExpiry
	for o := t.timeout; o != nil; o = o.outer {
		if o.expired {
			t.due |= dueExpiry
		}
	}
}

// expired returns the error of the outermost scope of t that has expired.
func (t *Tasklet) expired() error {
	var last *Timeout
	for o := t.timeout; o != nil; o = o.outer {
		if o.expired {
			last = o
		}
	}
	if last == nil {
		return nil
	}
	if last.err == nil {
		last.err = last.cause
	}
	if last.err == nil {
		last.err = &TimeoutError{After: last.after}
	}
	return last.err
}
