package greenlet_test

import (
	"errors"
	"testing"

	"github.com/go-greenlet/greenlet"
)

func TestContract_C40_Parent(t *testing.T) {
	main := newTree(t)
	equal(t, "of main", main.Parent(), nil)
	a := main.New(func(v int) (int, error) {
		b := main.New(identity)
		equal(t, "of a child of main made in a", b.Parent(), main)
		return v, nil
	})
	c := a.New(identity)
	a.Switch(0)
	equal(t, "dead", c.Parent(), a)
	equal(t, "of a dead one", a.Parent(), main)
}

func TestContract_C41_SetParent(t *testing.T) {
	main := newTree(t)
	doubles := func(v int) (int, error) { return v * 2, nil }
	g := main.New(func(v int) (int, error) {
		equal(t, "SetParent of the running one", main.Current().SetParent(main.New(doubles)), nil)
		main.Switch(0)
		return v, nil
	})
	g.Switch(5)
	arrives(t, "set while running", 10, nil)(g.Switch(0))
	triples := main.New(func(v int) (int, error) { return v * 3, nil })
	equal(t, "SetParent of a dead one", g.SetParent(triples), nil)
	equal(t, "Parent", g.Parent(), triples)
	arrives(t, "set when dead", 15, nil)(g.Switch(5))

	g = main.New(parks(main))
	g.Switch(0)
	equal(t, "SetParent of a suspended one", g.SetParent(main.New(doubles)), nil)
	equal(t, "and once more", g.SetParent(main.New(doubles)), nil)
	arrives(t, "set while suspended", 0, nil)(g.Throw(nil))
}

func TestContract_C42_Cycle(t *testing.T) {
	main := newTree(t)
	a := main.New(parks(main))
	b := a.New(identity)
	c := b.New(identity)
	a.Switch(0)
	equal(t, "self", a.SetParent(a), greenlet.ErrCycle)
	equal(t, "child", a.SetParent(b), greenlet.ErrCycle)
	equal(t, "grandchild", a.SetParent(c), greenlet.ErrCycle)
	equal(t, "Parent", a.Parent(), main)
	kill(t, b)
	equal(t, "through a dead one", a.SetParent(c), greenlet.ErrCycle)
	equal(t, "other way round", c.SetParent(a), nil)
	equal(t, "now it is none", b.SetParent(c), nil)
	arrives(t, "the tree goes on", 5, nil)(c.Switch(5))
	for _, want := range []string{"cyclic parent chain"} {
		equal(t, "text", greenlet.ErrCycle.Error(), "greenlet: "+want)
	}
}

func TestContract_C43_MainParent(t *testing.T) {
	main, other := newTree(t), newTree(t)
	for _, p := range []*gl{main, main.New(nil), other} {
		equal(t, "SetParent", main.SetParent(p), greenlet.ErrMainParent)
	}
	equal(t, "Parent", main.Parent(), nil)
}

func TestContract_C44_OtherTree(t *testing.T) {
	main, other := newTree(t), newTree(t)
	g := main.New(parks(main))
	g.Switch(1)
	equal(t, "suspended", g.SetParent(other), greenlet.ErrTree)
	equal(t, "Parent", g.Parent(), main)
	g.Throw(nil)
	equal(t, "dead", g.SetParent(other), greenlet.ErrTree)
	arrives(t, "goes on", 3, nil)(g.Switch(3))
}

func TestContract_C45_Move(t *testing.T) {
	main, other := newTree(t), newTree(t)
	other.New(nil)
	g := main.New(func(v int) (int, error) { return other.Switch(v + 1) })
	c := g.New(identity)
	equal(t, "ID", g.ID(), 2)
	equal(t, "SetParent", g.SetParent(other), nil)
	equal(t, "Main", g.Main(), other)
	equal(t, "ID", g.ID(), 3)
	equal(t, "Main of its child", c.Main(), main)
	equal(t, "ID of its child", c.ID(), 3)
	arrives(t, "Switch", 2, nil)(g.Switch(1))
	equal(t, "Current", other.Current(), other)
	main.Close()
	equal(t, "Dead", g.Dead(), false)
	equal(t, "its child", c.Dead(), true)
	equal(t, "its child", c.State(), greenlet.Dead)
	arrives(t, "Switch", 5, nil)(g.Switch(5))
	equal(t, "Dead", g.Dead(), true)
}

