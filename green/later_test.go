package green_test

import (
	"errors"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
)

func TestAfterAndAt(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		d := &diary{}
		begin := h.Now()
		mark := func(name string) func() error {
			return func() error {
				d.say("%s@%v", name, h.Now().Sub(begin))
				return nil
			}
		}
		green.After(h, 2*ms, mark("b"))
		green.At(h, begin.Add(ms), mark("a"))
		green.After(h, 0, mark("now"))
		late := green.After(h, 3*ms, mark("never"))
		dead := green.After(h, 3*ms, mark("never"))
		j := green.SpawnAfter(h, 4*ms, func() (int, error) { return 7, nil })
		if err := h.Sleep(2*ms + ms/2); err != nil {
			return err
		}
		expect(t, "cancel", late.Cancel(), true)
		if err := dead.Kill(); err != nil {
			return err
		}
		v, err := j.Get()
		expect(t, "job", v, 7)
		expect(t, "cancel of one that has ended", j.Cancel(), false)
		d.expect(t, "now@0s a@1ms b@2ms")
		return err
	})
}

func TestEveryRateLoop(t *testing.T) {
	clock := tasklet.NewClock(time.Unix(0, 0))
	if err := green.Run(func(h *green.Hub) error {
		d := &diary{}
		begin := h.Now()
		n := 0
		every := green.Every(h, 2*ms, func() error {
			d.say("%v", h.Now().Sub(begin))
			if n++; n == 3 {
				return green.ErrKilled
			}
			clock.Advance(ms) // the pause is between the end of one and the start of the next
			return nil
		})
		if err := every.Join(); err != nil {
			return err
		}
		d.expect(t, "2ms 5ms 8ms")

		begin, n = h.Now(), 0
		rate := green.Rate(h, 3, 30*ms, func(due time.Time) error {
			d.say("%v/%v", due.Sub(begin), h.Now().Sub(begin))
			if n++; n == 2 {
				clock.Advance(25 * ms) // too long; the pace is made up for
			}
			if n == 6 {
				return errBoom
			}
			return nil
		})
		rate.LinkError(func(*green.Task) {})
		if err := rate.Join(); err != nil {
			return err
		}
		d.expect(t, "0s/0s 10ms/10ms 20ms/35ms 30ms/35ms 40ms/40ms 50ms/50ms")
		expectIs(t, "error", rate.Err(), errBoom)

		n = 0
		loop := green.Loop(h, func() error {
			n++
			return nil
		})
		for n < 5 {
			if err := h.Yield(); err != nil {
				return err
			}
		}
		expectPanic(t, "Rate of nothing", func() { green.Rate(h, 0, ms, nil) })
		never := green.Every(h, ms, func() error { return errors.New("it ran") })
		expect(t, "cancel", never.Cancel(), true)
		return loop.Kill()
	}, green.WithWorld(clock)); err != nil {
		t.Error(err)
	}
}
