package tasklet_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

func TestSelect_ErrorsPassThrough(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		c := tasklet.NewChan[int](s)
		v := 1
		s.Go(func() error {
			i, err := s.Select(c.OnReceive(&v))
			wantSelect(t, i, err, 0, errSent)
			return nil
		})
		s.Schedule()
		i, err := s.Select(c.OnSendError(errSent))
		wantSelect(t, i, err, 0, nil)
		if v != 0 {
			t.Errorf("v = %d after an error", v)
		}
		return s.Run()
	})
}

func TestSelect_ClosedChannel(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		c, d := tasklet.NewChan[int](s), tasklet.NewChan[int](s)
		s.Go(func() error {
			i, err := s.Select(d.OnReceive(nil), c.OnReceive(nil), c.OnSend(1))
			wantSelect(t, i, err, 1, tasklet.ErrClosed)
			return nil
		})
		s.Schedule()
		c.Close()
		if err := s.Run(); err != nil {
			return err
		}
		i, err := s.Select(d.OnReceive(nil), c.OnSend(1))
		wantSelect(t, i, err, 1, tasklet.ErrClosed)
		i, err = s.Select(d.OnReceive(nil), c.OnReceive(nil), tasklet.Default())
		wantSelect(t, i, err, 1, tasklet.ErrClosed)
		if c.Balance() != 0 || d.Balance() != 0 {
			t.Errorf("balances %d %d", c.Balance(), d.Balance())
		}
		return nil
	})
}

func TestSelect_KilledLeavesAllLines(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		c, d := tasklet.NewChan[int](s), tasklet.NewChan[string](s)
		victim := s.Go(func() error {
			i, err := s.Select(c.OnReceive(nil), d.OnSend("lost?"), tasklet.After(time.Hour))
			wantSelect(t, i, err, -1, tasklet.ErrExit)
			return err
		})
		s.Schedule()
		if err := victim.KillLater(); err != nil {
			return err
		}
		if c.Balance() != 0 || d.Balance() != 0 || victim.Blocked() {
			t.Errorf("balances %d %d at once after KillLater", c.Balance(), d.Balance())
		}
		begin := s.Now()
		if err := s.Run(); err != nil {
			return err
		}
		if s.Now() != begin {
			t.Error("the timer was left behind")
		}
		return nil
	})
}

func TestSelect_MetBeforeItIsKilledKeepsTheValue(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		c := tasklet.NewChan[int](s).SetPreference(tasklet.PreferSender)
		var v int
		victim := s.Go(func() error {
			i, err := s.Select(c.OnReceive(&v), tasklet.After(time.Second))
			wantSelect(t, i, err, 0, nil)
			if err := s.Schedule(); err != tasklet.ErrExit {
				t.Errorf("the kill came as %v", err)
			}
			return nil
		})
		s.Schedule()
		if err := c.Send(3); err != nil {
			return err
		}
		if err := victim.KillLater(); err != nil {
			return err
		}
		err := s.Run()
		if v != 3 {
			t.Errorf("v = %d", v)
		}
		return err
	})
}

func TestSelect_TimerThatFiresAfterTheMeeting(t *testing.T) {
	clock := newClock()
	err := tasklet.Run(func(s *tasklet.Scheduler) error {
		c := tasklet.NewChan[int](s).SetPreference(tasklet.PreferSender)
		turns := 0
		s.Go(func() error {
			i, err := s.Select(tasklet.After(time.Second), c.OnReceive(nil))
			wantSelect(t, i, err, 1, nil)
			turns++
			return nil
		})
		s.Schedule()
		if err := c.Send(3); err != nil {
			return err
		}
		clock.Advance(time.Minute)
		if err := s.Sleep(0); err != nil { // fires the timer before the tasklet's turn
			return err
		}
		if turns != 1 || s.Len() != 1 {
			t.Errorf("turns %d, runnable %d", turns, s.Len())
		}
		return nil
	}, tasklet.WithWorld(clock))
	if err != nil {
		t.Fatal(err)
	}
}

func TestSelect_Deadline(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		c, d := tasklet.NewChan[int](s), tasklet.NewChan[int](s)
		return s.WithTimeout(time.Second, func(o *tasklet.Timeout) error {
			for range 2 { // and again: it is level-triggered
				i, err := s.Select(c.OnReceive(nil), d.OnSend(1), tasklet.After(time.Hour))
				wantSelect(t, i, err, -1, tasklet.ErrTimeout)
				if !o.Owns(err) || c.Balance() != 0 || d.Balance() != 0 {
					t.Errorf("%v; balances %d %d", err, c.Balance(), d.Balance())
				}
			}
			return nil
		})
	})
}

func TestSelect_Traps(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		c := tasklet.NewChan[int](s)
		s.Main().SetBlockTrap(true)
		i, err := s.Select(c.OnReceive(nil), tasklet.After(time.Second))
		wantSelect(t, i, err, -1, tasklet.ErrBlockTrap)
		s.Main().SetBlockTrap(false)

		s.Go(func() error { _, err := c.Receive(); return err })
		s.Schedule()
		s.SwitchTrap(1)
		i, err = s.Select(c.OnSend(1))
		wantSelect(t, i, err, -1, tasklet.ErrSwitchTrap)
		i, err = s.Select(c.OnReceive(nil))
		wantSelect(t, i, err, -1, tasklet.ErrSwitchTrap)
		s.SwitchTrap(-1)
		if c.Balance() != -1 {
			t.Errorf("balance %d", c.Balance())
		}
		i, err = s.Select(c.OnSend(1))
		wantSelect(t, i, err, 0, nil)
		return nil
	})
}

