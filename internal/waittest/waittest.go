// Package waittest shows what is left of an operation that waits, when the wait ends by something else than it waits
// for: the panic of another task, which is raised in it; a kill; a deadline.
package waittest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/green"
)

// A Case is an operation that waits.
type Case struct {
	Name string
	// Make returns the operation, which nothing ends yet, and what to do afterwards: see to it that what the operation
	// is of can be used, and that nothing was lost.
	Make func(h *green.Hub) (wait, after func() error, err error)
}

// patience is how long a program may take that should not hang.
const patience = time.Minute

// Run runs every case in every way, each in a hub of its own, which must end: no hold is left.
func Run(t *testing.T, cases []Case, opts ...green.Option) {
	for _, c := range cases {
		for name, interrupt := range map[string]func(h *green.Hub, wait func() error) error{
			"panic": panics, "kill": kill, "deadline": deadline,
		} {
			t.Run(c.Name+"/"+name, func(t *testing.T) {
				over := make(chan error, 1)
				go func() {
					over <- green.Run(func(h *green.Hub) error {
						wait, after, err := c.Make(h)
						if err != nil {
							return err
						}
						if err := interrupt(h, wait); err != nil {
							return err
						}
						return after()
					}, opts...)
				}()
				select {
				case err := <-over:
					if err != nil {
						t.Error(err)
					}
				case <-time.After(patience):
					t.Fatal("Run has not returned: something is held, or waits, that nobody will end")
				}
			})
		}
	}
}

// panics raises the panic of another task in wait, and recovers it.
func panics(h *green.Hub, wait func() error) (err error) {
	defer func() {
		if p, is := recover().(*greenlet.PanicError); !is || p.Value != "boom" {
			err = fmt.Errorf("want a panic with boom, got %v, %w", p, err)
		} else {
			err = nil
		}
	}()
	h.Go(func() error {
		if err := h.Yield(); err != nil {
			return err
		}
		panic("boom")
	})
	return fmt.Errorf("wait returned %w", wait())
}

func kill(h *green.Hub, wait func() error) error {
	t := h.Go(wait)
	for !t.Tasklet().Blocked() {
		if err := h.Yield(); err != nil {
			return err
		}
	}
	if err := t.Kill(); err != nil {
		return err
	}
	if err := t.Err(); !errors.Is(err, green.ErrKilled) {
		return fmt.Errorf("want ErrKilled, got %w", err)
	}
	return nil
}

func deadline(h *green.Hub, wait func() error) error {
	err := h.WithTimeout(20*time.Millisecond, func(*green.Timeout) error { return wait() })
	if !errors.Is(err, green.ErrTimeout) {
		return fmt.Errorf("want ErrTimeout, got %w", err)
	}
	return nil
}
