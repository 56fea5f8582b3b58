package generator_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet/generator"
	"go.uber.org/goleak"
)

// uses are all that a consumer can do.
var uses = map[string]func(*gen){
	"Next":  func(g *gen) { g.Next() },
	"Send":  func(g *gen) { g.Send("x") },
	"Throw": func(g *gen) { g.Throw(errA) },
	"Close": func(g *gen) { g.Close() },
	"All": func(g *gen) {
		for range g.All() {
		}
	},
}

func TestUseByItsOwnBodyPanicsAndChangesNothing(t *testing.T) {
	for name, use := range uses {
		t.Run(name, func(t *testing.T) {
			var g *gen
			g = generator.New(func(y *yielder) error {
				panics(t, name+" of a generator that is running", func() { use(g) })
				y.Yield(1)
				panics(t, name+" of a generator that is running", func() { use(g) })
				expect(t, "Err", g.Err(), nil)
				in, _ := y.Yield(2)
				expect(t, "sent", in, "s")
				return nil
			})
			expectNext(t, 1)(g.Next())
			expectNext(t, 2)(g.Next())
			expectOver[int](t)(g.Send("s"))
			goleak.VerifyNone(t)
		})
	}
}

func TestUseByAnotherGoroutineWhileItRunsPanicsAndChangesNothing(t *testing.T) {
	for name, use := range uses {
		t.Run(name, func(t *testing.T) {
			var g *gen
			g = generator.New(func(y *yielder) error {
				call(func() { panics(t, name+" of a generator that is running", func() { use(g) }) })
				return count(2)(y)
			})
			expectNext(t, 0)(g.Next())
			expectNext(t, 1)(g.Next())
			expectOver[int](t)(g.Next())
		})
	}
}

func TestUseByTheLoopOverItPanicsAndChangesNothing(t *testing.T) {
	for name, use := range uses {
		t.Run(name, func(t *testing.T) {
			g := generator.New(count(3))
			n := 0
			for range g.All() {
				panics(t, name+" in the loop over All", func() { use(g) })
				n++
			}
			expect(t, "values", n, 3)
		})
	}
}

func TestUseOfALentOnePanicsAndChangesNothing(t *testing.T) {
	for name, use := range uses {
		t.Run(name, func(t *testing.T) {
			for _, started := range []bool{false, true} {
				sub := generator.New(count(4))
				if started {
					sub.Next()
				}
				g := generator.New(func(y *yielder) error { return y.From(sub) })
				g.Next()
				panics(t, name+" of a generator to which another one delegates", func() { use(sub) })
				if _, ok := g.Next(); !ok {
					t.Error("the outer one is over")
				}
				expect(t, "Close", g.Close(), nil)
			}
			goleak.VerifyNone(t)
		})
	}
	// The same while a loop runs the outer one.
	sub := generator.New(count(4))
	sub.Next()
	g := generator.New(func(y *yielder) error { return y.From(sub) })
	for range g.All() {
		panics(t, "to which another one delegates", func() { sub.Next() })
	}
}

func TestFromOfARunningOnePanicsAndChangesNothing(t *testing.T) {
	var outer, g *gen
	g = generator.New(func(y *yielder) error {
		panics(t, "delegates to a generator that is running", func() { y.From(g) })
		panics(t, "delegates to a generator that is running", func() { y.From(outer) })
		_, err := y.Yield(1)
		return err
	})
	outer = generator.New(func(y *yielder) error {
		v, _ := g.Next()
		y.Yield(v)
		g.Next()
		return g.Err()
	})
	expectNext(t, 1)(outer.Next())
	expectOver[int](t)(outer.Next())
	expect(t, "Err", outer.Err(), nil)

	// A lent one cannot be lent again.
	sub := generator.New(count(9))
	sub.Next()
	first := generator.New(func(y *yielder) error { return y.From(sub) })
	first.Next()
	second := generator.New(func(y *yielder) error {
		panics(t, "From of a generator to which another one delegates", func() { y.From(sub) })
		return nil
	})
	expectOver[int](t)(second.Next())
	expectNext(t, 2)(first.Next())
	first.Close()
	goleak.VerifyNone(t)
}

func TestYieldOutsideTheBodyPanicsAndChangesNothing(t *testing.T) {
	var stolen *yielder
	sub := generator.New(count(3))
	for name, yield := range map[string]func(){
		"Yield": func() { stolen.Yield(9) },
		"From":  func() { stolen.From(sub) },
	} {
		t.Run(name, func(t *testing.T) {
			stolen = new(yielder)
			panics(t, name+" outside a running generator, with a Yielder that no generator made", yield)
			body := func(y *yielder) error {
				stolen = y
				for i := range 2 {
					if in, err := y.Yield(i); in != "" || err != nil {
						t.Errorf("Yield returned %q, %v", in, err)
					}
				}
				return nil
			}
			g := generator.New(body)
			expectNext(t, 0)(g.Next())
			panics(t, "while the body is suspended", yield)
			expectNext(t, 1)(g.Next())
			expectOver[int](t)(g.Next())
			panics(t, "after the body has ended", yield)
			n := 0
			for range generator.New(body).All() {
				panics(t, "while the loop over All runs", yield)
				n++
			}
			expect(t, "values", n, 2)
			panics(t, "after the body has ended", yield)

			outer := generator.New(func(y *yielder) error {
				stolen = y
				lent := generator.New(func(y *yielder) error {
					y.Yield(0)
					panics(t, "while the body is suspended", yield)
					y.Yield(1)
					return nil
				})
				lent.Next()
				return y.From(lent)
			})
			expectNext(t, 1)(outer.Next())
			expectOver[int](t)(outer.Next())
		})
	}
	goleak.VerifyNone(t)
}

func TestYieldOnAForeignGoroutinePanicsAndChangesNothing(t *testing.T) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("wrong goroutines are not noticed on " + runtime.GOARCH)
	}
	sub := generator.New(count(3))
	g := generator.New(func(y *yielder) error {
		for _, yield := range []func(){func() { y.Yield(9) }, func() { y.From(sub) }} {
			o := call(yield)
			if !strings.Contains(fmt.Sprint(o.panicked), "only the goroutine that runs a tree may use it") {
				t.Errorf("ended with %v", o)
			}
		}
		_, err := y.Yield(1)
		if err == nil {
			return nil
		}
		o := call(func() { y.From(sub) })
		if !strings.Contains(fmt.Sprint(o.panicked), "only the goroutine that runs a tree may use it") {
			t.Errorf("ended with %v", o)
		}
		return err
	})
	expectNext(t, 1)(g.Next())
	expect(t, "Close", g.Close(), nil)
	goleak.VerifyNone(t)
}

func TestNewWithoutABodyPanics(t *testing.T) {
	panics(t, "New without a body", func() { generator.New[int, string](nil) })
}
