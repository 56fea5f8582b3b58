package green_test

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/green"
)

// slow returns a function that logs when it begins and ends, and takes twice as long for 0 as for the others.
func slow(h *green.Hub, d *diary) func(int) (int, error) {
	return func(i int) (int, error) {
		d.say("s%d", i)
		wait := ms
		if i == 0 {
			wait = 2 * ms
		}
		err := h.Sleep(wait)
		d.say("e%d", i)
		return i, err
	}
}

func numbers(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := 0; i < n && yield(i); i++ {
		}
	}
}

func collect[R any](seq iter.Seq2[R, error]) (all []string) {
	for v, err := range seq {
		if err != nil {
			all = append(all, err.Error())
		} else {
			all = append(all, fmt.Sprint(v))
		}
	}
	return all
}

// The orders that Python's gevent and eventlet were recorded with.
func TestMap_RecordedOrders(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		p := green.NewPool(h, 2)
		var d diary
		vs, err := green.Map(p, numbers(4), slow(h, &d))
		equal(t, "Map", []any{vs, err}, []any{[]int{0, 1, 2, 3}, nil})
		d.expect(t, "s0 s1 e1 s2 e0 e2 s3 e3")
		equal(t, "MapSeq", collect(green.MapSeq(p, numbers(4), slow(h, &d))), []string{"0", "1", "2", "3"})
		d.expect(t, "s0 s1 e1 s2 e0 e2 s3 e3")
		equal(t, "MapUnordered", collect(green.MapUnordered(p, numbers(3), slow(h, &d))), []string{"1", "0", "2"})
		d.expect(t, "s0 s1 e1 s2 e0 e2")
		pile := green.NewPile[int](p)
		for i := range 3 {
			if err := pile.Go(func() (int, error) { return slow(h, &d)(i) }); err != nil {
				return err
			}
		}
		equal(t, "pile", collect(pile.All()), []string{"0", "1", "2"})
		d.expect(t, "s0 s1 e1 s2 e0 e2")
		return nil
	})
}

func TestMap_FailureEndsTheOthers(t *testing.T) {
	oops := errors.New("oops")
	mustRun(t, func(h *green.Hub) error {
		p := green.NewPool(h, 2)
		ended, begun := 0, 0
		begin := h.Now()
		vs, err := green.Map(p, numbers(10), func(i int) (int, error) {
			begun++
			defer func() { ended++ }()
			if i == 1 {
				h.Sleep(ms)
				return 0, oops
			}
			return 0, h.Sleep(time.Hour)
		})
		expectIs(t, "Map", err, oops)
		equal(t, "results, begun, ended, len", []int{len(vs), begun, ended, p.Len()}, []int{0, 2, 2, 0})
		equal(t, "time", h.Now().Sub(begin), ms)
		_, err = green.Map(p, numbers(3), func(i int) (int, error) { panic("in the call") })
		p1 := (*greenlet.PanicError)(nil)
		if !errors.As(err, &p1) || p1.Value != "in the call" {
			t.Errorf("a panic: %v", err)
		}
		expectPanic(t, "in the items", func() {
			green.Map(p, func(yield func(int) bool) { yield(1); panic("in the items") }, func(int) (int, error) {
				return 0, h.Sleep(time.Hour)
			})
		})
		equal(t, "len", p.Len(), 0)
		return nil
	})
}

func TestMap_CallerIsKilledOrLate(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		p := green.NewPool(h, 2)
		hour := func(int) (int, error) { return 0, h.Sleep(time.Hour) }
		for _, n := range []int{2, 5} { // while it waits for the calls, and for a place
			err := h.WithTimeout(ms, func(*green.Timeout) error {
				_, err := green.Map(p, numbers(n), hour)
				return err
			})
			expectIs(t, "deadline", err, green.ErrTimeout)
			equal(t, "len", p.Len(), 0)
			task := h.Go(func() error { _, err := green.Map(p, numbers(n), hour); return err })
			h.Sleep(ms)
			task.Kill()
			expectIs(t, "kill", task.Err(), green.ErrKilled)
			equal(t, "len", p.Len(), 0)
		}
		return nil
	})
}

// A lazy map takes no more items than it has room for, and the results of failed calls are errors in their places.
func TestMapSeq_LazyAndBounded(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		p := green.NewPool(h, 3)
		taken := 0
		items := func(yield func(int) bool) {
			for i := 0; ; i++ {
				taken++
				if !yield(i) {
					return
				}
			}
		}
		f := func(i int) (int, error) {
			if i%4 == 2 {
				return 7, fmt.Errorf("no %d", i)
			}
			return i, nil
		}
		seq := green.MapSeq(p, items, f)
		h.Sleep(ms)
		equal(t, "taken before the loop", taken, 0)
		got := 0
		for v, err := range seq {
			if (err != nil) != (got%4 == 2) || err == nil && v != got || err != nil && v != 0 {
				t.Errorf("result %d: %v, %v", got, v, err)
			}
			got++
			if h.Sleep(ms); taken > got+6 {
				t.Errorf("%d items taken for %d results", taken, got)
			}
			if got == 50 {
				break
			}
		}
		equal(t, "len, tasks", []int{p.Len(), h.Len()}, []int{0, 1})
		return nil
	})
}

