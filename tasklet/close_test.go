package tasklet_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

func TestCloseKillsEverybody(t *testing.T) {
	var all []*tasklet.Tasklet
	ended := 0
	s := tasklet.New()
	for _, st := range states {
		c := tasklet.NewChan[int](s)
		x := s.Go(func() error {
			defer func() { ended++ }()
			err := st.wait(s, c)
			for st.ready && err == nil {
				err = st.wait(s, c)
			}
			expect(t, st.name, err, tasklet.ErrExit)
			return err
		})
		expect(t, "Run", x.Run(), nil)
		all = append(all, x)
	}
	all = append(all, s.NewTasklet(func() error { t.Error("it ran"); return nil }))
	all = append(all, s.Go(func() error { t.Error("it ran"); return nil }))
	all = append(all, s.NewTasklet(nil))
	expect(t, "Close", s.Close(), nil)
	expect(t, "ended", ended, len(states))
	for i, x := range all {
		if x.Alive() {
			t.Errorf("number %d lives", i)
		}
	}
}

func TestAfterClose(t *testing.T) {
	s := tasklet.New()
	c := tasklet.NewChan[int](s)
	x := s.NewTasklet(nil)
	expect(t, "Close", s.Close(), nil)
	expect(t, "Close", s.Close(), nil)
	_, err := c.Receive()
	expect(t, "Receive", err, tasklet.ErrClosed)
	expect(t, "Send", c.Send(1), tasklet.ErrClosed)
	expect(t, "Schedule", s.Schedule(), tasklet.ErrClosed)
	expect(t, "Run", s.Run(), tasklet.ErrClosed)
	expect(t, "Sleep", s.Sleep(time.Hour), tasklet.ErrClosed)
	expect(t, "ScheduleRemove", s.ScheduleRemove(), tasklet.ErrClosed)
	expect(t, "Insert", x.Insert(), tasklet.ErrDead)
	expect(t, "Post", s.Post(func() error { return nil }), tasklet.ErrClosed)
	expect(t, "Len", s.Len(), 1)
	expect(t, "Current", s.Current(), s.Main())
	expectPanic(t, "after the scheduler was closed", func() { s.Go(func() error { return nil }) })
}

func TestOnlyMainCloses(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		s.Go(func() error {
			expectPanic(t, "only the main tasklet", func() { _ = s.Close() })
			return nil
		})
		expect(t, "Run", s.Run(), nil)
	})
}

func TestCloseReturnsWhatTaskletsEndWith(t *testing.T) {
	s := tasklet.New()
	other := errors.New("other")
	s.Go(func() error { _ = s.ScheduleRemove(); return errBoom })
	s.Go(func() error { _ = s.ScheduleRemove(); return other })
	s.Go(func() error { _ = s.ScheduleRemove(); return panics() })
	expect(t, "Run", s.Run(), nil)
	err := s.Close()
	if !errors.Is(err, errBoom) || !errors.Is(err, other) || !strings.Contains(err.Error(), "oh no") {
		t.Errorf("Close: %v", err)
	}
}

// Deferred calls run as ever: they may block, sleep and start others.
func TestDeferredCallsMayBlockInClose(t *testing.T) {
	clock := tasklet.NewClock(time.Unix(0, 0))
	var d diary
	within(t, func(s *tasklet.Scheduler) {
		c := tasklet.NewChan[int](s)
		s.Go(func() error {
			defer func() {
				d.say("sleep:%v", s.Sleep(time.Millisecond))
				v, err := c.Receive()
				d.say("got:%d:%v", v, err)
			}()
			return s.ScheduleRemove()
		})
		s.Go(func() error {
			defer func() {
				s.Go(func() error { d.say("new"); return nil })
				d.say("sent:%v", c.Send(7))
			}()
			return s.ScheduleRemove()
		})
		expect(t, "Run", s.Run(), nil)
	}, tasklet.WithWorld(clock))
	d.expect(t, "new sleep:<nil> got:7:<nil> sent:<nil>")
}

