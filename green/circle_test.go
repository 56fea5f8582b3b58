package green_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
)

type (
	toA string
	toB string
)

// A circle whose wakers are known is found while something is held: one of it fails, and the rest goes on.
func TestCirclesAreFoundWhileSomethingIsHeld(t *testing.T) {
	circles := map[string]struct {
		begin func(h *green.Hub, failed func(error) error) []*green.Task
		names []string // in the report
	}{
		"mutexes": {func(h *green.Hub, failed func(error) error) []*green.Task {
			a, b := h.NewMutex(), h.NewMutex()
			lock := func(first, second *green.Mutex) func() error {
				return func() error {
					return first.With(func() error {
						if err := h.Yield(); err != nil {
							return err
						}
						return failed(second.With(func() error { return nil }))
					})
				}
			}
			return []*green.Task{h.Go(lock(a, b)).SetName("one"), h.Go(lock(b, a)).SetName("two")}
		}, []string{`task 2 "one"`, `task 3 "two"`, "a mutex held by"}},
		"re-entrant and read-write locks": {func(h *green.Hub, failed func(error) error) []*green.Task {
			a, b, c := h.NewRLock(), h.NewRWMutex(), h.NewRWMutex()
			one := h.Go(func() error {
				return a.With(func() error {
					h.Yield()
					err := failed(b.RLock())
					if err == nil {
						b.RUnlock()
					}
					return err
				})
			})
			two := h.Go(func() error {
				if err := b.Lock(); err != nil {
					return err
				}
				defer b.Unlock()
				h.Yield()
				err := failed(c.Lock())
				if err == nil {
					c.Unlock()
				}
				return err
			})
			three := h.Go(func() error {
				if err := c.Lock(); err != nil {
					return err
				}
				defer c.Unlock()
				h.Yield()
				return failed(a.With(func() error { return nil }))
			})
			return []*green.Task{one, two, three}
		}, []string{"task 2", "task 3", "task 4", "the write lock of", "a read lock of"}},
		"Join and Get": {func(h *green.Hub, failed func(error) error) []*green.Task {
			var one *green.Job[int]
			two := h.Go(func() error {
				_, err := one.Get()
				return failed(err)
			})
			one = green.Spawn(h, func() (int, error) { return 0, failed(two.Join()) })
			return []*green.Task{&one.Task, two}
		}, []string{"the end of task 2", "the end of task 3"}},
		"Ask": {func(h *green.Hub, failed func(error) error) []*green.Task {
			a, b := green.NewActor(h), green.NewActor(h)
			green.Answer(a, func(q toA) (string, error) {
				if q == "back" {
					return "", nil // nobody waits for it any more
				}
				s, err := green.Ask[toB, string](b.Mailbox(), "x")
				return s, failed(err)
			})
			green.Answer(b, func(toB) (string, error) {
				s, err := green.Ask[toA, string](a.Mailbox(), "back")
				return s, failed(err)
			})
			return []*green.Task{h.Go(func() error {
				_, err := green.Ask[toA, string](a.Mailbox(), "go")
				a.Stop()
				b.Stop()
				return err
			})}
		}, []string{"an answer from the mailbox of task 2", "an answer from the mailbox of task 3"}},
		"a mutex, a Join and an Ask, shielded": {func(h *green.Hub, failed func(error) error) []*green.Task {
			m := h.NewMutex()
			a := green.NewActor(h)
			green.Answer(a, func(toA) (string, error) { return "", failed(m.With(func() error { return nil })) })
			var two *green.Task
			one := h.Go(func() error {
				return m.With(func() error { return h.Shield(func() error { return failed(two.Join()) }) })
			})
			two = h.Go(func() error {
				_, err := green.Ask[toA, string](a.Mailbox(), "go")
				a.Stop()
				return err
			})
			return []*green.Task{one, two}
		}, []string{"the end of", "an answer from", "a mutex held by"}},
	}
	for name, c := range circles {
		n := 0
		err := green.Run(func(h *green.Hub) error {
			defer h.Hold()()
			ts := c.begin(h, func(err error) error {
				var d *tasklet.DeadlockError
				if errors.As(err, &d) && !errors.Is(err, errSeen) {
					n++
					for _, part := range append(c.names, "in a circle") {
						if !strings.Contains(err.Error(), part) {
							t.Errorf("%s: the report does not name %s: %v", name, part, err)
						}
					}
					return errSeen
				}
				return err
			})
			for _, one := range ts {
				if err := h.WithTimeout(time.Minute, func(*green.Timeout) error { return one.Join() }); err != nil {
					return err
				}
			}
			return nil
		})
		if !errors.Is(err, errSeen) && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if n != 1 {
			t.Errorf("%s: %d of the circle failed, want 1", name, n)
		}
	}
}

var errSeen = errors.New("seen")

// What a deadline, another scope or another task will end is no circle.
func TestNoCircle(t *testing.T) {
	err := green.Run(func(h *green.Hub) error {
		defer h.Hold()()
		a, b := h.NewMutex(), h.NewMutex()
		if err := a.Lock(); err != nil {
			return err
		}
		j := h.Go(func() error {
			return b.With(func() error {
				err := h.WithTimeout(20*time.Millisecond, func(*green.Timeout) error { return a.Lock() })
				if !errors.Is(err, green.ErrTimeout) {
					t.Errorf("Lock with a deadline returned %v", err)
				}
				return nil
			})
		})
		if err := h.Yield(); err != nil {
			return err
		}
		if err := b.Lock(); err != nil { // waits for j, which waits for main until its deadline
			return err
		}
		b.Unlock()
		if err := j.Join(); err != nil {
			return err
		}
		// A chain that ends at one that sleeps.
		k := h.Go(func() error { return b.With(func() error { return h.Sleep(20 * time.Millisecond) }) })
		l := h.Go(func() error { return b.With(func() error { return nil }) })
		if err := l.Join(); err != nil {
			return err
		}
		a.Unlock()
		return k.Join()
	})
	if err != nil {
		t.Fatal(err)
	}
}
