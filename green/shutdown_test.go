package green_test

import (
	"errors"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
)

var errStop = errors.New("it is time")

// A shutdown wakes those that wait for it; when the grace is over, it kills those that are left.
func TestShutdown_GraceThenKills(t *testing.T) {
	var d diary
	err := run(func(h *green.Hub) error {
		s := h.Shutdown()
		h.Go(func() error {
			d.say("waits:%v", s.Wait())
			return nil
		})
		slow := h.Go(func() error {
			err := h.Sleep(time.Hour)
			d.say("slow:%v@%v", err == green.ErrKilled, h.Now().Unix())
			return err
		})
		s.OnBegin(func() error { d.say("begins"); return nil })
		h.Yield()
		s.Begin(5*time.Second, errStop)
		s.Begin(0, errors.New("too late"))
		expect(t, "cause", s.Cause(), errStop)
		slow.Join()
		return nil
	})
	if err != nil && !errors.Is(err, errStop) {
		t.Errorf("Run: %v", err)
	}
	d.expect(t, "waits:<nil> begins slow:true@5")
}

// The main task is told with the cause, and is what Run returns.
func TestShutdown_MainIsToldTheCause(t *testing.T) {
	err := run(func(h *green.Hub) error {
		h.Shutdown().Begin(time.Second, errStop)
		return h.Sleep(time.Hour)
	})
	expectIs(t, "Run", err, errStop)
}

// Run does not sit out the grace when everybody has ended, whether that was before main, or main has gone first.
func TestShutdown_NobodyLeft(t *testing.T) {
	for _, nap := range []time.Duration{0, time.Second, 3 * time.Second} {
		var end time.Time
		mustRun(t, func(h *green.Hub) error {
			h.AtEnd(func() { end = h.Now() })
			h.Go(func() error { return h.Sleep(2 * time.Second) })
			h.Shutdown().Begin(time.Hour, errStop)
			if nap > 0 {
				return h.Sleep(nap)
			}
			return nil
		})
		expect(t, "end", end.Unix(), max(2, int64(nap/time.Second)))
	}
}

// End kills at once, also in the grace.
func TestShutdown_End(t *testing.T) {
	var killed time.Time
	err := run(func(h *green.Hub) error {
		h.Go(func() error {
			err := h.Sleep(time.Hour)
			killed = h.Now()
			return err
		})
		h.Go(func() error {
			h.Sleep(time.Second)
			h.Shutdown().End(errors.New("not the first"))
			return nil
		})
		h.Shutdown().Begin(time.Minute, errStop)
		return h.Sleep(time.Hour)
	})
	expectIs(t, "Run", err, errStop)
	expect(t, "killed", killed.Unix(), 1)
}

// Nobody can begin it: who waits for it is a deadlock.
func TestShutdown_WaitIsADeadlockWithoutSignals(t *testing.T) {
	err := run(func(h *green.Hub) error { return h.Shutdown().Wait() })
	if err == nil {
		t.Error("no deadlock")
	}
}
