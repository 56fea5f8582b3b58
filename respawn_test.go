package greenlet_test

import (
	"testing"

	"github.com/go-greenlet/greenlet"
)

// A greenlet that makes its successor as a child of itself and ends leaves a row of dead ancestors, and the end of the
// next one does not walk along it: with a walk at each, half a million of them would take hours.
func TestContract_C20_LongRowOfDeadAncestors(t *testing.T) {
	n := 500_000
	if raceEnabled {
		n = 50_000
	}
	main := newTree(t)
	var g *gl
	ended := 0
	var body func(v int) (int, error)
	body = func(v int) (int, error) {
		ended++
		g = main.Current().New(body)
		return v, nil
	}
	g = main.New(body)
	for i := range n {
		if v, err := g.Switch(i); v != i || err != nil {
			t.Fatalf("main gets %d, %v, want %d", v, err, i)
		}
	}
	equal(t, "ended", ended, n)
	arrives(t, "Switch to the last dead one's child", 7, nil)(g.Switch(7))
	for range n { // neither does SetParent
		if err := main.New(identity).SetParent(g); err != nil {
			t.Fatal(err)
		}
	}
}

// Whatever happens to the parents of dead greenlets, what is sent to one goes where the parents lead then.
func TestContract_C41_ParentsOfTheDead(t *testing.T) {
	main := newTree(t)
	died := func(parent *gl) *gl {
		g := parent.New(identity)
		arrives(t, "dies", 0, nil)(g.Switch(0))
		return g
	}
	a := died(main)
	b := died(a)
	c := died(b)
	arrives(t, "by way of three", 1, nil)(c.Switch(1))
	equal(t, "Parent", c.Parent(), b)
	equal(t, "Parent", b.Parent(), a)

	// An ancestor that is not dead is where it ends, and when that dies it goes on.
	x := main.New(parks(main))
	y := x.New(identity)
	x.Switch(0)
	x.Switch(0)
	_, err := y.Switch(5) // ends, so x gets 5 and hands it to main
	equal(t, "err", err, nil)
	arrives(t, "to x", 6, nil)(y.Switch(6))
	x.Throw(errA)
	equal(t, "x", x.State(), greenlet.Dead)
	arrives(t, "past x", 7, nil)(y.Switch(7))

	// A new parent of a dead one, in the middle of what was passed before.
	other := main.New(func(v int) (int, error) { return main.Switch(v + 100) })
	other.Switch(0)
	equal(t, "SetParent", b.SetParent(other), nil)
	equal(t, "SetParent makes a ring", other.SetParent(c), greenlet.ErrCycle)
	v, _ := c.Switch(1) // other ends with it
	equal(t, "by way of the new parent", v, 1)
	equal(t, "other", other.State(), greenlet.Dead)
	unstarted := main.New(func(v int) (int, error) { return v + 1000, nil })
	equal(t, "SetParent", a.SetParent(unstarted), nil)
	arrives(t, "not by way of a any more", 1, nil)(c.Switch(1))
	equal(t, "SetParent", b.SetParent(a), nil)
	arrives(t, "an unstarted one is started", 1001, nil)(c.Switch(1))
	equal(t, "SetParent of the dead under themselves", a.SetParent(c), greenlet.ErrCycle)
}
