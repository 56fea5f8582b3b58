package tasklet

import (
	"errors"
	"fmt"
	"time"
)

const (
	closeRounds = 10          // how often Close asks a tasklet to end, as Stackless does
	closeGrace  = time.Second // for how long it waits for those that sleep
	closeTurns  = 1 << 16     // how often it comes round to main, for those that never block
)

// Close ends every tasklet and then the scheduler. It kills them all and runs them: their deferred calls run and may
// block. Who does not end, and blocks again and again or for longer than a second, is unwound by runtime.Goexit.
// Afterwards nothing is left, and whatever would block returns [ErrClosed]. A second Close does nothing.
//
// Only the main tasklet may call it. It returns what the tasklets ended with, joined.
func (s *Scheduler) Close() (err error) {
	if s.closed {
		return nil
	}
	me := s.enter()
	if me != &s.main {
		panic(fmt.Sprintf("tasklet: Close of the scheduler called in %v; only the main tasklet can end it", me))
	}
	var errs []error
	s.closing = true
	s.onError = func(_ *Tasklet, err error) error {
		errs = append(errs, err)
		return nil
	}
	s.switchTrap = 0
	if s.monitor != nil {
		s.monitor.Stop()
	}
	s.rare = 0    // a policy too: it might never choose main
	me.shielded++ // it was told to end, and this is how it does
	s.watchers, s.guard, s.held = nil, nil, nil
	s.front(me) // who ended main, by runtime.Goexit say, may have done so in the middle of a switch
	defer func() {
		// Deferred, because a tasklet may end main by runtime.Goexit still.
		s.bury(me, &errs)
		err = errors.Join(errs...)
	}()
	end := &timer{of: s, fire: func(*timer) {}}
	for round := 0; round < closeRounds && s.alive > 0 && (round == 0 || end.pos != 0); round++ {
		if round == 0 {
			s.timers.set(end, s.now()+int64(closeGrace))
		}
		for t := s.newest; t != nil; t = t.older {
			s.condemn(t)
		}
		s.closeRun(end)
	}
	return nil
}

// bury unwinds whoever is left, and lets go of everything. It adds to errs.
func (s *Scheduler) bury(me *Tasklet, errs *[]error) {
	for me.due&dueThrow != 0 {
		if e, fromOther := me.nextThrown().(escaped); fromOther {
			*errs = append(*errs, e.error) // it came too late for every operation of main
		}
	}
	s.closed = true
	s.rare |= rareClosed
	if err := s.tree.Close(); err != nil {
		*errs = append(*errs, err)
	}
	s.current, s.ring, s.mark.Running = me, me, s.home // the last one that was unwound did not switch back
	me.thrown, me.later, me.due = nil, nil, 0
	for t := s.newest; t != nil; t = t.older {
		t.dead, t.flow, t.body, t.next, t.prev = true, nil, nil, nil, nil
	}
	me.next, me.prev, s.count = me, me, 1
	s.mail.mu.Lock()
	s.mail.closed = true
	s.mail.list = nil
	s.mail.mu.Unlock()
	s.shutDoors()
	s.timers.clear()
	s.onLook = nil
	s.suspects = nil
	s.idle, s.spare, s.newest, s.alive = nil, nil, nil, 0
	s.over.Store(true)
}

// condemn makes t end when it comes to run.
func (s *Scheduler) condemn(t *Tasklet) {
	t.blockTrap = false
	if t.throw(ErrExit); t.shielded > 0 {
		return
	}
	t.unblock()
	if !t.scheduled() {
		s.insert(t)
	}
}

// closeRun runs everybody until nobody can go on, or end has fired.
func (s *Scheduler) closeRun(end *timer) {
	for turn := 0; end.pos != 0 && turn < closeTurns; turn++ {
		switch {
		case s.count > 1:
			s.resume(s.main.next)
		case s.alive > 0 && len(s.timers.list) > 1: // an alarm may be nobody's, and is not waited for
			s.wait()
		default:
			return
		}
	}
}
