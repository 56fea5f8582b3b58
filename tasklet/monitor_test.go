package tasklet_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/go-greenlet/greenlet/tasklet"
)

// A watched scheduler has a monitor with a limit of a second whose time the test makes.
type watched struct {
	ticks chan time.Time
	now   time.Time
	hogs  chan tasklet.Hog
}

func watch(s *tasklet.Scheduler) (*watched, *tasklet.Monitor) {
	w := &watched{ticks: make(chan time.Time), now: time.Unix(0, 0), hogs: make(chan tasklet.Hog, 10)}
	m := s.MonitorAt(time.Second, func(h tasklet.Hog) { w.hogs <- h }, w.ticks)
	return w, m
}

// pass makes d pass, with a tick at its beginning and one at its end. The one after that shows that the monitor is done.
func (w *watched) pass(d time.Duration) {
	w.ticks <- w.now
	w.now = w.now.Add(d)
	w.ticks <- w.now
	w.ticks <- w.now
}

// reported returns who was reported.
func (w *watched) reported() (all []tasklet.Hog) {
	for len(w.hogs) > 0 {
		all = append(all, <-w.hogs)
	}
	return all
}

func hogTheScheduler(w *watched, d time.Duration) { w.pass(d) }

func TestMonitor_ReportsAHogWithItsStack(t *testing.T) {
	defer goleak.VerifyNone(t)
	run(t, func(s *tasklet.Scheduler) error {
		w, m := watch(s)
		hog := s.Go(func() error {
			hogTheScheduler(w, 3*time.Second)
			hogTheScheduler(w, 3*time.Second) // once a turn
			return nil
		})
		hog.SetName("hog")
		if err := s.Run(); err != nil {
			return err
		}
		m.Stop()
		m.Stop()
		all := w.reported()
		if len(all) != 1 {
			t.Fatalf("%d reports", len(all))
		}
		h := all[0]
		if h.ID != hog.ID() || h.Name != "hog" || h.For != 3*time.Second {
			t.Errorf("reported %v", h)
		}
		if !strings.Contains(h.Stack, "hogTheScheduler") {
			t.Errorf("not the stack of the hog:\n%s", h.Stack)
		}
		return nil
	})
}

func TestMonitor_FindsTheStackWhereverATaskletWent(t *testing.T) {
	run(t, func(s *tasklet.Scheduler) error {
		resumed := s.Go(func() error { return s.Schedule() }) // parked before the monitor came
		_ = resumed
		var w *watched
		later := s.Go(func() error {
			if err := s.Schedule(); err != nil {
				return err
			}
			hogTheScheduler(w, 2*time.Second)
			return nil
		})
		s.Schedule()
		w, _ = watch(s)
		s.Schedule()
		for range 2 { // on a flow that was used before, and in main
			s.Go(func() error { hogTheScheduler(w, 2*time.Second); return nil })
			s.Schedule()
		}
		hogTheScheduler(w, 2*time.Second)
		all := w.reported()
		if len(all) != 4 || all[0].ID != later.ID() || all[3].ID != s.Main().ID() {
			t.Fatalf("reported %v", all)
		}
		for _, h := range all {
			if !strings.Contains(h.Stack, "hogTheScheduler") {
				t.Errorf("%v: not its stack:\n%s", h, h.Stack)
			}
		}
		return nil
	})
}

func TestMonitor_WhoGivesWayIsNoHog(t *testing.T) {
	run(t, func(s *tasklet.Scheduler) error {
		w, _ := watch(s)
		for range 3 {
			w.pass(900 * time.Millisecond)
			s.Schedule() // alone in the ring
		}
		s.Go(func() error {
			w.pass(900 * time.Millisecond)
			return nil
		})
		w.pass(900 * time.Millisecond)
		if err := s.Run(); err != nil {
			return err
		}
		if all := w.reported(); len(all) != 0 {
			t.Errorf("reported %v", all)
		}
		return nil
	})
}

func TestMonitor_WaitingIsNoHog(t *testing.T) {
	world := &waitingWorld{World: newClock(), waits: make(chan none, 1)}
	err := tasklet.Run(func(s *tasklet.Scheduler) error {
		w, _ := watch(s)
		_, err := tasklet.Await(s, func(context.Context) (int, error) {
			<-world.waits
			w.pass(3 * time.Second)
			return 0, nil
		})
		if all := w.reported(); len(all) != 0 {
			t.Errorf("reported %v", all)
		}
		return err
	}, tasklet.WithWorld(world))
	if err != nil {
		t.Error(err)
	}
}

// A waitingWorld says when the scheduler waits in it.
type waitingWorld struct {
	tasklet.World
	waits chan none
}

func (w *waitingWorld) Wait(until time.Time, expecting bool) {
	select {
	case w.waits <- none{}:
	default:
	}
	w.World.Wait(until, expecting)
}

func TestMonitor_PauseAndResume(t *testing.T) {
	run(t, func(s *tasklet.Scheduler) error {
		w, m := watch(s)
		m.Pause()
		w.pass(3 * time.Second)
		s.Go(func() error { w.pass(3 * time.Second); return nil })
		s.Schedule()
		if all := w.reported(); len(all) != 0 {
			t.Errorf("reported while paused: %v", all)
		}
		m.Resume()
		w.pass(3 * time.Second)
		if all := w.reported(); len(all) != 1 || all[0].ID != 1 {
			t.Errorf("reported after Resume: %v", all)
		}
		return nil
	})
}

func TestMonitor_AnotherReplacesIt(t *testing.T) {
	defer goleak.VerifyNone(t)
	run(t, func(s *tasklet.Scheduler) error {
		_, old := watch(s)
		w, _ := watch(s)
		old.Stop()
		old.Resume()
		w.pass(3 * time.Second)
		if all := w.reported(); len(all) != 1 {
			t.Errorf("reported %v", all)
		}
		return nil
	})
}

func TestMonitor_EndsWithItsScheduler(t *testing.T) {
	defer goleak.VerifyNone(t)
	s := tasklet.New()
	m := s.Monitor(time.Hour, func(h tasklet.Hog) { t.Errorf("reported %v", h) })
	s.Go(func() error { return nil })
	if err := errors.Join(s.Run(), s.Close()); err != nil {
		t.Error(err)
	}
	m.Stop()
	s.Monitor(time.Hour, func(tasklet.Hog) {}).Stop()
}

func TestMonitor_SystemClock(t *testing.T) {
	run(t, func(s *tasklet.Scheduler) error {
		reported := make(chan none)
		m := s.Monitor(time.Millisecond, func(tasklet.Hog) { close(reported) })
		<-reported // main hogs until it is told so
		m.Stop()
		return nil
	})
}

func TestMonitor_Misuse(t *testing.T) {
	run(t, func(s *tasklet.Scheduler) error {
		mustPanic(t, "limit", func() { s.Monitor(0, func(tasklet.Hog) {}) })
		mustPanic(t, "report", func() { s.Monitor(time.Second, nil) })
		return nil
	})
}
