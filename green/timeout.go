package green

import (
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// A Timeout is the scope that [Hub.WithTimeout] opens: see [tasklet.Timeout].
type Timeout = tasklet.Timeout

// WithTimeout calls f in a scope that ends after d: from then on, until f has returned, every operation of the calling task
// that blocks or would block fails with a [*tasklet.TimeoutError]. It returns what f returns; [tasklet.Timeout.Owns] says
// whether that is of this very scope. Scopes nest, and the nearest deadline counts: an inner scope can only shorten
// what an outer one has left. A deadline never arrives outside of f, however late the task comes to run, and
// f that does not block is not interrupted. A d of 0 or less has passed already.
func (h *Hub) WithTimeout(d time.Duration, f func(*Timeout) error) error {
	defer h.scope()()
	return h.s.WithTimeout(d, f)
}

// WithDeadline is [Hub.WithTimeout] with the time at which the scope ends, in the time of the hub's world.
func (h *Hub) WithDeadline(at time.Time, f func(*Timeout) error) error {
	return h.WithTimeout(at.Sub(h.Now()), f)
}

// WithTimeoutError is [Hub.WithTimeout] with an error of the caller's: the operations fail with cause. Use a cause of its
// own for every scope if they are to be told apart.
func (h *Hub) WithTimeoutError(d time.Duration, cause error, f func(*Timeout) error) error {
	defer h.scope()()
	return h.s.WithTimeoutCause(d, cause, f)
}

// Within is [Hub.WithTimeout] that is silent: when f fails because this scope has ended, it returns false and nil. Else it
// returns true and what f returned.
func (h *Hub) Within(d time.Duration, f func() error) (inTime bool, err error) {
	inTime = true
	err = h.WithTimeout(d, func(o *Timeout) error {
		err := f()
		if err != nil && o.Owns(err) {
			inTime = false
			return nil
		}
		return err
	})
	return inTime, err
}

// GetWithin calls f in a scope that ends after d, and returns what f returns; or late and nil when f fails because this
// scope has ended.
func GetWithin[T any](h *Hub, d time.Duration, late T, f func() (T, error)) (v T, err error) {
	inTime, err := h.Within(d, func() (err error) {
		v, err = f()
		return err
	})
	if !inTime {
		return late, nil
	}
	return v, err
}

// within is the scope of the operations that have a limit of time themselves.
func (h *Hub) within(d time.Duration, f func() error) error {
	return h.s.WithTimeout(d, func(*Timeout) error { return f() })
}

// scope returns what ends the contexts that the calling task is given in a scope which opens now.
func (h *Hub) scope() (end func()) {
	t := h.Current()
	if t == nil {
		return func() {}
	}
	n := t.ctx.count()
	return func() { t.ctx.drop(n) }
}
