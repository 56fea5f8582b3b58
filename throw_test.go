package greenlet_test

import (
	"fmt"
	"testing"

	"github.com/go-greenlet/greenlet"
)

func TestContract_C24_Throw(t *testing.T) {
	main := newTree(t)
	g := main.New(func(v int) (int, error) {
		arrives(t, "in a Switch", 0, errA)(main.Switch(1))
		arrives(t, "in a Throw", 0, errB)(main.Throw(errA))
		return 4, nil
	})
	g.Switch(9)
	arrives(t, "Throw", 0, errA)(g.Throw(errA))
	arrives(t, "Throw", 4, nil)(g.Throw(errB))
}

func TestContract_C25_ThrowNil(t *testing.T) {
	main := newTree(t)
	g := main.New(func(v int) (int, error) {
		arrives(t, "in g", 0, greenlet.ErrExit)(main.Switch(1))
		return 2, greenlet.ErrExit
	})
	g.Switch(0)
	arrives(t, "Throw", 2, nil)(g.Throw(nil))
	arrives(t, "self", 0, greenlet.ErrExit)(main.Throw(nil))
}

func TestContract_C26_ThrowSelf(t *testing.T) {
	main := newTree(t)
	arrives(t, "main", 0, errA)(main.Throw(errA))
	g := main.New(nil)
	g.SetRun(func(int) (int, error) {
		_, err := g.Throw(errA)
		return 1, err
	})
	arrives(t, "g", 1, errA)(g.Switch(0))
}

func TestContract_C27_ThrowUnstarted(t *testing.T) {
	main := newTree(t)
	never := func(int) (int, error) { t.Error("runs"); return 0, nil }
	for _, c := range []struct{ thrown, arrives error }{{errA, errA}, {nil, nil}, {greenlet.ErrExit, nil}, {fmt.Errorf("w: %w", greenlet.ErrExit), nil}} {
		g := main.New(never)
		arrives(t, "Throw", 0, c.arrives)(g.Throw(c.thrown))
		equal(t, "Dead", g.Dead(), true)
	}
	// The error goes to the parent and not to the thrower.
	var got error
	p := main.New(func(v int) (int, error) {
		_, got = main.Switch(1)
		return 6, nil
	})
	p.Switch(0)
	arrives(t, "Throw", 6, nil)(p.New(never).Throw(errA))
	equal(t, "at the parent", got, errA)
}

func TestContract_C28_ThrowDead(t *testing.T) {
	main := newTree(t)
	g := main.New(identity)
	c := g.New(identity)
	kill(t, g, c)
	arrives(t, "error", 0, errA)(c.Throw(errA))
	arrives(t, "ErrExit", 0, nil)(c.Throw(nil))
	arrives(t, "wrapped ErrExit", 0, nil)(c.Throw(fmt.Errorf("w: %w", greenlet.ErrExit)))
	p := main.New(parks(main))
	p.Switch(0)
	g.SetParent(p)
	arrives(t, "ErrExit, at a suspended ancestor", 0, nil)(c.Throw(nil))
	arrives(t, "error, at a suspended ancestor", 0, errB)(c.Throw(errB))
	equal(t, "ancestor", p.Dead(), true)
}

func TestContract_C29_ThrowNoRun(t *testing.T) {
	main := newTree(t)
	g := main.New(nil)
	for _, err := range []error{nil, errA} {
		arrives(t, "Throw", 0, greenlet.ErrNoRun)(g.Throw(err))
		equal(t, "State", g.State(), greenlet.Pending)
	}
}

func TestContract_C30_ExitIsOnlyAnError(t *testing.T) {
	main := newTree(t)
	g := main.New(func(v int) (int, error) {
		for {
			if w, err := main.Switch(v); err == greenlet.ErrExit {
				v++
			} else {
				v = w
			}
		}
	})
	g.Switch(1)
	arrives(t, "goes on", 2, nil)(g.Throw(nil))
	arrives(t, "goes on", 3, nil)(g.Throw(greenlet.ErrExit))
	arrives(t, "goes on", 9, nil)(g.Switch(9))
	equal(t, "State", g.State(), greenlet.Suspended)
}
