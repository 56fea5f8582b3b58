package greenlet_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet"
)

func TestContract_C48_State(t *testing.T) {
	main := newTree(t)
	var inner *gl
	g := main.New(func(v int) (int, error) {
		equal(t, "main", main.State(), greenlet.Suspended)
		equal(t, "running", main.Current().State(), greenlet.Running)
		inner.Switch(1)
		return main.Switch(1)
	})
	inner = g.New(func(v int) (int, error) {
		defer func() { equal(t, "g while it waits for inner", g.State(), greenlet.Suspended) }()
		return v, nil
	})
	equal(t, "unstarted", g.State(), greenlet.Pending)
	g.Switch(0)
	equal(t, "parked", g.State(), greenlet.Suspended)
	closed := main.New(func(v int) (int, error) {
		main.Switch(0)
		equal(t, "the closer", main.State(), greenlet.Suspended)
		return 0, nil
	})
	closed.Switch(0)
	closed.Close()
	g.Throw(nil)
	equal(t, "ended", g.State(), greenlet.Dead)
	for s, text := range map[greenlet.State]string{greenlet.Pending: "pending", greenlet.Running: "running", greenlet.Suspended: "suspended",
		greenlet.Dead: "dead", 9: "State(9)"} {
		equal(t, "String", s.String(), text)
	}
}

// TestContract_C49_Dead shows under -race that asking is free of races, too.
func TestContract_C49_Dead(t *testing.T) {
	main := newTree(t)
	g := main.New(parks(main))
	stop, done := make(chan bool), make(chan bool)
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				g.Dead()
			}
		}
	}()
	for i := range 100 {
		g.Switch(i)
		main.New(identity).Switch(i)
	}
	ask := func() (dead bool) {
		apart(func() { dead = g.Dead() })
		return dead
	}
	equal(t, "suspended", ask(), false)
	g.Throw(nil)
	equal(t, "ended", ask(), true)
	equal(t, "main", main.Dead(), false)
	close(stop)
	<-done
	g = main.New(identity)
	equal(t, "unstarted", ask(), false)
	main.Close()
	equal(t, "of a closed tree", ask(), true)
}

func TestContract_C50_ID(t *testing.T) {
	main := newTree(t)
	g := main.New(parks(main))
	done := make(chan bool)
	go func() {
		defer close(done)
		for range 100 {
			if id := g.ID(); id != 2 {
				t.Errorf("ID %d on another goroutine", id)
			}
		}
	}()
	g.Switch(1)
	g.SetName("g")
	g.SetParent(main)
	g.Throw(nil)
	g.SetParent(main)
	<-done
	seen := map[uint64]bool{main.ID(): true, g.ID(): true}
	for i := range uint64(50) {
		c := main.New(identity)
		if c.ID() != i+3 || seen[c.ID()] {
			t.Errorf("ID %d, want %d", c.ID(), i+3)
		}
		c.Switch(1)
		equal(t, "ID of a dead one", c.ID(), i+3)
	}
}

func TestContract_C51_CurrentAndMain(t *testing.T) {
	main := newTree(t)
	never := main.New(nil)
	gone := main.New(identity)
	kill(t, gone)
	check := func(want *gl) {
		t.Helper()
		for _, g := range []*gl{main, never, gone} {
			equal(t, "Current", g.Current(), want)
			equal(t, "Main", g.Main(), main)
		}
	}
	check(main)
	var g *gl
	g = main.New(func(v int) (int, error) {
		check(g)
		main.Switch(0)
		check(g)
		return v, nil
	})
	g.Switch(1)
	check(main)
	g.Switch(1)
	check(main)
}

func TestContract_C52_String(t *testing.T) {
	main := newTree(t)
	g := main.New(parks(main))
	equal(t, "main", main.String(), "main greenlet 1 (running)")
	equal(t, "unstarted", g.String(), "greenlet 2 (pending)")
	g.SetName("reader")
	g.Switch(1)
	equal(t, "named", g.String(), `greenlet 2 "reader" (suspended)`)
	main.SetName("m")
	equal(t, "main", fmt.Sprint(main), `main greenlet 1 "m" (running)`)
	apart(func() { equal(t, "elsewhere", g.String(), "greenlet 2") })
	g.Throw(nil)
	equal(t, "dead", g.String(), `greenlet 2 "reader" (dead)`)
}

