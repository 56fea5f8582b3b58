package green_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
)

// onGoroutine runs f on a goroutine of its own, while the hub goes on, and returns when f has.
func onGoroutine(h *green.Hub, f func()) error {
	_, err := green.Offload(h, func(context.Context) (int, error) { f(); return 0, nil })
	return err
}

func TestCall(t *testing.T) {
	ctx := context.Background()
	oops := errors.New("oops")
	mustRun(t, func(h *green.Hub) error {
		return onGoroutine(h, func() {
			v, err := green.Call(ctx, h, func() (int, error) { return 7, h.Sleep(0) })
			equal(t, "Call", []any{v, err}, []any{7, nil})
			_, err = green.Call(ctx, h, func() (int, error) { return 0, oops })
			expectIs(t, "an error", err, oops)
			_, err = green.Call(ctx, h, func() (int, error) { panic("away") })
			p := (*greenlet.PanicError)(nil)
			if !errors.As(err, &p) || p.Value != "away" {
				t.Errorf("a panic: %v", err)
			}
		})
	})
}

func TestCall_ContextStopsTheTask(t *testing.T) {
	var inside error
	mustRun(t, func(h *green.Hub) error {
		ended := h.NewEvent()
		err := onGoroutine(h, func() {
			ctx, cancel := context.WithCancelCause(context.Background())
			_, err := green.Call(ctx, h, func() (int, error) {
				cancel(errStop)
				defer ended.Set()
				inside = h.NewEvent().Wait()
				return 0, inside
			})
			expectIs(t, "Call", err, errStop)
			_, err = green.Call(ctx, h, func() (int, error) { t.Error("it ran"); return 0, nil })
			expectIs(t, "Call", err, errStop)
		})
		if err != nil {
			return err
		}
		return ended.Wait()
	})
	expectIs(t, "in the task", inside, green.ErrKilled)
}

func TestCall_ClosedAndInside(t *testing.T) {
	var hub *green.Hub
	result := make(chan error, 1)
	begun := make(chan struct{})
	err := run(func(h *green.Hub) error {
		hub = h
		if h.Scheduler().Inside() {
			expectPanic(t, "inside", func() { green.Call(context.Background(), h, func() (int, error) { return 0, nil }) })
		}
		go func() {
			_, err := green.Call(context.Background(), h, func() (int, error) {
				close(begun)
				return 0, h.Sleep(time.Hour)
			})
			result <- err
		}()
		release := h.Hold()
		for done := false; !done; h.Yield() {
			select {
			case <-begun:
				done = true
			default:
			}
		}
		release()
		return errStop
	})
	expectIs(t, "Run", err, errStop)
	expectIs(t, "one that runs", <-result, green.ErrClosed)
	_, err = green.Call(context.Background(), hub, func() (int, error) { return 0, nil })
	expectIs(t, "afterwards", err, green.ErrClosed)
}

func TestCallback(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		v, err := green.Callback(h, func(done func(int, error)) {
			go func() { done(1, errStop); done(2, nil) }()
		})
		equal(t, "Callback", []any{v, err}, []any{1, errStop})
		v, err = green.Callback(h, func(done func(int, error)) { done(3, nil) })
		equal(t, "at once", []any{v, err}, []any{3, nil})
		var late func(int, error)
		waits := h.Go(func() error {
			_, err := green.Callback(h, func(done func(int, error)) { late = done })
			return err
		})
		h.Yield()
		waits.Kill()
		late(1, nil)
		expectIs(t, "killed", waits.Err(), green.ErrKilled)
		if h.Scheduler().Inside() {
			onGoroutine(h, func() {
				_, err := green.Callback(h, func(func(int, error)) { t.Error("it was called") })
				expectIs(t, "outside", err, green.ErrOutside)
			})
		}
		return nil
	})
}

func TestUntilDone(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		ctx, cancel := context.WithCancelCause(context.Background())
		go cancel(errStop)
		err := h.UntilDone(ctx, func() error { return h.NewEvent().Wait() })
		expectIs(t, "canceled", err, errStop)
		expect(t, "afterwards", h.Sleep(ms), nil)
		expectIs(t, "done before", h.UntilDone(ctx, func() error { return h.Yield() }), errStop)
		expect(t, "never", h.UntilDone(context.Background(), func() error { return h.Yield() }), nil)
		return nil
	})
}

