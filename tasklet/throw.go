package tasklet

import "github.com/go-greenlet/greenlet"

// Throw makes err arrive in t: what t waits in is given up and returns err. It switches to t at once, as [Tasklet.Run]
// does. Into the caller itself, err is returned. A t that never ran dies without running, and err goes where errors go that
// escape a tasklet. It returns [ErrDead] if t is dead. A nil err is [ErrExit].
//
// What t waited for may have come already, when t has only not had its turn yet: a value was received, say. Then that
// stays so, and err arrives in the next operation that could block.
func (t *Tasklet) Throw(err error) error {
	s := t.s
	me := s.enter("Throw")
	if err == nil {
		err = ErrExit
	}
	if t == me {
		return err
	}
	if t.dead || t.flow == nil && t.body == nil {
		return ErrDead
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

// ThrowLater is [Tasklet.Throw] without the switch: t is made runnable and gets err when its turn comes. Into the caller
// itself, err arrives in its next operation that could block. In a t that is shielded, [Scheduler.Shield], err waits for the
// end of the shield.
func (t *Tasklet) ThrowLater(err error) error {
	s := t.s
	s.enter("ThrowLater")
	if err == nil {
		err = ErrExit
	}
	if t.dead || t.flow == nil && t.body == nil {
		return ErrDead
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

// Kill throws [ErrExit] into t, at once. A dead t is left alone. t may catch the error and go on; Close of the
// scheduler is what ends it for good.
func (t *Tasklet) Kill() error {
	if err := t.Throw(ErrExit); err != ErrDead {
		return err
	}
	return nil
}

// KillLater throws [ErrExit] into t when its turn comes. A dead t is left alone.
func (t *Tasklet) KillLater() error {
	if err := t.ThrowLater(ErrExit); err != ErrDead {
		return err
	}
	return nil
}

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
	}
}

// An escaped error comes from a tasklet that ended with it. Shields do not hold it up, and if it is a panic it is raised.
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
	if me.shielded > 0 && !fromOther {
		return me.expired()
	}
	err := me.thrown
	me.thrown = nil
	me.due &^= dueThrow
	if len(me.later) > 0 {
		me.thrown, me.later = me.later[0], me.later[1:]
		me.due |= dueThrow
	}
	if !fromOther {
		return err
	}
	if p, is := e.error.(*greenlet.PanicError); is {
		panic(p)
	}
	return e.error
}

// Shield runs f with the calling tasklet protected: nothing that is thrown into it arrives, and no deadline set outside f
// passes, until f has returned. It is for clean-up that must block.
func (s *Scheduler) Shield(f func() error) error {
	me := s.enter("Shield")
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
