package green_test

import (
	"errors"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
)

func TestGroupWaitsForAll(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		ended := 0
		err := h.Group(func(g *green.Group) error {
			for i := range 3 {
				g.Go(func() error {
					defer func() { ended++ }()
					return h.Sleep(time.Duration(i) * ms)
				})
			}
			expect(t, "Len", g.Len(), 3)
			return nil
		})
		expect(t, "ended", ended, 3)
		return err
	})
}

func TestGroupFirstFailureEndsSiblings(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		other := errors.New("in clean-up")
		begin := h.Now()
		var pending *green.Task
		err := h.Group(func(g *green.Group) error {
			g.Go(func() error {
				if err := h.Sleep(time.Hour); err != nil {
					return other
				}
				return nil
			})
			g.Go(func() error {
				pending = g.Go(func() error {
					t.Error("it ran")
					return nil
				})
				return errBoom
			})
			err := h.Sleep(time.Hour)
			expectIs(t, "body", err, green.ErrCanceled)
			late := g.Go(func() error { return errors.New("it ran") })
			expectIs(t, "late", late.Err(), green.ErrCanceled)
			return err
		})
		expectIs(t, "first", err, errBoom)
		expectIs(t, "second", err, other)
		expect(t, "canceled", errors.Is(err, green.ErrCanceled), false)
		expectIs(t, "pending", pending.Err(), green.ErrKilled)
		expect(t, "time", h.Now().Sub(begin), 0)
		return nil
	})
}

func TestGroupCancelIsNoError(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		return h.Group(func(g *green.Group) error {
			g.Go(func() error { return h.Sleep(time.Hour) })
			ctx := g.Context()
			expect(t, "context", ctx.Err(), nil)
			g.Cancel()
			expect(t, "context has ended", ctx.Err() != nil, true)
			return h.Sleep(time.Hour)
		})
	})
}

// TestGroupOfAKilledTask ends its tasks, and that its caller was killed is no failure.
func TestGroupOfAKilledTask(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		cleaned := false
		parent := h.Go(func() error {
			return h.Group(func(g *green.Group) error {
				g.Go(func() error {
					err := h.Sleep(time.Hour)
					_ = h.Shield(func() error { return h.Sleep(ms) })
					cleaned = true
					return err
				})
				return nil
			})
		})
		if err := h.Sleep(ms); err != nil {
			return err
		}
		if err := parent.Kill(); err != nil {
			return err
		}
		expect(t, "cleaned", cleaned, true)
		return nil
	})
}

func TestGroupDeadline(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		begin := h.Now()
		err := h.WithTimeout(5*ms, func(*green.Timeout) error {
			return h.Group(func(g *green.Group) error {
				g.Go(func() error { return h.Sleep(time.Hour) })
				return nil
			})
		})
		expectIs(t, "Group", err, green.ErrTimeout)
		expect(t, "time", h.Now().Sub(begin), 5*ms)
		return nil
	})
}

func TestGroupPanics(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		ended := false
		expectPanic(t, "oops", func() {
			_ = h.Group(func(g *green.Group) error {
				g.Go(func() error {
					defer func() { ended = true }()
					return h.Sleep(time.Hour)
				})
				g.Go(func() error { panic("oops") })
				return nil
			})
		})
		expect(t, "ended", ended, true)
		ended = false
		expectPanic(t, "body", func() {
			_ = h.Group(func(g *green.Group) error {
				g.Go(func() error {
					defer func() { ended = true }()
					return h.Sleep(time.Hour)
				})
				if err := h.Yield(); err != nil {
					return err
				}
				panic("body")
			})
		})
		expect(t, "ended", ended, true)
		var gone *green.Group
		_ = h.Group(func(g *green.Group) error {
			gone = g
			return nil
		})
		expectPanic(t, "has ended", func() { gone.Go(func() error { return nil }) })
		expect(t, "tasks", h.Len(), 1)
		return nil
	})
}

func TestGroupsNest(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		err := h.Group(func(outer *green.Group) error {
			outer.Go(func() error {
				return h.Group(func(inner *green.Group) error {
					inner.Go(func() error { return h.Sleep(time.Hour) })
					return nil
				})
			})
			outer.Go(func() error {
				if err := h.Sleep(ms); err != nil {
					return err
				}
				return errBoom
			})
			return nil
		})
		expect(t, "only the first", err, errBoom)
		return nil
	})
}

func TestSupervisorRestarts(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		begin := h.Now()
		var at []time.Duration
		err := h.Supervise(green.Restarts{Limit: 10, Min: ms, Max: 4 * ms}, func(s *green.Supervisor) error {
			s.Go("worker", func() error {
				at = append(at, h.Now().Sub(begin))
				switch len(at) {
				case 1:
					return errBoom
				case 2:
					panic("oops")
				case 5:
					return nil
				}
				return errBoom
			})
			return nil
		})
		for i, want := range []time.Duration{0, 1 * ms, 3 * ms, 7 * ms, 11 * ms} {
			expect(t, "start", at[i], want)
		}
		return err
	})
}

func TestSupervisorGivesUp(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		sibling := false
		restarts := 0
		err := h.Supervise(green.Restarts{Limit: 2, Within: time.Second, Min: ms,
			OnRestart: func(*green.Task, error) { restarts++ }}, func(s *green.Supervisor) error {
			s.Go("worker", func() error { return errBoom })
			s.Go("sibling", func() error {
				defer func() { sibling = true }()
				return h.Sleep(time.Hour)
			})
			return nil
		})
		var r *green.RestartError
		if !errors.As(err, &r) || !errors.Is(err, errBoom) {
			t.Errorf("Supervise: %v", err)
		}
		expect(t, "sibling has ended", sibling, true)
		expect(t, "restarts", restarts, 2)
		// As many, but far enough from each other, are none too many.
		n := 0
		return h.Supervise(green.Restarts{Limit: 2, Within: time.Second, Min: 600 * ms}, func(s *green.Supervisor) error {
			s.Go("slow", func() error {
				if n++; n < 8 {
					return errBoom
				}
				return nil
			})
			return nil
		})
	})
}

func TestSupervisedChildIsStopped(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		return h.Supervise(green.Restarts{Limit: 100, Always: true}, func(s *green.Supervisor) error {
			c := s.Go("worker", func() error { return h.Sleep(ms) })
			if err := h.Sleep(5*ms + ms/2); err != nil {
				return err
			}
			return c.Kill()
		})
	})
}
