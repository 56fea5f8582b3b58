package greenlet_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-greenlet/greenlet"
)

// The tests in the files upstream_*_test.go are what the tests of Python's greenlet are about, said in Go, where no other test
// here says it. docs/conformance.md has the whole list.

// newStrings makes a tree of strings that is closed at the end of the test.
func newStrings(t *testing.T) *greenlet.Greenlet[string] {
	newTree(t) // counts the goroutines
	main := greenlet.Main[string]()
	t.Cleanup(func() { main.Close() })
	return main
}

func TestUpstream_Simple(t *testing.T) {
	main := newTree(t)
	var order []int
	g := main.New(func(int) (int, error) {
		order = append(order, 1)
		main.Switch(0)
		order = append(order, 3)
		return 0, nil
	})
	order = append(order, 0)
	g.Switch(0)
	order = append(order, 2)
	g.Switch(0)
	order = append(order, 4)
	equal(t, "order", fmt.Sprint(order), "[0 1 2 3 4]")
}

func TestUpstream_TwoChildren(t *testing.T) {
	main := newTree(t)
	log := ""
	body := func(name string) func(int) (int, error) {
		return func(int) (int, error) {
			log += name
			main.Switch(0)
			log += name + name
			return 0, nil
		}
	}
	g, h := main.New(body("g")), main.New(body("h"))
	g.Switch(0)
	equal(t, "log", log, "g")
	h.Switch(0)
	equal(t, "log", log, "gh")
	h.Switch(0)
	equal(t, "log", log, "ghhh")
	equal(t, "h is dead", h.Dead(), true)
	equal(t, "g is dead", g.Dead(), false)
	g.Switch(0)
	equal(t, "log", log, "ghhhgg")
	equal(t, "both are dead", h.Dead() && g.Dead(), true)
}

func TestUpstream_TwoRecursiveChildren(t *testing.T) {
	main := newTree(t)
	log := ""
	var inner *gl
	g := main.New(func(int) (int, error) {
		log += "a"
		inner = main.Current().New(func(int) (int, error) {
			log += "b"
			main.Current().Parent().Switch(0)
			return 0, nil
		})
		inner.Switch(0)
		log += "c"
		return 0, nil
	})
	g.Switch(0)
	equal(t, "log", log, "abc")
	equal(t, "outer", g.State(), greenlet.Dead)
	equal(t, "inner", inner.State(), greenlet.Suspended)
}

// fmain parks until main switches to it, notes an error that arrives, and fails in any case.
func fmain(main *gl, seen *[]error, fails error) func(int) (int, error) {
	return func(v int) (int, error) {
		if _, err := main.Switch(v); err != nil {
			*seen = append(*seen, err)
			return 0, err
		}
		return 0, fails
	}
}

func TestUpstream_Exception(t *testing.T) {
	main := newTree(t)
	var seen []error
	g1, g2 := main.New(fmain(main, &seen, errB)), main.New(fmain(main, &seen, errA))
	g1.Switch(0)
	g2.Switch(0)
	equal(t, "SetParent", g2.SetParent(g1), nil)
	equal(t, "seen", len(seen), 0)
	arrives(t, "through g1", 0, errA)(g2.Switch(0))
	if !slices.Equal(seen, []error{errA}) {
		t.Errorf("seen: %v", seen)
	}
	arrives(t, "to the dead one", 0, nil)(g2.Switch(0))
	arrives(t, "to the dead one", 25, nil)(g2.Switch(25))
	equal(t, "seen", len(seen), 1)
}

func TestUpstream_SendException(t *testing.T) {
	main := newTree(t)
	var seen []error
	g := main.New(fmain(main, &seen, errB))
	g.Switch(0)
	crasher := g.New(func(int) (int, error) { return 0, errA })
	arrives(t, "by way of g", 0, errA)(crasher.Switch(0))
	if !slices.Equal(seen, []error{errA}) {
		t.Errorf("seen: %v", seen)
	}
}

// A panic that is on its way in one greenlet is no business of another one's recover.
func TestUpstream_ExcState(t *testing.T) {
	main := newTree(t)
	f := main.New(func(int) (v int, err error) {
		defer func() {
			h := main.Current().New(func(int) (int, error) {
				equal(t, "recover in another greenlet", recover(), nil)
				func() {
					defer func() { equal(t, "recover in its deferred call", recover(), nil) }()
				}()
				equal(t, "its own panic", recovered(func() { panic("own") }), any("own"))
				return 5, nil
			})
			v, err = h.Switch(0)
			equal(t, "recover where the panic is", recover(), any("fun"))
		}()
		panic("fun")
	})
	arrives(t, "f", 5, nil)(f.Switch(0))
}

func TestUpstream_ExceptionSwitch(t *testing.T) {
	main := newTree(t)
	var gs []*gl
	for i := range 4 {
		g := main.New(func(v int) (got int, err error) {
			defer func() { got = recover().(int) }()
			defer func() {
				// Several panics are on their way at once, each in its greenlet.
				main.Switch(0)
			}()
			panic(v)
		})
		g.Switch(i)
		gs = append(gs, g)
	}
	for i, g := range gs {
		arrives(t, "what it panicked with", i, nil)(g.Switch(9))
	}
}

func TestUpstream_SwitchToDeadGreenletWithUnstartedPerverseParent(t *testing.T) {
	main := newTree(t)
	seen := 0
	p := main.New(nil) // it cannot be started, whoever tries
	child := p.New(func(int) (int, error) { seen++; return 42, nil })
	for range 3 {
		arrives(t, "child", 0, greenlet.ErrNoRun)(child.Switch(0))
		equal(t, "times that child ran", seen, 1)
		equal(t, "child is dead", child.Dead(), true)
		equal(t, "parent", p.State(), greenlet.Pending)
	}
}

