package generator_test

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/generator"
	"go.uber.org/goleak"
)

func TestNextReturnsWhatIsYieldedThenTheEnd(t *testing.T) {
	g := generator.New(count(2))
	expectNext(t, 0)(g.Next())
	expectNext(t, 1)(g.Next())
	expect(t, "Err before the end", g.Err(), nil)
	expectOver[int](t)(g.Next())
	expectOver[int](t)(g.Next())
	expectOver[int](t)(g.Send("late"))
	expectOver[int](t)(g.Throw(errA))
	expect(t, "Err", g.Err(), nil)
	expect(t, "Close", g.Close(), nil)
	goleak.VerifyNone(t)
}

func TestBodyStartsAtTheFirstNext(t *testing.T) {
	started := false
	g := generator.New(func(y *yielder) error {
		started = true
		return nil
	})
	expect(t, "started by New", started, false)
	expectOver[int](t)(g.Next())
	expect(t, "started by Next", started, true)
}

func TestSendArrivesAtYield(t *testing.T) {
	var got []string
	g := generator.New(func(y *yielder) error {
		for i := range 3 {
			in, err := y.Yield(i)
			if err != nil {
				return err
			}
			got = append(got, in)
		}
		return nil
	})
	g.Next()
	expectNext(t, 1)(g.Send("a"))
	expectNext(t, 2)(g.Next())
	expectOver[int](t)(g.Send("b"))
	expectSlice(t, "sent", got, []string{"a", "", "b"})
}

func TestSendBeforeTheFirstNextPanicsAndChangesNothing(t *testing.T) {
	g := generator.New(count(1))
	panics(t, "call Next first", func() { g.Send("x") })
	expectNext(t, 0)(g.Next())
	expectOver[int](t)(g.Send("x"))
}

func TestThrowArrivesAtYield(t *testing.T) {
	var got []error
	g := generator.New(func(y *yielder) error {
		for i := range 3 {
			in, err := y.Yield(i)
			if in != "" {
				t.Errorf("value %q beside an error", in)
			}
			got = append(got, err)
		}
		return errB
	})
	g.Next()
	expectNext(t, 1)(g.Throw(errA))
	expectNext(t, 2)(g.Throw(nil))
	expect(t, "Err while it goes on", g.Err(), nil)
	expectOver[int](t)(g.Next())
	expectSlice(t, "thrown", got, []error{errA, greenlet.ErrExit, nil})
	expect(t, "Err", g.Err(), errB)
	expect(t, "Close", g.Close(), errB)
}

func TestThrowThatTheBodyReturnsIsErr(t *testing.T) {
	g := generator.New(count(2))
	g.Next()
	expectOver[int](t)(g.Throw(errA))
	expect(t, "Err", g.Err(), errA)
}

func TestThrowIntoUnstartedEndsItWithoutRunning(t *testing.T) {
	for thrown, want := range map[error]error{errA: errA, nil: nil, greenlet.ErrExit: nil} {
		g := generator.New(func(y *yielder) error { panic("started") })
		expectOver[int](t)(g.Throw(thrown))
		expect(t, "Err", g.Err(), want)
		expectOver[int](t)(g.Next())
	}
}

func TestExitIsANormalEndUnlessJoined(t *testing.T) {
	wrapped := fmt.Errorf("so: %w", greenlet.ErrExit)
	joined := errors.Join(greenlet.ErrExit, errA)
	for _, c := range []struct{ returned, want error }{
		{nil, nil}, {greenlet.ErrExit, nil}, {wrapped, nil}, {joined, joined}, {errA, errA},
	} {
		g := generator.New(func(y *yielder) error { return c.returned })
		expectOver[int](t)(g.Next())
		expect(t, "Err", g.Err(), c.want)
	}
}

func TestCloseRunsDeferredCalls(t *testing.T) {
	cleaned := false
	g := generator.New(func(y *yielder) error {
		defer func() { cleaned = true }()
		_, err := y.Yield(1)
		expect(t, "error at Yield", err, greenlet.ErrExit)
		return err
	})
	g.Next()
	expect(t, "Close", g.Close(), nil)
	expect(t, "cleaned", cleaned, true)
	expectOver[int](t)(g.Next())
	expect(t, "second Close", g.Close(), nil)
	goleak.VerifyNone(t)
}

func TestCloseOfUnstartedRunsNothing(t *testing.T) {
	g := generator.New(func(y *yielder) error { panic("started") })
	expect(t, "Close", g.Close(), nil)
	expectOver[int](t)(g.Next())
}

func TestCloseReportsWhatTheBodyFailsWith(t *testing.T) {
	g := generator.New(func(y *yielder) error {
		y.Yield(1)
		return errA
	})
	g.Next()
	expect(t, "Close", g.Close(), errA)
	expect(t, "second Close", g.Close(), errA)

	g = generator.New(func(y *yielder) error {
		defer func() { panic("boom") }()
		_, err := y.Yield(1)
		return err
	})
	g.Next()
	if err := g.Close(); !isPanic(err, "boom") {
		t.Errorf("Close returned %v", err)
	}

	g = generator.New(func(y *yielder) error {
		y.Yield(1)
		runtime.Goexit()
		return nil
	})
	g.Next()
	expect(t, "Close", g.Close(), generator.ErrGoexit)
	goleak.VerifyNone(t)
}

func TestCloseUnwindsABodyThatYieldsOn(t *testing.T) {
	var log []string
	g := generator.New(func(y *yielder) error {
		defer func() { log = append(log, "outer") }()
		defer func() {
			defer func() { log = append(log, fmt.Sprint("inner ", recover())) }()
			y.Yield(1)
			log = append(log, "not reached")
		}()
		for {
			y.Yield(0)
			log = append(log, "told")
		}
	})
	g.Next()
	expect(t, "Close", g.Close(), nil)
	expectSlice(t, "log", log, []string{"told", "inner <nil>", "outer"})
	goleak.VerifyNone(t)
}

