package generator_test

import (
	"runtime"
	"slices"
	"testing"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/generator"
	"go.uber.org/goleak"
)

// from makes a generator that yields -1, delegates to sub, keeps what From returned in *ended, and yields -2.
func from(sub *gen, ended *error) *gen {
	return generator.New(func(y *yielder) error {
		if _, err := y.Yield(-1); err != nil {
			return err
		}
		*ended = y.From(sub)
		if *ended != nil {
			return *ended
		}
		_, err := y.Yield(-2)
		return err
	})
}

// eachWay runs f with sub unstarted, and with sub started by a Next that returned 0.
func eachWay(t *testing.T, body func(*yielder) error, f func(t *testing.T, sub *gen)) {
	t.Run("unstarted", func(t *testing.T) {
		f(t, generator.New(body))
		goleak.VerifyNone(t)
	})
	t.Run("started", func(t *testing.T) {
		sub := generator.New(func(y *yielder) error {
			if _, err := y.Yield(0); err != nil {
				return err
			}
			return body(y)
		})
		expectNext(t, 0)(sub.Next())
		f(t, sub)
		goleak.VerifyNone(t)
	})
}

func TestFromYieldsAllOfTheOther(t *testing.T) {
	eachWay(t, count(3), func(t *testing.T, sub *gen) {
		ended := errB
		g := from(sub, &ended)
		expectSlice(t, "values", slices.Collect(g.All()), []int{-1, 0, 1, 2, -2})
		expect(t, "From", ended, nil)
		expectOver[int](t)(sub.Next())
	})
	eachWay(t, count(3), func(t *testing.T, sub *gen) {
		ended := errB
		g := from(sub, &ended)
		for _, want := range []int{-1, 0, 1, 2, -2} {
			expectNext(t, want)(g.Next())
		}
		expectOver[int](t)(g.Next())
		expect(t, "From", ended, nil)
	})
}

func TestFromPassesSendsAndThrows(t *testing.T) {
	var sent string
	var thrown error
	body := func(y *yielder) error {
		sent, _ = y.Yield(1)
		_, thrown = y.Yield(2)
		y.Yield(3)
		return errB
	}
	eachWay(t, body, func(t *testing.T, sub *gen) {
		var ended error
		g := from(sub, &ended)
		g.Next()
		expectNext(t, 1)(g.Next())
		expectNext(t, 2)(g.Send("hi"))
		expectNext(t, 3)(g.Throw(errA))
		expectOver[int](t)(g.Next())
		expect(t, "sent", sent, "hi")
		expect(t, "thrown", thrown, errA)
		expect(t, "From", ended, errB)
		expect(t, "Err of the outer one", g.Err(), errB)
		expect(t, "Err of the inner one", sub.Err(), errB)
	})
}

func TestFromReturnsAThrownExit(t *testing.T) {
	eachWay(t, count(5), func(t *testing.T, sub *gen) {
		var ended error
		g := from(sub, &ended)
		g.Next()
		g.Next()
		expectOver[int](t)(g.Throw(nil))
		expect(t, "From", ended, greenlet.ErrExit)
		expect(t, "Err", g.Err(), nil)
		expect(t, "Err of the inner one", sub.Err(), nil)
	})
}

func TestCloseEndsTheInnerOneFirst(t *testing.T) {
	var log []string
	body := func(y *yielder) error {
		defer func() { log = append(log, "inner") }()
		y.Yield(1)
		return nil // From says ErrExit nevertheless
	}
	eachWay(t, body, func(t *testing.T, sub *gen) {
		log = nil
		var ended error
		g := generator.New(func(y *yielder) error {
			defer func() { log = append(log, "outer") }()
			ended = y.From(sub)
			return ended
		})
		g.Next()
		expect(t, "Close", g.Close(), nil)
		expectSlice(t, "log", log, []string{"inner", "outer"})
		expect(t, "From", ended, greenlet.ErrExit)
		expectOver[int](t)(sub.Next())
	})
	eachWay(t, body, func(t *testing.T, sub *gen) {
		var ended error
		g := from(sub, &ended)
		for v := range g.All() {
			if v == 1 {
				break
			}
		}
		expect(t, "From after break", ended, greenlet.ErrExit)
		expectOver[int](t)(sub.Next())
	})
}

