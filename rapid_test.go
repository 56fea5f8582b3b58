package greenlet_test

import (
	"net/http"
	"testing"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/generator"
	"github.com/go-greenlet/greenlet/tasklet"
	"pgregory.net/rapid"
)

// original is the helper of docs/howto/testing.md. Deferred, it raises what a greenlet panicked with in place of the
// *PanicError around it.
func original() {
	switch p := recover().(type) {
	case nil:
	case *greenlet.PanicError:
		panic(p.Value)
	default:
		panic(p)
	}
}

// inAll calls f in a greenlet, a generator and a tasklet.
var inAll = map[string]func(f func()){
	"greenlet": func(f func()) {
		greenlet.Run(func(main *gl) error {
			_, err := main.New(func(int) (int, error) { f(); return 0, nil }).Switch(0)
			return err
		})
	},
	"generator": func(f func()) {
		generator.New(func(*generator.Yielder[int, int]) error { f(); return nil }).Next()
	},
	"tasklet": func(f func()) {
		tasklet.Run(func(s *tasklet.Scheduler) error {
			s.Go(func() error { f(); return nil })
			return s.Run()
		})
	},
}

// rapid steers by panics of its own types, and works in greenlets with the helper.
func TestRapidInGreenlets(t *testing.T) {
	for name, in := range inAll {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				defer original()
				in(func() {
					if rapid.IntRange(0, 1000).Filter(func(n int) bool { return n%10 < 7 }).Draw(t, "n") < 300 {
						t.Skip("small")
					}
				})
			})
		})
		if got := recovered(func() { defer original(); in(func() { panic(http.ErrAbortHandler) }) }); got != http.ErrAbortHandler {
			t.Errorf("%s: panic with %v", name, got)
		}
		if got := recovered(func() { defer original() }); got != nil {
			t.Errorf("%s: panic with %v", name, got)
		}
	}
}
