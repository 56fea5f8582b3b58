package tasklet_test

import (
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

func TestClock_AnHourOfSleepingTakesNone(t *testing.T) {
	clock := newClock()
	err := tasklet.Run(func(s *tasklet.Scheduler) error {
		begin := s.Now()
		for range 3600 {
			if err := s.Sleep(time.Second); err != nil {
				return err
			}
		}
		if d := s.Now().Sub(begin); d != time.Hour || clock.Now() != s.Now() {
			t.Errorf("%v passed; the clock shows %v, the scheduler %v", d, clock.Now(), s.Now())
		}
		return nil
	}, tasklet.WithWorld(clock))
	if err != nil {
		t.Fatal(err)
	}
}

func TestClock_OrderOfAThousandSleepers(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		const n = 1000
		var want, got []int
		for i := range n {
			want = append(want, i)
			s.Spawn(func() error {
				err := s.Sleep(time.Duration(i*37%10+1) * time.Second)
				got = append(got, i)
				return err
			})
		}
		// Equal times in the order of setting.
		slices.SortStableFunc(want, func(a, b int) int { return a*37%10 - b*37%10 })
		err := s.Run()
		if !slices.Equal(got, want) {
			t.Errorf("woke in the order %v", got)
		}
		return err
	})
}

func TestClock_AdvanceIsSeenAtTheNextLook(t *testing.T) {
	clock := newClock()
	err := tasklet.Run(func(s *tasklet.Scheduler) error {
		woken := false
		s.Go(func() error {
			err := s.Sleep(time.Second)
			woken = true
			return err
		})
		s.Schedule()
		clock.Advance(time.Minute) // the work of this tasklet takes a minute
		if err := s.Sleep(0); err != nil {
			return err
		}
		if !woken {
			t.Error("the sleeper's time has come, and it sleeps")
		}
		mustPanic(t, "negative", func() { clock.Advance(-1) })
		return nil
	}, tasklet.WithWorld(clock))
	if err != nil {
		t.Fatal(err)
	}
}

func TestClock_StandsStillWhileSomethingIsExpected(t *testing.T) {
	clock := newClock()
	err := tasklet.Run(func(s *tasklet.Scheduler) error {
		begin := s.Now()
		c := tasklet.NewChan[int](s)
		p := c.Port()
		go func() {
			p.Send(t.Context(), 1)
			p.Close()
		}()
		i, err := s.Select(tasklet.After(time.Nanosecond), c.OnReceive(nil))
		wantSelect(t, i, err, 1, nil)
		if s.Now() != begin {
			t.Error("the clock went on")
		}
		return nil
	}, tasklet.WithWorld(clock))
	if err != nil {
		t.Fatal(err)
	}
}

func TestSleep_KilledBeforeItsTimerFires(t *testing.T) {
	clock := newClock()
	err := tasklet.Run(func(s *tasklet.Scheduler) error {
		turns := 0
		sleeper := s.Go(func() error {
			err := s.Sleep(time.Second)
			turns++
			return err
		})
		s.Schedule()
		if err := sleeper.KillLater(); err != nil {
			return err
		}
		clock.Advance(time.Minute)
		if err := s.Sleep(0); err != nil { // looks at the timers before the sleeper has its turn
			return err
		}
		if turns != 1 || s.Len() != 1 || sleeper.Alive() {
			t.Errorf("turns %d, runnable %d, alive %v", turns, s.Len(), sleeper.Alive())
		}
		return nil
	}, tasklet.WithWorld(clock))
	if err != nil {
		t.Fatal(err)
	}
}

func TestSleep_BlockTrapLeavesNoTimer(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		begin := s.Now()
		s.Main().SetBlockTrap(true)
		if err := s.Sleep(time.Hour); err != tasklet.ErrBlockTrap {
			t.Errorf("Sleep = %v", err)
		}
		s.Main().SetBlockTrap(false)
		err := s.Run()
		if s.Now() != begin {
			t.Error("a timer was left")
		}
		return err
	})
}

func TestSleep_AllocatesNothing(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		if n := testing.AllocsPerRun(100, func() { s.Sleep(time.Second) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
		return nil
	})
}

func TestSleep_AHundredThousandSleepers(t *testing.T) {
	n := 100_000
	if raceEnabled() || testing.Short() {
		n = 1000
	}
	runClocked(t, func(s *tasklet.Scheduler) error {
		awake, last := 0, time.Time{}
		for i := range n {
			s.Spawn(func() error {
				err := s.Sleep(time.Duration(i*7919%n+1) * time.Millisecond)
				if s.Now().Before(last) {
					t.Error("woke before one with an earlier time")
				}
				last = s.Now()
				awake++
				return err
			})
		}
		err := s.Run()
		if awake != n {
			t.Errorf("%d woke of %d", awake, n)
		}
		return err
	})
}

func TestTimer_AMillionLeaveNoMemory(t *testing.T) {
	if raceEnabled() || testing.Short() {
		t.Skip("a million timers: not under the race detector, and not with -short")
	}
	runClocked(t, func(s *tasklet.Scheduler) error {
		const n = 1_000_000
		fired := 0
		f := func() error { fired++; return nil }
		before := heapInUse()
		func() {
			for i := range n {
				s.AfterFunc(time.Duration(i*7919%n+1)*time.Microsecond, f)
			}
		}()
		full := heapInUse() - before
		err := s.Run()
		left := heapInUse() - before
		if fired != n {
			t.Errorf("%d fired", fired)
		}
		if left > full/20 {
			t.Errorf("%d bytes are left of %d", left, full)
		}
		return err
	})
}

func heapInUse() int64 {
	var m runtime.MemStats
	for range 2 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestClock_NothingToWaitForIsADeadlock(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		var dead *tasklet.DeadlockError
		if err := s.NewLine("nothing").Wait(); !errors.As(err, &dead) {
			t.Errorf("Wait = %v", err)
		}
		return nil
	})
}