func TestMapSeq_BreakKillsTheRest(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		for _, mapped := range []func(*green.Pool, iter.Seq[int], func(int) (int, error)) iter.Seq2[int, error]{
			green.MapSeq[int, int], green.MapUnordered[int, int],
		} {
			p := green.NewPool(h, 3)
			cleaned := 0
			for range mapped(p, numbers(10), func(i int) (int, error) {
				defer func() { cleaned++ }()
				if i == 0 {
					return 0, nil
				}
				return 0, h.Sleep(time.Hour)
			}) {
				break
			}
			equal(t, "len, tasks", []int{p.Len(), h.Len()}, []int{0, 1})
			if cleaned == 0 {
				t.Error("no call has ended")
			}
		}
		return nil
	})
}

func TestMapSeq_PanicsAndEnds(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		p := green.NewPool(h, 2)
		for _, err := range green.MapSeq(p, numbers(1), func(int) (int, error) { panic("in the call") }) {
			if e := (*greenlet.PanicError)(nil); !errors.As(err, &e) {
				t.Errorf("a panic in the call: %v", err)
			}
		}
		expectPanic(t, "in the items", func() {
			for range green.MapSeq(p, func(func(int) bool) { panic("in the items") }, func(int) (int, error) { return 0, nil }) {
			}
		})
		equal(t, "nothing", collect(green.MapSeq(p, numbers(0), func(int) (int, error) { return 0, nil })), []string(nil))
		var last error
		h.WithTimeout(ms, func(*green.Timeout) error {
			for _, err := range green.MapSeq(p, numbers(3), func(int) (int, error) { return 0, h.Sleep(time.Hour) }) {
				last = err
			}
			return nil
		})
		expectIs(t, "deadline of the loop", last, green.ErrTimeout)
		p.Shutdown()
		equal(t, "closed", collect(green.MapSeq(p, numbers(3), func(int) (int, error) { return 0, nil })),
			[]string{green.ErrPoolClosed.Error()})
		return nil
	})
}

func TestMapUnordered_AllComeOnce(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		p := green.NewPool(h, 7)
		var got []int
		for v, err := range green.MapUnordered(p, numbers(1000), func(i int) (int, error) {
			return i, h.Sleep(time.Duration(i*7919%13) * ms)
		}) {
			if err != nil {
				return err
			}
			got = append(got, v)
		}
		if slices.IsSorted(got) {
			t.Error("they came in order")
		}
		slices.Sort(got)
		equal(t, "results", got, slices.Collect(numbers(1000)))
		return nil
	})
}

func TestPile_LaterLoopsAndStop(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		pile := green.NewPile[int](green.NewPool(h, 2))
		add := func(v int, d time.Duration) {
			if err := pile.Go(func() (int, error) { return v, h.Sleep(d) }); err != nil {
				t.Error(err)
			}
		}
		add(1, 2*ms)
		add(2, ms)
		for v, err := range pile.All() {
			equal(t, "first", []any{v, err}, []any{1, nil})
			break
		}
		add(3, time.Hour)
		equal(t, "len", pile.Len(), 2)
		err := h.WithTimeout(ms, func(*green.Timeout) error {
			for _, err := range pile.All() {
				if err != nil {
					return err
				}
			}
			return nil
		})
		expectIs(t, "deadline", err, green.ErrTimeout)
		pile.Stop()
		equal(t, "rest", collect(pile.All()), []string{green.ErrKilled.Error()})
		return nil
	})
}

// A failure is heard of at once, even if the map waits for a place that others have, or for the next item.
func TestMap_FailureIsHeardWhileWaiting(t *testing.T) {
	oops := errors.New("oops")
	mustRun(t, func(h *green.Hub) error {
		fails := func(int) (int, error) {
			h.Sleep(ms)
			return 0, oops
		}
		p := green.NewPool(h, 2)
		other, _ := p.Go(func() error { return h.Sleep(time.Hour) })
		next := h.Go(func() error { _, err := p.Go(func() error { return h.Sleep(time.Hour) }); return err })
		begin := h.Now()
		_, err := green.Map(p, func(yield func(int) bool) {
			if yield(0) {
				h.Yield() // next is in line before us now
				yield(1)
			}
		}, fails)
		expectIs(t, "waiting for a place", err, oops)
		_, err = green.Map(green.NewPool(h, 2), func(yield func(int) bool) {
			if yield(0) && h.Sleep(time.Hour) == nil {
				yield(1)
			}
		}, fails)
		expectIs(t, "waiting for an item", err, oops)
		equal(t, "time", h.Now().Sub(begin), 2*ms)
		next.Join()
		other.Stop()
		p.Stop()
		return p.Join()
	})
}
