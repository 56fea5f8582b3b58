package greenlet_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet"
)

func TestUpstream_GreenletTracing(t *testing.T) {
	main := newTree(t)
	var log []string
	stop := main.Trace(tracer(&log))
	main.New(identity).Switch(0)
	main.New(func(int) (int, error) { return 0, errA }).Switch(0)
	stop()
	main.New(identity).Switch(0)
	equal(t, "events", strings.Join(log, ";"), "switch 1>2 0 start;switch 2>1 0;switch 1>3 0 start;throw 3>1 0 A")
}

func TestUpstream_SetSameTracerTwice(t *testing.T) {
	main := newTree(t)
	n := 0
	count := func(event) error { n++; return nil }
	first, second := main.Trace(count), main.Trace(count)
	main.Switch(0)
	equal(t, "calls of both", n, 2)
	first()
	first()
	main.Switch(0)
	equal(t, "calls of one", n, 3)
	second()
	main.Switch(0)
	equal(t, "calls of none", n, 3)
}

func TestUpstream_ReentrantSwitchTwoGreenlets(t *testing.T) {
	main := newTree(t)
	var log []string
	note := func(format string, args ...any) { log = append(log, fmt.Sprintf(format, args...)) }
	var g1, g2 *gl
	switchToG2 := false
	main.Trace(func(e event) error {
		note("trace %d>%d", e.From.ID(), e.To.ID())
		if switchToG2 {
			switchToG2 = false
			g2.Switch(0)
		}
		note("leave %d>%d", e.From.ID(), e.To.ID())
		return nil
	})
	g1 = main.New(func(int) (int, error) {
		note("g1 starts")
		switchToG2 = true
		main.Switch(0)
		note("g1 ends")
		return 0, nil
	})
	g2 = main.New(func(int) (int, error) {
		g1.Switch(0)
		note("g2 ends")
		return 0, nil
	})
	g1.Switch(0)
	note("main ends")
	g2.Switch(0)
	equal(t, "order", strings.Join(log, "; "), "trace 1>2; leave 1>2; g1 starts; trace 2>1; trace 1>3; leave 1>3; trace 3>2; leave 3>2; "+
		"g1 ends; trace 2>1; leave 2>1; leave 2>1; main ends; trace 1>3; leave 1>3; g2 ends; trace 3>1; leave 3>1")
	equal(t, "both are dead", g1.Dead() && g2.Dead(), true)
}

// A tracer switches away from a greenlet that is about to start.
func TestUpstream_ReentrantSwitchThreeGreenlets2(t *testing.T) {
	main := newStrings(t)
	var log []string
	note := func(what, value string) { log = append(log, what+" "+value) }
	var g1, g2 *greenlet.Greenlet[string]
	switchToG2 := true
	main.Trace(func(e greenlet.Event[string]) error {
		note("trace", e.Kind.String())
		if switchToG2 {
			switchToG2 = false
			g2.Switch("g2 from tracer")
		}
		return nil
	})
	g1 = main.New(func(v string) (string, error) {
		note("g1 arg:", v)
		v, _ = main.Switch("from g1")
		note("g1 from parent:", v)
		return "g1 done", nil
	})
	g2 = main.New(func(v string) (string, error) {
		note("g2 arg:", v)
		v, _ = main.Switch("from g2")
		note("g2 from parent:", v)
		return "g2 done", nil
	})
	v, _ := g1.Switch("g1 from main")
	note("main g1:", v)
	equal(t, "g1 waits in the tracer", g1.State(), greenlet.Suspended)
	v, _ = g1.Switch("lost")
	note("main g2:", v)
	v, _ = g1.Switch("g1 from main 2")
	note("main g1.2:", v)
	v, _ = g2.Switch("")
	note("main g2.2:", v)
	equal(t, "order", strings.Join(log, "; "), "trace switch; trace switch; g2 arg: g2 from tracer; trace switch; main g1: from g2; "+
		"trace switch; g1 arg: g1 from main; trace switch; main g2: from g1; trace switch; g1 from parent: g1 from main 2; "+
		"trace switch; main g1.2: g1 done; trace switch; g2 from parent: ; trace switch; main g2.2: g2 done")
}

// What runs between a first Switch and the run function switches to the same greenlet again.
func TestUpstream_RecursiveStartup(t *testing.T) {
	main := newTree(t)
	starts := 0
	main.Trace(func(e event) error {
		if e.Start {
			starts++
			arrives(t, "at the second switch", 44, nil)(main.Switch(43))
		}
		return nil
	})
	g := main.New(parks(main))
	arrives(t, "first", 43, nil)(g.Switch(42))
	equal(t, "SetRun", g.SetRun(identity), greenlet.ErrStarted)
	arrives(t, "the first argument is not lost", 42, nil)(g.Switch(44))
	arrives(t, "goes on", 45, nil)(g.Switch(45))
	equal(t, "starts", starts, 1)
}

