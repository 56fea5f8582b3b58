package green_test

import (
	"errors"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
)

// A factory makes numbers and remembers which it has closed.
type factory struct {
	h      *green.Hub
	made   int
	closed []int
	bad    map[int]error
	fail   error
	takes  time.Duration
}

func (f *factory) options() green.ResourceOptions[int] {
	return green.ResourceOptions[int]{
		Max: 2,
		Create: func() (int, error) {
			if f.takes > 0 {
				if err := f.h.Sleep(f.takes); err != nil {
					return 0, err
				}
			}
			if f.fail != nil {
				return 0, f.fail
			}
			f.made++
			return f.made, nil
		},
		Close: func(v int) error {
			f.closed = append(f.closed, v)
			return f.h.Yield()
		},
		Check: func(v int) error { return f.bad[v] },
	}
}

func TestResource_LendsAndReuses(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		f := &factory{h: h}
		p := green.NewResourcePool(h, f.options())
		a, err := p.Get()
		if err != nil {
			return err
		}
		b, _ := p.Get()
		equal(t, "made", []int{a.Value, b.Value}, []int{1, 2})
		equal(t, "ready", p.Ready(), false)
		p.Put(a)
		p.Put(b)
		c, _ := p.Get()
		equal(t, "the last put back", []int{c.Value, c.Uses()}, []int{2, 2})
		p.Discard(c)
		equal(t, "closed", f.closed, []int{2})
		s := p.Stats()
		equal(t, "stats", s, green.ResourceStats{Open: 1, Idle: 1, Created: 2, Closed: 1, Gets: 3})
		expectPanic(t, "given back", func() { p.Put(c) })
		p.Close()
		equal(t, "closed", f.closed, []int{2, 1})
		_, err = p.Get()
		expectIs(t, "after Close", err, green.ErrClosed)
		equal(t, "open", p.Stats().Open, 0)
		return nil
	})
}

func TestResource_WaitersInOrder(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		f := &factory{h: h}
		o := f.options()
		o.Max = 1
		p := green.NewResourcePool(h, o)
		r, _ := p.Get()
		var log []int
		for i := range 3 {
			h.Go(func() error {
				return p.With(func(r *green.Resource[int]) error {
					log = append(log, i, r.Value)
					return h.Sleep(ms)
				})
			})
		}
		h.Sleep(ms)
		equal(t, "waiting", p.Stats().Waiting, 3)
		p.Put(r)
		if _, err := p.GetTimeout(2 * ms); !errors.Is(err, green.ErrTimeout) {
			t.Errorf("GetTimeout: %v", err)
		}
		h.Sleep(5 * ms)
		equal(t, "order", log, []int{0, 1, 1, 1, 2, 1})
		s := p.Stats()
		equal(t, "waits, waited", []any{s.Waits, s.Waited}, []any{4, (1 + 2 + 3 + 2) * ms})
		if i, err := h.WaitAny(p); i != 0 || err != nil {
			t.Errorf("WaitAny: %v, %v", i, err)
		}
		p.Close()
		return nil
	})
}

// A place is not lost when making a resource fails, panics or is interrupted.
func TestResource_CreateFails(t *testing.T) {
	oops := errors.New("oops")
	mustRun(t, func(h *green.Hub) error {
		f := &factory{h: h, fail: oops, takes: ms}
		o := f.options()
		o.Max = 1
		p := green.NewResourcePool(h, o)
		first := h.Go(func() error { _, err := p.Get(); expectIs(t, "first", err, oops); return nil })
		killed := h.Go(func() error { _, err := p.Get(); return err })
		h.Yield()
		first.Join()
		h.Yield() // the second makes one now
		f.fail = nil
		killed.Kill()
		expectIs(t, "killed", killed.Err(), green.ErrKilled)
		r, err := p.Get()
		if err != nil {
			return err
		}
		p.Put(r)
		s := p.Stats()
		equal(t, "open, failed", []int{s.Open, s.Failed}, []int{1, 2})
		p.Close()
		o.Create = func() (int, error) { panic("in Create") }
		p = green.NewResourcePool(h, o)
		expectPanic(t, "in Create", func() { p.Get() })
		equal(t, "open", p.Stats().Open, 0)
		return nil
	})
}

