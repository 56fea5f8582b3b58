package greenlet_test

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet"
)

func TestContract_C7_Values(t *testing.T) {
	main := newTree(t)
	g := main.New(func(v int) (int, error) {
		equal(t, "argument of run", v, 1)
		arrives(t, "Switch in g", 3, nil)(main.Switch(2))
		arrives(t, "Throw in g", 5, nil)(main.Throw(errA))
		return 6, nil
	})
	arrives(t, "first", 2, nil)(g.Switch(1))
	arrives(t, "second", 0, errA)(g.Switch(3))
	arrives(t, "third", 6, nil)(g.Switch(5))
}

func TestContract_C8_WhoeverSends(t *testing.T) {
	main := newTree(t)
	var b *gl
	a := main.New(func(v int) (int, error) { return b.Switch(v + 1) })
	b = main.New(func(v int) (int, error) { return main.Switch(v + 1) })
	arrives(t, "from b, while a was switched to", 3, nil)(a.Switch(1))
	equal(t, "a", a.State(), greenlet.Suspended)
	equal(t, "b", b.State(), greenlet.Suspended)
}

func TestContract_C9_Straight(t *testing.T) {
	main := newTree(t)
	const n = 20
	var gs []*gl
	var path []string
	var deep func(depth, v int) (int, error)
	rng := rand.New(rand.NewSource(1))
	deep = func(depth, v int) (int, error) {
		if depth > 0 {
			return deep(depth-1, v)
		}
		if v == 0 {
			return main.Switch(0)
		}
		return gs[rng.Intn(n)].Switch(v - 1)
	}
	for i := range n {
		gs = append(gs, main.New(func(v int) (int, error) {
			for {
				path = append(path, fmt.Sprint(main.Current().ID()))
				equal(t, "Current", main.Current(), gs[i])
				var err error
				if v, err = deep(v%50, v); err != nil {
					return v, err
				}
			}
		}))
	}
	arrives(t, "after a thousand hops", 0, nil)(gs[0].Switch(1000))
	if len(path) < 900 {
		t.Errorf("%d hops: %s", len(path), strings.Join(path, " "))
	}
}

func TestContract_C10_Order(t *testing.T) {
	run := func() string {
		var log strings.Builder
		main := newTree(t)
		var gs []*gl
		for i := range 5 {
			gs = append(gs, main.New(func(v int) (int, error) {
				for {
					fmt.Fprintf(&log, " %d:%d", i, v)
					if v <= 0 {
						return v, nil
					}
					v, _ = gs[(i+v)%5].Switch(v - i - 1)
				}
			}))
		}
		log.WriteString("made")
		for v := 30; len(log.String()) < 1000; v++ {
			gs[v%5].Switch(v)
			fmt.Fprintf(&log, " main")
			main.Switch(1)
		}
		return log.String()
	}
	first := run()
	for range 10 {
		equal(t, "log", run(), first)
	}
	if !strings.HasPrefix(first, "made 0:30") {
		t.Errorf("something ran before a switch to it: %s", first)
	}
}

func TestContract_C11_Self(t *testing.T) {
	main := newTree(t)
	arrives(t, "main to main", 1, nil)(main.Switch(1))
	g := main.New(nil)
	g.SetRun(func(v int) (int, error) { return g.Switch(v + 1) })
	arrives(t, "g to g", 3, nil)(g.Switch(2))
}

func TestContract_C12_Dead(t *testing.T) {
	main := newTree(t)
	a := main.New(parks(main))
	b := a.New(identity)
	c := b.New(identity)
	a.Switch(0)
	kill(t, b, c)
	arrives(t, "to the grandparent, who hands it back", 7, nil)(c.Switch(7))
	a.Throw(greenlet.ErrExit)
	equal(t, "a", a.Dead(), true)
	arrives(t, "to the caller", 8, nil)(c.Switch(8))
}

// kill ends gs, which are unstarted.
func kill(t testing.TB, gs ...*gl) {
	t.Helper()
	for _, g := range gs {
		if err := g.Close(); err != nil || !g.Dead() {
			t.Fatalf("Close returns %v", err)
		}
	}
}

func TestContract_C13_DeadStartsAncestor(t *testing.T) {
	main := newTree(t)
	p := main.New(func(v int) (int, error) { return v * 2, nil })
	g := p.New(identity)
	kill(t, g)
	arrives(t, "what the parent makes of it", 42, nil)(g.Switch(21))
	equal(t, "parent", p.Dead(), true)
	// Given another unstarted parent, a dead one starts that.
	g.SetParent(main.New(func(v int) (int, error) { return v * 3, nil }))
	arrives(t, "what the second parent makes of it", 63, nil)(g.Switch(21))
}

func TestContract_C14_NoRun(t *testing.T) {
	main := newTree(t)
	g := main.New(nil)
	c := g.New(identity)
	kill(t, c)
	for _, target := range []*gl{g, c} {
		arrives(t, "Switch", 0, greenlet.ErrNoRun)(target.Switch(1))
		equal(t, "State", g.State(), greenlet.Pending)
		equal(t, "Current", main.Current(), main)
	}
	equal(t, "SetRun", g.SetRun(identity), nil)
	arrives(t, "Switch", 2, nil)(c.Switch(2))
}

func TestContract_C15_NoAllocation(t *testing.T) {
	main := newTree(t)
	a, b := main.New(nil), main.New(nil)
	a.SetRun(func(v int) (int, error) {
		for {
			b.Switch(v)
			v, _ = a.Switch(v)
		}
	})
	b.SetRun(parks(main))
	if n := testing.AllocsPerRun(1000, func() { a.Switch(1) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	fails := main.New(func(v int) (int, error) {
		for {
			main.Throw(errA)
		}
	})
	fails.Switch(1)
	if n := testing.AllocsPerRun(1000, func() { fails.Throw(errB) }); n != 0 {
		t.Errorf("%v allocations with Throw", n)
	}
}
