package greenlet_test

import (
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/go-greenlet/greenlet"
)

func TestContract_C82_CloseTree(t *testing.T) {
	main := newTree(t)
	var order []int
	var gs []*gl
	for i := range 4 {
		gs = append(gs, main.New(func(v int) (int, error) {
			defer func() { order = append(order, i) }()
			arrives(t, "what arrives", 0, greenlet.ErrExit)(main.Switch(v))
			if i == 3 {
				panic("p")
			}
			return 0, []error{errA, nil, errB}[i]
		}))
	}
	for _, i := range []int{2, 0, 3, 1} { // the order in which they first park
		gs[i].Switch(0)
	}
	err := main.Close()
	equal(t, "order", fmt.Sprint(order), "[1 3 0 2]")
	var p *greenlet.PanicError
	if !errors.Is(err, errA) || !errors.Is(err, errB) || !errors.As(err, &p) || p.Value != "p" {
		t.Errorf("Close returns %v", err)
	}
	equal(t, "Close of an empty tree", greenlet.Main[int]().Close(), nil)
}

func TestContract_C83_AlwaysEnds(t *testing.T) {
	main := newTree(t)
	deferred := 0
	var gs []*gl
	for range 50 {
		gs = append(gs, main.New(func(v int) (int, error) {
			defer func() { deferred++ }()
			defer main.Switch(0)
			for {
				gs[(v+1)%len(gs)].Switch(v + 1)
			}
		}))
	}
	gs = append(gs, main)
	for i := range 50 {
		gs[i].Switch(i)
	}
	suspended := 0
	for _, g := range gs {
		if g.State() == greenlet.Suspended {
			suspended++
		}
	}
	equal(t, "Close", main.Close(), nil)
	equal(t, "deferred calls", deferred, suspended)
}

func TestContract_C83_MillionChain(t *testing.T) {
	if raceEnabled {
		t.Skip("a million coroutines take 20 GB under the race detector")
	}
	n := 1_000_000
	if testing.Short() {
		t.Log("a chain of 20,000 only, because of -short")
		n = 20_000
	}
	main := newTree(t)
	ended := 0
	var link func(v int) (int, error)
	link = func(v int) (int, error) {
		defer func() { ended++ }()
		if v == 0 {
			return main.Switch(0)
		}
		return main.Current().New(link).Switch(v - 1) // held by this frame and its parked child only
	}
	arrives(t, "the last one", 0, nil)(main.New(link).Switch(n - 1))
	equal(t, "Close", main.Close(), nil)
	equal(t, "ended", ended, n)
}

func TestContract_C84_OnlyMain(t *testing.T) {
	main := newTree(t)
	g := main.New(func(v int) (int, error) {
		panics(t, func() { main.Close() }, "Close of the main greenlet, which ends the tree, called in greenlet 2", "switch to main and close there")
		return main.Switch(v)
	})
	arrives(t, "goes on", 1, nil)(g.Switch(1))
	closing := main.New(func(v int) (int, error) {
		defer func() { panics(t, func() { main.Close() }, "Close of the main greenlet") }()
		return main.Switch(v)
	})
	closing.Switch(0)
	equal(t, "Close", closing.Close(), nil)
	equal(t, "Close", main.Close(), nil)
	equal(t, "second Close", main.Close(), nil)
	apart(func() { equal(t, "Close elsewhere", main.Close(), nil) })
}

func TestContract_C85_AfterClose(t *testing.T) {
	main := greenlet.Main[int]()
	suspended, gone, unstarted := main.New(parks(main)), main.New(identity), main.New(identity)
	suspended.Switch(0)
	suspended.SetName("s")
	gone.Switch(0)
	stop := main.Trace(func(event) error { t.Error("traced after Close"); return nil })
	stop()
	main.Close()
	for name, g := range map[string]*gl{"main": main, "suspended": suspended, "dead": gone, "unstarted": unstarted} {
		arrives(t, name+" Switch", 0, greenlet.ErrClosed)(g.Switch(1))
		arrives(t, name+" Throw", 0, greenlet.ErrClosed)(g.Throw(errA))
		equal(t, name+" SetRun", g.SetRun(identity), greenlet.ErrClosed)
		equal(t, name+" SetParent", g.SetParent(main), greenlet.ErrClosed)
		panics(t, func() { g.New(identity) }, "New in a closed tree", "Main or Run")
		equal(t, name+" Dead", g.Dead(), true)
		equal(t, name+" State", g.State(), greenlet.Dead)
		equal(t, name+" Close", g.Close(), nil)
		equal(t, name+" Reap", g.Reap(), 0)
		equal(t, name+" Stack", len(g.Stack()), 0)
		equal(t, name+" All", infos(g), "")
		equal(t, name+" Current", g.Current(), main)
		equal(t, name+" Main", g.Main(), main)
		g.Trace(func(event) error { return nil })()
		stop()
		g.SetContext(g.Context())
	}
	equal(t, "Name", suspended.Name(), "s")
	equal(t, "Parent", suspended.Parent(), main)
	equal(t, "String", suspended.String(), `greenlet 2 "s" (dead)`)
	arrives(t, "another tree's greenlet", 0, greenlet.ErrClosed)(unstarted.Switch(1))
	other := newTree(t)
	equal(t, "SetParent to a closed tree", other.New(nil).SetParent(main), greenlet.ErrClosed)
}

func TestContract_C86_NothingLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	apart(func() {
		main := greenlet.Main[int]()
		defer func() {
			defer goroutinesBack(t, before+1) // this one
			main.Close()
		}()
		for i := range 3000 {
			g := main.New(func(v int) (int, error) {
				if i%7 == 0 {
					return 0, errA
				}
				v, err := main.Switch(v)
				if i%5 == 0 {
					defer main.Switch(0)
					runtime.Goexit()
				}
				if i%11 == 0 {
					panic(i)
				}
				return v, err
			})
			g.Switch(i)
			if i%3 == 0 {
				recovered(func() { g.Throw(nil) })
			}
		}
		main.New(func(int) (int, error) { runtime.Goexit(); return 0, nil }).Switch(0)
	})
	goroutinesBack(t, before)
}