func TestResource_CheckAndAge(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		f := &factory{h: h, bad: map[int]error{1: errors.New("broken")}}
		o := f.options()
		o.MaxAge = 10 * ms
		p := green.NewResourcePool(h, o)
		get := func() int {
			r, err := p.Get()
			if err != nil {
				t.Fatal(err)
			}
			p.Put(r)
			return r.Value
		}
		equal(t, "first", get(), 1)
		equal(t, "in place of the broken", get(), 2)
		h.Sleep(9 * ms)
		equal(t, "still young", get(), 2)
		h.Sleep(ms)
		equal(t, "in place of the old", get(), 3)
		equal(t, "closed", f.closed, []int{1, 2})
		r, _ := p.Get()
		h.Sleep(10 * ms)
		p.Put(r)
		s := p.Stats()
		equal(t, "too old to be put back", []int{s.Open, s.Idle, s.Unfit}, []int{0, 0, 1})
		return nil
	})
}

func TestResource_IdleOnesGo(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		f := &factory{h: h}
		o := f.options()
		o.Max, o.Min, o.MaxIdle = 3, 1, 10*ms
		p := green.NewResourcePool(h, o)
		if err := p.Fill(); err != nil {
			return err
		}
		equal(t, "filled", p.Stats().Idle, 1)
		a, _ := p.Get()
		b, _ := p.Get()
		c, _ := p.Get()
		p.Put(a)
		p.Put(b)
		h.Sleep(5 * ms)
		p.Put(c)
		h.Sleep(4 * ms)
		equal(t, "before", f.closed, []int(nil))
		h.Sleep(2 * ms)
		equal(t, "the oldest have gone", f.closed, []int{1, 2})
		h.Sleep(time.Hour)
		equal(t, "one stays", p.Stats().Idle, 1)
		p.Close()
		return nil
	})
}

func TestResource_With(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		f := &factory{h: h}
		p := green.NewResourcePool(h, f.options())
		oops := errors.New("oops")
		expectIs(t, "With", p.With(func(*green.Resource[int]) error { return oops }), oops)
		equal(t, "idle", p.Stats().Idle, 1)
		expectPanic(t, "in With", func() { p.With(func(*green.Resource[int]) error { panic("in With") }) })
		equal(t, "closed", f.closed, []int{1})
		p.With(func(r *green.Resource[int]) error { p.Discard(r); return nil })
		equal(t, "open", p.Stats().Open, 0)
		return nil
	})
}

func TestResource_CloseWakesAndEndsLent(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		f := &factory{h: h}
		o := f.options()
		o.Max = 1
		o.OnError = func(err error) { t.Errorf("Close: %v", err) }
		p := green.NewResourcePool(h, o)
		r, _ := p.Get()
		waiter := h.Go(func() error { _, err := p.Get(); return err })
		h.Yield()
		p.Close()
		waiter.Join()
		expectIs(t, "the waiter", waiter.Err(), green.ErrResourcesClosed)
		p.Put(r)
		equal(t, "closed, open", []any{f.closed, p.Stats().Open}, []any{[]int{1}, 0})
		return nil
	})
}

// A kill that arrives in Check is the task's, not a sign of a broken resource.
func TestResource_KilledInCheck(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		f := &factory{h: h}
		o := f.options()
		o.Check = func(int) error { return h.Sleep(ms) }
		p := green.NewResourcePool(h, o)
		p.With(func(*green.Resource[int]) error { return nil })
		task := h.Go(func() error { _, err := p.Get(); return err })
		h.Yield()
		task.Kill()
		expectIs(t, "the task", task.Err(), green.ErrKilled)
		equal(t, "open, made", []int{p.Stats().Open, f.made}, []int{0, 1})
		return nil
	})
}
