package tasklet_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

func TestUncaughtErrorEndsTheInnermostRun(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		var d diary
		s.Go(func() error {
			s.Go(func() error { d.say("bad"); return errBoom })
			d.say("inner:%v", s.Run())
			return nil
		})
		s.Go(d.turns(s, "x", 2))
		expect(t, "Run", s.Run(), nil)
		d.expect(t, "x0 bad inner:boom x1")
	})
}

// Schedule of main gets what nobody else does, and the rest stays runnable.
func TestUncaughtErrorGoesToMain(t *testing.T) {
	for name, wait := range map[string]func(s *tasklet.Scheduler, c *tasklet.Chan[int]) error{
		"Schedule":       func(s *tasklet.Scheduler, _ *tasklet.Chan[int]) error { return s.Schedule() },
		"ScheduleRemove": func(s *tasklet.Scheduler, _ *tasklet.Chan[int]) error { return s.ScheduleRemove() },
		"Receive":        func(_ *tasklet.Scheduler, c *tasklet.Chan[int]) error { _, err := c.Receive(); return err },
		"Send":           func(_ *tasklet.Scheduler, c *tasklet.Chan[int]) error { return c.Send(1) },
		"Run":            func(s *tasklet.Scheduler, _ *tasklet.Chan[int]) error { return s.Run() },
		"Sleep":          func(s *tasklet.Scheduler, _ *tasklet.Chan[int]) error { return s.Sleep(time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			within(t, func(s *tasklet.Scheduler) {
				var d diary
				c := tasklet.NewChan[int](s)
				s.Go(func() error { return errBoom })
				s.Go(d.turns(s, "x", 2))
				expect(t, name, wait(s, c), errBoom)
				expect(t, "Len", s.Len(), 2)
				expect(t, "balance", c.Balance(), 0)
				d.expect(t, "")
				expect(t, "Run", s.Run(), nil)
				d.expect(t, "x0 x1")
			})
		})
	}
}

func TestErrorHandler(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		var d diary
		s.SetErrorHandler(func(x *tasklet.Tasklet, err error) error {
			d.say("handler:%v:%v", err, x.Alive())
			if err == errBoom {
				return nil
			}
			return fmt.Errorf("more: %w", err)
		})
		ok := func() error { d.say("ok0"); err := s.Schedule(); d.say("ok1"); return err }
		s.Go(ok)
		s.Go(func() error { return errBoom })
		s.Go(ok)
		expect(t, "Run", s.Run(), nil)
		d.expect(t, "ok0 handler:boom:false ok0 ok1 ok1")
		other := errors.New("other")
		s.Go(func() error { return other })
		expect(t, "Run", s.Run().Error(), "more: other")
		d.expect(t, "handler:other:false")
	})
}

func TestErrorHandlerMustNotBlockAndMayPanic(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		s.SetErrorHandler(func(*tasklet.Tasklet, error) error {
			expect(t, "Schedule", s.Schedule(), tasklet.ErrSwitchTrap)
			expect(t, "Sleep", s.Sleep(time.Second), tasklet.ErrSwitchTrap)
			panic("handler")
		})
		s.Go(func() error { return errBoom })
		s.Go(func() error { return nil })
		expectPanic(t, "handler", func() { _ = s.Run() })
		expect(t, "Run", s.Run(), nil)
	})
}

func TestScheduleCallbackMayPanic(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		s.SetScheduleCallback(func(_, _ *tasklet.Tasklet) {
			s.SetScheduleCallback(nil)
			panic("callback")
		})
		s.Go(func() error { return nil })
		expectPanic(t, "callback", func() { _ = s.Schedule() })
		expect(t, "Run", s.Run(), nil)
	})
}

// Siblings run inside of the inner run, which returns first.
func TestNestedRunOrder(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		var d diary
		s.Go(d.turns(s, "x", 2))
		s.Go(func() error {
			d.say("inner0")
			err := s.Run()
			d.say("inner-after-run")
			return err
		})
		s.Go(d.turns(s, "y", 2))
		expect(t, "Run", s.Run(), nil)
		d.say("outer-run-returned")
		d.expect(t, "x0 inner0 y0 x1 y1 inner-after-run outer-run-returned")
	})
}

// Main can be woken out of its Run by anybody.
func TestRunEndsWhenItsCallerIsInserted(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		var d diary
		s.Go(func() error { return s.Main().Insert() })
		s.Go(d.turns(s, "a", 2))
		expect(t, "Run", s.Run(), nil)
		d.expect(t, "a0")
		expect(t, "Run", s.Run(), nil)
		d.expect(t, "a1")
	})
}