// Who does not end when told to is unwound in the end, and its deferred calls run.
func TestCloseEndsTheStubborn(t *testing.T) {
	for name, stay := range map[string]func(s *tasklet.Scheduler, c *tasklet.Chan[int]){
		"blocks again":    func(_ *tasklet.Scheduler, c *tasklet.Chan[int]) { _, _ = c.Receive() },
		"sends again":     func(_ *tasklet.Scheduler, c *tasklet.Chan[int]) { _ = c.Send(1) },
		"pauses again":    func(s *tasklet.Scheduler, _ *tasklet.Chan[int]) { _ = s.ScheduleRemove() },
		"sleeps":          func(s *tasklet.Scheduler, _ *tasklet.Chan[int]) { _ = s.Sleep(time.Hour) },
		"sleeps a little": func(s *tasklet.Scheduler, _ *tasklet.Chan[int]) { _ = s.Sleep(time.Millisecond) },
		"runs others":     func(s *tasklet.Scheduler, _ *tasklet.Chan[int]) { _ = s.Run() },
		"goes round":      func(s *tasklet.Scheduler, _ *tasklet.Chan[int]) { _ = s.Schedule() },
		"spawns": func(s *tasklet.Scheduler, _ *tasklet.Chan[int]) {
			if s.Len() < 10 {
				s.Spawn(func() error { return s.Schedule() })
			}
			_ = s.Schedule()
		},
		"shields itself": func(s *tasklet.Scheduler, c *tasklet.Chan[int]) {
			_ = s.Shield(func() error { _, err := c.Receive(); return err })
		},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "goes round" && testing.Short() {
				t.Skip("takes its time")
			}
			cleaned := 0
			s := tasklet.New(tasklet.WithWorld(tasklet.NewClock(time.Unix(0, 0))))
			c := tasklet.NewChan[int](s)
			var all []*tasklet.Tasklet
			for range 2 {
				all = append(all, s.Go(func() error {
					defer func() {
						cleaned++
						stay(s, c)
						t.Error("a deferred call blocked in the end")
					}()
					for {
						stay(s, c)
					}
				}))
			}
			expect(t, "RunN", s.RunN(4), nil)
			if err := s.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			expect(t, "cleaned", cleaned, 2)
			expect(t, "alive", all[0].Alive() || all[1].Alive(), false)
			expect(t, "balance", c.Balance(), 0)
		})
	}
}

func TestJoin(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		var d diary
		x := s.Go(func() error { err := s.Schedule(); d.say("x"); return errors.Join(err, errBoom) })
		for i := range 2 {
			s.Go(func() error { err := x.Join(); d.say("%d:%v", i, x.Err()); return err })
		}
		expect(t, "Run", s.Run(), nil) // the error went to those that joined
		d.expect(t, "x 0:boom 1:boom")
		expect(t, "Join of a dead one", x.Join(), nil)
		expectPanic(t, "joins itself", func() { _ = s.Current().Join() })
		// A panic is not to be missed.
		x = s.Go(panics)
		j := s.Go(func() error { return x.Join() })
		expect(t, "Switch", j.Run() == nil, true)
		expectPanic(t, "oh no", func() { _ = s.Run() })
		expect(t, "Run", s.Run(), nil)
		expect(t, "alive", j.Alive(), false)
	})
	within(t, func(s *tasklet.Scheduler) {
		x := s.Go(func() error { return s.Sleep(time.Hour) })
		expect(t, "JoinTimeout", errors.Is(x.JoinTimeout(time.Minute), tasklet.ErrTimeout), true)
		expect(t, "JoinTimeout", x.JoinTimeout(2*time.Hour), nil)
	}, tasklet.WithWorld(tasklet.NewClock(time.Unix(0, 0))))
}