func TestCloseUnwindsAnInnerOneThatYieldsOn(t *testing.T) {
	body := func(y *yielder) error {
		for {
			y.Yield(1)
		}
	}
	eachWay(t, body, func(t *testing.T, sub *gen) {
		ended := errA
		g := from(sub, &ended)
		g.Next()
		g.Next()
		expect(t, "Close", g.Close(), nil)
		expect(t, "Err of the inner one", sub.Err(), nil)
		expectOver[int](t)(sub.Next())
	})
	eachWay(t, body, func(t *testing.T, sub *gen) {
		ended := errA
		g := from(sub, &ended)
		for v := range g.All() {
			if v == 1 {
				break
			}
		}
		expect(t, "Err", g.Err(), nil)
		expect(t, "Err of the inner one", sub.Err(), nil)
		expectOver[int](t)(sub.Next())
	})
}

func TestFromInABodyToldToEndUnwindsIt(t *testing.T) {
	eachWay(t, count(3), func(t *testing.T, sub *gen) {
		defer sub.Close()
		g := generator.New(func(y *yielder) error {
			y.Yield(1)
			return y.From(sub)
		})
		g.Next()
		expect(t, "Close", g.Close(), nil)
		if _, ok := sub.Next(); !ok {
			t.Error("the other one was touched")
		}
	})
}

func TestFromRaisesThePanicOfTheOther(t *testing.T) {
	body := func(y *yielder) error {
		y.Yield(1)
		panic("boom")
	}
	eachWay(t, body, func(t *testing.T, sub *gen) {
		var caught any
		g := generator.New(func(y *yielder) error {
			func() {
				defer func() { caught = recover() }()
				y.From(sub)
			}()
			_, err := y.Yield(2)
			return err
		})
		expectNext(t, 1)(g.Next())
		expectNext(t, 2)(g.Next())
		if !isPanic(caught, "boom") || caught != sub.Err() {
			t.Errorf("caught %v", caught)
		}
		expectOver[int](t)(g.Next())
		expect(t, "Err", g.Err(), nil)
	})
	eachWay(t, body, func(t *testing.T, sub *gen) {
		var ended error
		g := from(sub, &ended)
		g.Next()
		g.Next()
		o := call(func() { g.Next() })
		if !isPanic(o.panicked, "boom") || o.panicked != sub.Err() || o.panicked != g.Err() {
			t.Errorf("Next ended with %v", o)
		}
	})
	eachWay(t, body, func(t *testing.T, sub *gen) {
		var ended error
		g := from(sub, &ended)
		o := call(func() {
			for range g.All() {
			}
		})
		if !isPanic(o.panicked, "boom") || o.panicked != sub.Err() || o.panicked != g.Err() {
			t.Errorf("the loop ended with %v", o)
		}
	})
}

func TestFromRaisesThePanicOfTheOtherWhileClosed(t *testing.T) {
	body := func(y *yielder) error {
		y.Yield(1)
		panic("boom")
	}
	eachWay(t, body, func(t *testing.T, sub *gen) {
		var ended error
		g := from(sub, &ended)
		g.Next()
		g.Next()
		if err := g.Close(); !isPanic(err, "boom") || err != sub.Err() {
			t.Errorf("Close returned %v", err)
		}
	})
}

