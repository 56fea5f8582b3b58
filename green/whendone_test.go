package green_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
)

// sameEachTime runs f 50 times and returns what it wrote, which must be the same each time.
func sameEachTime(t *testing.T, f func(h *green.Hub, note func(a ...any)) error, opts func() []green.Option) string {
	t.Helper()
	first := ""
	for i := range 50 {
		order := ""
		err := green.Run(func(h *green.Hub) error { return f(h, func(a ...any) { order += fmt.Sprintln(a...) }) }, opts()...)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = order
		} else if order != first {
			t.Fatalf("run %d went otherwise than the first one:\n%s\nand not\n%s", i, order, first)
		}
	}
	if first == "" {
		t.Error("nothing was noted")
	}
	return first
}

func virtually() []green.Option {
	return []green.Option{green.WithWorld(tasklet.NewClock(time.Unix(0, 0)))}
}

func onSystem() []green.Option { return nil }

// A context that code of the hub ends arrives at the next look outside, whatever the goroutines of package context do.
func TestUntilDoneArrivesAtTheSameTime(t *testing.T) {
	for name, opts := range map[string]func() []green.Option{"clock": virtually, "system": onSystem} {
		got := sameEachTime(t, func(h *green.Hub, note func(...any)) error {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			over := false
			h.Go(func() error {
				h.UntilDone(ctx, func() error { return h.Sleep(time.Hour) })
				over = true
				return nil
			})
			if err := h.Yield(); err != nil {
				return err
			}
			cancel()
			n := 0
			for ; !over; n++ {
				if err := h.Yield(); err != nil {
					return err
				}
			}
			note("yields:", n)
			return nil
		}, opts)
		if got != "yields: 1\n" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// The same where time passes in jumps, with a context derived from the one that is ended, and several waits.
func TestUntilDoneTakesNoTime(t *testing.T) {
	got := sameEachTime(t, func(h *green.Hub, note func(...any)) error {
		outer, cancel := context.WithCancel(context.Background())
		defer cancel()
		start := h.Now()
		for i := range 5 {
			ctx, stop := context.WithCancel(outer)
			defer stop()
			h.Go(func() error {
				err := h.UntilDone(ctx, func() error { return h.Sleep(time.Hour) })
				note(i, h.Now().Sub(start), err)
				return nil
			})
		}
		if err := h.Yield(); err != nil {
			return err
		}
		cancel()
		return h.Sleep(time.Second)
	}, virtually)
	if want := "0 0s context canceled\n1 0s context canceled\n2 0s context canceled\n3 0s context canceled\n4 0s context canceled\n"; got != want {
		t.Errorf("got\n%s", got)
	}
}

// The context of a task ends where the task is told to stop, and its deadline passes in the time of the hub.
func TestUntilDoneOfTheContextOfATask(t *testing.T) {
	got := sameEachTime(t, func(h *green.Hub, note func(...any)) error {
		start := h.Now()
		a := h.Go(func() error {
			err := h.Sleep(time.Hour)
			note("a", err)
			return nil
		})
		h.Go(func() error {
			err := h.UntilDone(a.Context(), func() error { return h.Sleep(time.Hour) })
			note("b", h.Now().Sub(start), err)
			return nil
		})
		ctx := context.Background()
		c := h.Go(func() error {
			return h.WithTimeout(time.Second, func(*green.Timeout) error {
				ctx = h.Current().Context()
				h.Shield(func() error { return h.Sleep(time.Minute) })
				return nil
			})
		})
		if err := h.Yield(); err != nil {
			return err
		}
		err := h.UntilDone(ctx, func() error { return h.Sleep(time.Hour) })
		note("main", h.Now().Sub(start), err, ctx.Err())
		a.Stop()
		return c.Join()
	}, virtually)
	if want := "main 1s tasklet: deadline passed context deadline exceeded\nb 1s greenlet: exit\na greenlet: exit\n"; got != want {
		t.Errorf("got\n%s", got)
	}
}

// Contexts that other goroutines end arrive, however many there are, and each once.
func TestWhenDoneOfManyContexts(t *testing.T) {
	err := green.Run(func(h *green.Hub) error {
		const n = 500
		came := make([]int, n)
		all := h.NewLatch(n)
		cancels := make([]context.CancelFunc, n)
		for i := range n {
			var ctx context.Context
			ctx, cancels[i] = context.WithCancel(context.Background())
			h.WhenDone(ctx, func() {
				came[i]++
				all.Done()
			})
		}
		defer h.Hold()()
		go func() {
			for i := 0; i < n; i += 2 {
				cancels[n-1-i]()
			}
		}()
		for i := 0; i < n; i += 2 {
			cancels[i]()
		}
		if err := h.WithTimeout(time.Minute, func(*green.Timeout) error { return all.Wait() }); err != nil {
			return err
		}
		for i, c := range came {
			if c != 1 {
				t.Errorf("context %d arrived %d times", i, c)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhenDoneForgets(t *testing.T) {
	err := green.Run(func(h *green.Hub) error {
		ctx, cancel := context.WithCancel(context.Background())
		fail := func() { t.Error("called after all") }
		for _, ctx := range []context.Context{ctx, h.Current().Context(), context.Background()} {
			forget := h.WhenDone(ctx, fail)
			forget()
			forget()
		}
		cancel()
		n := 0
		h.WhenDone(ctx, func() { n++ }) // done already
		if n != 1 {
			t.Errorf("called %d times", n)
		}
		return h.Yield()
	})
	if err != nil {
		t.Fatal(err)
	}
}

// On the system's clock the deadline of a task's context passes while ordinary code blocks the hub.
func TestContextDeadlinePassesWhileCodeBlocks(t *testing.T) {
	err := green.Run(func(h *green.Hub) error {
		return h.WithTimeout(20*time.Millisecond, func(o *green.Timeout) error {
			ctx := h.Current().Context()
			child, cancel := context.WithCancel(ctx)
			defer cancel()
			select {
			case <-child.Done():
			case <-time.After(30 * time.Second):
				t.Fatal("the deadline does not pass")
			}
			for _, ctx := range []context.Context{ctx, child} {
				if ctx.Err() != context.DeadlineExceeded || context.Cause(ctx) != green.ErrTimeout {
					t.Errorf("Err %v, cause %v", ctx.Err(), context.Cause(ctx))
				}
			}
			if err := h.Sleep(time.Hour); !o.Owns(err) || !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("Sleep returned %v", err)
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A scope that ends before its deadline ends the contexts made in it, and leaves no timer.
func TestContextOfAScopeThatEndedEarly(t *testing.T) {
	err := green.Run(func(h *green.Hub) error {
		var ctx context.Context
		err := h.WithTimeout(time.Hour, func(*green.Timeout) error {
			ctx = h.Current().Context()
			if at, ok := ctx.Deadline(); !ok || time.Until(at) < 59*time.Minute {
				t.Errorf("the deadline is %v, %v", at, ok)
			}
			return ctx.Err()
		})
		if ctx.Err() != context.Canceled || context.Cause(ctx) != context.Canceled {
			t.Errorf("Err %v, cause %v", ctx.Err(), context.Cause(ctx))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
