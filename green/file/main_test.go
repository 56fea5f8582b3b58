package file_test

import (
	"errors"
	"testing"

	"github.com/go-greenlet/greenlet/green"
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

// eachWay runs f in a hub that watches descriptors and in one that does not.
func eachWay(t *testing.T, f func(t *testing.T, opts ...green.Option)) {
	t.Run("watched", func(t *testing.T) { f(t) })
	t.Run("portable", func(t *testing.T) { f(t, green.Portable()) })
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
