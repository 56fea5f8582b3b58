package green_test

import (
	"testing"

	"github.com/go-greenlet/greenlet/green"
)

// TestNoAllocations has two tasks wake each other through each primitive, in the steady state.
func TestNoAllocations(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		m, r, w, s, c := h.NewMutex(), h.NewRLock(), h.NewRWMutex(), h.NewSemaphore(1), h.NewCappedSemaphore(1, 1)
		a, b := h.NewEvent(), h.NewEvent()
		round := func(lock func() error, unlock func()) func() error {
			return func() error {
				if err := lock(); err != nil {
					return err
				}
				err := h.Yield() // the other one comes and waits
				unlock()
				return err
			}
		}
		pulse := func(mine, theirs *green.Event) func() error {
			return func() error {
				theirs.Set()
				err := mine.Wait()
				mine.Clear()
				return err
			}
		}
		capped := func() {
			if err := c.Release(); err != nil {
				t.Error(err)
			}
		}
		for name, f := range map[string][2]func() error{
			"mutex":     {round(m.Lock, m.Unlock), round(m.Lock, m.Unlock)},
			"rlock":     {round(r.Lock, r.Unlock), round(r.Lock, r.Unlock)},
			"write":     {round(w.Lock, w.Unlock), round(w.Lock, w.Unlock)},
			"read":      {round(w.RLock, w.RUnlock), round(w.Lock, w.Unlock)},
			"semaphore": {round(s.Acquire, s.Release), round(s.Acquire, s.Release)},
			"capped":    {round(c.Acquire, capped), round(c.Acquire, capped)},
			"event":     {pulse(a, b), pulse(b, a)},
		} {
			mine, theirs := f[0], f[1]
			stop := false
			other := h.Go(func() error {
				for !stop {
					if err := theirs(); err != nil {
						return err
					}
					if err := h.Yield(); err != nil {
						return err
					}
				}
				a.Set()
				return nil
			})
			if n := testing.AllocsPerRun(200, func() {
				if err := mine(); err != nil {
					t.Error(err)
				}
				if err := h.Yield(); err != nil {
					t.Error(err)
				}
			}); n != 0 {
				t.Errorf("%s: %v allocations", name, n)
			}
			stop = true
			b.Set()
			if err := other.Join(); err != nil {
				return err
			}
			a.Clear()
			b.Clear()
		}
		return nil
	})
}