func TestSelect_DeadlockNamesTheCases(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		c, d := tasklet.NewChan[int](s).SetName("c"), tasklet.NewChan[int](s).SetName("d")
		i, err := s.Select(c.OnReceive(nil), d.OnSend(1))
		var dead *tasklet.DeadlockError
		if i != -1 || !errors.As(err, &dead) {
			t.Fatalf("Select = %d, %v", i, err)
		}
		if want := `one of: channel "c", channel "d"`; dead.Blocked[0].For != want {
			t.Errorf("For = %q, want %q", dead.Blocked[0].For, want)
		}
		if c.Balance() != 0 || d.Balance() != 0 {
			t.Errorf("balances %d %d", c.Balance(), d.Balance())
		}
		_, err = s.Select()
		if !errors.As(err, &dead) || dead.Blocked[0].For != "nothing, for ever" {
			t.Errorf("without cases: %v", err)
		}
		w := s.Go(func() error { _, err := s.Select(c.OnReceive(nil), tasklet.After(time.Hour)); return err })
		s.Schedule()
		if got, want := w.WaitsFor(), `one of: channel "c", a timer`; got != want {
			t.Errorf("WaitsFor = %q, want %q", got, want)
		}
		return w.Kill()
	})
}

func TestSelect_LastOtherTaskletEndsWhileMainSelects(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		c := tasklet.NewChan[int](s)
		s.Go(func() error { return nil })
		_, err := s.Select(c.OnReceive(nil))
		var dead *tasklet.DeadlockError
		if !errors.As(err, &dead) || len(dead.Blocked) == 0 {
			t.Errorf("got %v", err)
		}
		return nil
	})
}

func TestSelect_ChannelCallback(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		c, d := tasklet.NewChan[int](s).SetName("c"), tasklet.NewChan[int](s).SetName("d")
		var log []string
		s.SetChannelCallback(func(e tasklet.ChannelEvent) {
			log = append(log, fmt.Sprint(e.Channel.Name(), " ", e.Tasklet.ID(), " ", e.Sending, " ", e.WillBlock))
		})
		s.Go(func() error { _, err := s.Select(c.OnReceive(nil), d.OnSend(1)); return err })
		s.Schedule()
		if _, err := s.Select(d.OnReceive(nil), tasklet.Default()); err != nil {
			return err
		}
		if _, err := s.Select(d.OnReceive(nil), tasklet.Default()); err != nil { // nothing is done
			return err
		}
		want := "c 2 false true; d 2 true true; d 1 false false"
		if got := strings.Join(log, "; "); got != want {
			t.Errorf("events %s; want %s", got, want)
		}
		return nil
	})
}

func TestSelect_Misuse(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		c := tasklet.NewBuffered[int](s, 2)
		mustPanic(t, "used twice", func() {
			k := c.OnSend(1)
			s.Select(k)
			s.Select(k)
		})
		mustPanic(t, "used twice", func() {
			k := c.OnSend(1)
			s.Select(k, k)
		})
		other := tasklet.New()
		defer other.Close()
		mustPanic(t, "another scheduler", func() { other.Select(c.OnSend(1)) })
		mustPanic(t, "OnSendError(nil)", func() { c.OnSendError(nil) })
		return nil
	})
}

func mustPanic(t *testing.T, with string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if p := recover(); p == nil || !strings.Contains(fmt.Sprint(p), with) {
			t.Errorf("panic %v; want one with %q", p, with)
		}
	}()
	f()
}

func TestSelect_SchedulerClosesWhileItWaits(t *testing.T) {
	s := tasklet.New()
	c := tasklet.NewChan[int](s)
	var errs []error
	s.Go(func() error {
		_, err := s.Select(c.OnReceive(nil), tasklet.After(time.Hour))
		errs = append(errs, err)
		return err
	})
	s.Schedule()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if len(errs) != 1 || errs[0] != tasklet.ErrExit {
		t.Errorf("the Select returned %v", errs)
	}
	i, err := s.Select(c.OnReceive(nil))
	wantSelect(t, i, err, -1, tasklet.ErrClosed)
}

func TestSelect_AllocatesNothing(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		c, d := tasklet.NewChan[int](s), tasklet.NewBuffered[string](s, 1)
		var v int
		var str string
		ready := testing.AllocsPerRun(100, func() {
			s.Select(c.OnReceive(&v), d.OnSend("x"), tasklet.Default())
			s.Select(c.OnReceive(&v), d.OnReceive(&str))
			s.Select(c.OnReceive(&v), tasklet.Default())
		})
		if ready != 0 {
			t.Errorf("%v allocations without blocking", ready)
		}
		stop := false
		s.Go(func() error {
			for !stop {
				if _, err := s.Select(c.OnSend(1), tasklet.After(time.Hour)); err != nil {
					return err
				}
			}
			return nil
		})
		blocking := testing.AllocsPerRun(100, func() {
			s.Select(c.OnReceive(&v), d.OnReceive(&str), tasklet.After(time.Second))
			s.Select(d.OnReceive(&str), tasklet.After(time.Second))
		})
		if blocking != 0 {
			t.Errorf("%v allocations with blocking", blocking)
		}
		stop = true
		_, err := c.Receive()
		return errors.Join(err, s.Run())
	})
}
