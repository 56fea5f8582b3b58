package green_test

import (
	"context"
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
)

// Errors answer what Go's libraries ask: retries, status codes, middleware.
func TestErrorsAreGosToo(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		long := func() error { return h.Sleep(time.Hour) }
		timeout := h.WithTimeout(ms, func(*green.Timeout) error { return long() })
		task := h.Go(long)
		h.Yield()
		task.Stop()
		killed := task.Join()
		var canceled error
		h.Group(func(g *green.Group) error {
			g.Go(func() error { return errBoom })
			canceled = long()
			return canceled
		})
		for _, c := range []struct {
			name           string
			err            error
			late, canceled bool
		}{
			{"a timeout", timeout, true, false},
			{"ErrTimeout", green.ErrTimeout, true, false},
			{"a kill", green.ErrKilled, false, true},
			{"a killed task's", task.Err(), false, true},
			{"a canceled group's", canceled, false, true},
		} {
			var system net.Error
			expect(t, c.name+" is context.DeadlineExceeded", errors.Is(c.err, context.DeadlineExceeded), c.late)
			expect(t, c.name+" is os.ErrDeadlineExceeded", errors.Is(c.err, os.ErrDeadlineExceeded), c.late)
			expect(t, c.name+" is context.Canceled", errors.Is(c.err, context.Canceled), c.canceled)
			expect(t, c.name+" says Timeout", os.IsTimeout(c.err) || errors.As(c.err, &system) && system.Timeout(), c.late)
		}
		expect(t, "Join of a killed task", killed, nil)
		return nil
	})
}
