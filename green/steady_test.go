package green_test

import (
	"runtime"
	"testing"

	"github.com/go-greenlet/greenlet/green"
)

// TestTenMillionSwitches lets tasks take turns and pass things on for a long time: nothing may grow by it.
func TestTenMillionSwitches(t *testing.T) {
	if testing.Short() {
		t.Skip("ten million switches in short mode")
	}
	const turns, tasks = 1_000_000, 10
	err := green.Run(func(h *green.Hub) error {
		q := green.NewQueue[int](h, 4)
		heap := func() (s runtime.MemStats) {
			runtime.GC()
			runtime.ReadMemStats(&s)
			return s
		}
		var before runtime.MemStats
		received := 0
		err := h.Group(func(g *green.Group) error {
			for range tasks {
				g.Go(func() error {
					for range turns {
						if err := h.Yield(); err != nil {
							return err
						}
					}
					return nil
				})
			}
			g.Go(func() error {
				for i := range turns {
					if err := q.Put(i); err != nil {
						return err
					}
				}
				q.Shutdown()
				return nil
			})
			g.Go(func() error {
				for range q.All() {
					received++
				}
				return nil
			})
			if err := h.Yield(); err != nil { // everybody has begun
				return err
			}
			before = heap()
			return nil
		})
		if err != nil {
			return err
		}
		after := heap()
		if n := h.Scheduler().Stats().Switches; n < 10_000_000 || received != turns {
			t.Errorf("%d switches and %d values of %d", n, received, turns)
		}
		if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 1<<20 {
			t.Errorf("the heap has grown by %d bytes", grown)
		}
		if n := after.Mallocs - before.Mallocs; n > 10_000 {
			t.Errorf("%d allocations on the way", n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
