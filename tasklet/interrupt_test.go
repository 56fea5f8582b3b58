package tasklet_test

import (
	"errors"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

func TestHardInterruptTakesTheVictimOutOfTheRing(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		var d diary
		s.Go(d.turns(s, "a", 2))
		spin := s.Go(func() error {
			d.say("spin")
			expect(t, "Interrupt", s.Interrupt(true), nil)
			d.say("on")
			return nil
		})
		s.Go(d.turns(s, "b", 2))
		victim, err := s.RunInterruptible()
		expect(t, "error", err, nil)
		expect(t, "victim", victim, spin)
		expect(t, "paused", spin.Paused(), true)
		expect(t, "Len", s.Len(), 3)
		d.expect(t, "a0 spin")
		expect(t, "Insert", spin.Insert(), nil)
		victim, err = s.RunInterruptible()
		expect(t, "error", err, nil)
		expect(t, "victim", victim, nil)
		d.expect(t, "b0 a1 on b1")
	})
}

func TestInterruptReturnsWhatIsThrownIntoTheVictim(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		boom := errors.New("boom")
		var got error
		s.Go(func() error { got = s.Interrupt(true); return nil })
		victim, _ := s.RunInterruptible()
		expect(t, "Throw", victim.Throw(boom), nil)
		expect(t, "Interrupt", got, boom)
		expect(t, "alive", victim.Alive(), false)
	})
}

func TestSoftInterruptWaitsForTheNextSwitch(t *testing.T) {
	for _, c := range []struct {
		name string
		act  func(s *tasklet.Scheduler, c *tasklet.Chan[int]) error
		want string
		len  int
	}{
		{"schedule", func(s *tasklet.Scheduler, _ *tasklet.Chan[int]) error { return s.Schedule() }, "w0 x b0 y b1", 3},
		{"direct", func(_ *tasklet.Scheduler, c *tasklet.Chan[int]) error { return c.Send(1) }, "w0 x w1 b0 y b1", 4},
		{"block", func(_ *tasklet.Scheduler, c *tasklet.Chan[int]) error {
			return c.SetPreference(tasklet.PreferNone).Send(1)
		}, "w0 x y b0 w1 b1", 3},
		{"end", func(*tasklet.Scheduler, *tasklet.Chan[int]) error { return nil }, "w0 x y b0 b1", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			within(t, func(s *tasklet.Scheduler) {
				var d diary
				ch := tasklet.NewChan[int](s)
				s.Go(func() error {
					d.say("w0")
					if _, err := ch.Receive(); err == nil {
						d.say("w1")
					}
					return nil
				})
				s.Go(func() error {
					d.say("x")
					expect(t, "Interrupt", s.Interrupt(false), nil)
					err := c.act(s, ch)
					d.say("y")
					return err
				})
				s.Go(d.turns(s, "b", 2))
				victim, err := s.RunInterruptible()
				expect(t, "error", err, nil)
				expect(t, "victim", victim, nil)
				if c.name != "block" {
					expect(t, "Len", s.Len(), c.len)
				}
				expect(t, "Run", s.Run(), nil)
				d.expect(t, c.want)
			})
		})
	}
}

func TestInterruptWithoutARunDoesNothing(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		var d diary
		for _, hard := range []bool{true, false} {
			expect(t, "Interrupt", s.Interrupt(hard), nil)
			s.Go(func() error {
				d.say("a0")
				expect(t, "Interrupt", s.Interrupt(hard), nil)
				d.say("a1")
				return s.Schedule()
			})
			s.Go(d.turns(s, "b", 1))
			expect(t, "Run", s.Run(), nil)
			d.expect(t, "a0 a1 b0")
		}
	})
}

func TestInterruptGoesToTheOutermost(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		var d diary
		inner := s.Go(func() error {
			victim, err := s.RunInterruptible()
			d.say("inner %v", victim)
			return err
		})
		spin := s.Go(func() error { return s.Interrupt(true) })
		victim, err := s.RunInterruptible()
		expect(t, "error", err, nil)
		expect(t, "victim", victim, spin)
		expect(t, "the inner one still runs", inner.Paused(), true)
		d.expect(t, "")
		expect(t, "ScheduleRemove", s.ScheduleRemove(), nil)
		d.expect(t, "inner <nil>")
	})
}

