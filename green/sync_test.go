package green_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
)

// TestHandOverIsFIFO has whoever comes later, the one that releases included, wait behind those that wait.
func TestHandOverIsFIFO(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		m, s := h.NewMutex(), h.NewSemaphore(1)
		for _, l := range []struct {
			lock   func() error
			unlock func()
		}{{m.Lock, m.Unlock}, {s.Acquire, s.Release}} {
			d := &diary{}
			err := h.Group(func(g *green.Group) error {
				for _, who := range []string{"a", "b", "c"} {
					g.Go(func() error {
						for i := range 2 {
							if err := l.lock(); err != nil {
								return err
							}
							d.say("%s%d", who, i)
							if err := h.Yield(); err != nil {
								return err
							}
							l.unlock() // and locks again at once
						}
						return nil
					})
				}
				return nil
			})
			d.expect(t, "a0 b0 c0 a1 b1 c1")
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// TestLockOfAKilledTask hands a lock to a task that is killed before its turn: it holds the lock, learns of the kill
// where it blocks next, and has to unlock.
func TestLockOfAKilledTask(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		m := h.NewMutex()
		got := false
		if err := m.Lock(); err != nil {
			return err
		}
		victim := h.Go(func() error {
			if err := m.Lock(); err != nil {
				return err
			}
			defer m.Unlock()
			got = true
			return h.Sleep(time.Hour)
		})
		if err := h.Yield(); err != nil {
			return err
		}
		m.Unlock()
		victim.Stop()
		if err := m.LockTimeout(ms); err != nil {
			return err
		}
		expect(t, "it had the lock", got, true)
		expectIs(t, "and was killed", victim.Err(), green.ErrKilled)
		m.Unlock()
		return nil
	})
}

func TestMutexMisuse(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		m, r, w := h.NewMutex(), h.NewRLock(), h.NewRWMutex()
		expectPanic(t, "does not hold it", m.Unlock)
		expectPanic(t, "does not hold it", r.Unlock)
		expectPanic(t, "not the writer", w.Unlock)
		expectPanic(t, "without a reader", w.RUnlock)
		if err := m.With(func() error {
			expectPanic(t, "holds already", func() { _ = m.Lock() })
			expect(t, "try", m.TryLock(), false)
			other := h.Go(func() error {
				expectPanic(t, `held by task 1 "main"`, m.Unlock)
				return m.LockTimeout(ms)
			})
			other.LinkError(func(*green.Task) {})
			err := other.Join()
			expectIs(t, "deadline", other.Err(), green.ErrTimeout)
			return err
		}); err != nil {
			return err
		}
		expect(t, "try", m.TryLock(), true)
		m.Unlock()
		if err := w.Lock(); err != nil {
			return err
		}
		expectPanic(t, "wait for itself", func() { _ = w.RLock() })
		w.Unlock()
		b := h.NewBoundedSemaphore(1)
		expectPanic(t, "all there", b.Release)
		expectPanic(t, "below 0", func() { h.NewLatch(-1) })
		expectPanic(t, "no room", func() { h.NewCappedSemaphore(2, 1) })
		expectPanic(t, "joins itself", func() { _ = h.Current().Join() })
		expectPanic(t, "Fail(nil)", func() { green.NewResult[int](h).Fail(nil) })
		return nil
	})
}

func TestRLock(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		r := h.NewRLock()
		return r.With(func() error {
			return r.With(func() error {
				expect(t, "depth", r.Depth(), 2)
				other := h.Go(func() error {
					expect(t, "try", r.TryLock(), false)
					return r.With(func() error { return nil })
				})
				if err := h.Sleep(ms); err != nil {
					return err
				}
				expect(t, "waits", other.Ready(), false)
				return nil
			})
		})
	})
}

// TestRWMutexOrder has readers share, a writer keep later readers out, and readers go before the next writer.
func TestRWMutexOrder(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		m := h.NewRWMutex()
		d := &diary{}
		begin := h.Now()
		use := func(name string, lock func() error, unlock func()) func() error {
			return func() error {
				if err := lock(); err != nil {
					return err
				}
				defer unlock()
				d.say("%s@%d", name, h.Now().Sub(begin)/ms)
				return h.Sleep(ms)
			}
		}
		err := h.Group(func(g *green.Group) error {
			g.Go(use("r1", m.RLock, m.RUnlock))
			g.Go(use("r2", m.RLock, m.RUnlock))
			g.Go(use("w1", m.Lock, m.Unlock))
			g.Go(use("w2", m.Lock, m.Unlock))
			g.Go(use("r3", m.RLock, m.RUnlock))
			g.Go(use("r4", m.RLock, m.RUnlock))
			return nil
		})
		d.expect(t, "r1@0 r2@0 w1@1 r3@2 r4@2 w2@3")
		return err
	})
}

