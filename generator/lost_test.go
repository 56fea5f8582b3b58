package generator_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/generator"
	"go.uber.org/goleak"
)

// yieldsInDefer is a body that panics, with n deferred calls that yield once each.
func yieldsInDefer(n int) func(*yielder) error {
	return func(y *yielder) error {
		for i := range n {
			defer y.Yield(i)
		}
		panic("boom")
	}
}

// yieldsOnAndOn is a body that panics, with a deferred call that does not end by itself.
func yieldsOnAndOn(y *yielder) error {
	defer func() {
		for {
			y.Yield(1)
		}
	}()
	panic("boom")
}

// A panic is not lost when its deferred calls yield again and again while the generator is ended, in whatever way it
// is.
func TestPanicOfABodyThatIsEnded(t *testing.T) {
	ways := map[string]func(g *gen) error{
		"Close": func(g *gen) error {
			g.Next()
			return g.Close()
		},
		"loop over a fresh one": func(g *gen) error {
			o := call(func() {
				for range g.All() {
					break
				}
			})
			err, _ := o.panicked.(error)
			return err
		},
		"loop over a started one": func(g *gen) error {
			g.Next()
			o := call(func() {
				for range g.All() {
					break
				}
			})
			err, _ := o.panicked.(error)
			return err
		},
		"delegated to, fresh": func(g *gen) error {
			outer := generator.New(func(y *yielder) error { return y.From(g) })
			outer.Next()
			return outer.Close()
		},
		"delegated to, started": func(g *gen) error {
			g.Next()
			outer := generator.New(func(y *yielder) error { return y.From(g) })
			outer.Next()
			outer.Close()
			return g.Err()
		},
	}
	for name, end := range ways {
		for n := 2; n < 100; n += 32 {
			var p *greenlet.PanicError
			if err := end(generator.New(yieldsInDefer(n))); !errors.As(err, &p) || p.Value != "boom" {
				t.Errorf("%s, %d deferred yields: %.200v", name, n, err)
			}
		}
		var p *greenlet.PanicError
		if err := end(generator.New(yieldsOnAndOn)); !errors.As(err, &p) || !strings.Contains(fmt.Sprint(p.Value), "lost") ||
			!strings.Contains(p.Error(), "yieldsOnAndOn") {
			t.Errorf("%s, yields on and on: %.200v", name, err)
		}
	}
	goleak.VerifyNone(t)
}

// A loop that a deferred call of a panicking function runs is none that panics.
func TestStoppedLoopInAPanickingConsumer(t *testing.T) {
	after := false
	o := call(func() {
		defer func() {
			g := generator.New(func(y *yielder) error {
				y.Yield(1)
				y.Yield(2)
				after = true
				return nil
			})
			for range g.All() {
				break
			}
		}()
		panic("consumer")
	})
	expect(t, "panic", o.panicked, any("consumer"))
	expect(t, "the body went on", after, false)
}

// The copylocks check of go vet goes by methods Lock and Unlock of a field.
func TestNoCopy(t *testing.T) {
	if _, ok := reflect.PointerTo(reflect.TypeFor[gen]().Field(0).Type).MethodByName("Lock"); !ok {
		t.Error("go vet lets a Generator be copied")
	}
}
