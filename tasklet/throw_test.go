package tasklet_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

var errBoom = errors.New("boom")

// A state is one in which a tasklet can be thrown at: how it waits, and what it is then.
type state struct {
	name  string
	wait  func(s *tasklet.Scheduler, c *tasklet.Chan[int]) error
	ready bool // in the ring
}

var states = []state{
	{"runnable", func(s *tasklet.Scheduler, _ *tasklet.Chan[int]) error { return s.Schedule() }, true},
	{"paused", func(s *tasklet.Scheduler, _ *tasklet.Chan[int]) error { return s.ScheduleRemove() }, false},
	{"receiving", func(_ *tasklet.Scheduler, c *tasklet.Chan[int]) error { _, err := c.Receive(); return err }, false},
	{"sending", func(_ *tasklet.Scheduler, c *tasklet.Chan[int]) error { return c.Send(1) }, false},
	{"sleeping", func(s *tasklet.Scheduler, _ *tasklet.Chan[int]) error { return s.Sleep(time.Hour) }, false},
	{"in a line", func(s *tasklet.Scheduler, _ *tasklet.Chan[int]) error { return s.NewLine("l").Wait() }, false},
	{"in Run", func(s *tasklet.Scheduler, _ *tasklet.Chan[int]) error { return s.Run() }, false},
}

// Throw switches at once, ThrowLater does not; both correct the balance at once.
func TestThrowIntoEveryState(t *testing.T) {
	for _, st := range states {
		for _, err := range []error{errBoom, tasklet.ErrExit} {
			for _, later := range []bool{false, true} {
				t.Run(fmt.Sprintf("%v into %s later %v", err, st.name, later), func(t *testing.T) {
					within(t, func(s *tasklet.Scheduler) {
						testThrow(t, s, st, err, later)
					}, tasklet.WithWorld(tasklet.NewClock(time.Unix(0, 0))))
				})
			}
		}
	}
}

func testThrow(t *testing.T, s *tasklet.Scheduler, st state, err error, later bool) {
	var d diary
	c := tasklet.NewChan[int](s)
	v := s.Go(func() error {
		got := st.wait(s, c)
		expect(t, "what arrived", got, err)
		d.say("v")
		return nil
	})
	expect(t, "Schedule", s.Schedule(), nil)
	s.Go(func() error { d.say("o"); return nil })
	if later {
		expect(t, "ThrowLater", v.ThrowLater(err), nil)
		expect(t, "scheduled", v.Scheduled(), true)
		expect(t, "blocked", v.Blocked(), false)
		expect(t, "balance", c.Balance(), 0)
		d.expect(t, "")
		for s.Len() > 1 {
			expect(t, "Schedule", s.Schedule(), nil)
		}
		if st.ready {
			d.expect(t, "v o") // it kept its place
		} else {
			d.expect(t, "o v")
		}
	} else {
		expect(t, "Throw", v.Throw(err), nil)
		expect(t, "balance", c.Balance(), 0)
		for s.Len() > 1 {
			expect(t, "Schedule", s.Schedule(), nil)
		}
		d.expect(t, "v o")
	}
	expect(t, "alive", v.Alive(), false)
}

// One that never ran dies without running; the error goes where errors go that escape.
func TestThrowIntoANewOne(t *testing.T) {
	for _, queued := range []bool{false, true} {
		for _, later := range []bool{false, true} {
			within(t, func(s *tasklet.Scheduler) {
				v := s.NewTasklet(func() error { t.Error("it ran"); return nil })
				if queued {
					expect(t, "Insert", v.Insert(), nil)
				}
				if later {
					expect(t, "ThrowLater", v.ThrowLater(errBoom), nil)
					expect(t, "alive", v.Alive(), true)
					expect(t, "scheduled", v.Scheduled(), true)
					expect(t, "Schedule", s.Schedule(), errBoom)
				} else {
					expect(t, "Throw", v.Throw(errBoom), errBoom)
				}
				expect(t, "alive", v.Alive(), false)
				expect(t, "Err", v.Err(), errBoom)
				q := s.NewTasklet(func() error { t.Error("it ran"); return nil })
				if later {
					expect(t, "KillLater", q.KillLater(), nil)
					expect(t, "Run", s.Run(), nil)
				} else {
					expect(t, "Kill", q.Kill(), nil)
				}
				expect(t, "alive", q.Alive(), false)
				expect(t, "Err", q.Err(), nil)
			})
		}
	}
}

func TestThrowIntoADeadOne(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		v := s.Go(func() error { return nil })
		expect(t, "Run", s.Run(), nil)
		unbound := s.NewTasklet(nil)
		for _, x := range []*tasklet.Tasklet{v, unbound} {
			expect(t, "Throw", x.Throw(errBoom), tasklet.ErrDead)
			expect(t, "ThrowLater", x.ThrowLater(errBoom), tasklet.ErrDead)
			expect(t, "Throw of an exit", x.Throw(nil), nil)
			expect(t, "ThrowLater of an exit", x.ThrowLater(tasklet.ErrExit), nil)
			expect(t, "Kill", x.Kill(), nil)
			expect(t, "KillLater", x.KillLater(), nil)
			expect(t, "scheduled", x.Scheduled(), false)
		}
	})
}

func TestThrowIntoOneself(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		me := s.Current()
		expect(t, "Throw", me.Throw(errBoom), errBoom)
		expect(t, "Throw", me.Throw(nil), tasklet.ErrExit)
		expect(t, "Kill", me.Kill(), tasklet.ErrExit)
		expect(t, "ThrowLater", me.ThrowLater(errBoom), nil)
		expect(t, "Schedule", s.Schedule(), errBoom)
		expect(t, "Schedule", s.Schedule(), nil)
	})
}