func TestContract_C45_BackAgain(t *testing.T) {
	main, other := newTree(t), newTree(t)
	p := main.New(parks(main))
	c := p.New(func(v int) (int, error) { return v + 1, errA })
	p.Switch(0)
	equal(t, "there", c.SetParent(other), nil)
	equal(t, "and back", c.SetParent(p), nil)
	equal(t, "ID", c.ID(), 4)
	arrives(t, "as if it had stayed", 2, errA)(c.Switch(1))
	equal(t, "it went through p", p.Dead(), true)
}

func TestContract_C46_ParentMovedAway(t *testing.T) {
	for _, start := range []bool{false, true} {
		main, other := newTree(t), newTree(t)
		p := main.New(parks(other))
		c := p.New(func(v int) (int, error) { return main.Switch(v) })
		d := p.New(func(v int) (int, error) {
			_, err := main.Switch(v)
			return 5, err
		})
		e := p.New(func(v int) (int, error) { panic(main.New(identity)) })
		e.SetParent(c)
		arrives(t, "c", 1, nil)(c.Switch(1))
		arrives(t, "d", 2, nil)(d.Switch(2))
		equal(t, "SetParent", p.SetParent(other), nil)
		if start {
			arrives(t, "p", 3, nil)(p.Switch(3))
		}
		arrives(t, "a value", 0, greenlet.ErrTree)(c.Switch(4))
		v, err := d.Throw(errA)
		if v != 5 || !errors.Is(err, errA) || !errors.Is(err, greenlet.ErrTree) {
			t.Errorf("an error: got %v, %v", v, err)
		}
		raised(t, func() { e.Switch(0) })
		if start {
			arrives(t, "p lives on in its tree", 6, nil)(p.Switch(6))
		} else {
			equal(t, "p", p.State(), greenlet.Pending)
		}
		equal(t, "Current", main.Current(), main)
	}
}

func TestContract_C46_SwitchToWhatMovedAway(t *testing.T) {
	main, other := newTree(t), newTree(t)
	p := main.New(func(v int) (int, error) { return other.Switch(v) })
	c := p.New(identity)
	kill(t, c)
	p.SetParent(other)
	for _, state := range []greenlet.State{greenlet.Pending, greenlet.Suspended, greenlet.Dead} {
		equal(t, "State", p.State(), state)
		arrives(t, "Switch", 0, greenlet.ErrTree)(c.Switch(1))
		arrives(t, "Throw", 0, greenlet.ErrTree)(c.Throw(errA))
		equal(t, "Current", main.Current(), main)
		if state != greenlet.Dead {
			arrives(t, "p", 2, nil)(p.Switch(2))
		}
	}
}

func TestContract_C46_ParentMovedAwayAndDied(t *testing.T) {
	main, other := newTree(t), newTree(t)
	p := main.New(identity)
	c := p.New(func(v int) (int, error) { return main.Switch(v) })
	c.Switch(1)
	p.SetParent(other)
	arrives(t, "p", 3, nil)(p.Switch(3))
	arrives(t, "a value", 0, greenlet.ErrTree)(c.Switch(4))
	equal(t, "Current", main.Current(), main)
}

func TestContract_C47_NilParent(t *testing.T) {
	main := newTree(t)
	g := main.New(identity)
	panics(t, func() { g.SetParent(nil) }, "SetParent(nil)", "Main()")
	arrives(t, "goes on", 1, nil)(g.Switch(1))
}