func TestDeadlocks(t *testing.T) {
	const last = "Deadlock: the last runnable tasklet cannot be blocked."
	reason := func(err error) string {
		var e *tasklet.DeadlockError
		if !errors.As(err, &e) {
			return fmt.Sprint(err)
		}
		return e.Reason
	}
	within(t, func(s *tasklet.Scheduler) {
		c := tasklet.NewChan[int](s)
		_, err := c.Receive()
		expect(t, "Receive", reason(err), last)
		expect(t, "Send", reason(c.Send(1)), last)
		expect(t, "balance", c.Balance(), 0)
		expect(t, "ScheduleRemove", s.ScheduleRemove(), nil)

		s.Go(func() error { return nil })
		_, err = c.Receive()
		expect(t, "Receive", reason(err), "the main tasklet is receiving without a sender available.")
		s.Go(func() error { return nil })
		expect(t, "Send", reason(c.Send(1)), "the main tasklet is sending without a receiver available.")
		s.Go(func() error { return nil })
		expect(t, "Wait", reason(s.NewLine("l").Wait()), "the main tasklet waits and nobody is left to wake it.")
		expect(t, "balance", c.Balance(), 0)
	})
	// Who blocks last gets the error; from there it goes to main.
	within(t, func(s *tasklet.Scheduler) {
		a, b := tasklet.NewChan[int](s).SetName("a"), tasklet.NewChan[int](s).SetName("b")
		s.Go(func() error {
			_, err := a.Receive()
			expect(t, "Receive in the tasklet", reason(err), last)
			return err
		}).SetName("x")
		_, err := b.Receive()
		expect(t, "Receive in main", reason(err), last)
		var e *tasklet.DeadlockError
		errors.As(err, &e)
		expect(t, "who is blocked", len(e.Blocked), 2)
		expect(t, "the first", e.Blocked[0].Name+e.Blocked[0].For, `xchannel "a"`)
		expect(t, "the second", e.Blocked[1].Name+e.Blocked[1].For, `mainchannel "b"`)
	})
}

func TestTraps(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		c := tasklet.NewChan[int](s)
		x := s.Go(func() error {
			_, err := c.Receive()
			return err
		})
		expect(t, "Run", s.Run(), nil)
		paused := s.NewTasklet(func() error { return nil })
		expect(t, "SwitchTrap", s.SwitchTrap(1), 0)
		expect(t, "Schedule alone", s.Schedule(), nil)
		expect(t, "Run alone", s.Run(), nil)
		expect(t, "Send", c.Send(1), tasklet.ErrSwitchTrap)
		expect(t, "Tasklet.Run", paused.Run(), tasklet.ErrSwitchTrap)
		expect(t, "Tasklet.Switch", paused.Switch(), tasklet.ErrSwitchTrap)
		expect(t, "Throw", x.Throw(errBoom), tasklet.ErrSwitchTrap)
		expect(t, "Kill", x.Kill(), tasklet.ErrSwitchTrap)
		expect(t, "Insert", paused.Insert(), nil)
		expect(t, "Schedule", s.Schedule(), tasklet.ErrSwitchTrap)
		expect(t, "ScheduleRemove", s.ScheduleRemove(), tasklet.ErrSwitchTrap)
		expect(t, "Run", s.Run(), tasklet.ErrSwitchTrap)
		expect(t, "Sleep", s.Sleep(time.Hour), tasklet.ErrSwitchTrap)
		expect(t, "Run of oneself", s.Main().Run(), nil)
		expect(t, "balance", c.Balance(), -1)
		c.SetPreference(tasklet.PreferSender)
		expect(t, "Send without a switch", c.Send(1), nil)
		expect(t, "SwitchTrap", s.SwitchTrap(-1), 1)
		expect(t, "Run", s.Run(), nil)
		expect(t, "alive", x.Alive(), false)
	})
	within(t, func(s *tasklet.Scheduler) {
		c := tasklet.NewChan[int](s)
		me := s.Main()
		expect(t, "SetBlockTrap", me.SetBlockTrap(true), false)
		_, err := c.Receive()
		expect(t, "Receive", err, tasklet.ErrBlockTrap)
		expect(t, "Send", c.Send(1), tasklet.ErrBlockTrap)
		expect(t, "Sleep", s.Sleep(time.Hour), tasklet.ErrBlockTrap)
		c.SetClosing(true)
		expect(t, "Send", c.Send(1), tasklet.ErrBlockTrap)
		c.SetClosing(false)
		expect(t, "balance", c.Balance(), 0)
		expect(t, "Schedule", s.Schedule(), nil)
		expect(t, "ScheduleRemove", s.ScheduleRemove(), nil)
		expect(t, "BlockTrap", me.BlockTrap(), true)
		expect(t, "SetBlockTrap", me.SetBlockTrap(false), true)
	})
}

