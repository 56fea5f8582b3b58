package tasklet

import "github.com/go-greenlet/greenlet/internal/owner"

// Schedule lets the others run: the calling tasklet goes to the end of the ring, and the next one runs. It returns nil,
// or what was thrown into the tasklet, or the deadline that passed, or, in the main tasklet, what escaped another
// one. It costs little more than a switch of greenlets and allocates nothing.
func (s *Scheduler) Schedule() error {
	if owner.Check(&s.mark.Running) == 0 {
		s.reach()
	}
	me := s.current
	if me.due|dueBits(s.rare) != 0 {
		return s.scheduleSlowly(me)
	}
	if s.tick--; s.tick <= 0 {
		s.poll()
	}
	next := me.next
	if next == me {
		return nil
	}
	// From here it is what turn and cross do, by hand.
	s.ring, s.current = next, next
	next.switches++
	f := next.flow
	if f == nil {
		f = s.place(next)
	}
	self := s.mark.Running
	_, err := f.Switch(none{})
	s.mark.Running = self
	if err != nil || s.rare != 0 {
		s.back(me, err)
	}
	if me.due != 0 {
		return s.deliver(me)
	}
	return nil
}

func (s *Scheduler) scheduleSlowly(me *Tasklet) error {
	if err := s.deliver(me); err != nil {
		return err
	}
	if s.closed {
		return s.afterClose(me)
	}
	if s.tick--; s.tick <= 0 {
		s.poll()
	}
	if s.switchTrap != 0 {
		if me.next != me {
			return ErrSwitchTrap
		}
		return nil
	}
	s.resume(s.choose(me.next))
	return s.deliver(me)
}

// ScheduleRemove takes the calling tasklet out of the ring: it is paused until somebody inserts it. A main tasklet that
// is paused also goes on when nothing is runnable any more. It returns as Schedule does.
func (s *Scheduler) ScheduleRemove() error {
	me := s.enter()
	if err := s.deliver(me); err != nil {
		return err
	}
	if s.closed {
		return s.afterClose(me)
	}
	if s.switchTrap != 0 && me.next != me {
		return ErrSwitchTrap
	}
	me.given = true
	f, err := s.leave(me)
	s.cross(me, f)
	me.given = false
	if err != nil {
		return err
	}
	return s.deliver(me)
}

// Run runs the others until none is runnable or sleeps, and nothing is expected from outside. Tasklets that are blocked
// then stay so: that is no deadlock. Any tasklet may call it, and calls nest: the innermost returns first, and what
// escapes a tasklet meanwhile is returned by it.
func (s *Scheduler) Run() error {
	me := s.enter()
	if err := s.deliver(me); err != nil {
		return err
	}
	return s.supervise(me)
}

// supervise is Run without the checks.
func (s *Scheduler) supervise(me *Tasklet) error {
	if s.closed {
		return s.afterClose(me)
	}
	if s.switchTrap != 0 && me.next != me {
		return ErrSwitchTrap
	}
	me.given = true
	s.watchers = append(s.watchers, me)
	s.remove(me)
	next, err := s.pick(me)
	if err != nil {
		panic(err) // not possible: there is a watcher
	}
	s.resume(next)
	me.given = false
	for i := len(s.watchers) - 1; i >= 0; i-- {
		if s.watchers[i] == me {
			s.watchers = append(s.watchers[:i], s.watchers[i+1:]...)
			break
		}
	}
	return s.deliver(me)
}

// RunN is [Scheduler.Run] that comes back after n switches at the latest. Who is runnable then stays so, and a further
// Run goes on with the one whose turn it was. Only the outermost RunN counts, or RunInterruptible.
func (s *Scheduler) RunN(n int) error {
	me := s.enter()
	if err := s.deliver(me); err != nil || n <= 0 {
		return err
	}
	if s.guard != nil {
		return s.supervise(me)
	}
	defer s.unguard(s.beGuard(me))
	s.budget = n
	s.setRare(rareBudget, true)
	return s.supervise(me)
}

// watch does what a switch is accompanied by, seldom, and returns who is to run: next, unless there is an interrupt.
func (s *Scheduler) watch(prev, next *Tasklet) *Tasklet {
	if s.rare&rareBudget != 0 {
		if s.interruptible() && (prev.dead || !prev.atomic) {
			next = s.toGuard(next)
		}
		s.budget--
	}
	s.idled(next)
	if s.onSchedule != nil && prev != next {
		prev.shown, next.shown = true, true
		s.callSchedule(prev, next)
	}
	if s.rare&rareWatched != 0 {
		s.observe(prev, next)
	}
	return next
}
