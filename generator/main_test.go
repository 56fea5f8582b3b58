package generator_test

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/generator"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Short names of the types that most tests use.
type (
	gen     = generator.Generator[int, string]
	yielder = generator.Yielder[int, string]
)

var errA, errB = errors.New("A"), errors.New("B")

// count yields 0, 1, … up to n-1 and passes on what is thrown.
func count(n int) func(*yielder) error {
	return func(y *yielder) error {
		for i := range n {
			if _, err := y.Yield(i); err != nil {
				return err
			}
		}
		return nil
	}
}

// An outcome is how a call ended.
type outcome struct {
	panicked any
	goexit   bool
}

// call calls f on a goroutine of its own, which may end in any way.
func call(f func()) (o outcome) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		o.goexit = true
		defer func() {
			if p := recover(); p != nil {
				o.goexit, o.panicked = false, p
			}
		}()
		f()
		o.goexit = false
	}()
	<-done
	return o
}

// goroutines returns how many there are when those of earlier tests are gone.
func goroutines(t *testing.T) int {
	t.Helper()
	goleak.VerifyNone(t)
	return runtime.NumGoroutine()
}

// panics checks that f panics with a message that is one of this package and contains want.
func panics(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		msg, ok := recover().(string)
		if !ok || !strings.Contains(msg, want) {
			t.Errorf("panic %q, want one with %q", msg, want)
		}
	}()
	f()
}

func expect[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func expectSlice[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// expectNext checks what a call of Next, Send or Throw returned.
func expectNext[T comparable](t *testing.T, want T) func(T, bool) {
	return func(got T, ok bool) {
		t.Helper()
		if !ok || got != want {
			t.Errorf("got %v, %v, want %v", got, ok, want)
		}
	}
}

func expectOver[T comparable](t *testing.T) func(T, bool) {
	return func(got T, ok bool) {
		t.Helper()
		var zero T
		if ok || got != zero {
			t.Errorf("got %v, %v, want the end", got, ok)
		}
	}
}

// isPanic reports whether p is a panic of a body with value.
func isPanic(p any, value any) bool {
	e, ok := p.(*greenlet.PanicError)
	return ok && e.Value == value
}
