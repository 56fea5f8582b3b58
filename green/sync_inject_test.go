package green_test

import (
	"errors"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
)

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
