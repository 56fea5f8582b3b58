package tasklet

import (
	"slices"

	"github.com/go-greenlet/greenlet"
)

// Throw makes err arrive in t: what t waits in is given up and returns err. It switches to t at once, as [Tasklet.Run]
// does. Into the caller itself, err is returned. A t that never ran dies without running, and err goes where errors
// go that escape a tasklet. A nil err is [ErrExit]. Into a dead t nothing can be thrown but ErrExit, which does
// nothing: all else returns [ErrDead].
//
// What t waited for may have come already, when t has only not had its turn yet: a value was received, say. Then that
// stays so, and err arrives in the next operation that could block.
func (t *Tasklet) Throw(err error) error {
	s := t.s
	me := s.enter()
	if err == nil {
		err = ErrExit
	}
	if t == me {
		return err
	}
	if t.dead || t.flow == nil && t.body == nil {
		return noExit(err)
	}
	if s.switchTrap != 0 {
		return ErrSwitchTrap
	}
	if t.throw(err); t.shielded > 0 {
		return nil
	}
	t.unblock()
	if !t.scheduled() {
		s.insert(t)
	}
	s.resume(t)
	return s.deliver(me)
}

// ThrowLater is [Tasklet.Throw] without the switch: t is made runnable and gets err when its turn comes. Into the
// caller itself, err arrives in its next operation that could block. In a t that is shielded, [Scheduler.Shield], err
// waits for the end of the shield.
func (t *Tasklet) ThrowLater(err error) error {
	s := t.s
	s.enter()
	if err == nil {
		err = ErrExit
	}
	if t.dead || t.flow == nil && t.body == nil {
		return noExit(err)
	}
	if t.throw(err); t.shielded > 0 {
		return nil
	}
	t.unblock()
	if !t.scheduled() {
		s.insert(t)
	}
	return nil
}

// noExit is what throwing err into a dead tasklet returns: it is where ErrExit wants it.
func noExit(err error) error {
	if err == ErrExit {
		return nil
	}
	return ErrDead
}

// Kill throws [ErrExit] into t, at once. A dead t is left alone. t may catch the error and go on; Close of the
// scheduler is what ends it for good.
func (t *Tasklet) Kill() error { return t.Throw(ErrExit) }

// KillLater throws [ErrExit] into t when its turn comes. A dead t is left alone.
func (t *Tasklet) KillLater() error { return t.ThrowLater(ErrExit) }

// throw notes err for the next blocking operation of t.
func (t *Tasklet) throw(err error) {
	if t.thrown != nil {
		t.later = append(t.later, err)
	} else {
		t.thrown = err
	}
	t.due |= dueThrow
}

// unblock takes t out of what it waits in.
func (t *Tasklet) unblock() {
	if n := t.on; n != nil {
		t.on = nil
		n.abandon()
		t.s.timers.unset(&t.timer)
	}
}

// An escaped error comes from a tasklet that ended with it. Shields do not hold it up, and if it is a panic it is
// raised.
type escaped struct{ error }

// deliver returns what me must fail with before it may block, and nil if there is nothing. It raises the panic of a
// tasklet that nobody else took.
func (s *Scheduler) deliver(me *Tasklet) error {
	if me.due == 0 {
		return nil
	}
	if me.due&dueThrow == 0 {
		return me.expired()
	}
	e, fromOther := me.thrown.(escaped)
	if me.shielded > 0 && !fromOther && !s.closed {
		return me.shieldedFrom()
	}
	if err := me.nextThrown(); !fromOther {
		return err
	}
	return e.arrive()
}

// arrive is what e does where it comes to.
func (e escaped) arrive() error {
	if p, is := e.error.(*greenlet.PanicError); is {
		panic(p)
	}
	return e.error
}

// shieldedFrom is deliver for one that is shielded, from what was thrown first. An escaped error may stand behind that.
func (t *Tasklet) shieldedFrom() error {
	for i, err := range t.later {
		if e, is := err.(escaped); is {
			t.later = slices.Delete(t.later, i, i+1)
			return e.arrive()
		}
	}
	return t.expired()
}

// nextThrown takes the first of what was thrown at t.
func (t *Tasklet) nextThrown() error {
	err := t.thrown
	t.thrown = nil
	t.due &^= dueThrow
	if len(t.later) > 0 {
		t.thrown, t.later = t.later[0], t.later[1:]
		t.due |= dueThrow
	}
	return err
}

// raise raises the panic of another tasklet, if one waits for me. An error can wait for the next operation; a panic
// is not put off.
func (s *Scheduler) raise(me *Tasklet) {
	if me.due&dueThrow == 0 {
		return // without a look at thrown, which is out of the processor's sight
	}
	if e, fromOther := me.thrown.(escaped); fromOther {
		if _, is := e.error.(*greenlet.PanicError); is {
			_ = s.deliver(me)
		}
	}
}

// Shield runs f with the calling tasklet protected: nothing that is thrown into it arrives, and no deadline set
// outside f passes, until f has returned. It is for clean-up that must block.
func (s *Scheduler) Shield(f func() error) error {
	me := s.enter()
	outer := me.timeout
	me.timeout = nil
	me.shielded++
	me.checkExpiry()
	defer func() {
		me.shielded--
		me.timeout = outer
		me.checkExpiry()
	}()
	return f()
}
