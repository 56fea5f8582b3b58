package green_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const ms = time.Millisecond

// run runs f in a hub with a clock of its own, and returns what Run returned.
func run(f func(h *green.Hub) error, opts ...green.Option) error {
	clock := tasklet.NewClock(time.Unix(0, 0))
	return green.Run(f, append([]green.Option{green.WithWorld(clock)}, opts...)...)
}

// mustRun is run that must return nil.
func mustRun(t *testing.T, f func(h *green.Hub) error, opts ...green.Option) {
	t.Helper()
	if err := run(f, opts...); err != nil {
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

// A diary is what ran, in words.
type diary struct{ words []string }

func (d *diary) say(format string, args ...any) {
	d.words = append(d.words, fmt.Sprintf(format, args...))
}

// expect compares the diary with the words of want, and empties it.
func (d *diary) expect(t *testing.T, want string) {
	t.Helper()
	expect(t, "order", strings.Join(d.words, " "), want)
	d.words = nil
}

// expectPanic wants f to panic with a text that contains part.
func expectPanic(t *testing.T, part string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		p := recover()
		if text := fmt.Sprint(p); p == nil || !strings.Contains(text, part) {
			t.Errorf("panicked with %q, want something with %q", text, part)
		}
	}()
	f()
}