// number is a value that contexts carry.
type number struct{}

func numbered(n int) context.Context {
	return context.WithValue(context.Background(), number{}, n)
}

// numberOf returns the number in the context of the greenlet that runs.
func numberOf(main *gl) int {
	switch n := main.Current().Context().Value(number{}).(type) {
	case int:
		return n
	case *int:
		return *n
	}
	return -1
}

func TestUpstream_ContextPropagated(t *testing.T) {
	keep := func(me *gl, n int) (leave func()) {
		me.SetContext(numbered(n))
		return func() {}
	}
	for _, c := range []struct {
		name    string
		prepare func(g *gl)
		expect  func(n int) int // what the nth greenlet finds
		enter   func(me *gl, n int) (leave func())
		last    func(n int) int // what is in its context when it is dead
	}{
		{"inherited", func(*gl) {}, func(int) int { return 0 }, keep, func(n int) int { return n }},
		{"set", func(g *gl) { g.SetContext(numbered(0)) }, func(int) int { return 0 }, keep, func(n int) int { return n }},
		{"none", func(g *gl) { g.SetContext(context.Background()) }, func(int) int { return -1 }, keep, func(n int) int { return n }},
		{"for a call", func(*gl) {}, func(int) int { return 0 }, func(me *gl, n int) func() {
			old := me.Context()
			me.SetContext(numbered(n))
			return func() { me.SetContext(old) }
		}, func(int) int { return 0 }},
	} {
		for _, reversed := range []bool{false, true} { // the order in which they end does not matter
			t.Run(fmt.Sprint(c.name, " reversed=", reversed), func(t *testing.T) {
				main := newTree(t)
				main.SetContext(numbered(0))
				counts := make([]int, 5)
				var gs []*gl
				for n := 1; n < 5; n++ {
					g := main.New(func(int) (int, error) {
						equal(t, "number at the start", numberOf(main), c.expect(n))
						defer c.enter(main.Current(), n)()
						for range 2 {
							counts[numberOf(main)]++
							main.Switch(0)
						}
						return 0, nil
					})
					c.prepare(g)
					gs = append(gs, g)
				}
				for range 2 {
					counts[numberOf(main)]++
					for _, g := range gs {
						g.Switch(0)
					}
				}
				for i := range gs {
					n := i + 1
					if reversed {
						n = len(gs) - i
					}
					g := gs[n-1]
					g.Switch(0)
					equal(t, "dead", g.Dead(), true)
					got, ok := g.Context().Value(number{}).(int)
					equal(t, "number at the end", got, c.last(n))
					equal(t, "there is one", ok, true)
				}
				equal(t, "counts", fmt.Sprint(counts), "[2 2 2 2 2]")
			})
		}
	}
}

func TestUpstream_ContextShared(t *testing.T) {
	main := newTree(t)
	shared := new(int)
	main.SetContext(context.WithValue(context.Background(), number{}, shared))
	counts := make([]int, 5)
	var gs []*gl
	for n := 1; n < 5; n++ {
		gs = append(gs, main.New(func(int) (int, error) {
			equal(t, "what the one before left", numberOf(main), n-1)
			*main.Current().Context().Value(number{}).(*int) = n
			for range 2 {
				counts[numberOf(main)]++
				main.Switch(0)
			}
			return 0, nil
		}))
	}
	for range 2 {
		counts[numberOf(main)]++
		for _, g := range gs {
			g.Switch(0)
		}
	}
	equal(t, "counts", fmt.Sprint(counts), "[1 1 1 1 6]")
}

func TestUpstream_ContextAssignmentWhileRunning(t *testing.T) {
	main := newTree(t)
	main.SetContext(numbered(9))
	one, two := numbered(1), numbered(2)
	var none context.Context
	var g *gl
	see := func(n int) {
		t.Helper()
		equal(t, "number", numberOf(main), n)
	}
	g = main.New(func(int) (int, error) {
		see(-1)
		g.SetContext(one) // while running
		see(1)
		g.SetContext(none)
		see(-1)
		g.SetContext(two)
		main.Switch(0)
		see(1) // main has set it
		g.SetContext(two)
		main.Switch(0)
		see(-1)
		g.SetContext(one)
		main.Switch(0)
		see(-1)
		return 0, nil
	})
	g.SetContext(none) // while unstarted
	equal(t, "unstarted", g.Context(), context.Background())
	for i, next := range []context.Context{one, none, none} {
		g.Switch(0)
		equal(t, "suspended", g.Context(), []context.Context{two, two, one}[i])
		see(9)
		g.SetContext(next) // while suspended
	}
	g.Switch(0)
	equal(t, "dead", g.Context(), context.Background())
	g.SetContext(two)
	equal(t, "dead, and set again", g.Context(), two)
	see(9)
}
