package green_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
)

// traffic is a program in which tasks put and get through q, and the checks that nothing is lost, doubled or stuck.
func traffic(make func(h *green.Hub) *green.Queue[int], timed bool) program {
	return func(x *trial) func(int) {
		q := make(x.h)
		put, got := map[int]int{}, map[int]int{}
		putters := 3
		for i := range putters {
			x.spawn(func() error {
				for k := range 3 {
					v := 10*i + k
					var err error
					if timed {
						err = q.PutTimeout(v, time.Hour)
					} else {
						err = q.Put(v)
					}
					if err != nil {
						return err
					}
					put[v]++
					if k == 1 {
						if err := x.h.Yield(); err != nil {
							return err
						}
					}
				}
				return nil
			})
		}
		for i := range 3 {
			x.spawn(func() error {
				get := q.Get
				if timed {
					get = func() (int, error) { return q.GetTimeout(time.Hour) }
				}
				for {
					v, err := get()
					if err == green.ErrShutdown {
						return nil
					}
					if err != nil {
						return err
					}
					got[v]++
					q.TaskDone()
					if i == 0 {
						if err := x.h.Sleep(ms); err != nil {
							return err
						}
					}
				}
			})
		}
		x.spawn(func() error {
			return x.h.Shield(func() error {
				defer q.Shutdown()
				for _, putter := range x.tasks[:putters] {
					if err := putter.Join(); err != nil {
						return err
					}
				}
				return nil
			})
		})
		x.spawn(func() error { // sees, and takes nothing
			for range 2 {
				if _, err := q.PeekTimeout(5 * ms); err != nil && !isTimeout(err) && err != green.ErrShutdown {
					return err
				}
			}
			return nil
		})
		x.start = true
		return func(struck int) {
			x.check(q.Getting() == 0 && q.Putting() == 0, "%d getting, %d putting", q.Getting(), q.Putting())
			for q.Len() > 0 {
				v, ok := q.TryGet()
				x.check(ok, "an item that cannot be taken")
				got[v]++
				q.TaskDone()
			}
			x.check(q.Unfinished() == 0, "%d unfinished", q.Unfinished())
			x.check(fmt.Sprint(put) == fmt.Sprint(got), "put %v, got %v", put, got)
			for i := range putters {
				x.check(i == struck || put[10*i+2] == 1, "putter %d did not put all", i)
			}
		}
	}
}

func isTimeout(err error) bool {
	late := (*tasklet.TimeoutError)(nil)
	return errors.As(err, &late)
}

func TestExhaustQueue(t *testing.T) {
	kinds := map[string]func(h *green.Hub) *green.Queue[int]{
		"rendezvous": func(h *green.Hub) *green.Queue[int] { return green.NewQueue[int](h, 0) },
		"one":        func(h *green.Hub) *green.Queue[int] { return green.NewQueue[int](h, 1) },
		"three":      func(h *green.Hub) *green.Queue[int] { return green.NewQueue[int](h, 3) },
		"unbounded":  func(h *green.Hub) *green.Queue[int] { return green.NewQueue[int](h, green.Unbounded) },
		"lifo":       func(h *green.Hub) *green.Queue[int] { return green.NewLIFOQueue[int](h, 2) },
		"priority": func(h *green.Hub) *green.Queue[int] {
			return green.NewPriorityQueue(h, 2, cmp.Compare[int])
		},
	}
	for name, kind := range kinds {
		for _, timed := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " timed ", timed), func(t *testing.T) { exhaust(t, traffic(kind, timed)) })
		}
	}
}

// Whoever is struck, who is left in line is served in the order of waiting.
func TestExhaustQueueOrder(t *testing.T) {
	exhaust(t, func(x *trial) func(int) {
		jobs := green.NewQueue[int](x.h, green.Unbounded)
		var served []int
		for i := range 4 {
			x.spawn(func() error {
				if _, err := jobs.Get(); err != nil {
					return err
				}
				served = append(served, i)
				return nil
			})
		}
		x.spawn(func() error {
			return x.h.Shield(func() error {
				for i := range 4 {
					if err := x.h.Sleep(ms); err != nil {
						return err
					}
					if err := jobs.Put(i); err != nil {
						return err
					}
				}
				return nil
			})
		})
		x.start = true
		return func(struck int) {
			x.check(slices.IsSorted(served), "served %v", served)
			want := 4
			if struck >= 0 && struck < 4 && !slices.Contains(served, struck) {
				want = 3
			}
			x.check(len(served) == want && jobs.Len() == 4-want, "served %v, %d left", served, jobs.Len())
		}
	})
}

// A join and a shutdown leave nobody behind.
func TestExhaustQueueJoinShutdown(t *testing.T) {
	exhaust(t, func(x *trial) func(int) {
		q := green.NewQueue[int](x.h, 1)
		for range 2 {
			x.spawn(func() error {
				for range q.All() {
					err := x.h.Sleep(ms)
					q.TaskDone()
					if err != nil {
						return err
					}
				}
				return x.h.Yield() // where All's error arrives
			})
		}
		x.spawn(func() error {
			defer q.Shutdown()
			for i := range 4 {
				if err := q.Put(i); err != nil {
					return err
				}
			}
			return q.Join()
		})
		x.start = true
		return func(int) {
			x.check(q.Closed() && q.Getting() == 0, "closed %v, %d getting", q.Closed(), q.Getting())
			x.check(q.Unfinished() == q.Len(), "%d unfinished, %d left", q.Unfinished(), q.Len())
		}
	})
}
