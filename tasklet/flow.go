package tasklet

import (
	"runtime"
	"unsafe"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/internal/labels"
	"github.com/go-greenlet/greenlet/internal/outcome"
	"github.com/go-greenlet/greenlet/internal/owner"
)

// maxIdle is how many flows are kept for tasklets to come.
const maxIdle = 256

// crowd is how many tasklets must be runnable for [warm.Spot.Load] to be worth its time: the nearer caches hold what
// fewer touch.
const crowd = 64

// resume lets next run, which is in the ring, and returns when something resumes the caller's tasklet. Where speed
// counts, callers do by hand what cross does: each call between them and the switch costs a mispredicted return.
func (s *Scheduler) resume(next *Tasklet) {
	me := s.current
	s.cross(me, s.turn(next))
}

// turn makes next the current tasklet and returns the flow to switch to, or nil if that is the caller's.
func (s *Scheduler) turn(next *Tasklet) *flow {
	me := s.current
	if s.rare&(rareCallback|rareWatched|rareBudget) != 0 {
		next = s.watch(me, next)
	}
	s.ring, s.current = next, next
	if next == me {
		return nil
	}
	if s.count >= crowd {
		soon := next.next // it has been loaded itself, the last time that we came here
		soon.spot.Load(unsafe.Pointer(soon.next))
	}
	next.switches++
	if next.flow == nil {
		return s.place(next)
	}
	return next.flow
}

// cross switches to f, if there is one.
func (s *Scheduler) cross(me *Tasklet, f *flow) {
	if f != nil {
		self := s.mark.Running
		_, err := f.Switch(none{})
		s.mark.Running = self
		if err != nil || s.rare != 0 {
			s.back(me, err)
		}
	}
}

// back does what is seldom to do when me goes on. err is what the switch returned: the tree is being closed then.
func (s *Scheduler) back(me *Tasklet, err error) {
	if s.rare&rareWatched != 0 {
		s.arrived()
	}
	if err != nil {
		s.current = me
		me.unblock()
		me.throw(ErrClosed)
	}
}

// place gives t a flow.
func (s *Scheduler) place(t *Tasklet) *flow {
	if last := len(s.idle) - 1; last >= 0 {
		t.flow, s.idle = s.idle[last], s.idle[:last]
	} else {
		t.flow = s.tree.New(s.work)
	}
	return t.flow
}

// work is what a flow runs: one tasklet after the other.
func (s *Scheduler) work(none) (_ none, _ error) {
	returned := false
	defer func() {
		if !returned {
			s.goexit()
		}
	}()
	for self := owner.Current(); ; {
		s.mark.Running = self
		if s.rare&rareWatched != 0 {
			s.arrived()
		}
		t := s.current
		f := t.flow
		switch {
		case t.record != nil:
			labels.TakeWith(t.labels, t.kind(), label(t.kind(), t.id, t.name))
		case !labels.Known || labels.Of(self) != t.labels:
			labels.Take(t.labels)
		}
		t.live()
		if s.closed {
			returned = true
			return
		}
		next := s.succeed(t)
		if s.rare&(rareCallback|rareWatched|rareBudget) != 0 {
			next = s.watch(t, next)
		}
		s.recycle(t)
		s.ring, s.current = next, next
		next.switches++
		panicked := t.panicked()
		switch {
		case next.flow == nil && !panicked:
			next.flow = f
			continue
		case next.flow == nil:
			s.place(next)
		}
		if panicked || len(s.idle) >= maxIdle {
			// A recovered panic can hide a Goexit that goes on when this function returns: such a goroutine serves nobody.
			if err := f.SetParent(next.flow); err != nil {
				panic(err)
			}
			if s.monitor != nil {
				delete(s.monitor.ids, f)
			}
			returned = true
			return
		}
		s.idle = append(s.idle, f)
		if _, err := next.flow.Switch(none{}); err != nil {
			returned = true
			return
		}
	}
}

// live runs the body of t.
func (t *Tasklet) live() {
	returned := false
	defer func() {
		if returned {
			return
		}
		if p := recover(); p != nil {
			t.err = newPanicError(p, t)
		}
	}()
	body := t.body
	t.body = nil
	err := t.s.deliver(t) // thrown before the start
	switch {
	case err == nil:
		err = body()
	case t.s.onStillborn != nil:
		err = t.s.onStillborn(t, err)
	}
	if err != nil && !outcome.IsExit[*greenlet.PanicError](err, ErrExit) {
		t.err = err
	}
	returned = true
}

// panicked says whether t ended with a panic of its own or another's.
func (t *Tasklet) panicked() bool {
	if t.err == nil {
		return false
	}
	_, is := t.err.(*greenlet.PanicError)
	return is
}

// goexit ends the current tasklet, which calls runtime.Goexit, and sees to it that main goes on: that is where the
// greenlets take a Goexit.
func (s *Scheduler) goexit() {
	if s.closed {
		return
	}
	if t := s.current; !t.dead {
		s.end(t)
	}
	s.front(&s.main)
	s.current = &s.main
	s.mark.Running = s.home
}

