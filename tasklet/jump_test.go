package tasklet_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// settle lets the tasklets run that can, without a look at the time.
func settle(t *testing.T, s *tasklet.Scheduler) {
	t.Helper()
	for s.Len() > 1 {
		if err := s.Schedule(); err != nil {
			t.Fatal(err)
		}
	}
}

// After a jump over many times, as when a process was stopped for hours, what is due fires once, in the order of these
// times, and the rest not at all.
func TestClock_JumpFiresWhatIsDueInOrder(t *testing.T) {
	clock := newClock()
	if err := tasklet.Run(func(s *tasklet.Scheduler) error {
		const n, jump = 2000, 5 * time.Hour
		type firing struct{ i, kind int }
		var want, got []firing
		due := func(i int) time.Duration { // from a minute to about nine hours, no two alike
			return time.Minute + time.Duration(i*7919%n)*16*time.Second
		}
		for i := range n {
			f := firing{i, i % 4}
			want = append(want, f)
			fire := func() { got = append(got, f) }
			switch f.kind {
			case 0:
				s.AfterFunc(due(i), func() error { fire(); return nil })
			case 1:
				s.Go(func() error {
					err := s.Sleep(due(i))
					fire()
					return err
				})
			case 2:
				alarm := s.NewAlarm(fire)
				alarm.Set(due(i))
			case 3:
				s.Go(func() error {
					err := s.WithTimeout(due(i), func(*tasklet.Timeout) error { return s.NewLine("nothing").Wait() })
					fire()
					if !errors.Is(err, tasklet.ErrTimeout) {
						return fmt.Errorf("a wait with a limit: %w", err)
					}
					return nil
				})
			}
		}
		slices.SortFunc(want, func(a, b firing) int { return cmp.Compare(due(a.i), due(b.i)) })
		settle(t, s)
		late := slices.IndexFunc(want, func(f firing) bool { return due(f.i) > jump })

		clock.Advance(jump)
		if err := s.Sleep(0); err != nil {
			return err
		}
		settle(t, s)
		for _, alarms := range []bool{true, false} { // alarms call in the course of firing; the others come to run afterwards
			of := func(all []firing) (some []firing) {
				for _, f := range all {
					if (f.kind == 2) == alarms {
						some = append(some, f)
					}
				}
				return some
			}
			if !slices.Equal(of(got), of(want[:late])) {
				t.Errorf("alarms %v: after the jump %d fired, not the %d that are due, or in another order",
					alarms, len(of(got)), len(of(want[:late])))
			}
		}
		got = nil
		for at := time.Duration(0); at < 10*time.Hour; at += time.Second { // and the others in their time
			if err := s.Sleep(time.Second); err != nil {
				return err
			}
		}
		if !slices.Equal(got, want[late:]) {
			t.Errorf("later %d fired, not the %d that were left, or in another order", len(got), len(want)-late)
		}
		return nil
	}, tasklet.WithWorld(clock)); err != nil {
		t.Fatal(err)
	}
}

// The millions of ticks that a jump leaves behind are one, and the next is in step.
func TestTicker_JumpIsOneTick(t *testing.T) {
	clock := newClock()
	if err := tasklet.Run(func(s *tasklet.Scheduler) error {
		begin := s.Now()
		ticker := s.NewTicker(10 * time.Millisecond)
		var at []time.Duration
		s.Go(func() error {
			for len(at) < 6 {
				now, err := ticker.C.Receive()
				if err != nil {
					return err
				}
				at = append(at, now.Sub(begin))
				if len(at) == 2 {
					clock.Advance(100*time.Hour + 5*time.Millisecond)
				}
			}
			ticker.Stop()
			return nil
		})
		if err := s.Run(); err != nil {
			return err
		}
		want := "[10ms 20ms 100h0m0.025s 100h0m0.03s 100h0m0.04s 100h0m0.05s]"
		if got := fmt.Sprint(at); got != want {
			t.Errorf("ticks at %v, want %v", got, want)
		}
		return nil
	}, tasklet.WithWorld(clock)); err != nil {
		t.Fatal(err)
	}
}

// Of nested scopes that a jump has left behind all, the outermost counts.
func TestTimeout_JumpOverNestedScopes(t *testing.T) {
	clock := newClock()
	if err := tasklet.Run(func(s *tasklet.Scheduler) error {
		after := map[bool]time.Duration{true: time.Hour, false: 3 * time.Hour}
		for _, innerFirst := range []bool{true, false} {
			err := s.WithTimeout(after[!innerFirst], func(outer *tasklet.Timeout) error {
				err := s.WithTimeout(after[innerFirst], func(inner *tasklet.Timeout) error {
					s.AfterFunc(time.Minute, func() error {
						clock.Advance(100 * time.Hour)
						return nil
					})
					err := s.NewLine("nothing").Wait()
					if !outer.Owns(err) || inner.Owns(err) || !inner.Expired() {
						t.Errorf("inner first %v: %v, the outer's: %v", innerFirst, err, outer.Owns(err))
					}
					return err
				})
				return err
			})
			var late *tasklet.TimeoutError
			if !errors.As(err, &late) || late.After != after[!innerFirst] {
				t.Errorf("inner first %v: %v", innerFirst, err)
			}
		}
		return s.Sleep(time.Hour) // which no deadline of those reaches
	}, tasklet.WithWorld(clock)); err != nil {
		t.Fatal(err)
	}
}
