package db_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/db"
	"github.com/go-greenlet/greenlet/internal/waittest"
)

// Whatever ends a wait, nobody gets a connection that a call which was left is still using.
func TestEveryWait_LeavesThingsInOrder(t *testing.T) {
	waittest.Run(t, []waittest.Case{{Name: "Do", Make: func(h *green.Hub) (wait, after func() error, err error) {
		var dialed atomic.Int64 // one that was left may still be dialing
		p := db.NewPool(h, db.Options[int]{Max: 2, Dial: func(context.Context) (int, error) {
			return int(dialed.Add(1)), nil
		}})
		var running atomic.Bool // it may be given up before
		end := make(chan struct{})
		wait = func() error {
			_, err := db.Do(p, func(context.Context, int) (int, error) {
				running.Store(true)
				<-end
				return 0, nil
			})
			return err
		}
		after = func() error {
			_, err := db.Do(p, func(_ context.Context, c int) (int, error) {
				defer close(end)
				if c == 1 && running.Load() {
					return 0, fmt.Errorf("got connection %d, which is in use", c)
				}
				return 0, nil
			})
			p.Close()
			return err
		}
		return wait, after, nil
	}}})
}
