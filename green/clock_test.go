package green_test

import (
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
)

// Every pauses between its calls, so that a jump over thousands of them is one call.
func TestEvery_JumpIsOneCall(t *testing.T) {
	clock := tasklet.NewClock(time.Unix(0, 0))
	if err := green.Run(func(h *green.Hub) error {
		d := &diary{}
		begin, n := h.Now(), 0
		every := green.Every(h, time.Minute, func() error {
			d.say("%v", h.Now().Sub(begin))
			if n++; n == 4 {
				return green.ErrKilled
			}
			return nil
		})
		green.After(h, 90*time.Second, func() error { clock.Advance(100 * time.Hour); return nil })
		err := every.Join()
		d.expect(t, "1m0s 100h1m30s 100h2m30s 100h3m30s")
		return err
	}, green.WithWorld(clock)); err != nil {
		t.Error(err)
	}
}

// A time that the hub's clock did not give, without a reading of the monotonic clock, counts as well: what has passed ends at
// once, what has not is waited for.
func TestDeadline_OfTheWallClock(t *testing.T) {
	for name, opts := range map[string][]green.Option{
		"system's time": nil,
		"clock":         {green.WithWorld(tasklet.NewClock(time.Now()))},
	} {
		t.Run(name, func(t *testing.T) {
			if err := green.Run(func(h *green.Hub) error {
				never := h.NewEvent()
				defer h.Hold()() // a wait for it is no deadlock
				for _, past := range []time.Duration{0, time.Nanosecond, time.Hour, 200 * 365 * 24 * time.Hour} {
					at := h.Now().Round(0).Add(-past)
					err := h.WithDeadline(at, func(*green.Timeout) error { return never.Wait() })
					expectIs(t, "a wait after the deadline", err, green.ErrTimeout)
					if err := green.At(h, at, func() error { return nil }).Join(); err != nil {
						return err
					}
				}
				if name == "clock" {
					return nil // which stands still while something is held
				}
				at := h.Now().Round(0).Add(20 * ms)
				begin := h.Now()
				err := h.WithDeadline(at, func(*green.Timeout) error { return never.Wait() })
				expectIs(t, "a wait until the deadline", err, green.ErrTimeout)
				if waited := h.Now().Sub(begin); waited < 10*ms { // the system may adjust its clock meanwhile
					t.Errorf("the deadline in 20ms came after %v", waited)
				}
				for _, far := range []time.Time{time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(1<<40, 0)} {
					if err := h.WithDeadline(far, func(*green.Timeout) error { return h.Sleep(ms) }); err != nil {
						t.Errorf("with the deadline %v: %v", far, err)
					}
				}
				return nil
			}, opts...); err != nil {
				t.Error(err)
			}
		})
	}
}