func TestFromChan(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		ch := make(chan int)
		go func() {
			for i := range 10 {
				ch <- i
			}
			close(ch)
		}()
		var got []int
		for v := range green.FromChan(h, ch, 2).All() {
			got = append(got, v)
		}
		equal(t, "got", got, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
		f := green.FromChan(h, make(chan int), 0)
		waits := h.Go(func() error { _, err := f.Get(); expectIs(t, "Get", err, green.ErrShutdown); return nil })
		h.Yield()
		f.Close()
		f.Close()
		return waits.Join()
	})
}

func TestFromSeq(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		f := green.FromSeq(h, slices.Values([]string{"a", "b", "c"}), 1)
		v, err := f.Get()
		f.Close() // and the rest is lost
		equal(t, "first", []any{v, err}, []any{"a", nil})
		return nil
	})
}

func TestToChan(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		q := green.NewQueue[int](h, 1)
		ch := green.ToChan(h, q)
		got := make(chan []int, 1)
		go func() {
			var all []int
			for v := range ch {
				all = append(all, v)
			}
			got <- all
		}()
		for i := range 5 {
			if err := q.Put(i); err != nil {
				return err
			}
		}
		q.Shutdown()
		equal(t, "got", <-onlyAfter(h, got), []int{0, 1, 2, 3, 4})
		return nil
	})
}

// onlyAfter lets the hub go on until there is something in ch.
func onlyAfter[T any](h *green.Hub, ch chan T) chan T {
	for len(ch) == 0 {
		h.Yield()
		runtime.Gosched()
	}
	return ch
}

// Nobody receives: the end of Run ends it all, and closes the channel.
func TestToChan_EndOfRun(t *testing.T) {
	var ch <-chan int
	err := run(func(h *green.Hub) error {
		q := green.NewQueue[int](h, green.Unbounded)
		q.Put(1)
		ch = green.ToChan(h, q)
		green.FromChan(h, make(chan int), 0)
		h.Yield()
		return errStop
	})
	expectIs(t, "Run", err, errStop)
	for range ch {
		t.Error("an item came")
	}
}

func TestSeq(t *testing.T) {
	count := func(n int, end error) func(h *green.Hub, emit func(int) error) error {
		return func(h *green.Hub, emit func(int) error) error {
			for i := range n {
				h.Sleep(time.Hour)
				if err := emit(i); err != nil {
					return err
				}
			}
			return end
		}
	}
	world := func() green.Option { return green.WithWorld(newClock()) }
	var got []any
	for v, err := range green.Seq(count(3, errStop), world()) {
		got = append(got, v, err)
	}
	equal(t, "all", got, []any{0, nil, 1, nil, 2, nil, 0, errStop})
	got = nil
	for v := range green.Seq(count(9, nil), world()) {
		if got = append(got, v); v == 1 {
			break
		}
	}
	equal(t, "some", got, []any{0, 1})
}

// A doneContext tells when somebody begins to wait for its end.
type doneContext struct {
	context.Context
	waited chan struct{}
}

func (c doneContext) Done() <-chan struct{} {
	close(c.waited)
	return c.Context.Done()
}

// A Call that was left never runs, also if a policy lets what takes it back run before what begins it.
func TestCall_LeftBeforeItBegan(t *testing.T) {
	newest := func(runnable []*tasklet.Tasklet) int { return len(runnable) - 1 }
	err := green.Run(func(h *green.Hub) error {
		ctx, cancel := context.WithCancel(context.Background())
		begun, left := make(chan struct{}), make(chan error)
		go func() {
			_, err := green.Call(doneContext{ctx, begun}, h, func() (int, error) { t.Error("it ran"); return 0, nil })
			left <- err
		}()
		<-begun // the hub must not look before it was left, too
		cancel()
		expectIs(t, "left", <-left, context.Canceled)
		return nil
	}, green.WithPolicy(newest))
	expect(t, "Run", err, nil)
}
