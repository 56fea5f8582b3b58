package tasklet_test

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

func TestAfterFunc_RunsInATaskletOfItsOwn(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		begin := s.Now()
		var at time.Duration
		s.AfterFunc(time.Minute, func() error {
			at = s.Now().Sub(begin)
			if s.Current().IsMain() {
				t.Error("f runs in the main tasklet")
			}
			return s.Sleep(time.Minute) // it may block
		})
		if err := s.Run(); err != nil { // which waits for the timer
			return err
		}
		if all := s.Now().Sub(begin); at != time.Minute || all != 2*time.Minute {
			t.Errorf("f ran after %v, Run took %v", at, all)
		}
		return nil
	})
}

func TestAfterFunc_ItsErrorGoesWhereErrorsGo(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		s.AfterFunc(time.Minute, func() error { return errSent })
		if err := s.Run(); err != errSent {
			t.Errorf("Run = %v", err)
		}
		return nil
	})
}

func TestTimer_PendingIsNoDeadlock(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		c := tasklet.NewChan[int](s)
		s.AfterFunc(time.Minute, func() error { return c.Send(1) })
		if v, err := c.Receive(); v != 1 || err != nil {
			t.Errorf("received %d, %v", v, err)
		}
		_, err := c.Receive()
		var dead *tasklet.DeadlockError
		if !errors.As(err, &dead) {
			t.Errorf("without a timer: %v", err)
		}
		return nil
	})
}

func TestTimer_SendsTheTime(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		begin := s.Now()
		timer := s.NewTimer(time.Minute)
		at, err := timer.C.Receive()
		if at.Sub(begin) != time.Minute {
			t.Errorf("received %v", at.Sub(begin))
		}
		if timer.Stop() {
			t.Error("Stop was in time after the time had been received")
		}
		return err
	})
}

func TestTimer_StopLeavesNothing(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		begin := s.Now()
		f := s.AfterFunc(time.Hour, func() error { t.Error("a stopped timer fired"); return nil })
		timer := s.NewTimer(time.Hour)
		if !f.Stop() || !timer.Stop() {
			t.Error("Stop was not in time")
		}
		if f.Stop() || timer.Stop() {
			t.Error("a second Stop was in time")
		}
		if err := s.Run(); err != nil {
			return err
		}
		if s.Now() != begin {
			t.Error("Run waited for a stopped timer")
		}
		fired := s.NewTimer(time.Second)
		if err := s.Sleep(time.Minute); err != nil {
			return err
		}
		if fired.C.Len() != 1 || !fired.Stop() || fired.C.Len() != 0 {
			t.Error("Stop left a time in the channel")
		}
		return nil
	})
}

func TestTimer_Reset(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		begin := s.Now()
		var at []time.Duration
		timer := s.AfterFunc(time.Second, func() error {
			at = append(at, s.Now().Sub(begin))
			return nil
		})
		if !timer.Reset(time.Minute) {
			t.Error("the timer was not pending")
		}
		if err := s.Run(); err != nil {
			return err
		}
		if timer.Reset(time.Minute) {
			t.Error("the timer was pending after it had fired")
		}
		if err := s.Run(); err != nil {
			return err
		}
		if got := fmt.Sprint(at); got != "[1m0s 2m0s]" {
			t.Errorf("fired at %v", got)
		}
		n := testing.AllocsPerRun(100, func() {
			timer.Reset(time.Hour)
			timer.Stop()
		})
		if n != 0 {
			t.Errorf("%v allocations for Reset and Stop", n)
		}
		return nil
	})
}

func TestTimer_ExtremeDurations(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		far := s.NewTimer(math.MaxInt64)
		past := s.NewTimer(-math.MaxInt64)
		if _, err := past.C.Receive(); err != nil {
			return err
		}
		if err := s.Sleep(time.Hour); err != nil { // now + MaxInt64 does not fit
			return err
		}
		far.Reset(math.MaxInt64)
		if err := s.Sleep(time.Hour); err != nil {
			return err
		}
		if far.C.Len() != 0 || !far.Stop() {
			t.Error("the far timer fired")
		}
		return nil
	})
}

func TestTicker_TicksWithoutDrift(t *testing.T) {
	clock := newClock()
	err := tasklet.Run(func(s *tasklet.Scheduler) error {
		begin := s.Now()
		ticker := s.NewTicker(time.Second)
		var at []time.Duration
		for range 4 {
			now, err := ticker.C.Receive()
			if err != nil {
				return err
			}
			at = append(at, now.Sub(begin))
			clock.Advance(300 * time.Millisecond)
		}
		clock.Advance(5 * time.Second) // 9.3 s: 5 to 9 are late, and one is enough
		for range 2 {
			now, err := ticker.C.Receive()
			if err != nil {
				return err
			}
			at = append(at, now.Sub(begin))
		}
		ticker.Stop()
		if got := fmt.Sprint(at); got != "[1s 2s 3s 4s 9.3s 10s]" {
			t.Errorf("ticks at %v", got)
		}
		return s.Run()
	}, tasklet.WithWorld(clock))
	if err != nil {
		t.Fatal(err)
	}
}

func TestTicker_DropsWhatNobodyReceives(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		ticker := s.NewTicker(time.Second)
		if err := s.Sleep(10500 * time.Millisecond); err != nil {
			return err
		}
		if n := ticker.C.Len(); n != 1 {
			t.Errorf("%d ticks are kept", n)
		}
		begin := s.Now()
		ticker.Reset(time.Minute)
		now, err := ticker.C.Receive()
		if d := now.Sub(begin); d != time.Minute {
			t.Errorf("after Reset the first tick came in %v", d)
		}
		ticker.Stop()
		ticker.Stop()
		return err
	})
}

func TestTicker_InASelect(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		ticker := s.NewTicker(time.Second)
		defer ticker.Stop()
		end := s.NewTimer(3500 * time.Millisecond)
		for ticks := 0; ; ticks++ {
			i, err := s.Select(ticker.C.OnReceive(nil), end.C.OnReceive(nil))
			if err != nil {
				return err
			}
			if i == 1 {
				if ticks != 3 {
					t.Errorf("%d ticks", ticks)
				}
				return nil
			}
		}
	})
}

func TestTicker_AllocatesNothing(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		ticker := s.NewTicker(time.Second)
		defer ticker.Stop()
		if n := testing.AllocsPerRun(100, func() { ticker.C.Receive() }); n != 0 {
			t.Errorf("%v allocations a tick", n)
		}
		return nil
	})
}

func TestTicker_Misuse(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		mustPanic(t, "interval", func() { s.NewTicker(0) })
		mustPanic(t, "nil body", func() { s.AfterFunc(0, nil) })
		return nil
	})
}
