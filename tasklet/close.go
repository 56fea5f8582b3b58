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

// Close ends every tasklet and then the scheduler. It kills them all and runs them: their deferred calls run and may block.
// Who does not end, and blocks again and again or for longer than a second, is unwound by runtime.Goexit. Afterwards
// nothing is left, and whatever would block returns [ErrClosed]. A second Close does nothing.
//
// Only the main tasklet may call it. It returns what the tasklets ended with, joined.
func (s *Scheduler) Close() error {
	if s.closed {
		return nil
	}
	me := s.enter("Close")
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
	s.rare &= rarePolicy
	me.shielded++ // it was told to end, and this is how it does
	s.watchers, s.guard, s.held = nil, nil, nil
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
	s.closed = true
	if err := s.tree.Close(); err != nil {
		errs = append(errs, err)
	}
	s.mail.mu.Lock()
	s.mail.closed = true
	s.mail.list = nil
	s.mail.mu.Unlock()
	s.timers.list, s.idle, s.spare, s.newest, s.alive = nil, nil, nil, nil, 0
	return errors.Join(errs...)
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
		case len(s.timers.list) > 1:
			s.wait()
		default:
			return
		}
	}
}