// What was thrown arrives in the order of the throwing, one at a time.
func TestSeveralThrows(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		var got []error
		v := s.Go(func() error {
			for range 3 {
				got = append(got, s.ScheduleRemove())
			}
			return nil
		})
		expect(t, "Run", s.Run(), nil)
		for i := range 2 {
			expect(t, "ThrowLater", v.ThrowLater(fmt.Errorf("%d", i)), nil)
		}
		expect(t, "Run", s.Run(), nil)
		expect(t, "what arrived", fmt.Sprint(got), "[0 1]")
		expect(t, "paused", v.Paused(), true)
	})
}

// A value that came already is not lost by what is thrown before its receiver has had its turn.
func TestThrowAfterTheValueHasCome(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		c := tasklet.NewChan[int](s).SetPreference(tasklet.PreferSender)
		v := s.Go(func() error {
			got, err := c.Receive()
			expect(t, "received", got, 5)
			expect(t, "Receive", err, nil)
			expect(t, "Schedule", s.Schedule(), errBoom)
			return nil
		})
		expect(t, "Schedule", s.Schedule(), nil)
		expect(t, "Send", c.Send(5), nil)
		expect(t, "Throw", v.Throw(errBoom), nil)
		expect(t, "Run", s.Run(), nil)
		expect(t, "alive", v.Alive(), false)
	})
}

// A kill is only an error: who ignores it goes on.
func TestAKillCanBeIgnored(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		var d diary
		v := s.Go(func() error {
			if err := s.ScheduleRemove(); err != tasklet.ErrExit {
				return err
			}
			d.say("killed")
			err := s.Schedule()
			d.say("on")
			return err
		})
		expect(t, "Run", s.Run(), nil)
		expect(t, "Kill", v.Kill(), nil)
		expect(t, "alive", v.Alive(), true)
		expect(t, "Run", s.Run(), nil)
		d.expect(t, "killed on")
	})
}

func TestExitIsSilentHoweverItIsWrapped(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		x := s.Go(func() error { return fmt.Errorf("stopped: %w", tasklet.ErrExit) })
		expect(t, "Run", s.Run(), nil)
		expect(t, "Err", x.Err(), nil)
		both := errors.Join(tasklet.ErrExit, errBoom)
		s.Go(func() error { return both })
		expect(t, "Run", s.Run(), both)
	})
}

func TestShieldHoldsOffWhatIsThrown(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		var d diary
		c := tasklet.NewChan[int](s)
		v := s.Go(func() error {
			err := s.Shield(func() error {
				got, err := c.Receive()
				d.say("%d", got)
				return err
			})
			expect(t, "Shield", err, nil)
			d.say("%v", s.Schedule())
			return nil
		})
		expect(t, "Run", s.Run(), nil)
		expect(t, "Throw", v.Throw(errBoom), nil)
		expect(t, "ThrowLater", v.ThrowLater(tasklet.ErrExit), nil)
		expect(t, "blocked", v.Blocked(), true)
		expect(t, "Send", c.Send(3), nil)
		d.expect(t, "3 boom")
	})
}

// What another tasklet failed with is not thrown at anybody: it passes the shield of main.
func TestShieldLetsFailuresOfOthersThrough(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		expect(t, "ThrowLater", s.Main().ThrowLater(tasklet.ErrExit), nil)
		expect(t, "Shield", s.Shield(func() error {
			s.Go(func() error { return errBoom })
			return s.Schedule()
		}), errBoom)
		expect(t, "Schedule", s.Schedule(), tasklet.ErrExit)
	})
}

// What Wake has handed over goes back if the panic of another tasklet is raised instead, and in no other case.
func TestWaitHanded(t *testing.T) {
	for _, c := range []struct {
		name         string
		wake, panics bool
		want         int
	}{{"woken", true, false, 0}, {"woken, and a panic", true, true, 1}, {"a panic alone", false, true, 0}} {
		s := tasklet.New()
		l := s.NewLine("a line")
		back := 0
		s.Go(func() error {
			if c.wake {
				l.Wake()
			}
			if c.panics {
				panic("another's")
			}
			return nil
		})
		panicked := true
		func() {
			defer func() { recover() }()
			if err := l.WaitHanded(func() { back++ }); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			panicked = false
		}()
		if panicked != c.panics || back != c.want {
			t.Errorf("%s: panicked %v, called back %d times", c.name, panicked, back)
		}
		if err := s.Close(); err != nil {
			t.Errorf("%s: Close: %v", c.name, err)
		}
	}
}

// Whoever dies before it started is made known, with what was thrown into it, and ends with what comes of that.
func TestSetStillborn(t *testing.T) {
	s := tasklet.New()
	thrown, other := errors.New("thrown"), errors.New("in its place")
	var heard []error
	s.SetStillborn(func(_ *tasklet.Tasklet, err error) error {
		heard = append(heard, err)
		return other
	})
	dies := s.Go(func() error { t.Error("it ran"); return nil })
	lives := s.Go(func() error { return s.Schedule() })
	if err := dies.ThrowLater(thrown); err != nil {
		t.Error(err)
	}
	if err := s.Run(); err != other {
		t.Errorf("Run: got %v, want %v", err, other)
	}
	if len(heard) != 1 || heard[0] != thrown || dies.Err() != other {
		t.Errorf("heard %v, ended with %v", heard, dies.Err())
	}
	if err := s.Run(); err != nil || lives.Alive() {
		t.Errorf("Run: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}
