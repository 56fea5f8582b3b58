package green

import (
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// A Result is a value or an error that comes once: a future. It belongs to one hub: [SharedResult] is for several.
type Result[T any] struct {
	_    noCopy
	h    *Hub
	done bool
	val  T
	err  error
	line *tasklet.Line
}

// NewResult makes a result that has not come.
func NewResult[T any](h *Hub) *Result[T] { return &Result[T]{h: h, line: h.s.NewLine("a result")} }

// Set gives the result its value and makes everybody go on who waits for it, in the order of their waiting. It says
// whether it was the first: a result that has come stays as it is.
func (r *Result[T]) Set(v T) (first bool) { return r.settle(v, nil) }

// Fail is [Result.Set] of an error, which must not be nil.
func (r *Result[T]) Fail(err error) (first bool) {
	if err == nil {
		panic("green: Result.Fail(nil)")
	}
	var zero T
	return r.settle(zero, err)
}

// Cancel is [Result.Fail] with [ErrCanceled].
func (r *Result[T]) Cancel() (first bool) { return r.Fail(ErrCanceled) }

// From makes the result that of j when j has ended. It returns a function that takes that back.
func (r *Result[T]) From(j *Job[T]) (unlink func()) {
	return j.link(&link{raw: true, f: func(*Task) { r.settle(j.val, j.err) }})
}

func (r *Result[T]) settle(v T, err error) (first bool) {
	r.h.Check()
	if r.done {
		return false
	}
	r.val, r.err, r.done = v, err, true
	r.line.WakeAll()
	return true
}

// Get waits for the result and returns it. The error is that of Fail, or says that the caller was killed or its
// deadline has passed before the result came.
func (r *Result[T]) Get() (T, error) {
	r.h.Check()
	if !r.done {
		if err := r.line.Wait(); err != nil {
			var zero T
			return zero, err
		}
	}
	return r.val, r.err
}

// GetTimeout is [Result.Get] with a limit of time.
func (r *Result[T]) GetTimeout(d time.Duration) (v T, err error) {
	err = r.h.within(d, func() (err error) {
		v, err = r.Get()
		return err
	})
	return v, err
}

// Poll returns the result, and whether it has come. It never waits.
func (r *Result[T]) Poll() (v T, err error, ok bool) {
	r.h.Check()
	return r.val, r.err, r.done
}

// Ready says whether the result has come: what makes it a [Waitable].
func (r *Result[T]) Ready() bool {
	r.h.Check()
	return r.done
}

func (r *Result[T]) watch() *tasklet.Line { return r.line }
