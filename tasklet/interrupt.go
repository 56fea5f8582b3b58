package tasklet

// RunInterruptible is [Scheduler.Run] that [Scheduler.Interrupt] can end early. After a hard interrupt it returns the
// victim: the tasklet that was interrupted, which is paused and goes on where it was when somebody inserts it. After a
// soft one, or when it ended like Run, victim is nil. Who is runnable stays so, and a further run goes on with the one
// whose turn it was. Only the outermost RunInterruptible or RunN can be interrupted: one inside of it is a plain Run.
//
// It is Stackless's run(timeout); who measures the time, and calls Interrupt in the end, is the caller's business: an
// interpreter that counts its steps, say.
func (s *Scheduler) RunInterruptible() (victim *Tasklet, err error) {
	me := s.enter()
	if err := s.deliver(me); err != nil {
		return nil, err
	}
	if s.guard != nil {
		return nil, s.supervise(me)
	}
	s.mayTake = true
	defer s.unguard(s.beGuard(me))
	err = s.supervise(me)
	return s.victim, err
}

// Interrupt gives the control to the outermost [Scheduler.RunInterruptible] or [Scheduler.RunN]; without one it does
// nothing. A soft interrupt waits for the next switch, whoever makes it, and leaves everybody where he is; it may
// also come from a timer or a callback. A hard one takes effect at once: the calling tasklet leaves the ring, is
// paused, and is what RunInterruptible returns. Interrupt returns when the victim was inserted again, with what was
// thrown into it meanwhile. Under RunN, which does not tell a victim, a hard interrupt is as a soft one.
//
// An interrupt is held back while the tasklet that it would take the control from is atomic, see [Tasklet.SetAtomic],
// and while the switch trap is set. Then Interrupt returns nil, and the interrupt comes when that has ended.
func (s *Scheduler) Interrupt(hard bool) error {
	me := s.enter()
	switch {
	case s.guard == nil:
		return nil
	case !hard || !s.mayTake || s.guard == me:
		s.interruptSoon()
		return nil
	case me.atomic || s.switchTrap != 0:
		s.held = me
		return nil
	}
	s.take(me)
	return s.deliver(me)
}

// SetAtomic protects t from interrupts while it is on. Switching it off in the calling tasklet lets one come that was
// held back: the call then returns when the tasklet goes on. It returns the setting before, to be restored by who
// nests. A new tasklet is not atomic, whatever its creator is.
func (t *Tasklet) SetAtomic(on bool) (old bool) {
	s := t.s
	s.enter()
	old, t.atomic = t.atomic, on
	s.letGo()
	return old
}

// Atomic says what SetAtomic set.
func (t *Tasklet) Atomic() bool {
	t.s.enter()
	return t.atomic
}

// beGuard makes me the one to whom interrupts give the control. It returns me.
func (s *Scheduler) beGuard(me *Tasklet) *Tasklet {
	s.guard, s.victim, s.held = me, nil, nil
	return me
}

// interruptible says whether a soft interrupt is due and nothing but an atomic tasklet could stand in its way.
func (s *Scheduler) interruptible() bool {
	return s.rare&rareBudget != 0 && s.budget <= 0 && s.switchTrap == 0
}

// unguard takes beGuard back.
func (s *Scheduler) unguard(me *Tasklet) {
	if s.guard != me {
		return // the scheduler was closed meanwhile
	}
	s.guard, s.victim, s.held, s.mayTake = nil, nil, nil, false
	s.setRare(rareBudget, false)
}

// interruptSoon makes the next switch go to the guard.
func (s *Scheduler) interruptSoon() {
	s.budget = 0
	s.setRare(rareBudget, true)
}

// letGo lets an interrupt come that was held back, if nothing is in its way any more.
func (s *Scheduler) letGo() {
	if me := s.held; me != nil && me == s.current && !me.atomic && s.switchTrap == 0 {
		s.held = nil
		s.take(me)
	}
}

// take interrupts me, the current tasklet: it leaves the ring, and the guard goes on.
func (s *Scheduler) take(me *Tasklet) {
	me.shown = true
	s.victim = me
	s.remove(me)
	next := s.ring
	s.resume(s.toGuard(next))
}

// toGuard makes the guard runnable, so that next comes after it, and returns it. next may be nil.
func (s *Scheduler) toGuard(next *Tasklet) *Tasklet {
	w := s.guard
	if w == next {
		return w
	}
	w.unblock()
	if w.scheduled() {
		s.remove(w)
	}
	s.ring = next
	s.insert(w)
	return w
}
