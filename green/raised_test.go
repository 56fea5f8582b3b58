package green_test

import (
	"testing"

	"github.com/go-greenlet/greenlet/green"
)

// What was handed to the main task, in which the panic of another task is raised just then, is not lost.
func TestRaised_HandsBackWhatCame(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		// handOver is called in a task that panics afterwards.
		raised := func(wait func() error, handOver func()) {
			t.Helper()
			h.Go(func() error {
				handOver()
				panic("raised in main")
			})
			expectPanic(t, "raised in main", func() { wait() })
		}
		// Here the task must hold before what it hands over.
		lock := func(lock func() error, unlock func()) {
			t.Helper()
			h.Go(func() error {
				lock()
				h.Yield()
				unlock()
				panic("raised in main")
			})
			h.Yield()
		}
		m := h.NewMutex()
		lock(m.Lock, m.Unlock)
		expectPanic(t, "raised in main", func() { m.Lock() })
		expect(t, "mutex locked", m.Locked(), false)

		rw := h.NewRWMutex()
		lock(rw.Lock, rw.Unlock)
		expectPanic(t, "raised in main", func() { rw.Lock() })
		expect(t, "write-locked", rw.Locked(), false)
		lock(rw.Lock, rw.Unlock)
		expectPanic(t, "raised in main", func() { rw.RLock() })
		expect(t, "readers", rw.Readers(), 0)

		s := h.NewSemaphore(0)
		raised(s.Acquire, s.Release)
		expect(t, "permits", s.Free(), 1)

		c := h.NewCappedSemaphore(0, 1)
		raised(c.Acquire, func() { c.Release() })
		expect(t, "capped permits", c.Free(), 1)

		// Back when there is no room any more: the next Release waits until there is.
		c = h.NewCappedSemaphore(0, 1)
		raised(c.Acquire, func() { c.Release(); c.Release() })
		expect(t, "capped permits over the limit", c.Free(), 2)
		giver := h.Go(c.Release)
		h.Yield()
		expect(t, "released over the limit", giver.Ready(), false)
		c.Acquire()
		h.Yield()
		expect(t, "released at the limit", giver.Ready(), false)
		c.Acquire()
		h.Yield()
		expect(t, "released", giver.Ready(), true)
		expect(t, "capped permits in the end", c.Free(), 1)

		shared := green.NewSharedSemaphore(0)
		raised(func() error { return shared.Acquire(h) }, func() {})
		shared.Release()
		expect(t, "shared permit", shared.TryAcquire(), true)
		raised(func() error { return shared.Acquire(h) }, shared.Release)
		expect(t, "shared permit that came", shared.TryAcquire(), true)
		return nil
	})
}

// A condition's mutex is held, so that it can be unlocked, when a panic is raised in Wait.
func TestRaised_CondHoldsItsMutex(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		m := h.NewMutex()
		c := green.NewCond(m)
		h.Go(func() error { panic("raised in main") })
		expectPanic(t, "raised in main", func() { m.With(c.Wait) })
		expect(t, "locked", m.Locked(), false)
		return nil
	})
}