// succeed ends t, which has run, and returns who goes on.
func (s *Scheduler) succeed(t *Tasklet) *Tasklet {
	joined := s.end(t)
	if err := t.err; err != nil && (!joined || t.panicked()) {
		if s.onError != nil {
			err = s.handle(t, err)
		}
		if err != nil {
			return s.escape(err)
		}
	}
	next, err := s.pick(nil)
	if err != nil {
		return s.escape(err)
	}
	return next
}

// end makes t dead, and says whether somebody joined it.
func (s *Scheduler) end(t *Tasklet) (joined bool) {
	t.dead = true
	s.past += t.switches
	t.flow = nil
	t.locals = nil
	if s.held == t {
		s.held = nil
		s.interruptSoon() // there is nobody left to take
	}
	for t.timeout != nil {
		t.timeout.Stop()
	}
	if t.scheduled() { // else it ends in the middle of a switch
		s.remove(t)
	}
	s.forget(t)
	if j := t.joiners; j != nil {
		joined = j.Len() > 0
		j.WakeAll()
		t.joiners = nil
	}
	return joined
}

// recycle keeps t, which is dead, for the next Spawn if nobody can have a pointer to it.
func (s *Scheduler) recycle(t *Tasklet) {
	if t.shown || t.err != nil {
		return
	}
	// What else it has is as in a new one by now, or set before it is used. Clearing it all would cost more than the rest.
	t.due, t.dead, t.blockTrap, t.atomic, t.given = 0, false, false, false, false
	t.shielded, t.switches, t.since = 0, 0, 0
	t.thrown, t.later, t.data, t.record, t.name = nil, nil, nil, nil, ""
	t.older = s.spare
	s.spare = t
}

// escape takes err to the innermost caller of Run, or to main, and returns who that is.
func (s *Scheduler) escape(err error) *Tasklet {
	t := s.watcher()
	t.throw(escaped{err})
	s.front(t)
	return t
}

// front makes t, whatever it does, the one at which the ring stands.
func (s *Scheduler) front(t *Tasklet) {
	t.unblock()
	if !t.scheduled() {
		s.insert(t)
	}
	s.ring = t
}

// watcher returns the innermost caller of Run, or main.
func (s *Scheduler) watcher() *Tasklet {
	if last := len(s.watchers) - 1; last >= 0 {
		return s.watchers[last]
	}
	return &s.main
}

// pick returns who runs next, when the current tasklet has left the ring. If nobody ever will, it returns the error for
// the one that blocks, which is nil if that has ended: then the error is for main.
func (s *Scheduler) pick(blocking *Tasklet) (*Tasklet, error) {
	for {
		if s.tick--; s.tick <= 0 {
			s.poll()
		}
		if s.ring != nil {
			return s.choose(s.ring), nil
		}
		if s.interruptible() {
			return s.toGuard(nil), nil
		}
		if s.wait() {
			continue
		}
		if w := s.watcher(); w.on == nil && !w.dead {
			s.insert(w)
			return w, nil
		}
		return nil, s.deadlock(blocking)
	}
}

// park is how the current tasklet blocks: it leaves the ring until somebody inserts it again. An error means that it
// did not; what it waits in then, it must leave by itself.
func (s *Scheduler) park(me *Tasklet) error {
	f, err := s.depart(me)
	if f != nil {
		self := s.mark.Running
		_, err := f.Switch(none{})
		s.mark.Running = self
		if err != nil || s.rare != 0 {
			s.back(me, err)
		}
	}
	return err
}

// depart is park up to the switch: it returns the flow to switch to, as turn does.
func (s *Scheduler) depart(me *Tasklet) (*flow, error) {
	switch {
	case s.closed:
		return nil, s.afterClose(me)
	case me.blockTrap:
		return nil, ErrBlockTrap
	case s.switchTrap != 0:
		return nil, ErrSwitchTrap
	}
	return s.leave(me)
}

// leave is depart without the checks.
func (s *Scheduler) leave(me *Tasklet) (*flow, error) {
	var here byte
	me.spot.Note(&here, s.mark.Running)
	me.since = s.clock
	s.remove(me)
	var next *Tasklet
	if s.tick--; s.tick > 0 && s.ring != nil && s.rare == 0 {
		next = s.ring
	} else {
		var err error
		if next, err = s.pick(me); err != nil {
			s.insert(me)
			s.ring = me
			s.idled(me)
			return nil, err
		}
	}
	return s.turn(next), nil
}

// afterClose is what blocking is after the end of the scheduler. A tasklet that is being unwound must not go on for
// ever.
func (s *Scheduler) afterClose(me *Tasklet) error {
	me.unblock()
	if me != &s.main {
		runtime.Goexit()
	}
	return ErrClosed
}