func TestFromRepeatsTheGoexitOfTheOther(t *testing.T) {
	body := func(y *yielder) error {
		y.Yield(1)
		runtime.Goexit()
		return nil
	}
	eachWay(t, body, func(t *testing.T, sub *gen) {
		var ended error
		g := from(sub, &ended)
		g.Next()
		g.Next()
		expect(t, "outcome", call(func() { g.Next() }), outcome{goexit: true})
		expect(t, "Err", g.Err(), generator.ErrGoexit)
		expect(t, "Err of the inner one", sub.Err(), generator.ErrGoexit)
	})
	eachWay(t, body, func(t *testing.T, sub *gen) {
		var ended error
		g := from(sub, &ended)
		expect(t, "outcome", call(func() {
			for range g.All() {
			}
		}), outcome{goexit: true})
		expect(t, "Err", g.Err(), generator.ErrGoexit)
		expect(t, "Err of the inner one", sub.Err(), generator.ErrGoexit)
	})
}

func TestFromAnEndedOneYieldsNothing(t *testing.T) {
	sub := generator.New(func(*yielder) error { return errA })
	sub.Next()
	var ended error
	g := from(sub, &ended)
	expectNext(t, -1)(g.Next())
	expectOver[int](t)(g.Next())
	expect(t, "From", ended, errA)
}

func TestFromOfOneThatDelegates(t *testing.T) {
	// Three started levels, put on top of each other from the outside in and from the inside out.
	inner := generator.New(count(4))
	inner.Next()
	var ended error
	middle := from(inner, &ended)
	expectNext(t, -1)(middle.Next())
	expectNext(t, 1)(middle.Next())
	var outerEnded error
	outer := from(middle, &outerEnded)
	var got []int
	for v, ok := outer.Next(); ok; v, ok = outer.Next() {
		got = append(got, v)
	}
	expectSlice(t, "values", got, []int{-1, 2, 3, -2, -2})
	expect(t, "Err", outer.Err(), nil)
	goleak.VerifyNone(t)
}

func TestCloseOfALongChain(t *testing.T) {
	g := chained(1000)
	g.Next()
	expect(t, "Close", g.Close(), nil)
	goleak.VerifyNone(t)
}

func TestEndOfALongChain(t *testing.T) {
	g := generator.New(func(y *yielder) error {
		y.Yield(0)
		return errA
	})
	for range 1000 {
		sub := g
		sub.Next()
		g = generator.New(func(y *yielder) error {
			y.Yield(0)
			return y.From(sub)
		})
	}
	g.Next()
	expectOver[int](t)(g.Next())
	expect(t, "Err", g.Err(), errA)
	goleak.VerifyNone(t)
}

func TestRecursionNeedsOneGoroutine(t *testing.T) {
	before := goroutines(t)
	g := deep(1000)
	g.Next()
	expect(t, "goroutines", runtime.NumGoroutine()-before, 1)
	switches := 0
	g.Count(func() { switches++ })
	g.Next()
	expect(t, "switches of a Next", switches, 2)
	g.Close()
	goleak.VerifyNone(t)
}

func TestAPanicComesThroughDeepRecursion(t *testing.T) {
	var rec func(depth int) *gen
	rec = func(depth int) *gen {
		return generator.New(func(y *yielder) error {
			if depth == 0 {
				panic("boom")
			}
			return y.From(rec(depth - 1))
		})
	}
	o := call(func() { rec(300).Next() })
	if !isPanic(o.panicked, "boom") {
		t.Errorf("%v", o)
	}
}

func TestNextOfADelegatingOneIsTwoSwitchesAtAnyDepth(t *testing.T) {
	switches := 0
	g := generator.New(forever)
	for range 100 {
		sub := g
		sub.Next()
		sub.Count(func() { switches++ })
		g = generator.New(func(y *generator.Yielder[int, int]) error { return y.From(sub) })
	}
	g.Next()
	g.Count(func() { switches++ })
	switches = 0
	for range 10 {
		g.Next()
	}
	expect(t, "switches", switches, 20)
	g.Close()
	goleak.VerifyNone(t)
}
