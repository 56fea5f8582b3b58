package net_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
)

// What waits for a socket fails with errors that Go's libraries know.
func TestErrorsAreGosToo(t *testing.T) {
	eachPair(t, func(t *testing.T, h *green.Hub, a, b *net.Conn) {
		read := func() error {
			_, err := a.Read(make([]byte, 1))
			return err
		}
		late := h.WithTimeout(time.Millisecond, func(*green.Timeout) error { return read() })
		var killed error
		task := h.Go(func() error {
			killed = read()
			return killed
		})
		blocked(t, h)
		task.Stop()
		must(t, task.Join())
		for _, target := range []error{green.ErrTimeout, context.DeadlineExceeded, os.ErrDeadlineExceeded} {
			expect(t, "late is "+target.Error(), errors.Is(late, target), true)
			expect(t, "killed is "+target.Error(), errors.Is(killed, target), false)
		}
		for _, target := range []error{green.ErrKilled, context.Canceled} {
			expect(t, "late is "+target.Error(), errors.Is(late, target), false)
			expect(t, "killed is "+target.Error(), errors.Is(killed, target), true)
		}
	})
}
