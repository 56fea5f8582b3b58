package generator_test

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/generator"
	"go.uber.org/goleak"
)

// eachLoop runs f with All of a generator that is not started, and of one that is, after a first value of -1.
func eachLoop(t *testing.T, body func(*yielder) error, f func(t *testing.T, g *gen)) {
	t.Run("unstarted", func(t *testing.T) {
		f(t, generator.New(body))
		goleak.VerifyNone(t)
	})
	t.Run("started", func(t *testing.T) {
		g := generator.New(func(y *yielder) error {
			if _, err := y.Yield(-1); err != nil {
				return err
			}
			return body(y)
		})
		expectNext(t, -1)(g.Next())
		f(t, g)
		goleak.VerifyNone(t)
	})
}

func TestAllYieldsEverything(t *testing.T) {
	eachLoop(t, func(y *yielder) error {
		in, err := y.Yield(1)
		if in != "" || err != nil {
			t.Errorf("Yield returned %q, %v", in, err)
		}
		y.Yield(2)
		return errA
	}, func(t *testing.T, g *gen) {
		expectSlice(t, "values", slices.Collect(g.All()), []int{1, 2})
		expect(t, "Err", g.Err(), errA)
		expectSlice(t, "values of a second loop", slices.Collect(g.All()), nil)
	})
}

func TestAllOfUnstartedRunsOnTheStackOfTheLoop(t *testing.T) {
	before := goroutines(t)
	for range generator.New(count(3)).All() {
		expect(t, "goroutines", runtime.NumGoroutine(), before)
	}
	short := testing.AllocsPerRun(10, func() { consume(generator.New(count(10))) })
	long := testing.AllocsPerRun(10, func() { consume(generator.New(count(1000))) })
	expect(t, "allocations of a hundred times more values", long, short)
}

func consume(g *gen) {
	for range g.All() {
	}
}

func TestBreakEndsTheBody(t *testing.T) {
	for name, leave := range map[string]func(g *gen) int{
		"break": func(g *gen) int {
			for v := range g.All() {
				if v == 1 {
					break
				}
			}
			return 1
		},
		"return": func(g *gen) int {
			for v := range g.All() {
				if v == 1 {
					return v
				}
			}
			return 0
		},
		"goto": func(g *gen) int {
			for v := range g.All() {
				if v == 1 {
					goto out
				}
			}
			return 0
		out:
			return 1
		},
	} {
		t.Run(name, func(t *testing.T) {
			cleaned := false
			var told error
			body := func(y *yielder) error {
				defer func() { cleaned = true }()
				y.Yield(0)
				_, told = y.Yield(1)
				return errors.Join(told, errA)
			}
			eachLoop(t, body, func(t *testing.T, g *gen) {
				cleaned = false
				expect(t, "result", leave(g), 1)
				expect(t, "cleaned", cleaned, true)
				expect(t, "error at Yield", told, greenlet.ErrExit)
				if err := g.Err(); !errors.Is(err, errA) {
					t.Errorf("Err is %v", err)
				}
				expectOver[int](t)(g.Next())
			})
		})
	}
}

func TestABodyThatYieldsOnAfterBreakIsUnwound(t *testing.T) {
	log := []string{}
	body := func(y *yielder) error {
		defer func() { log = append(log, "cleaned") }()
		defer y.Yield(3)
		for i := 0; ; i++ {
			y.Yield(i)
			log = append(log, fmt.Sprint(i))
		}
	}
	eachLoop(t, body, func(t *testing.T, g *gen) {
		log = nil
		for v := range g.All() {
			if v == 1 {
				break
			}
		}
		expectSlice(t, "log", log, []string{"0", "1", "cleaned"})
		expect(t, "Err", g.Err(), nil)
	})
}

func TestABodyOnTheLoopsStackCanRecoverTheStop(t *testing.T) {
	var recovered []any
	g := generator.New(func(y *yielder) error {
		y.Yield(1)
		for range 2 {
			func() {
				defer func() { recovered = append(recovered, recover()) }()
				y.Yield(2)
			}()
		}
		y.Yield(3)
		return errA
	})
	for range g.All() {
		break
	}
	expect(t, "Err", g.Err(), nil)
	expect(t, "panics", len(recovered), 2)
	for _, p := range recovered {
		expect(t, "text", fmt.Sprint(p), "generator: Yield after the loop over All has ended; a body returns when Yield returns an error")
	}
}

