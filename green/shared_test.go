package green_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/go-greenlet/greenlet/green"
)

// hubs runs f in n hubs, each on a goroutine of its own.
func hubs(t *testing.T, n int, f func(h *green.Hub, i int) error) {
	t.Helper()
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if err := green.Run(func(h *green.Hub) error { return f(h, i) }); err != nil {
				t.Errorf("hub %d: %v", i, err)
			}
		})
	}
	wg.Wait()
}

func TestSharedSemaphoreIsOneLimit(t *testing.T) {
	m := green.NewSharedSemaphore(2)
	var mu sync.Mutex
	inside, most := 0, 0
	work := func() {
		mu.Lock()
		inside++
		most = max(most, inside)
		mu.Unlock()
	}
	done := func() {
		mu.Lock()
		inside--
		mu.Unlock()
		m.Release()
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for range 50 {
			if err := m.AcquireContext(context.Background()); err != nil {
				t.Error(err)
				return
			}
			work()
			done()
		}
	})
	hubs(t, 2, func(h *green.Hub, _ int) error {
		return h.Group(func(g *green.Group) error {
			for range 3 {
				g.Go(func() error {
					for range 20 {
						if err := m.Acquire(h); err != nil {
							return err
						}
						work()
						err := h.Yield()
						done()
						if err != nil {
							return err
						}
					}
					return nil
				})
			}
			return nil
		})
	})
	wg.Wait()
	if most == 0 || most > 2 {
		t.Errorf("%d inside at once", most)
	}
	for _, want := range []bool{true, true, false} {
		expect(t, "free again", m.TryAcquire(), want)
	}
}

// TestSharedSemaphoreOfAKilledTask grants a permit to a task that is killed before it hears of it.
func TestSharedSemaphoreOfAKilledTask(t *testing.T) {
	m := green.NewSharedSemaphore(0)
	if err := green.Run(func(h *green.Hub) error {
		g := h.Go(func() error { return m.Acquire(h) })
		if err := h.Yield(); err != nil {
			return err
		}
		m.Release()
		return g.Kill()
	}); err != nil {
		t.Error(err)
	}
	expect(t, "the permit is there", m.TryAcquire(), true)
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errBoom)
	expectIs(t, "context", m.AcquireContext(ctx), errBoom)
	m.Release()
	expect(t, "and again", m.TryAcquire(), true)
}

func TestSharedEventAndResult(t *testing.T) {
	var e green.SharedEvent
	var r green.SharedResult[int]
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := e.WaitContext(t.Context()); err != nil {
			t.Error(err)
		}
		expect(t, "first", r.Set(7, nil), true)
		expect(t, "second", r.Set(8, errBoom), false)
	})
	hubs(t, 3, func(h *green.Hub, i int) error {
		if i == 0 {
			e.Set()
		}
		if err := e.Wait(h); err != nil {
			return err
		}
		v, err := r.Get(h)
		expect(t, "value", v, 7)
		return err
	})
	wg.Wait()
	v, err := r.GetContext(t.Context())
	expect(t, "value", v, 7)
	_, _, ok := r.Poll()
	expect(t, "poll", ok && err == nil, true)
	e.Clear()
	expect(t, "cleared", e.IsSet(), false)
	if err := green.Run(func(h *green.Hub) error {
		return h.WithTimeout(ms, func(*green.Timeout) error { return e.Wait(h) })
	}); !errors.Is(err, green.ErrTimeout) {
		t.Errorf("deadline: %v", err)
	}
}

func TestPost(t *testing.T) {
	posted := false
	var gone *green.Hub
	if err := green.Run(func(h *green.Hub) error {
		gone = h
		release := h.Hold()
		e := h.NewEvent()
		go func() {
			defer release()
			if err := h.Post(func() error {
				posted = h.Current() != nil
				e.Set()
				return nil
			}); err != nil {
				t.Error(err)
			}
		}()
		return e.Wait()
	}); err != nil {
		t.Error(err)
	}
	expect(t, "in a task", posted, true)
	expect(t, "afterwards", gone.Post(func() error { return nil }), green.ErrClosed)
}