func TestUpstream_CannotDeleteParent(t *testing.T) {
	main := newTree(t)
	g := main.New(identity)
	for _, x := range []*gl{g, main} {
		before := x.Parent()
		panics(t, func() { x.SetParent(nil) }, "SetParent(nil)")
		equal(t, "Parent", x.Parent(), before)
	}
}

func TestUpstream_ThrowGoesToOriginalParent(t *testing.T) {
	main := newTree(t)
	const ready, caught, normal, fromF2 = 1, 2, 3, 4
	f1 := func(int) (int, error) {
		if _, err := main.Switch(ready); errors.Is(err, errA) {
			return caught, nil
		}
		return normal, nil
	}
	f2 := func(int) (int, error) { return main.Switch(fromF2) }
	for _, c := range []struct {
		name          string
		first, second bool // which of them have started
		value         int
		err           error
	}{
		{name: "both unstarted", err: errA},
		{name: "the parent is ready", first: true, value: caught},
		{name: "both started", first: true, second: true, value: caught},
	} {
		g1 := main.New(f1)
		g2 := g1.New(f2)
		if c.first {
			arrives(t, c.name, ready, nil)(g1.Switch(0))
		}
		if c.second {
			arrives(t, c.name, fromF2, nil)(g2.Switch(0))
		}
		arrives(t, c.name, c.value, c.err)(g2.Throw(errA))
		equal(t, c.name+": both are dead", g1.Dead() && g2.Dead(), true)
	}
}

// The argument of a Switch may itself have started its target: the outer Switch is then an ordinary one.
func TestUpstream_ReentrantSwitchAlreadyStarted(t *testing.T) {
	main := newStrings(t)
	var log []string
	note := func(args ...any) { log = append(log, strings.TrimSpace(fmt.Sprintln(args...))) }
	a := main.New(func(v string) (string, error) {
		note("begin a", v)
		return "from a", nil
	})
	b := a.New(func(v string) (string, error) {
		note("begin b", v)
		v, err := main.Switch("from b")
		note("b got", v)
		return "b's result", err
	})
	startB := func() string {
		note("c starts b")
		v, _ := b.Switch("first")
		note("back in c", v)
		return "second"
	}
	c := b.New(func(string) (string, error) {
		note("begin c")
		v, err := b.Switch(startB())
		note("c got", v)
		return "from c", err
	})
	is := func(what, want string) func(string, error) {
		return func(got string, err error) {
			t.Helper()
			note("main got", got)
			equal(t, what, got, want)
			equal(t, what, err, nil)
		}
	}
	is("c", "from b")(c.Switch(""))
	is("c again", "from a")(c.Switch("go on"))
	equal(t, "a and b are dead", a.Dead() && b.Dead(), true)
	equal(t, "c", c.State(), greenlet.Suspended)
	is("c at last", "from c")(c.Switch("end"))
	equal(t, "c is dead", c.Dead(), true)
	equal(t, "order", strings.Join(log, "; "), "begin c; c starts b; begin b first; main got from b; back in c go on; "+
		"b got second; begin a b's result; main got from a; c got end; main got from c")
}

func TestUpstream_FramesOfSuspended(t *testing.T) {
	main := newTree(t)
	names := func(g *gl) string {
		var s []string
		for _, f := range g.Stack() {
			s = append(s, f.Function[strings.LastIndex(f.Function, ".")+1:])
		}
		return strings.Join(s, " ")
	}
	g1 := main.New(func(int) (int, error) { return frameOuter(main, 2) })
	g2 := main.New(func(int) (int, error) { return frameOuter(main, 1) })
	g1.Switch(0)
	first := names(g1)
	if !strings.HasPrefix(first, "frameInner frameMiddle frameMiddle frameOuter ") {
		t.Errorf("stack %q", first)
	}
	for range 5 { // others run, on stacks that grow
		g2.Switch(0)
		main.New(func(v int) (int, error) { return deepSum(2000), nil }).Switch(0)
		equal(t, "stack", names(g1), first)
	}
	if s := names(g2); s != "" {
		t.Errorf("dead, and has the stack %q", s)
	}
}

func frameOuter(main *gl, n int) (int, error) {
	v, err := frameMiddle(main, n)
	return v + 1, err
}

func frameMiddle(main *gl, n int) (int, error) {
	if n > 1 {
		v, err := frameMiddle(main, n-1)
		return v + 1, err
	}
	v, err := frameInner(main)
	return v + 1, err
}

//go:noinline
func frameInner(main *gl) (int, error) {
	v, err := main.Switch(0)
	return v + 1, err
}

func deepSum(n int) int {
	if n == 0 {
		return 0
	}
	return n + deepSum(n-1)
}

// A greenlet parks beneath calls of other packages, which are in its stack like its own.
func TestUpstream_StackThroughOtherPackages(t *testing.T) {
	main := newTree(t)
	var factorial func(n int) int
	factorial = func(n int) (v int) {
		if n == 0 {
			v, _ = main.Switch(0)
			return v
		}
		new(sync.Once).Do(func() { v = n * factorial(n-1) })
		return v
	}
	g := main.New(func(n int) (int, error) { return factorial(n), nil })
	g.Switch(5)
	through := 0
	for _, f := range g.Stack() {
		if f.Function == "sync.(*Once).doSlow" {
			through++
		}
	}
	equal(t, "calls of sync in the stack", through, 5)
	arrives(t, "5! · 10", 1200, nil)(g.Switch(10))
}