func TestTheStopPassesThroughOtherGenerators(t *testing.T) {
	// The body is stopped while it yields from the inside of other generators' bodies and loops.
	for name, inner := range map[string]func(y *yielder){
		"loop": func(y *yielder) {
			for v := range generator.New(count(3)).All() {
				y.Yield(v)
			}
		},
		"body on the loop's stack": func(y *yielder) {
			for range generator.New(func(*yielder) error { y.Yield(0); y.Yield(1); return nil }).All() {
			}
		},
		"body on its own stack": func(y *yielder) {
			generator.New(func(*yielder) error { y.Yield(0); y.Yield(1); return nil }).Next()
		},
		"delegate": func(y *yielder) {
			y.From(generator.New(func(y *yielder) error { y.Yield(0); y.Yield(1); return nil }))
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := generator.New(func(y *yielder) error {
				inner(y)
				return errA // not reached
			})
			for range g.All() {
				break
			}
			expect(t, "Err", g.Err(), nil)
			goleak.VerifyNone(t)
		})
	}
}

func TestPanicOfTheLoopPassesThrough(t *testing.T) {
	for name, delegate := range map[string]bool{"": false, "delegating": true} {
		t.Run(name, func(t *testing.T) {
			cleaned := false
			body := func(y *yielder) error {
				defer func() { cleaned = true }()
				if delegate {
					return y.From(generator.New(count(3)))
				}
				y.Yield(1)
				return nil
			}
			eachLoop(t, body, func(t *testing.T, g *gen) {
				cleaned = false
				o := call(func() {
					for range g.All() {
						panic(errB)
					}
				})
				expect(t, "outcome", o, outcome{panicked: errB})
				expect(t, "cleaned", cleaned, true)
				expect(t, "Err", g.Err(), nil)
				expectOver[int](t)(g.Next())
			})
			eachLoop(t, body, func(t *testing.T, g *gen) {
				cleaned = false
				o := call(func() {
					for range g.All() {
						runtime.Goexit()
					}
				})
				expect(t, "outcome", o, outcome{goexit: true})
				expect(t, "cleaned", cleaned, true)
				expect(t, "Err", g.Err(), nil)
			})
		})
	}
}

func TestPanicOfTheLoopClosesAStartedDelegate(t *testing.T) {
	sub := generator.New(count(5))
	sub.Next()
	g := generator.New(func(y *yielder) error { return y.From(sub) })
	o := call(func() {
		for range g.All() {
			panic(errB)
		}
	})
	expect(t, "outcome", o, outcome{panicked: errB})
	expectOver[int](t)(sub.Next())
	goleak.VerifyNone(t)
}

func TestABodyMustNotKeepThePanicOfTheLoop(t *testing.T) {
	g := generator.New(func(y *yielder) error {
		defer func() {
			recover()
			panics(t, "it must not keep the loop's panic", func() { y.Yield(2) })
		}()
		y.Yield(1)
		return nil
	})
	o := call(func() {
		for range g.All() {
			panic(errB)
		}
	})
	if _, ok := o.panicked.(runtime.Error); !ok {
		t.Errorf("the loop ended with %v", o)
	}
}

func TestPanicOfTheBodyComesOutOfTheLoop(t *testing.T) {
	body := func(y *yielder) error {
		y.Yield(1)
		panic("boom")
	}
	for _, stop := range []bool{false, true} {
		eachLoop(t, body, func(t *testing.T, g *gen) {
			o := call(func() {
				for range g.All() {
					if stop {
						break
					}
				}
			})
			if !isPanic(o.panicked, "boom") || o.panicked != g.Err() {
				t.Errorf("the loop ended with %v", o)
			}
		})
	}
}

func TestGoexitOfTheBodyComesOutOfTheLoop(t *testing.T) {
	body := func(y *yielder) error {
		y.Yield(1)
		runtime.Goexit()
		return nil
	}
	for _, stop := range []bool{false, true} {
		eachLoop(t, body, func(t *testing.T, g *gen) {
			o := call(func() {
				for range g.All() {
					if stop {
						break
					}
				}
			})
			expect(t, "outcome", o, outcome{goexit: true})
			expect(t, "Err", g.Err(), generator.ErrGoexit)
		})
	}
}

func TestTheLoopOverAStartedOneMayUseIt(t *testing.T) {
	g := generator.New(count(10))
	g.Next()
	var got []int
	for v := range g.All() {
		w, _ := g.Send("x")
		got = append(got, v, w)
		if v == 3 {
			g.Close()
		}
	}
	expectSlice(t, "values", got, []int{1, 2, 3, 4})
	expect(t, "Err", g.Err(), nil)
}

func TestLoopsOfLoops(t *testing.T) {
	var got []string
	for i := range generator.New(count(3)).All() {
		for j := range generator.New(count(3)).All() {
			if j == 2 {
				break
			}
			got = append(got, fmt.Sprint(i, j))
		}
	}
	expectSlice(t, "values", got, []string{"0 0", "0 1", "1 0", "1 1", "2 0", "2 1"})
}

func TestRecursiveLoopWithoutASwitch(t *testing.T) {
	before := goroutines(t)
	n := 0
	for v := range deep(1000).All() {
		if n++; v == 100 {
			break
		}
	}
	expect(t, "values", n, 101)
	expect(t, "goroutines", runtime.NumGoroutine(), before)
}
