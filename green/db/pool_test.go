package db_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/db"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// mustRun runs f in a hub of its own.
func mustRun(t *testing.T, f func(h *green.Hub) error) {
	t.Helper()
	if err := green.Run(f); err != nil {
		t.Errorf("Run: %v", err)
	}
}

// expect says what is not as it should be.
func expect[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// expectIs wants target in the chain of err.
func expectIs(t *testing.T, what string, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("%s: got %v, want %v", what, err, target)
	}
}

// numbers is a pool of numbers, and those that were closed.
func numbers(h *green.Hub, max int) (p *db.Pool[int], closed *[]int) {
	n := 0
	closed = new([]int)
	return db.NewPool(h, db.Options[int]{
		Max:   max,
		Dial:  func(context.Context) (int, error) { n++; return n, nil },
		Close: func(c int) error { *closed = append(*closed, c); return nil },
	}), closed
}

func itself(_ context.Context, c int) (int, error) { return c, nil }

func TestDo(t *testing.T) {
	oops := errors.New("oops")
	mustRun(t, func(h *green.Hub) error {
		p, closed := numbers(h, 1)
		v, err := db.Do(p, itself)
		expect(t, "the connection", v, 1)
		if err != nil {
			return err
		}
		_, err = db.Do(p, func(context.Context, int) (int, error) { return 0, oops })
		expectIs(t, "an error", err, oops)
		v, err = db.Do(p, itself)
		expect(t, "the same again", v, 1)
		if err != nil {
			return err
		}
		_, err = db.Do(p, func(context.Context, int) (int, error) { panic("away") })
		var panicked *greenlet.PanicError
		expect(t, "a panic", errors.As(err, &panicked), true)
		v, err = db.Do(p, itself)
		expect(t, "another one after a panic", v, 2)
		if err != nil {
			return err
		}
		expect(t, "created", p.Stats().Created, 2)
		p.Close()
		expect(t, "closed", len(*closed), 2)
		_, err = db.Do(p, itself)
		expectIs(t, "afterwards", err, green.ErrResourcesClosed)
		return nil
	})
}

// Who is killed, or late, leaves at once; the connection is closed when its call has returned, and not used again.
func TestDo_KillAndDeadline(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		p, closed := numbers(h, 1)
		begun, free, canceled := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		task := h.Go(func() error {
			_, err := db.Do(p, func(ctx context.Context, c int) (int, error) {
				close(begun)
				<-ctx.Done()
				canceled <- ctx.Err()
				<-free
				return 0, nil
			})
			return err
		})
		h.Yield()
		// Another one waits for the connection, which is the second blocking point.
		err := h.WithTimeout(time.Millisecond, func(*green.Timeout) error { _, err := db.Do(p, itself); return err })
		expectIs(t, "one that waits, late", err, green.ErrTimeout)
		second := h.Go(func() error { _, err := db.Do(p, itself); return err })
		h.Yield()
		second.Kill()
		expectIs(t, "one that waits, killed", second.Err(), green.ErrKilled)
		<-begun
		task.Kill()
		expectIs(t, "killed", task.Err(), green.ErrKilled)
		expectIs(t, "its context", <-canceled, context.Canceled)
		expect(t, "closed meanwhile", len(*closed), 0)
		close(free)
		v, err := db.Do(p, itself)
		expect(t, "the next connection", v, 2)
		if err != nil {
			return err
		}
		err = h.WithTimeout(time.Millisecond, func(*green.Timeout) error {
			_, err := db.Do(p, func(ctx context.Context, c int) (int, error) { <-ctx.Done(); return 0, ctx.Err() })
			return err
		})
		expectIs(t, "late", err, green.ErrTimeout)
		v, err = db.Do(p, itself)
		expect(t, "and the next", v, 3)
		p.Close()
		return err
	})
}

func TestDo_Dial(t *testing.T) {
	oops := errors.New("oops")
	mustRun(t, func(h *green.Hub) error {
		closed := make(chan int, 1)
		fail := true
		p := db.NewPool(h, db.Options[int]{
			Max: 1,
			Dial: func(ctx context.Context) (int, error) {
				if fail {
					return 0, oops
				}
				<-ctx.Done() // and it comes all the same
				return 7, nil
			},
			Close: func(c int) error { closed <- c; return nil },
		})
		_, err := db.Do(p, itself)
		expectIs(t, "Dial fails", err, oops)
		fail = false
		err = h.WithTimeout(time.Millisecond, func(*green.Timeout) error { _, err := db.Do(p, itself); return err })
		expectIs(t, "Dial is late", err, green.ErrTimeout)
		expect(t, "closed", <-closed, 7)
		expect(t, "open", p.Stats().Open, 0)
		return nil
	})
}

// Abort makes a call return that does not heed its context; at the end of Run too.
func TestDo_Abort(t *testing.T) {
	oops := errors.New("oops")
	err := green.Run(func(h *green.Hub) error {
		p := db.NewPool(h, db.Options[chan struct{}]{
			Max:   2,
			Dial:  func(context.Context) (chan struct{}, error) { return make(chan struct{}), nil },
			Abort: func(c chan struct{}) { close(c) },
		})
		wait := func() error {
			_, err := db.Do(p, func(_ context.Context, c chan struct{}) (int, error) { <-c; return 0, nil })
			return err
		}
		err := h.WithTimeout(time.Millisecond, func(*green.Timeout) error { return wait() })
		expectIs(t, "late", err, green.ErrTimeout)
		h.Go(wait)
		h.Sleep(5 * time.Millisecond)
		return oops
	})
	expectIs(t, "Run", err, oops)
}

func TestPool_Check(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		n, bad := 0, 1
		p := db.NewPool(h, db.Options[int]{
			Max:  1,
			Dial: func(context.Context) (int, error) { n++; return n, nil },
			Check: func(_ context.Context, c int) error {
				if c == bad {
					return errors.New("bad")
				}
				return nil
			},
		})
		for _, want := range []int{1, 2, 2} {
			v, err := db.Do(p, itself)
			expect(t, "connection", v, want)
			if err != nil {
				return err
			}
		}
		p.Close()
		return nil
	})
}
