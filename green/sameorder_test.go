package green_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
)

// Each kind of program goes the same way each time.
func TestEachKindOfProgramRunsInTheSameOrder(t *testing.T) {
	for name, f := range map[string]func(h *green.Hub, note func(...any)) error{
		"locks": func(h *green.Hub, note func(...any)) error {
			m, rw, sem := h.NewMutex(), h.NewRWMutex(), h.NewSemaphore(2)
			return h.Group(func(g *green.Group) error {
				for i := range 8 {
					g.Go(func() error {
						for range 3 {
							if err := m.With(func() error { note("mutex", i); return h.Yield() }); err != nil {
								return err
							}
							if err := rw.RLock(); err != nil {
								return err
							}
							note("reads", i)
							rw.RUnlock()
							if err := sem.Acquire(); err != nil {
								return err
							}
							err := h.Sleep(time.Duration(i%3) * time.Millisecond)
							sem.Release()
							if err != nil {
								return err
							}
							note("semaphore", i)
						}
						return nil
					})
				}
				return nil
			})
		},
		"queues and kills": func(h *green.Hub, note func(...any)) error {
			q := green.NewQueue[int](h, 2)
			var ts []green.AnyTask
			for i := range 6 {
				ts = append(ts, h.Go(func() error {
					for {
						v, err := q.Get()
						note(i, "got", v, err)
						if err != nil {
							return err
						}
					}
				}))
			}
			for v := range 20 {
				if err := q.Put(v); err != nil {
					return err
				}
			}
			return h.KillAll(ts...)
		},
		"a group that fails": func(h *green.Hub, note func(...any)) error {
			failed := errors.New("failed")
			err := h.Group(func(g *green.Group) error {
				for i := range 8 {
					g.Go(func() error {
						err := h.Sleep(time.Duration(i+1) * time.Second)
						note(i, err)
						if i == 2 {
							return failed
						}
						return err
					})
				}
				return nil
			})
			note(err)
			return nil
		},
		"a pool": func(h *green.Hub, note func(...any)) error {
			p := green.NewPool(h, 3)
			for i := range 10 {
				if _, err := p.Go(func() error {
					defer note("over", i)
					return h.Sleep(time.Duration(10-i) * time.Millisecond)
				}); err != nil {
					return err
				}
			}
			if err := h.Sleep(time.Millisecond); err != nil {
				return err
			}
			return p.Kill()
		},
		"a DAG": func(h *green.Hub, note func(...any)) error {
			d := green.NewDAG[string, int](h, 2)
			for _, k := range []string{"e", "d", "c", "b", "a"} {
				needs := map[string][]string{"e": {"c", "d"}, "d": {"a"}, "c": {"a", "b"}}[k]
				if err := d.Go(k, needs, func(map[string]int) (int, error) {
					note(k)
					return 1, h.Yield()
				}); err != nil {
					return err
				}
			}
			for k, err := range d.Each() {
				note("ended", k, err)
			}
			return nil
		},
		"channels and Select": func(h *green.Hub, note func(...any)) error {
			s := h.Scheduler()
			a, b := tasklet.NewChan[int](s), tasklet.NewChan[int](s)
			return h.Group(func(g *green.Group) error {
				for i := range 4 {
					g.Go(func() error {
						for range 5 {
							var v, w int
							one, err := s.Select(a.OnReceive(&v), b.OnReceive(&w), tasklet.After(time.Duration(2+i)*time.Millisecond))
							note(i, one, v, w, err)
							if err != nil {
								return err
							}
						}
						return nil
					})
				}
				for i := range 6 {
					g.Go(func() error {
						if err := h.Sleep(time.Duration(i%4) * time.Millisecond); err != nil {
							return err
						}
						one, err := s.Select(a.OnSend(i), b.OnSend(10+i), tasklet.After(time.Millisecond))
						note("sender", i, one, err)
						return err
					})
				}
				return nil
			})
		},
		"actors": func(h *green.Hub, note func(...any)) error {
			a := green.NewActor(h)
			green.Answer(a, func(q toA) (string, error) { note(q); return string(q), h.Yield() })
			defer a.Stop()
			return h.Group(func(g *green.Group) error {
				for i := range 6 {
					g.Go(func() error {
						s, err := green.Ask[toA, string](a.Mailbox(), toA(fmt.Sprint(i)))
						note("answer", s, err)
						return err
					})
				}
				return nil
			})
		},
		"contexts": func(h *green.Hub, note func(...any)) error {
			outer, cancel := context.WithCancel(context.Background())
			defer cancel()
			for i := range 6 {
				ctx, stop := context.WithCancel(outer)
				defer stop()
				h.Go(func() error {
					err := h.UntilDone(ctx, func() error { return h.Sleep(time.Hour) })
					note(i, err)
					return nil
				})
			}
			h.Go(func() error {
				for range 5 {
					note("turn")
					if err := h.Yield(); err != nil {
						return err
					}
				}
				return nil
			})
			if err := h.Yield(); err != nil {
				return err
			}
			cancel()
			return h.Sleep(time.Second)
		},
		"equal deadlines": func(h *green.Hub, note func(...any)) error {
			for i := range 8 {
				h.Go(func() error {
					err := h.WithTimeout(time.Second, func(*green.Timeout) error { return h.Sleep(time.Duration(1+i%2) * time.Second) })
					note(i, err)
					return nil
				})
				green.After(h, time.Second, func() error { note("after", i); return nil })
			}
			return h.Sleep(2 * time.Second)
		},
		"waits for any": func(h *green.Hub, note func(...any)) error {
			a, b, timer := h.NewEvent(), h.NewEvent(), h.NewTimer(time.Second)
			for i := range 4 {
				h.Go(func() error {
					n, err := h.WaitAny(a, b, timer)
					note(i, n, err)
					return nil
				})
			}
			green.After(h, time.Second, func() error { b.Set(); a.Set(); return nil })
			return h.Sleep(2 * time.Second)
		},
	} {
		t.Run(name, func(t *testing.T) { sameEachTime(t, f, virtually) })
	}
}
