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

// A trial is one run of a small program in which one of its tasks is told to stop, or its deadline passes, after a switch.
type trial struct {
	t      *testing.T
	h      *green.Hub
	tasks  []*green.Task
	scopes []*green.Timeout
	broken []string
	start  bool // the program relies on the deferred calls of its tasks: they are struck only once they have started
}

var errInjected = errors.New("injected")

// spawn makes a task of the trial, in a scope that can be made to expire.
func (x *trial) spawn(f func() error) {
	i := len(x.tasks)
	x.scopes = append(x.scopes, nil)
	x.tasks = append(x.tasks, x.h.Go(func() error {
		x.scopes[i] = x.h.Scheduler().StartScope()
		defer func() {
			x.scopes[i].Stop()
			x.scopes[i] = nil
		}()
		return f()
	}))
}

// check notes an invariant that does not hold.
func (x *trial) check(ok bool, format string, args ...any) {
	if !ok {
		x.broken = append(x.broken, fmt.Sprintf(format, args...))
	}
}

// A program makes the tasks of a trial and returns what to check at the end. struck says which task was struck, -1 if none.
type program func(x *trial) (check func(struck int))

const maxSwitches = 200

// exhaust runs p with every one of its tasks struck, by a kill and by a deadline, after every switch.
func exhaust(t *testing.T, p program) {
	for _, by := range []string{"kill", "deadline"} {
		t.Run(by, func(t *testing.T) {
			n := 1
			struck := 0
			for victim := 0; victim < n; victim++ {
				for k := 0; ; k++ {
					tasks, hit := try(t, p, by, victim, k)
					n = tasks
					if hit {
						struck++
					}
					if t.Failed() {
						return
					}
					if !hit && k > 0 {
						break
					}
					if k > maxSwitches {
						t.Fatalf("more than %d switches", maxSwitches)
					}
				}
			}
			if struck < 10 {
				t.Errorf("only %d trials", struck)
			}
		})
	}
}

// try strikes the victim after k switches and says whether the program took that long.
func try(t *testing.T, p program, by string, victim, k int) (tasks int, hit bool) {
	x := &trial{t: t}
	struck := -1
	err := run(func(h *green.Hub) error {
		x.h = h
		check := p(x)
		tasks = len(x.tasks)
		count := 0
		h.Scheduler().SetScheduleCallback(func(_, next *tasklet.Tasklet) {
			v := x.tasks[victim]
			if !v.Started() && v.Tasklet() == next {
				return // it is starting right now; the next switch will do
			}
			if count++; count != k+1 {
				return
			}
			hit = true
			switch {
			case v.Ready() || x.start && !v.Started():
			case by == "kill":
				struck = victim
				v.Stop()
			case x.scopes[victim] != nil:
				struck = victim
				x.scopes[victim].Expire(errInjected)
			}
		})
		for _, v := range x.tasks {
			if err := v.Join(); err != nil {
				x.check(false, "join: %v", err)
			}
		}
		h.Scheduler().SetScheduleCallback(nil)
		for i, v := range x.tasks {
			err := v.Err()
			if i == struck && (err == nil || errors.Is(err, green.ErrKilled) || errors.Is(err, errInjected)) {
				continue
			}
			x.check(err == nil || errors.Is(err, green.ErrBroken), "task %d: %v", i, err)
		}
		check(struck)
		return nil
	})
	if err != nil {
		x.check(false, "Run: %v", err)
	}
	if len(x.broken) > 0 {
		t.Errorf("%s of task %d after switch %d: %q", by, victim, k, x.broken)
	}
	return tasks, hit
}

// others returns the numbers of n tasks but the one that was struck.
func others(n, struck int) []int {
	var all []int
	for i := range n {
		if i != struck {
			all = append(all, i)
		}
	}
	return all
}

// critical is a program in which n tasks enter a section twice, of which max may be in at a time.
func critical(n, max int, make func(h *green.Hub) (lock func() error, unlock func() error, free func() bool)) program {
	return func(x *trial) func(int) {
		lock, unlock, free := make(x.h)
		inside, rounds := 0, [10]int{}
		for i := range n {
			x.spawn(func() error {
				for range 2 {
					if err := lock(); err != nil {
						return err
					}
					inside++
					x.check(inside <= max, "%d inside", inside)
					err := x.h.Yield()
					inside--
					if e := x.h.Shield(unlock); e != nil || err != nil {
						return errors.Join(e, err)
					}
					rounds[i]++
				}
				return nil
			})
		}
		return func(struck int) {
			x.check(inside == 0 && free(), "not free at the end")
			for _, i := range others(n, struck) {
				x.check(rounds[i] == 2, "task %d came %d times", i, rounds[i])
			}
		}
	}
}

func nothing(f func()) func() error {
	return func() error {
		f()
		return nil
	}
}