// TestRWMutexWriterGivesUp has readers go on that queued up behind a writer, while another reader holds the mutex.
func TestRWMutexWriterGivesUp(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		m := h.NewRWMutex()
		if err := m.RLock(); err != nil {
			return err
		}
		w := h.Go(func() error { return m.LockTimeout(ms) })
		w.LinkError(func(*green.Task) {})
		if err := h.Yield(); err != nil {
			return err
		}
		expect(t, "a reader keeps behind it", m.TryRLock(), false)
		if err := m.RLockTimeout(2 * ms); err != nil {
			return err
		}
		expect(t, "readers", m.Readers(), 2)
		expectIs(t, "writer", w.Err(), green.ErrTimeout)
		m.RUnlock()
		m.RUnlock()
		expect(t, "free", m.TryLock(), true)
		m.Unlock()
		return nil
	})
}

func TestCappedSemaphore(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		m := h.NewCappedSemaphore(1, 1)
		expectIs(t, "release at the limit", m.ReleaseTimeout(ms), green.ErrTimeout)
		g := h.Go(m.Release)
		if err := h.Yield(); err != nil {
			return err
		}
		expect(t, "waits", g.Ready(), false)
		if err := m.Acquire(); err != nil {
			return err
		}
		expect(t, "permits", m.Free(), 1)
		return errors.Join(g.Join(), m.Acquire())
	})
}

func TestEventWakesAllEvenIfCleared(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		e := h.NewEvent()
		d := &diary{}
		for _, who := range []string{"a", "b", "c"} {
			h.Go(func() error {
				err := e.Wait()
				d.say("%s:%v", who, e.IsSet())
				return err
			})
		}
		if err := h.Yield(); err != nil {
			return err
		}
		e.Set()
		e.Clear()
		if err := h.Yield(); err != nil {
			return err
		}
		d.expect(t, "a:false b:false c:false")
		expectIs(t, "timeout", e.WaitTimeout(ms), green.ErrTimeout)
		return nil
	})
}

func TestResult(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		r := green.NewResult[int](h)
		_, _, ok := r.Poll()
		expect(t, "poll", ok, false)
		_, err := r.GetTimeout(ms)
		expectIs(t, "timeout", err, green.ErrTimeout)
		r.From(green.Spawn(h, func() (int, error) { return 7, nil }))
		v, err := r.Get()
		expect(t, "value", v, 7)
		expect(t, "second", r.Set(8), false)
		expect(t, "second", r.Fail(errBoom), false)
		v, e, ok := r.Poll()
		expect(t, "stays", v, 7)
		expect(t, "poll", ok && e == nil, true)
		bad := green.NewResult[int](h)
		expect(t, "first", bad.Fail(errBoom), true)
		_, e = bad.Get()
		expectIs(t, "error", e, errBoom)
		gone := green.NewResult[int](h)
		gone.Cancel()
		_, e = gone.Get()
		expectIs(t, "canceled", e, green.ErrCanceled)
		return err
	})
}

func TestBarrier(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		b := h.NewBarrier(3)
		d := &diary{}
		err := h.Group(func(g *green.Group) error {
			for range b.Parties() {
				g.Go(func() error {
					for range 2 {
						i, err := b.Wait()
						if err != nil {
							return err
						}
						d.say("%d", i)
					}
					return nil
				})
			}
			return nil
		})
		if err != nil {
			return err
		}
		expect(t, "places", len(d.words), 6)
		expect(t, "one of each", strings.Count(strings.Join(d.words, ""), "2"), 2)
		waiter := green.Spawn(h, b.Wait)
		_, err = b.WaitTimeout(ms)
		expectIs(t, "timeout", err, green.ErrTimeout)
		_, err = waiter.Get()
		expect(t, "the other", err, green.ErrBroken)
		_, err = b.Wait()
		expect(t, "from now on", err, green.ErrBroken)
		expect(t, "broken", b.Broken(), true)
		b.Reset()
		expect(t, "reset", b.Broken(), false)
		again := green.Spawn(h, b.Wait)
		if err := h.Yield(); err != nil {
			return err
		}
		b.Reset()
		_, err = again.Get()
		expect(t, "reset", err, green.ErrBroken)
		return nil
	})
}

func TestCondKeepsMutexWhenItFails(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		m := h.NewMutex()
		c := green.NewCond(m)
		holder := h.Go(func() error {
			if err := h.Yield(); err != nil {
				return err
			}
			return m.With(func() error { return h.Sleep(5 * ms) })
		})
		begin := h.Now()
		err := m.With(func() error { return c.WaitTimeout(ms) }) // Unlock panics if it is not held
		expectIs(t, "timeout", err, green.ErrTimeout)
		expect(t, "not before the mutex is free", h.Now().Sub(begin), 5*ms)
		n := 0
		setter := h.Go(func() error {
			return m.With(func() error {
				n = 3
				c.Broadcast()
				return nil
			})
		})
		return errors.Join(m.With(func() error { return c.WaitFor(func() bool { return n == 3 }) }),
			holder.Join(), setter.Join())
	})
}

func TestLatch(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		l := h.NewLatch(0)
		if err := l.Wait(); err != nil {
			return err
		}
		l.Add(2)
		expectIs(t, "timeout", l.WaitTimeout(ms), green.ErrTimeout)
		for range 2 {
			h.Go(func() error {
				l.Done()
				return nil
			})
		}
		err := l.Wait()
		expect(t, "count", l.Count(), 0)
		return err
	})
}
