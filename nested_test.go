package greenlet_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet"
)

// inInner runs f in a greenlet of a tree inside the calling greenlet and hands on what comes out.
func inInner(f func() (int, error)) (v int, err error) {
	runErr := greenlet.Run(func(inner *gl) error {
		bystander := inner.New(parks(inner))
		bystander.Switch(0)
		v, err = inner.New(func(int) (int, error) { return f() }).Switch(0)
		return nil
	})
	if err == nil {
		err = runErr
	}
	return v, err
}

// TestContract_C70_NestedEndings lets every kind of message arrive in a greenlet that waits from within an inner tree.
func TestContract_C70_NestedEndings(t *testing.T) {
	outer := newTree(t)
	a := func(child func(int) (int, error)) *gl {
		return outer.New(func(v int) (int, error) {
			return inInner(func() (int, error) { return outer.Current().New(child).Switch(v) })
		})
	}
	arrives(t, "value", 6, nil)(a(func(v int) (int, error) { return v + 1, nil }).Switch(5))
	arrives(t, "error", 5, errA)(a(func(v int) (int, error) { return v, errA }).Switch(5))
	p := raised(t, func() { a(func(int) (int, error) { panic("boom") }).Switch(5) })
	equal(t, "Value", p.Value, any("boom"))
	equal(t, "Greenlet", strings.HasPrefix(p.Greenlet, "greenlet "), true)

	g := outer.New(func(v int) (int, error) {
		defer func() { outer.Switch(77) }() // the Goexit stays here
		return inInner(func() (int, error) {
			return outer.Current().New(func(int) (int, error) { runtime.Goexit(); return 0, nil }).Switch(v)
		})
	})
	arrives(t, "Goexit", 77, nil)(g.Switch(0))

	for i := range 4 {
		g := a(func(v int) (int, error) { return outer.Switch(v) })
		arrives(t, "parked", i, nil)(g.Switch(i))
		equal(t, "State", g.State(), greenlet.Suspended)
		equal(t, "a stack", len(g.Stack()) > 0, true)
		switch i {
		case 0:
			equal(t, "Close", g.Close(), nil)
		case 1:
			arrives(t, "Throw into one that waits for a child", 0, nil)(g.Throw(nil))
		case 2:
			arrives(t, "Throw into one that waits for a child", 0, errB)(g.Throw(errB))
		}
		equal(t, "Dead", g.Dead(), i < 3)
	}
	arrives(t, "goes on", 1, nil)(outer.Switch(1))
	equal(t, "Current", outer.Current(), outer)
}

// TestContract_C70_AbandonedInInnerTrees lets greenlets park in an outer tree from within inner ones and be forgotten.
func TestContract_C70_AbandonedInInnerTrees(t *testing.T) {
	outer := newTree(t)
	ended := 0
	for range 5 {
		abandon(outer, func(v int) (int, error) {
			defer func() { ended++ }()
			return inInner(func() (int, error) { return outer.Switch(v) })
		})
	}
	collect(t, 5, outer.Reap)
	equal(t, "ended", ended, 5)
}
