package green_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
)

func TestPool_Bounds(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		p := green.NewPool(h, 2)
		running, most := 0, 0
		for range 5 {
			if _, err := p.Go(func() error {
				running++
				most = max(most, running)
				defer func() { running-- }()
				return h.Sleep(ms)
			}); err != nil {
				return err
			}
		}
		if p.Len() > 2 || p.Free() != 2-p.Len() {
			t.Errorf("%d taken, %d free", p.Len(), p.Free())
		}
		if err := p.Join(); err != nil {
			return err
		}
		equal(t, "most, len, free", []int{most, p.Len(), p.Free()}, []int{2, 0, 2})
		return nil
	})
}

func TestPool_TryGo(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		p := green.NewPool(h, 1)
		first, ok := p.TryGo(func() error { return nil })
		if first == nil || !ok {
			t.Fatal("no place in an empty pool")
		}
		if second, ok := p.TryGo(func() error { return nil }); second != nil || ok {
			t.Error("a place in a full pool")
		}
		first.Join()
		equal(t, "free", p.Free(), 1)
		u := green.NewPool(h, green.Unbounded)
		equal(t, "free of unbounded", u.Free(), green.Unbounded)
		return nil
	})
}

// Who waits for a place gets it in the order of waiting, and a TryGo never comes between.
func TestPool_WaitersInOrder(t *testing.T) {
	var log []int
	mustRun(t, func(h *green.Hub) error {
		p := green.NewPool(h, 1)
		p.Go(func() error { return h.Sleep(ms) })
		for i := range 4 {
			h.Go(func() error {
				_, err := p.Go(func() error {
					log = append(log, i)
					return nil
				})
				return err
			})
		}
		h.Yield()
		equal(t, "waiting", p.Waiting(), 4)
		for range 40 {
			h.Yield()
			if _, ok := p.TryGo(func() error { return nil }); ok && p.Waiting() > 0 {
				t.Error("TryGo overtook those that wait")
			}
			if p.Waiting() > 0 {
				h.Sleep(ms)
			}
		}
		return p.Join()
	})
	equal(t, "order", log, []int{0, 1, 2, 3})
}

func TestPool_SpawnIn(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		p := green.NewPool(h, 1)
		j, err := green.SpawnIn(p, func() (string, error) { return "v", nil })
		if err != nil {
			return err
		}
		v, err := j.Get()
		equal(t, "result", []any{v, err}, []any{"v", nil})
		return nil
	})
}

// The errors of a pool in a hub go to the hub; in a group they cancel the siblings.
func TestPool_ErrorsGoWhereItWasMade(t *testing.T) {
	oops := errors.New("oops")
	err := run(func(h *green.Hub) error {
		_, err := green.NewPool(h, 1).Go(func() error { return oops })
		return err
	})
	expectIs(t, "Run", err, oops)
	mustRun(t, func(h *green.Hub) error {
		var sibling *green.Task
		err := h.Group(func(g *green.Group) error {
			p := green.NewPool(g, 2)
			sibling, _ = p.Go(func() error { return h.Sleep(time.Hour) })
			p.Go(func() error { return oops })
			return nil
		})
		expectIs(t, "Group", err, oops)
		expectIs(t, "the sibling", sibling.Err(), green.ErrKilled)
		return nil
	})
}

// A task may add to its own pool; only when nobody could ever make room is that an error.
func TestPool_AddingToOwnPool(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		p := green.NewPool(h, 2)
		var inner []error
		outer := func() error {
			_, err := p.Go(func() error { return nil })
			inner = append(inner, err)
			return nil
		}
		p.Go(outer)
		p.Go(outer)
		if err := p.Join(); err != nil {
			return err
		}
		equal(t, "errors", fmt.Sprint(inner), fmt.Sprint([]error{green.ErrPoolDeadlock, nil}))
		one := green.NewPool(h, 1)
		j, _ := green.SpawnIn(one, func() (int, error) {
			vs, err := green.Map(one, slices.Values([]int{1}), func(v int) (int, error) { return v, nil })
			return len(vs), err
		})
		_, err := j.Get()
		expectIs(t, "a map in its own pool", err, green.ErrPoolDeadlock)
		j, _ = green.SpawnIn(one, func() (int, error) {
			for v, err := range green.MapSeq(one, slices.Values([]int{1}), func(v int) (int, error) { return v, nil }) {
				return v, err
			}
			return 0, nil
		})
		_, err = j.Get()
		expectIs(t, "a lazy map in its own pool", err, green.ErrPoolDeadlock)
		return nil
	})
}

// One that waits for a place and was killed, but has not had its turn, is not counted as one that waits.
func TestPool_KilledWaiterIsNoDeadlock(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		p := green.NewPool(h, 2)
		a, _ := p.Go(func() error {
			_, err := p.Go(func() error { return nil })
			return err
		})
		var got error
		p.Go(func() error {
			a.Stop()
			_, got = p.Go(func() error { return nil })
			return nil
		})
		if err := p.Join(); err != nil {
			return err
		}
		equal(t, "error", got, error(nil))
		return nil
	})
}