func TestInterruptIsHeldBack(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(s *tasklet.Scheduler, on bool)
	}{
		{"atomic", func(s *tasklet.Scheduler, on bool) { s.Current().SetAtomic(on) }},
		{"switch trap", func(s *tasklet.Scheduler, on bool) {
			if on {
				s.SwitchTrap(1)
			} else {
				s.SwitchTrap(-1)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			within(t, func(s *tasklet.Scheduler) {
				var d diary
				hard := s.Go(func() error {
					c.set(s, true)
					expect(t, "Interrupt", s.Interrupt(true), nil)
					d.say("held")
					c.set(s, false)
					d.say("on")
					return nil
				})
				victim, err := s.RunInterruptible()
				expect(t, "error", err, nil)
				expect(t, "victim", victim, hard)
				d.expect(t, "held")
				expect(t, "Insert", hard.Insert(), nil)
				expect(t, "Run", s.Run(), nil)
				d.expect(t, "on")

				s.Go(func() error {
					c.set(s, true)
					expect(t, "Interrupt", s.Interrupt(false), nil)
					if err := s.Schedule(); c.name == "atomic" {
						expect(t, "Schedule", err, nil)
					}
					c.set(s, false)
					d.say("let go")
					return s.Schedule()
				})
				s.Go(d.turns(s, "b", 1))
				_, err = s.RunInterruptible()
				expect(t, "error", err, nil)
				if c.name == "atomic" {
					d.expect(t, "b0") // which is not atomic
				} else {
					d.expect(t, "let go")
				}
				expect(t, "Run", s.Run(), nil)
			})
		})
	}
}

func TestAHeldInterruptOfOneThatEndsBecomesSoft(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		var d diary
		s.Go(func() error {
			s.Current().SetAtomic(true)
			return s.Interrupt(true)
		})
		s.Go(d.turns(s, "b", 1))
		victim, err := s.RunInterruptible()
		expect(t, "victim", victim, nil)
		expect(t, "error", err, nil)
		d.expect(t, "")
		expect(t, "Run", s.Run(), nil)
		d.expect(t, "b0")
	})
}

func TestSetAtomic(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		me := s.Main()
		expect(t, "before", me.SetAtomic(true), false)
		expect(t, "Atomic", me.Atomic(), true)
		expect(t, "of a new one", s.NewTasklet(func() error { return nil }).Atomic(), false)
		expect(t, "before", me.SetAtomic(false), true)
	})
}

func TestRunN(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		var d diary
		s.Go(d.turns(s, "a", 3))
		s.Go(d.turns(s, "b", 3))
		expect(t, "RunN", s.RunN(0), nil)
		d.expect(t, "")
		expect(t, "RunN", s.RunN(3), nil)
		d.expect(t, "a0 b0 a1")
		expect(t, "Len", s.Len(), 3)
		expect(t, "RunN", s.RunN(1), nil)
		d.expect(t, "b1")
		expect(t, "RunN", s.RunN(100), nil)
		d.expect(t, "a2 b2")
		expect(t, "Len", s.Len(), 1)
	})
}

func TestRunNCountsDirectSwitchesAndTheTurnsOfALoneTasklet(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		c := tasklet.NewChan[int](s)
		n := 0
		s.Go(func() error {
			for range c.All() {
				n++
			}
			return nil
		})
		s.Go(func() error {
			for {
				if err := c.Send(1); err != nil {
					return err
				}
			}
		})
		expect(t, "RunN", s.RunN(20), nil)
		expect(t, "received", n > 5 && n < 15, true)
	})
	within(t, func(s *tasklet.Scheduler) {
		n := 0
		s.Go(func() error {
			for ; ; n++ {
				if err := s.Schedule(); err != nil {
					return err
				}
			}
		})
		expect(t, "RunN", s.RunN(20), nil)
		expect(t, "turns", n, 19)
	})
}

// A hard interrupt needs somebody who is told of the victim.
func TestHardInterruptUnderRunNIsSoft(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		var d diary
		s.Go(func() error {
			expect(t, "Interrupt", s.Interrupt(true), nil)
			d.say("a0")
			err := s.Schedule()
			d.say("a1")
			return err
		})
		expect(t, "RunN", s.RunN(100), nil)
		d.expect(t, "a0")
		expect(t, "Len", s.Len(), 2)
		expect(t, "Run", s.Run(), nil)
		d.expect(t, "a1")
	})
}

func TestSoftInterruptEndsAWait(t *testing.T) {
	clock := tasklet.NewClock(time.Unix(0, 0))
	within(t, func(s *tasklet.Scheduler) {
		s.Go(func() error { return s.Sleep(time.Hour) })
		s.Go(func() error {
			s.Go(func() error { return s.Interrupt(false) })
			return nil
		})
		_, err := s.RunInterruptible()
		expect(t, "error", err, nil)
		expect(t, "time that passed", s.Now().Sub(time.Unix(0, 0)), 0)
	}, tasklet.WithWorld(clock))
}

func TestAFailureEndsAnInterruptibleRun(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		boom := errors.New("boom")
		s.Go(func() error { return boom })
		s.Go(func() error { return nil })
		victim, err := s.RunInterruptible()
		expect(t, "victim", victim, nil)
		expect(t, "error", err, boom)
		// The next one can be interrupted again.
		x := s.Go(func() error { return s.Interrupt(true) })
		victim, err = s.RunInterruptible()
		expect(t, "victim", victim, x)
		expect(t, "error", err, nil)
	})
}
