package green_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
)

// everything is one of each kind, and what makes it ready.
func everything(h *green.Hub) (ws []green.Waitable, ready []func()) {
	m, r, w := h.NewMutex(), h.NewRLock(), h.NewRWMutex()
	s, c := h.NewSemaphore(0), h.NewCappedSemaphore(0, 1)
	e, l := h.NewEvent(), h.NewLatch(1)
	res, q := green.NewResult[int](h), green.NewQueue[int](h, 1)
	for _, lock := range []func() error{m.Lock, r.Lock, w.Lock} {
		if err := lock(); err != nil {
			panic(err)
		}
	}
	gate := h.NewEvent()
	task := h.Go(gate.Wait)
	job := green.Spawn(h, func() (int, error) { return 1, gate.Wait() })
	return []green.Waitable{m, r, w, s, c, e, l, res, q, task, job}, []func(){m.Unlock, r.Unlock, w.Unlock, s.Release,
		func() { _ = c.Release() }, e.Set, l.Done, func() { res.Set(1) }, func() { q.TryPut(1) }, gate.Set, func() {}}
}

func TestWaitAnyOfEverything(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		ws, ready := everything(h)
		begin := h.Now()
		tm := h.NewTimer(time.Second)
		for i := range ready {
			for j := i; j < len(ws); j++ {
				expect(t, fmt.Sprintf("%T", ws[j]), ws[j].Ready(), false || j == len(ws)-1 && i == j)
			}
			if i == len(ws)-1 {
				break
			}
			waiter := green.Spawn(h, func() (int, error) { return h.WaitAny(append(ws[i:len(ws)-1:len(ws)-1], tm)...) })
			if err := h.Yield(); err != nil {
				return err
			}
			ready[i]()
			got, err := waiter.Get()
			if err != nil {
				return err
			}
			expect(t, fmt.Sprintf("%T", ws[i]), got, 0)
			expect(t, "it is ready", ws[i].Ready(), true)
		}
		expect(t, "no time", h.Now().Sub(begin), 0)
		if err := tm.Wait(); err != nil {
			return err
		}
		expect(t, "timer", h.Now().Sub(begin), time.Second)
		expect(t, "ready", tm.Ready(), true)
		return nil
	})
}

// TestWaitAnySeesAPulse has an event that is cleared before the waiter's turn.
func TestWaitAnySeesAPulse(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		a, b := h.NewEvent(), h.NewEvent()
		j := green.Spawn(h, func() (int, error) { return h.WaitAny(a, b) })
		one := h.Go(b.Wait)
		if err := h.Yield(); err != nil {
			return err
		}
		b.Set()
		b.Clear()
		i, err := j.Get()
		expect(t, "index", i, 1)
		if err := one.Join(); err != nil {
			return err
		}
		return err
	})
}

// TestWaitTakesNothing has a semaphore that is gone again when the waiter comes.
func TestWaitTakesNothing(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		m := h.NewSemaphore(0)
		waiter := h.Go(func() error {
			_, err := h.WaitAny(m)
			return err
		})
		taker := h.Go(m.Acquire)
		if err := h.Yield(); err != nil {
			return err
		}
		m.Release()
		expect(t, "handed over", m.Free(), 0)
		if err := taker.Join(); err != nil {
			return err
		}
		expect(t, "still waits", waiter.Ready(), false)
		m.Release()
		expect(t, "free", m.Free(), 1)
		return waiter.Join()
	})
}

func TestAsCompletedAndWaitN(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		d := &diary{}
		sleeper := func(n time.Duration) *green.Task { return h.Go(func() error { return h.Sleep(n * ms) }) }
		for i, err := range h.AsCompleted(sleeper(3), h.NewTimer(2*ms), sleeper(1)) {
			if err != nil {
				return err
			}
			d.say("%d", i)
		}
		d.expect(t, "2 1 0")
		a, b := sleeper(5), sleeper(6)
		err := h.WithTimeout(5*ms+ms/2, func(*green.Timeout) error {
			ready, err := h.WaitN(2, b, a)
			expect(t, "ready", len(ready), 1)
			expect(t, "which", ready[0], green.Waitable(a))
			return err
		})
		expectIs(t, "WaitN", err, green.ErrTimeout)
		vals, err := green.GetAll(green.Spawn(h, func() (int, error) { return 1, h.Sleep(ms) }),
			green.Spawn(h, func() (int, error) { return 2, nil }))
		expect(t, "GetAll", fmt.Sprint(vals), "[1 2]")
		if err != nil {
			return err
		}
		hang := []green.AnyTask{sleeper(1000), sleeper(1000), h.Go(func() error { return errBoom })}
		expect(t, "JoinAll", h.JoinAll(hang...), errBoom)
		return h.KillAll(hang...)
	})
}

// TestTimerCostsNothingUnwatched has a hub that does not wait for a timer for which nobody waits.
func TestTimerCostsNothingUnwatched(t *testing.T) {
	clock := tasklet.NewClock(time.Unix(0, 0))
	if err := green.Run(func(h *green.Hub) error {
		tm := h.NewTimer(time.Hour)
		tm.Reset(2 * time.Hour)
		_, err := h.WaitAny(h.NewTimer(ms), tm)
		return err
	}, green.WithWorld(clock)); err != nil {
		t.Error(err)
	}
	expect(t, "time", clock.Now().Sub(time.Unix(0, 0)), ms)
}

// A timer that fires, and is set to later before the one that waits has had its turn, is waited for until then.
func TestTimer_ResetBetweenFiringAndTurn(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		begin := h.Now()
		m := h.NewTimer(time.Second)
		waiter := h.Go(m.Wait)
		h.Yield()
		h.Scheduler().NewAlarm(func() { m.Reset(time.Hour) }).Set(time.Second) // right after the timer's own
		if err := waiter.Join(); err != nil {
			return err
		}
		expect(t, "waited", h.Now().Sub(begin), time.Hour+time.Second)
		return waiter.Err()
	})
}
