package green_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
)

func TestTimeoutKinds(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		long := func() error { return h.Sleep(time.Hour) }
		err := h.WithTimeout(ms, func(*green.Timeout) error { return long() })
		expectIs(t, "plain", err, green.ErrTimeout)
		expect(t, "text", err.Error(), "tasklet: deadline passed after 1ms")
		err = h.WithDeadline(h.Now().Add(ms), func(*green.Timeout) error { return long() })
		expectIs(t, "deadline", err, green.ErrTimeout)
		err = h.WithTimeoutError(ms, errBoom, func(*green.Timeout) error { return long() })
		expect(t, "own error", err, errBoom)
		inTime, err := h.Within(ms, long)
		expect(t, "silent", inTime, false)
		expect(t, "silent", err, nil)
		inTime, err = h.Within(ms, func() error { return errBoom })
		expect(t, "in time", inTime, true)
		expect(t, "in time", err, errBoom)
		v, err := green.GetWithin(h, ms, "late", func() (string, error) { return "x", long() })
		expect(t, "value", v, "late")
		expect(t, "value", err, nil)
		v, err = green.GetWithin(h, time.Hour, "late", func() (string, error) { return "x", h.Sleep(ms) })
		expect(t, "in time", v, "x")
		return err
	})
}

// TestTimeoutsOfEachOther has scopes that leave the errors of others alone.
func TestTimeoutsOfEachOther(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		inTime, err := h.Within(2*ms, func() error {
			inner, err := h.Within(time.Hour, func() error { return h.Sleep(time.Minute) })
			expect(t, "the inner one has not passed", inner, true)
			expectIs(t, "but the outer one", err, green.ErrTimeout)
			return err
		})
		expect(t, "outer", inTime, false)
		return err
	})
}

// TestTimeoutNeverFiresLate has a deadline pass in a scope that then ends without an error: it does not arrive after that.
func TestTimeoutNeverFiresLate(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		for range 3 {
			e := h.NewEvent()
			hog := h.Go(func() error {
				e.Set()
				begin := h.Now()
				for h.Now().Sub(begin) < 2*ms {
					if err := h.Sleep(ms); err != nil {
						return err
					}
				}
				return nil
			})
			err := h.WithTimeout(ms, func(o *green.Timeout) error {
				if err := e.Wait(); err != nil {
					return err
				}
				_ = hog.Join() // the deadline passes in here
				expect(t, "expired", o.Expired(), true)
				return nil
			})
			expect(t, "scope", err, nil)
			expect(t, "somebody else's code", h.Sleep(5*ms), nil)
		}
		return nil
	})
}

func TestShield(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		e := h.NewEvent()
		g := h.Go(func() error {
			err := h.Shield(func() error {
				ctx := h.Current().Context()
				err := e.Wait()
				expect(t, "context in the shield", ctx.Err(), nil)
				return err
			})
			expect(t, "shielded", err, nil)
			return h.Sleep(time.Hour)
		})
		if err := h.Yield(); err != nil {
			return err
		}
		ctx := g.Context()
		g.Stop()
		if err := h.Sleep(ms); err != nil {
			return err
		}
		expect(t, "still there", g.Ready(), false)
		expect(t, "context of the shield", ctx.Err(), nil)
		e.Set()
		if err := g.Join(); err != nil {
			return err
		}
		expectIs(t, "killed afterwards", g.Err(), green.ErrKilled)
		return nil
	})
}

func TestContextEndsWithTask(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		ok := h.Go(func() error { return nil })
		bad := h.Go(func() error { return errBoom })
		killed := h.Go(func() error { return h.Shield(func() error { return h.Sleep(time.Second) }) })
		cs := []context.Context{ok.Context(), bad.Context()}
		expect(t, "alive", cs[0].Err(), nil)
		if err := h.Yield(); err != nil {
			return err
		}
		stubborn := h.Go(func() error {
			_ = h.Sleep(time.Hour)
			return h.Sleep(ms)
		})
		if err := errors.Join(h.Yield(), bad.Join()); err != nil {
			return err
		}
		sc := stubborn.Context()
		stubborn.Stop()
		expect(t, "told to stop", sc.Err(), context.Canceled)
		expect(t, "cause", context.Cause(sc), green.ErrKilled)
		expect(t, "ok", cs[0].Err(), context.Canceled)
		expectIs(t, "bad", context.Cause(cs[1]), errBoom)
		expectIs(t, "made late", context.Cause(bad.Context()), errBoom)
		return errors.Join(killed.Join(), stubborn.Join())
	})
}

func TestContextDeadline(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		me := h.Current()
		_, has := me.Context().Deadline()
		expect(t, "without a scope", has, false)
		var inner context.Context
		begin := h.Now()
		err := h.WithTimeout(5*ms, func(*green.Timeout) error {
			return h.WithTimeout(time.Hour, func(*green.Timeout) error {
				inner = me.Context()
				expect(t, "the same", me.Context(), inner)
				at, has := inner.Deadline()
				expect(t, "has", has, true)
				expect(t, "nearest", at.Sub(begin), 5*ms)
				expect(t, "not yet", inner.Err(), nil)
				err := h.Sleep(time.Minute)
				expect(t, "passed", inner.Err(), context.DeadlineExceeded)
				expectIs(t, "cause", context.Cause(inner), green.ErrTimeout)
				select {
				case <-inner.Done():
				default:
					t.Error("Done is open")
				}
				return err
			})
		})
		expectIs(t, "scope", err, green.ErrTimeout)
		expect(t, "the task's own", me.Context().Err(), nil)
		if err := h.WithTimeout(time.Hour, func(*green.Timeout) error {
			inner = me.Context()
			return nil
		}); err != nil {
			return err
		}
		expect(t, "the scope has ended", inner.Err(), context.Canceled)
		at := h.Now()
		defer func() { expect(t, "no timer is left", h.Now(), at) }()
		return nil
	})
}

func TestWithContext(t *testing.T) {
	type key struct{}
	ctx, cancel := context.WithCancelCause(context.WithValue(context.Background(), key{}, "v"))
	release := func() {}
	err := green.Run(func(h *green.Hub) error {
		expect(t, "value", h.Go(func() error { return nil }).Context().Value(key{}), any("v"))
		release = h.Hold() // the cancellation comes from outside
		cancel(errBoom)
		return h.NewEvent().Wait()
	}, green.WithContext(ctx))
	release()
	expectIs(t, "Run", err, errBoom)
}