func TestExhaustMutex(t *testing.T) {
	exhaust(t, critical(3, 1, func(h *green.Hub) (func() error, func() error, func() bool) {
		m := h.NewMutex()
		return m.Lock, nothing(m.Unlock), m.Ready
	}))
}

func TestExhaustMutexTimeout(t *testing.T) {
	exhaust(t, critical(3, 1, func(h *green.Hub) (func() error, func() error, func() bool) {
		m := h.NewMutex()
		return func() error { return m.LockTimeout(time.Hour) }, nothing(m.Unlock), m.Ready
	}))
}

func TestExhaustRLock(t *testing.T) {
	exhaust(t, critical(3, 1, func(h *green.Hub) (func() error, func() error, func() bool) {
		r := h.NewRLock()
		lock := func() error {
			if err := r.Lock(); err != nil {
				return err
			}
			return r.Lock()
		}
		unlock := func() {
			r.Unlock()
			r.Unlock()
		}
		return lock, nothing(unlock), func() bool { return r.Ready() && r.Depth() == 0 }
	}))
}

func TestExhaustSemaphore(t *testing.T) {
	exhaust(t, critical(4, 2, func(h *green.Hub) (func() error, func() error, func() bool) {
		m := h.NewBoundedSemaphore(2)
		return m.Acquire, nothing(m.Release), func() bool { return m.Free() == 2 && m.Waiting() == 0 }
	}))
}

func TestExhaustCappedSemaphore(t *testing.T) {
	exhaust(t, critical(4, 2, func(h *green.Hub) (func() error, func() error, func() bool) {
		m := h.NewCappedSemaphore(2, 2)
		return m.Acquire, m.Release, func() bool { return m.Free() == 2 }
	}))
}

// TestExhaustCappedSemaphoreFull is the other side: releases wait for room, and none is lost or doubled.
func TestExhaustCappedSemaphoreFull(t *testing.T) {
	exhaust(t, func(x *trial) func(int) {
		x.start = true
		m := x.h.NewCappedSemaphore(1, 1)
		given, taken := 0, 0
		for range 2 {
			x.spawn(func() error {
				for range 2 {
					if err := m.Release(); err != nil {
						return err
					}
					given++
				}
				return nil
			})
		}
		x.spawn(func() error {
			// It takes whatever is there as long as somebody has something to give.
			for !x.tasks[0].Ready() || !x.tasks[1].Ready() {
				if m.Ready() {
					if err := x.h.Shield(m.Acquire); err != nil {
						return err
					}
					taken++
				}
				if err := x.h.Shield(x.h.Yield); err != nil {
					return err
				}
			}
			return nil
		})
		return func(int) { x.check(1+given-taken == m.Free(), "1+%d-%d permits, but %d", given, taken, m.Free()) }
	})
}

func TestExhaustRWMutex(t *testing.T) {
	exhaust(t, func(x *trial) func(int) {
		m := x.h.NewRWMutex()
		readers, writers := 0, 0
		rounds := [5]int{}
		for i := range 5 {
			writes := i%2 == 1
			x.spawn(func() error {
				for range 2 {
					lock, unlock, n := m.RLock, m.RUnlock, &readers
					if writes {
						lock, unlock, n = m.Lock, m.Unlock, &writers
					}
					if err := lock(); err != nil {
						return err
					}
					*n++
					x.check(writers == 0 || writers == 1 && readers == 0, "%d writers and %d readers", writers, readers)
					err := x.h.Yield()
					*n--
					unlock()
					if err != nil {
						return err
					}
					rounds[i]++
				}
				return nil
			})
		}
		return func(struck int) {
			x.check(m.Ready(), "not free at the end: %v", m)
			for _, i := range others(5, struck) {
				x.check(rounds[i] == 2, "task %d came %d times", i, rounds[i])
			}
		}
	})
}

func TestExhaustCond(t *testing.T) {
	exhaust(t, func(x *trial) func(int) {
		x.start = true
		m := x.h.NewMutex()
		c := green.NewCond(m)
		items, made, taken, closed := 0, 0, 0, false
		for range 3 {
			x.spawn(func() error {
				for {
					if err := m.Lock(); err != nil {
						return err
					}
					for items == 0 && !closed {
						if err := c.Wait(); err != nil {
							m.Unlock()
							return err
						}
					}
					if items == 0 {
						m.Unlock()
						return nil
					}
					items--
					taken++
					m.Unlock()
				}
			})
		}
		x.spawn(func() error {
			defer x.h.Shield(func() error {
				return m.With(func() error {
					closed = true
					c.Broadcast()
					return nil
				})
			})
			for range 4 {
				if err := m.Lock(); err != nil {
					return err
				}
				items++
				made++
				c.Signal()
				m.Unlock()
				if err := x.h.Sleep(ms); err != nil {
					return err
				}
				x.check(items == 0 || c.Waiting() == 0, "a signal was lost: %d items, %d wait", items, c.Waiting())
			}
			return nil
		})
		return func(int) {
			x.check(!m.Locked() && c.Waiting() == 0, "somebody holds or waits at the end")
			x.check(items == 0 && made == taken, "%d made, %d taken, %d left", made, taken, items)
		}
	})
}