func infos(g *gl) string {
	var s []string
	for i := range g.All() {
		s = append(s, fmt.Sprintf("%v<%d", i, i.Parent))
	}
	return strings.Join(s, "; ")
}

func TestContract_C53_All(t *testing.T) {
	main := newTree(t)
	equal(t, "main alone", infos(main), "main greenlet 1 (running)<0")
	a, b := main.New(parks(main)), main.New(parks(main))
	b.Switch(0)
	a.Switch(0)
	main.New(nil)
	main.New(identity).Switch(1)
	a.SetName("a")
	want := `main greenlet 1 (running)<0; greenlet 3 (suspended)<1; greenlet 2 "a" (suspended)<1`
	equal(t, "two parked", infos(a), want)
	first := a.New(func(v int) (int, error) {
		equal(t, "one that runs and never parked", infos(main),
			strings.Replace(want, "(running)", "(suspended)", 1)+"; greenlet 6 (running)<2")
		a.Switch(0)
		return 0, nil
	})
	first.Switch(0)
	b.Throw(nil)
	equal(t, "one ended", infos(main), `main greenlet 1 (running)<0; greenlet 2 "a" (suspended)<1; greenlet 6 (suspended)<2`)
}

func TestContract_C54_AllIsOfTheMoment(t *testing.T) {
	main := newTree(t)
	var gs []*gl
	for range 5 {
		gs = append(gs, main.New(parks(main)))
		gs[len(gs)-1].Switch(0)
	}
	seq := main.All()
	gs[0].Close()
	n := 0
	for i := range seq {
		n++
		for _, g := range gs {
			g.Close()
		}
		equal(t, "a living one", i.State == greenlet.Dead, false)
	}
	equal(t, "listed", n, 5)
	n = 0
	for range main.All() {
		n++
	}
	equal(t, "afterwards", n, 1)
	for range main.All() {
		break
	}
}

func inmost(main *gl, depth int) (int, error) {
	if depth > 0 {
		return inmost(main, depth-1)
	}
	return main.Switch(0)
}

func TestContract_C55_Stack(t *testing.T) {
	main := newTree(t)
	ran := 0
	g := main.New(func(v int) (int, error) {
		for {
			ran++
			var err error
			if v, err = inmost(main, v); err != nil {
				return 0, err
			}
		}
	})
	names := func(g *gl) []string {
		var names []string
		for _, f := range g.Stack() {
			names = append(names, f.Function[strings.LastIndex(f.Function, "/")+1:])
		}
		return names
	}
	equal(t, "unstarted", len(g.Stack()), 0)
	g.Switch(3)
	got := names(g)
	if len(got) != 5 || got[0] != "greenlet_test.inmost" || got[3] != got[0] || !strings.HasPrefix(got[4], "greenlet_test.TestContract_C55_Stack.func") {
		t.Errorf("stack %q", got)
	}
	g.Switch(1)
	if got = names(g); len(got) != 3 {
		t.Errorf("stack %q", got)
	}
	equal(t, "times that g ran", ran, 2)
	equal(t, "State", g.State(), greenlet.Suspended)
	if got = names(main); !slices.Contains(got, "greenlet_test.TestContract_C55_Stack") {
		t.Errorf("of the running one: %q", got)
	}
	h := main.New(func(int) (int, error) {
		if got := names(main); !slices.Contains(got, "greenlet_test.TestContract_C55_Stack") {
			t.Errorf("of main: %q", got)
		}
		if got := names(g); len(got) != 3 {
			t.Errorf("stack %q", got)
		}
		return 1, nil
	})
	arrives(t, "h", 1, nil)(h.Switch(0))
	g.Switch(5000)
	equal(t, "frames of a deep one", len(g.Stack()) > 1000 && len(g.Stack()) <= 1024, true)
	g.Throw(nil)
	equal(t, "dead", len(g.Stack()), 0)
}

func TestContract_C56_Names(t *testing.T) {
	main := newTree(t)
	main.SetName("twin")
	g := main.New(func(v int) (int, error) { return main.Switch(v) })
	equal(t, "not inherited", g.Name(), "")
	g.SetName("twin")
	g.Switch(1)
	equal(t, "suspended", g.Name(), "twin")
	g.SetName("other")
	g.Switch(1)
	equal(t, "dead", g.Name(), "other")
	equal(t, "main", main.Name(), "twin")
	g.SetName("")
	equal(t, "taken back", g.Name(), "")
}
