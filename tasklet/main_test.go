package tasklet_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet/tasklet"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// expect says what is not as it should be.
func expect[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// within runs f with a new scheduler, whose Close must return nil.
func within(t *testing.T, f func(s *tasklet.Scheduler), opts ...tasklet.Option) {
	t.Helper()
	if err := tasklet.Run(func(s *tasklet.Scheduler) error {
		s.Main().SetName("main")
		f(s)
		return nil
	}, opts...); err != nil {
		t.Errorf("Close: %v", err)
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

// turns is the body of a tasklet that says n times that it has its turn.
func (d *diary) turns(s *tasklet.Scheduler, name string, n int) func() error {
	return func() error {
		for i := range n {
			d.say("%s%d", name, i)
			if err := s.Schedule(); err != nil {
				return err
			}
		}
		return nil
	}
}

// panicOf returns what f panics with.
func panicOf(f func()) (p any) {
	defer func() { p = recover() }()
	f()
	return nil
}

// expectPanic wants f to panic with a text that contains part.
func expectPanic(t *testing.T, part string, f func()) {
	t.Helper()
	p := panicOf(f)
	if text := fmt.Sprint(p); p == nil || !strings.Contains(text, part) {
		t.Errorf("panicked with %q, want something with %q", text, part)
	}
}