// TestExhaustBarrier has nobody left at a barrier when another has gone: they pass, or hear that it is broken.
func TestExhaustBarrier(t *testing.T) {
	exhaust(t, func(x *trial) func(int) {
		x.start = true
		b := x.h.NewBarrier(3)
		passed := [3]int{}
		for i := range 3 {
			x.spawn(func() error {
				for range 2 {
					if _, err := b.Wait(); err != nil {
						return err // and the barrier has seen to the others
					}
					passed[i]++
					if err := x.h.Yield(); err != nil {
						b.Abort()
						return err
					}
				}
				return nil
			})
		}
		return func(struck int) {
			x.check(b.Waiting() == 0, "%d wait at the end", b.Waiting())
			x.check(struck >= 0 || passed == [3]int{2, 2, 2}, "passed %v", passed)
		}
	})
}

func TestExhaustEventResultLatch(t *testing.T) {
	exhaust(t, func(x *trial) func(int) {
		x.start = true
		e, l := x.h.NewEvent(), x.h.NewLatch(3)
		r := green.NewResult[int](x.h)
		got := [3]int{}
		for i := range 3 {
			x.spawn(func() error {
				defer l.Done()
				if err := e.Wait(); err != nil {
					return err
				}
				v, err := r.Get()
				got[i] = v
				return err
			})
		}
		x.spawn(func() error {
			defer r.Set(7)
			defer e.Set()
			if err := x.h.Sleep(ms); err != nil {
				return err
			}
			e.Set()
			e.Clear()
			return x.h.Sleep(ms)
		})
		x.spawn(l.Wait)
		return func(struck int) {
			x.check(l.Count() == 0, "latch at %d", l.Count())
			for _, i := range others(3, struck) {
				x.check(got[i] == 7, "task %d got %d", i, got[i])
			}
		}
	})
}

func TestExhaustGroup(t *testing.T) {
	exhaust(t, func(x *trial) func(int) {
		live := 0
		for range 2 {
			x.spawn(func() error {
				err := x.h.Group(func(g *green.Group) error {
					for i := range 3 {
						g.Go(func() error {
							live++
							defer func() { live-- }()
							defer x.h.Shield(x.h.Yield)
							return x.h.Sleep(time.Duration(i) * ms)
						})
					}
					return x.h.Yield()
				})
				x.check(live <= 3, "%d children have outlived their group", live)
				return err
			})
		}
		return func(int) { x.check(live == 0, "%d children have outlived their group", live) }
	})
}

func TestExhaustWaitAny(t *testing.T) {
	exhaust(t, func(x *trial) func(int) {
		x.start = true
		e, m := x.h.NewEvent(), x.h.NewSemaphore(0)
		r := green.NewResult[int](x.h)
		tm := x.h.NewTimer(3 * ms)
		var seen []string
		for range 2 {
			x.spawn(func() error {
				for i, err := range x.h.AsCompleted(tm, r, m, e) {
					if err != nil {
						return err
					}
					seen = append(seen, []string{"timer", "result", "semaphore", "event"}[i])
				}
				return nil
			})
		}
		x.spawn(func() error {
			defer r.Set(1)
			defer m.Release()
			defer e.Set()
			if err := x.h.Sleep(ms); err != nil {
				return err
			}
			e.Set()
			return x.h.Sleep(ms)
		})
		return func(struck int) {
			want := []string{"event", "event", "result", "result", "semaphore", "semaphore", "timer", "timer"}
			if struck < 0 {
				got := slices.Sorted(slices.Values(seen))
				x.check(slices.Equal(got, want), "seen %v", got)
			}
			x.check(m.Free() == 1, "%d permits", m.Free())
		}
	})
}

func TestExhaustSupervisor(t *testing.T) {
	exhaust(t, func(x *trial) func(int) {
		runs := 0
		x.spawn(func() error {
			return x.h.Supervise(green.Restarts{Limit: 5, Min: ms}, func(s *green.Supervisor) error {
				s.Go("a", func() error {
					if runs++; runs < 4 {
						return errors.New("once more")
					}
					return x.h.Sleep(ms)
				})
				return x.h.Sleep(2 * ms)
			})
		})
		x.spawn(func() error { return x.h.Sleep(ms) })
		return func(struck int) { x.check(struck == 0 || runs == 4, "%d runs", runs) }
	})
}