func TestPanicWhileUnwoundIsReported(t *testing.T) {
	g := generator.New(func(y *yielder) error {
		defer func() { panic("boom") }()
		for {
			y.Yield(0)
		}
	})
	g.Next()
	if err := g.Close(); !isPanic(err, "boom") {
		t.Errorf("Close returned %v", err)
	}
	goleak.VerifyNone(t)
}

func explode() { panic(errA) }

func TestPanicOfTheBodyArrivesAtNext(t *testing.T) {
	g := generator.New(func(y *yielder) error {
		y.Yield(1)
		explode()
		return nil
	})
	g.Next()
	o := call(func() { g.Next() })
	e, ok := o.panicked.(*greenlet.PanicError)
	if !ok || e.Value != errA || !errors.Is(e, errA) {
		t.Fatalf("Next ended with %+v", o)
	}
	// The stack begins where the panic was.
	if lines := strings.Split(string(e.Stack), "\n"); !strings.HasPrefix(lines[0], "goroutine ") ||
		!strings.HasPrefix(lines[1], "panic(") || !strings.Contains(lines[3], "explode") {
		t.Errorf("stack:\n%s", e.Stack)
	}
	if !strings.Contains(e.Error(), "panic in generator: A") {
		t.Errorf("text: %v", e)
	}
	expect(t, "Err", g.Err(), error(e))
	expect(t, "Close", g.Close(), error(e))
	expectOver[int](t)(g.Next())
	goleak.VerifyNone(t)
}

func TestPanicThroughSeveralGeneratorsStaysOne(t *testing.T) {
	inner := generator.New(func(y *yielder) error { panic("boom") })
	outer := generator.New(func(y *yielder) error {
		inner.Next()
		return nil
	})
	o := call(func() { outer.Next() })
	if !isPanic(o.panicked, "boom") || o.panicked != outer.Err() || outer.Err() != inner.Err() {
		t.Errorf("%v, %v, %v", o, outer.Err(), inner.Err())
	}
}

func TestGoexitOfTheBodyArrivesAtNext(t *testing.T) {
	cleaned := false
	g := generator.New(func(y *yielder) error {
		defer func() { cleaned = true }()
		y.Yield(1)
		runtime.Goexit()
		return nil
	})
	g.Next()
	o := call(func() { g.Next() })
	expect(t, "outcome", o, outcome{goexit: true})
	expect(t, "cleaned", cleaned, true)
	expect(t, "Err", g.Err(), generator.ErrGoexit)
	expectOver[int](t)(g.Next())
	goleak.VerifyNone(t)
}

func TestGoexitThroughSeveralGenerators(t *testing.T) {
	inner := generator.New(func(y *yielder) error {
		runtime.Goexit()
		return nil
	})
	outer := generator.New(func(y *yielder) error {
		inner.Next()
		return nil
	})
	expect(t, "outcome", call(func() { outer.Next() }), outcome{goexit: true})
	expect(t, "inner", inner.Err(), generator.ErrGoexit)
	expect(t, "outer", outer.Err(), generator.ErrGoexit)
	goleak.VerifyNone(t)
}

func TestOfPullsFromASeq(t *testing.T) {
	cleaned := false
	seq := func(yield func(int) bool) {
		defer func() { cleaned = true }()
		for i := range 5 {
			if !yield(i) {
				return
			}
		}
	}
	g := generator.Of(seq)
	expectNext(t, 0)(g.Next())
	expect(t, "Close", g.Close(), nil)
	expect(t, "cleaned", cleaned, true)
	expectSlice(t, "all", slices.Collect(generator.Of(seq).All()), []int{0, 1, 2, 3, 4})
	goleak.VerifyNone(t)
}

func TestGeneratorsInGeneratorsKeepApart(t *testing.T) {
	// The inner body yields through the outer one's Yielder, from the inner one's stack.
	outer := generator.New(func(y *yielder) error {
		inner := generator.New(func(in *yielder) error {
			s, err := y.Yield(10)
			if err != nil {
				return err
			}
			_, err = in.Yield(len(s))
			return err
		})
		defer inner.Close()
		n, ok := inner.Next()
		if !ok {
			return inner.Err()
		}
		_, err := y.Yield(n)
		return err
	})
	expectNext(t, 10)(outer.Next())
	expectNext(t, 3)(outer.Send("abc"))
	expectOver[int](t)(outer.Next())

	outer = generator.New(func(y *yielder) error {
		inner := generator.New(func(*yielder) error {
			for {
				y.Yield(10)
			}
		})
		inner.Next()
		return errA // not reached: the unwinding goes on
	})
	expectNext(t, 10)(outer.Next())
	expect(t, "Close", outer.Close(), nil)
	goleak.VerifyNone(t)
}

func TestNextAllocatesNothing(t *testing.T) {
	g := generator.New(func(y *yielder) error {
		for {
			if _, err := y.Yield(1); err == greenlet.ErrExit {
				return nil
			}
		}
	})
	g.Next()
	defer g.Close()
	for name, f := range map[string]func(){
		"Next":  func() { g.Next() },
		"Send":  func() { g.Send("x") },
		"Throw": func() { g.Throw(errA) },
	} {
		expect(t, "allocations of "+name, testing.AllocsPerRun(100, f), 0)
	}
}

func TestNextIsTwoSwitches(t *testing.T) {
	g := generator.New(count(100))
	g.Next()
	defer g.Close()
	switches := 0
	g.Count(func() { switches++ })
	for range 10 {
		g.Next()
	}
	expect(t, "switches", switches, 20)
}
