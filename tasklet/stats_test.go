package tasklet_test

import (
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

func runWith(t *testing.T, clock *tasklet.Clock, f func(s *tasklet.Scheduler) error) {
	t.Helper()
	if err := tasklet.Run(f, tasklet.WithWorld(clock)); err != nil {
		t.Error(err)
	}
}

func TestStats_Counts(t *testing.T) {
	s := tasklet.New(tasklet.WithWorld(tasklet.NewClock(time.Unix(0, 0))))
	defer s.Close()
	c := tasklet.NewChan[int](s)
	s.Go(func() error { _, err := c.Receive(); return err })
	s.Go(func() error { return s.Sleep(time.Second) })
	s.Spawn(func() error { return nil })
	s.NewTasklet(func() error { return nil })
	s.Schedule()
	want := tasklet.Stats{Alive: 4, Runnable: 1, Blocked: 2, Spawned: 5, Switches: 4, Timers: 1}
	if got := s.Stats(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	s.Run()
	want.Alive, want.Blocked, want.Timers = 3, 1, 0
	want.Switches += 2
	if got := s.Stats(); got != want {
		t.Errorf("after Run: got %+v, want %+v", got, want)
	}
}

func TestBlockedFor_IsOfTheSchedulersTime(t *testing.T) {
	clock := tasklet.NewClock(time.Unix(0, 0))
	runWith(t, clock, func(s *tasklet.Scheduler) error {
		c := tasklet.NewChan[int](s)
		x := s.Go(func() error { c.Receive(); return nil })
		s.Schedule()
		clock.Advance(3 * time.Second)
		if d := x.BlockedFor(); d != 3*time.Second {
			t.Errorf("blocked for %v", d)
		}
		if d := s.Main().BlockedFor(); d != 0 {
			t.Errorf("main is blocked for %v", d)
		}
		c.Close()
		return nil
	})
}

func TestInside_TellsGoroutinesApart(t *testing.T) {
	run(t, func(s *tasklet.Scheduler) error {
		if s.Inside() == s.Outside() {
			t.Skip("on this processor goroutines cannot be told apart")
		}
		inside := func() string {
			if s.Inside() && !s.Outside() {
				return "inside"
			}
			return "outside"
		}
		got := []string{inside()}
		s.Go(func() error { got = append(got, inside()); return nil })
		s.Run()
		done := make(chan string)
		go func() { done <- inside() }()
		got = append(got, <-done)
		if text := strings.Join(got, " "); text != "inside inside outside" {
			t.Error(text)
		}
		return nil
	})
}

// The callback hears of the beginning of idleness, and who goes on then, be it the one that ran last.
func TestIdleCallback_HearsWhoGoesOn(t *testing.T) {
	var order []string
	runWith(t, tasklet.NewClock(time.Unix(0, 0)), func(s *tasklet.Scheduler) error {
		s.SetIdleCallback(func(next *tasklet.Tasklet) {
			if next == nil {
				order = append(order, "idle")
				return
			}
			order = append(order, next.Name())
		})
		s.Sleep(time.Second)
		s.Go(func() error { return s.Sleep(time.Second) }).SetName("other")
		s.Sleep(3 * time.Second)
		s.SetIdleCallback(nil)
		return s.Sleep(time.Second)
	})
	if text := strings.Join(order, " "); text != "idle main idle other idle main" {
		t.Error(text)
	}
}

func TestIdleCallback_ThatPanicsEndsMain(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	tasklet.Run(func(s *tasklet.Scheduler) error {
		s.SetIdleCallback(func(*tasklet.Tasklet) { panic("oops") })
		return s.Sleep(time.Second)
	}, tasklet.WithWorld(tasklet.NewClock(time.Unix(0, 0))))
}