func TestBindInsertRemove(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		nothing := func() error { return nil }
		expect(t, "Bind of main", s.Main().Bind(nothing), tasklet.ErrCurrent)
		expect(t, "Remove of main", s.Main().Remove(), tasklet.ErrCurrent)
		x := s.NewTasklet(nil)
		expect(t, "alive", x.Alive(), false)
		expect(t, "Insert of an unbound one", x.Insert(), tasklet.ErrDead)
		expect(t, "Run of an unbound one", x.Run(), tasklet.ErrDead)
		expect(t, "Bind", x.Bind(nothing), nil)
		expect(t, "paused", x.Paused(), true)
		expect(t, "Bind again", x.Bind(nothing), tasklet.ErrAlive)
		expect(t, "unbind", x.Bind(nil), nil)
		expect(t, "alive", x.Alive(), false)

		c := tasklet.NewChan[int](s)
		expect(t, "Bind", x.Bind(func() error { _, err := c.Receive(); return err }), nil)
		expect(t, "Insert", x.Insert(), nil)
		expect(t, "Bind of a scheduled one", x.Bind(nil), tasklet.ErrAlive)
		expect(t, "Remove", x.Remove(), nil)
		expect(t, "Remove again", x.Remove(), nil)
		expect(t, "Run", x.Run(), nil)
		expect(t, "Bind of a blocked one", x.Bind(nil), tasklet.ErrAlive)
		expect(t, "Insert of a blocked one", x.Insert(), tasklet.ErrBlocked)
		expect(t, "Remove of a blocked one", x.Remove(), tasklet.ErrBlocked)
		expect(t, "Run of a blocked one", x.Run(), tasklet.ErrBlocked)
		expect(t, "Kill", x.Kill(), nil)
		expect(t, "Remove of a dead one", x.Remove(), nil)
		expect(t, "Insert of a dead one", x.Insert(), tasklet.ErrDead)
		id := x.ID()
		expect(t, "Bind of a dead one", x.Bind(func() error { return errBoom }), nil)
		expect(t, "alive", x.Alive(), true)
		expect(t, "Insert", x.Insert(), nil)
		expect(t, "Run", s.Run(), errBoom)
		expect(t, "Err", x.Err(), errBoom)
		expect(t, "the ID is its own", x.ID() >= id, true)
		s.Go(func() error {
			expect(t, "Bind of the current one", s.Current().Bind(nil), tasklet.ErrCurrent)
			expect(t, "Remove of the current one", s.Current().Remove(), tasklet.ErrCurrent)
			return nil
		})
		expect(t, "Run", s.Run(), nil)
		expectPanic(t, "nil body", func() { s.Go(nil) })
		expectPanic(t, "nil body", func() { s.Spawn(nil) })
	})
}

func TestClosing(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		c := tasklet.NewChan[int](s)
		x := s.Go(func() error {
			v, err := c.Receive()
			expect(t, "received", v, 1)
			return err
		})
		expect(t, "Run", s.Run(), nil)
		c.SetClosing(true)
		expect(t, "blocked", x.Blocked(), true) // close() of Stackless wakes nobody
		expect(t, "closing", c.Closing(), true)
		expect(t, "closed", c.Closed(), false)
		expect(t, "Send to one that waits already", c.Send(1), nil)
		expect(t, "Send", c.Send(1), tasklet.ErrClosed)
		_, err := c.Receive()
		expect(t, "Receive", err, tasklet.ErrClosed)
		expect(t, "closed", c.Closed(), true)
		c.SetClosing(false)
		expect(t, "closing", c.Closing(), false)

		// Stackless's pump: who waits in a closed channel is sent the end.
		x = s.Go(func() error { _, err := c.Receive(); return err })
		expect(t, "Run", s.Run(), nil)
		c.SetClosing(true)
		for c.Balance() < 0 {
			expect(t, "SendError", c.SendError(tasklet.ErrExit), nil)
		}
		expect(t, "Run", s.Run(), nil)
		expect(t, "alive", x.Alive(), false)

		c.SetClosing(false)
		x = s.Go(func() error { _, err := c.Receive(); expect(t, "Receive", err, tasklet.ErrClosed); return nil })
		expect(t, "Run", s.Run(), nil)
		c.Close() // this one does wake
		expect(t, "Run", s.Run(), nil)
		expect(t, "alive", x.Alive(), false)
		expectPanic(t, "SendError(nil)", func() { _ = c.SendError(nil) })
	})
}

func TestPreferenceIsClamped(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		c := tasklet.NewChan[int](s)
		expect(t, "default", c.Preference(), tasklet.PreferReceiver)
		expect(t, "5", c.SetPreference(5).Preference(), tasklet.PreferSender)
		expect(t, "-9", c.SetPreference(-9).Preference(), tasklet.PreferReceiver)
		expect(t, "ScheduleAll", c.SetScheduleAll(true).ScheduleAll(), true)
	})
}

func TestPolicy(t *testing.T) {
	play := func(seed uint64) string {
		var d diary
		within(t, func(s *tasklet.Scheduler) {
			for i := range 4 {
				s.Go(d.turns(s, fmt.Sprint(i, "."), 3))
			}
			expect(t, "Run", s.Run(), nil)
		}, tasklet.WithPolicy(tasklet.Random(seed)))
		expect(t, "turns", len(d.words), 12)
		return fmt.Sprint(d.words)
	}
	first := play(1)
	expect(t, "the same seed", play(1), first)
	different := false
	for seed := range uint64(10) {
		different = different || play(seed) != first
	}
	expect(t, "another seed", different, true)
	// Close ends even what a policy would never let go.
	within(t, func(s *tasklet.Scheduler) {
		for range 3 {
			s.Go(func() error {
				for {
					_ = s.Schedule()
				}
			})
		}
		_ = s.RunN(10)
	}, tasklet.WithPolicy(func(r []*tasklet.Tasklet) int { return len(r) - 1 }))
}
