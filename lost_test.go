package greenlet_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet"
)

// explode panics where a test can find it in a stack.
//
//go:noinline
func explode(v any) { panic(v) }

// closedWith returns the panic that Close of a greenlet returns which has run body up to its first switch.
func closedWith(t *testing.T, body func(main *gl)) *greenlet.PanicError {
	t.Helper()
	main := newTree(t)
	g := main.New(func(int) (int, error) { body(main); return 0, nil })
	g.Switch(0)
	equal(t, "state", g.State(), greenlet.Suspended)
	err := g.Close()
	equal(t, "state", g.State(), greenlet.Dead)
	var p *greenlet.PanicError
	if !errors.As(err, &p) {
		t.Errorf("Close returns %v, want a panic", err)
		return &greenlet.PanicError{}
	}
	if !strings.Contains(p.Error(), "explode") {
		t.Errorf("the panic has not its own stack: %v", p)
	}
	return p
}

// A panic is not lost when its deferred calls switch again and again while the greenlet is closed.
func TestContract_C101_PanicOfAClosedOne(t *testing.T) {
	equal(t, "deferred switches", closedWith(t, func(main *gl) {
		for range 50 {
			defer main.Switch(1)
		}
		explode("boom")
	}).Value, any("boom"))
	equal(t, "one deferred call that switches twice", closedWith(t, func(main *gl) {
		defer func() {
			main.Switch(1)
			arrives(t, "second", 0, greenlet.ErrExit)(main.Switch(2))
			arrives(t, "third", 0, greenlet.ErrExit)(main.Throw(errA))
		}()
		explode("boom")
	}).Value, any("boom"))
	equal(t, "one that closes itself", closedWith(t, func(main *gl) {
		defer func() {
			me := main.Current()
			main.Switch(1)
			equal(t, "Close of itself", me.Close(), greenlet.ErrExit)
		}()
		explode("boom")
	}).Value, any("boom"))
	equal(t, "deep in calls", closedWith(t, func(main *gl) {
		var deep func(n int)
		deep = func(n int) {
			if n > 0 {
				deep(n - 1)
				return
			}
			main.Switch(1)
			main.Switch(1)
		}
		defer deep(500)
		explode("boom")
	}).Value, any("boom"))
	equal(t, "a panic during Goexit", closedWith(t, func(main *gl) {
		defer main.Switch(1)
		defer main.Switch(1)
		defer explode("boom")
		runtime.Goexit()
	}).Value, any("boom"))
}

func TestContract_C101_PanicOfOneThatClosesItself(t *testing.T) {
	main := newTree(t)
	p := raised(t, func() {
		main.New(func(int) (int, error) {
			defer main.Current().Close()
			panic("boom")
		}).Switch(0)
	})
	equal(t, "arrives", p.Value, any("boom"))
}

func TestContract_C101_PanicOfAnAbandonedOne(t *testing.T) {
	var told []error
	main := newTree(t, greenlet.OnUnraisable(func(_ greenlet.Info, err error) { told = append(told, err) }))
	abandon(main, func(int) (int, error) {
		defer main.Switch(2)
		defer main.Switch(1)
		panic("boom")
	})
	collect(t, 1, main.Reap)
	var p *greenlet.PanicError
	equal(t, "told", len(told) == 1 && errors.As(told[0], &p) && p.Value == "boom", true)
}

// A deferred call that never ends is ended all the same, and the panic is told of.
func TestContract_C101_DeferredCallWithoutEnd(t *testing.T) {
	rounds, ended := 0, false
	p := closedWith(t, func(main *gl) {
		defer func() { ended = true }()
		defer func() {
			for {
				main.Switch(1)
				rounds++
			}
		}()
		explode("boom")
	})
	if text, _ := p.Value.(string); !strings.Contains(text, "lost") {
		t.Errorf("the value is %v", p.Value)
	}
	equal(t, "rounds", rounds, 101) // the first by the ErrExit that arrives
	equal(t, "deferred call outside", ended, true)
}

// Without a panic it is as ever: Goexit at the next switch.
func TestContract_C101_NoPanic(t *testing.T) {
	main := newTree(t)
	reached := false
	g := main.New(func(int) (int, error) {
		defer func() {
			main.Switch(2)
			reached = true
		}()
		defer func() {
			recovered(func() { panic("over") }) // and gone when this returns
			main.Switch(1)
		}()
		return 0, errA
	})
	g.Switch(0)
	equal(t, "Close", g.Close(), nil)
	equal(t, "reached", reached, false)
}
