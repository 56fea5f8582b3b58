//go:build unix

package exec_test

import (
	"errors"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/exec"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// mustRun runs f in a hub of its own.
func mustRun(t *testing.T, f func(h *green.Hub) error, opts ...green.Option) {
	t.Helper()
	if err := green.Run(f, opts...); err != nil {
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

// sh is a command of the shell's.
func sh(h *green.Hub, script string) *exec.Cmd { return exec.Command(h, "/bin/sh", "-c", script) }

// eachWay runs f with and without descriptors of processes, and in a hub that watches no descriptors.
func eachWay(t *testing.T, f func(t *testing.T, opts ...green.Option)) {
	t.Run("watched", func(t *testing.T) { f(t) })
	t.Run("goroutine", func(t *testing.T) {
		defer exec.NoHandles()()
		f(t)
	})
	t.Run("portable", func(t *testing.T) { f(t, green.Portable()) })
}

// gone waits until the process pid is gone, or fails.
func gone(t *testing.T, pid int) {
	t.Helper()
	for range 1000 {
		if !alive(pid) {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("process %d is still there", pid)
}