func TestLocals(t *testing.T) {
	own, handed := tasklet.NewLocal[int](), tasklet.NewInheritedLocal[error]()
	within(t, func(s *tasklet.Scheduler) {
		own.Set(s.Main(), 1)
		handed.Set(s.Main(), errBoom)
		x := s.Go(func() error {
			me := s.Current()
			_, ok := own.Get(me)
			expect(t, "own", ok, false)
			v, ok := handed.Get(me)
			expect(t, "handed", v, errBoom)
			expect(t, "handed", ok, true)
			handed.Set(me, nil)
			v, ok = handed.Get(me)
			expect(t, "handed", v, nil)
			expect(t, "handed", ok, true)
			return nil
		})
		expect(t, "Run", s.Run(), nil)
		_, ok := handed.Get(x)
		expect(t, "after the end", ok, false)
		v, _ := handed.Get(s.Main())
		expect(t, "main's", v, errBoom)
		own.Unset(s.Main())
		_, ok = own.Get(s.Main())
		expect(t, "after Unset", ok, false)
	})
}

func TestRecord(t *testing.T) {
	clock := tasklet.NewClock(time.Unix(0, 0))
	within(t, func(s *tasklet.Scheduler) {
		x := s.Go(func() error {
			clock.Advance(time.Second)
			err := s.Schedule()
			clock.Advance(time.Second)
			return err
		})
		expect(t, "RunTime", x.RunTime(), 0)
		expect(t, "Schedule", s.Schedule(), nil)
		clock.Advance(time.Minute)
		expect(t, "RunTime", x.RunTime(), time.Second)
		expect(t, "Run", s.Run(), nil)
		expect(t, "RunTime", x.RunTime(), 2*time.Second)
		expect(t, "Created", strings.Contains(x.Created()[0].Function, "TestRecord"), true)
	}, tasklet.WithWorld(clock), tasklet.Record())
	within(t, func(s *tasklet.Scheduler) {
		x := s.NewTasklet(nil)
		expect(t, "RunTime", x.RunTime(), 0)
		expect(t, "Created", len(x.Created()), 0)
	})
}

func TestNamesAndNumbers(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		x := s.NewTasklet(func() error { return s.ScheduleRemove() })
		expect(t, "String", x.String(), "tasklet 2")
		x.SetName("x")
		expect(t, "String", x.String(), `tasklet 2 "x"`)
		expect(t, "Name", x.Name(), "x")
		expect(t, "ID", x.ID(), 2)
		expect(t, "String", s.Main().String(), `tasklet 1 "main"`)
		expect(t, "IsMain", s.Main().IsMain() && !x.IsMain(), true)
		expect(t, "IsCurrent", s.Main().IsCurrent() && !x.IsCurrent(), true)
		expect(t, "Scheduler", x.Scheduler(), s)
		expect(t, "Stack", len(x.Stack()), 0)
		expect(t, "Run", x.Run(), nil)
		expect(t, "Switches", x.Switches(), 1)
		found := false
		for _, f := range x.Stack() {
			found = found || strings.Contains(f.Function, "TestNamesAndNumbers")
		}
		expect(t, "found in its stack", found, true)
		c := tasklet.NewChan[int](s)
		expect(t, "String", c.String(), "channel")
		expect(t, "String", c.SetName("c").String(), `channel "c"`)
	})
}

// An alarm that belongs to no tasklet does not keep Close waiting once everybody has ended.
func TestCloseDoesNotWaitForAnAlarm(t *testing.T) {
	start := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	clock := tasklet.NewClock(start)
	failure := errors.New("the end")
	err := tasklet.Run(func(s *tasklet.Scheduler) error {
		s.Go(func() error { return s.Sleep(time.Hour) })
		s.Schedule()
		s.NewAlarm(func() { t.Error("the alarm went off") }).Set(time.Hour)
		return failure
	}, tasklet.WithWorld(clock))
	if err != failure || !clock.Now().Equal(start) {
		t.Errorf("Run returned %v after %v", err, clock.Now().Sub(start))
	}
}

// Run loses neither what f returns nor what the tasklets end with.
func TestRunJoinsErrors(t *testing.T) {
	first, second := errors.New("first"), errors.New("second")
	err := tasklet.Run(func(s *tasklet.Scheduler) error {
		s.Go(func() error {
			s.Sleep(time.Hour)
			return second
		})
		s.Schedule()
		return first
	})
	if !errors.Is(err, first) || !errors.Is(err, second) {
		t.Errorf("Run returned %v", err)
	}
}