func TestPool_Resize(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		p := green.NewPool(h, 0)
		started := 0
		for range 4 {
			h.Go(func() error {
				_, err := p.Go(func() error {
					started++
					return h.Sleep(ms)
				})
				return err
			})
		}
		h.Sleep(ms)
		equal(t, "waiting, len", []int{p.Waiting(), p.Len()}, []int{4, 0})
		p.Resize(3)
		equal(t, "waiting, len", []int{p.Waiting(), p.Len()}, []int{1, 3})
		p.Resize(1)
		equal(t, "free", p.Free(), 0)
		if err := p.Join(); err != nil {
			return err
		}
		equal(t, "started, cap", []int{started, p.Cap()}, []int{4, 1})
		return nil
	})
}

func TestPool_KillAndStop(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		p := green.NewPool(h, 3)
		cleaned := 0
		for range 2 {
			p.Go(func() error {
				defer func() {
					h.Shield(func() error { return h.Sleep(ms) })
					cleaned++
				}()
				return h.Sleep(time.Hour)
			})
		}
		h.Yield()
		never, _ := p.Go(func() error { t.Error("it ran"); return nil })
		if err := p.Kill(); err != nil {
			return err
		}
		equal(t, "cleaned, len", []int{cleaned, p.Len()}, []int{2, 0})
		expectIs(t, "the one that had not begun", never.Err(), green.ErrKilled)
		var own error
		p.Go(func() error { return h.Sleep(time.Hour) })
		p.Go(func() error {
			own = p.Kill()
			return own
		})
		if err := p.Join(); err != nil {
			return err
		}
		equal(t, "kill from inside", own, green.ErrKilled)
		return nil
	})
}

func TestPool_Shutdown(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		p := green.NewPool(h, 1).SetName("web")
		p.Go(func() error { return h.Sleep(ms) })
		waiter := h.Go(func() error { _, err := p.Go(func() error { return nil }); return err })
		h.Yield()
		equal(t, "report", waiter.Tasklet().WaitsFor(), `a place in pool "web" (1 of 1 tasks)`)
		p.Shutdown()
		waiter.Join()
		expectIs(t, "the waiter", waiter.Err(), green.ErrPoolClosed)
		_, err := p.Go(func() error { return nil })
		expectIs(t, "Go", err, green.ErrClosed)
		_, ok := p.TryGo(func() error { return nil })
		equal(t, "TryGo, Free", []any{ok, p.Free()}, []any{false, 0})
		return p.Join()
	})
}

func TestPool_Waitable(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		p := green.NewPool(h, 1)
		p.Go(func() error { return h.Sleep(ms) })
		if i, err := h.WaitAny(p); i != 0 || err != nil {
			t.Errorf("WaitAny: %d, %v", i, err)
		}
		equal(t, "free", p.Free(), 1)
		return nil
	})
}

func TestPool_JoinInsidePanics(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		p := green.NewPool(h, 1)
		p.Go(func() error {
			expectPanic(t, "joins the pool", func() { p.Join() })
			return nil
		})
		return p.Join()
	})
}

// A panic that is raised in the main task while it is given a place does not cost the pool that place.
func TestPool_PanicGivesPlaceBack(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		p := green.NewPool(h, 1)
		done := h.NewEvent()
		p.Go(done.Wait)
		h.Go(func() error {
			done.Set()
			h.Yield()
			panic("raised in main")
		})
		func() {
			defer func() { recover() }()
			p.Go(func() error { return nil })
		}()
		h.Sleep(ms)
		equal(t, "len", p.Len(), 0)
		return nil
	})
}

func TestPool_HundredThousand(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n = 10_000
	}
	mustRun(t, func(h *green.Hub) error {
		p := green.NewPool(h, 1000)
		running, most, done := 0, 0, 0
		for i := range n {
			if _, err := p.Go(func() error {
				running++
				most = max(most, running)
				err := h.Sleep(time.Duration(i%7) * ms)
				running--
				done++
				return err
			}); err != nil {
				return err
			}
		}
		if err := p.Join(); err != nil {
			return err
		}
		equal(t, "done, most, len", []int{done, most, p.Len()}, []int{n, 1000, 0})
		return nil
	})
}

// Under every choice of who runs next the bound holds and everybody comes to run.
func TestPool_AnyOrder(t *testing.T) {
	for seed := range uint64(50) {
		mustRun(t, func(h *green.Hub) error {
			p := green.NewPool(h, 3)
			done, running := 0, 0
			for range 4 {
				h.Go(func() error {
					for range 5 {
						if _, err := p.Go(func() error {
							if running++; running > 3 {
								t.Errorf("seed %d: %d run", seed, running)
							}
							h.Yield()
							running--
							done++
							return nil
						}); err != nil {
							return err
						}
					}
					return nil
				})
			}
			for done < 20 {
				if err := h.Sleep(ms); err != nil {
					return err
				}
			}
			return nil
		}, green.WithPolicy(tasklet.Random(seed)))
	}
}
