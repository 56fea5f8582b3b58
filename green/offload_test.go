package green_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/green"
)

func TestOffload_Result(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		ran := false
		h.Go(func() error { ran = true; return nil })
		release := make(chan struct{})
		h.Go(func() error { close(release); return nil })
		v, err := green.Offload(h, func(context.Context) (int, error) {
			<-release // so that it is the others' turn while it blocks
			return 7, context.Canceled
		})
		equal(t, "result", []any{v, err, ran}, []any{7, context.Canceled, true})
		return nil
	})
}

func TestOffload_PanicAndGoexit(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		_, err := green.Offload(h, func(context.Context) (int, error) { panic("away") })
		p := (*greenlet.PanicError)(nil)
		if !errors.As(err, &p) || p.Value != "away" || !strings.Contains(string(p.Stack), "TestOffload_PanicAndGoexit") {
			t.Errorf("a panic: %v", err)
		}
		_, err = green.Offload(h, func(context.Context) (int, error) { runtime.Goexit(); return 0, nil })
		expectIs(t, "Goexit", err, green.ErrGoexit)
		v, err := green.Offload(h, func(context.Context) (int, error) { return 1, nil })
		equal(t, "afterwards", []any{v, err}, []any{1, nil})
		return nil
	})
}

// The limit holds, and who waits for a goroutine gets one in the order of waiting.
func TestOffload_LimitAndOrder(t *testing.T) {
	var running, most atomic.Int32
	mustRun(t, func(h *green.Hub) error {
		p := green.NewPool(h, green.Unbounded)
		for range 20 {
			p.Go(func() error {
				_, err := green.Offload(h, func(context.Context) (int, error) {
					n := running.Add(1)
					for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
					}
					runtime.Gosched()
					running.Add(-1)
					return 0, nil
				})
				return err
			})
		}
		return p.Join()
	}, green.OffloadLimit(3))
	if n := most.Load(); n < 1 || n > 3 {
		t.Errorf("%d ran at once", n)
	}
	var order []int
	mustRun(t, func(h *green.Hub) error {
		p := green.NewPool(h, green.Unbounded)
		for i := range 10 {
			p.Go(func() error {
				_, err := green.Offload(h, func(context.Context) (int, error) { return 0, nil })
				order = append(order, i)
				return err
			})
		}
		return p.Join()
	}, green.OffloadLimit(1))
	equal(t, "order", order, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
}

// One that is killed while its function runs returns at once; the function's context ends, and its place is free when it
// has returned. One that is killed while it waits for a goroutine never runs.
func TestOffload_Kill(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		begun, canceled := make(chan struct{}), make(chan error, 1)
		first := h.Go(func() error {
			_, err := green.Offload(h, func(ctx context.Context) (int, error) {
				close(begun)
				<-ctx.Done()
				canceled <- ctx.Err()
				return 1, nil
			})
			return err
		})
		second := h.Go(func() error {
			_, err := green.Offload(h, func(context.Context) (int, error) { t.Error("it ran"); return 0, nil })
			return err
		})
		h.Yield()
		second.Kill()
		expectIs(t, "the one that waited", second.Err(), green.ErrKilled)
		<-begun
		first.Kill()
		expectIs(t, "the one that ran", first.Err(), green.ErrKilled)
		expectIs(t, "its context", <-canceled, context.Canceled)
		v, err := green.Offload(h, func(context.Context) (int, error) { return 3, nil })
		equal(t, "afterwards", []any{v, err}, []any{3, nil})
		return nil
	}, green.OffloadLimit(1))
}

func TestOffload_Deadline(t *testing.T) {
	// A clock of the test's would stand still while a goroutine is expected.
	err := green.Run(func(h *green.Hub) error {
		return h.WithTimeout(ms, func(*green.Timeout) error {
			_, err := green.Offload(h, func(ctx context.Context) (int, error) { <-ctx.Done(); return 0, nil })
			return err
		})
	})
	expectIs(t, "Run", err, green.ErrTimeout)
}

// Run cancels what is left and waits for it.
func TestOffload_EndOfRun(t *testing.T) {
	oops := errors.New("oops")
	ended := false
	var inside, late error
	err := run(func(h *green.Hub) error {
		begun := make(chan struct{})
		h.Go(func() error {
			defer func() {
				_, late = green.Offload(h, func(context.Context) (int, error) { t.Error("it ran"); return 0, nil })
			}()
			_, inside = green.Offload(h, func(ctx context.Context) (int, error) {
				close(begun)
				<-ctx.Done()
				time.Sleep(ms)
				ended = true
				return 0, ctx.Err()
			})
			return nil
		})
		h.Yield()
		<-begun
		return oops
	})
	expectIs(t, "Run", err, oops)
	equal(t, "ended", ended, true)
	if inside == nil {
		t.Error("the offload succeeded")
	}
	expectIs(t, "an offload at the end", late, green.ErrClosed)
}
