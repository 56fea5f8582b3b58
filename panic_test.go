package greenlet_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet"
)

// raised returns the PanicError with which f panics.
func raised(t testing.TB, f func()) *greenlet.PanicError {
	t.Helper()
	v := recovered(f)
	p, ok := v.(*greenlet.PanicError)
	if !ok {
		t.Fatalf("panic with %v, want a *PanicError", v)
	}
	return p
}

func TestContract_C31_Panic(t *testing.T) {
	main := newTree(t)
	g := main.New(func(int) (int, error) { panic("boom") })
	g.SetName("bomb")
	p := raised(t, func() { g.Switch(1) })
	equal(t, "Value", p.Value, any("boom"))
	equal(t, "Greenlet", p.Greenlet, `greenlet 2 "bomb"`)
	equal(t, "Dead", g.Dead(), true)
	equal(t, "Current", main.Current(), main)
	arrives(t, "the tree goes on", 1, nil)(main.New(identity).Switch(1))
}

func blowUp(v any) { panic(v) }

func TestContract_C32_PanicErrorText(t *testing.T) {
	main := newTree(t)
	p := raised(t, func() { main.New(func(int) (int, error) { blowUp("boom"); return 0, nil }).Switch(1) })
	text := p.Error()
	for _, part := range []string{"panic in greenlet 2: boom\n", "greenlet_test.blowUp", "TestContract_C32_PanicErrorText"} {
		if !strings.Contains(text, part) {
			t.Errorf("text lacks %q:\n%s", part, text)
		}
	}
	if !strings.Contains(text, string(p.Stack)) || !strings.HasPrefix(string(p.Stack), "goroutine ") {
		t.Errorf("Stack is not the stack:\n%s", p.Stack)
	}
	if first := strings.Split(string(p.Stack), "\n")[1]; !strings.HasPrefix(first, "panic(") {
		t.Errorf("the stack begins with %q, want the panic:\n%s", first, p.Stack)
	}
	equal(t, "Unwrap", p.Unwrap(), nil)
	p = raised(t, func() { main.New(func(int) (int, error) { blowUp(errA); return 0, nil }).Switch(1) })
	equal(t, "Unwrap", p.Unwrap(), errA)
	equal(t, "Is", errors.Is(p, errA), true)
	var re runtime.Error
	p = raised(t, func() {
		main.New(func(v int) (int, error) { var s []int; return s[v], nil }).Switch(1)
	})
	equal(t, "As runtime.Error", errors.As(p, &re), true)
}

func TestContract_C33_SamePointer(t *testing.T) {
	main := newTree(t)
	var seen []*greenlet.PanicError
	parent := main
	for range 5 {
		parent = parent.New(func(v int) (int, error) {
			defer func() {
				p := recover().(*greenlet.PanicError)
				seen = append(seen, p)
				panic(p)
			}()
			return main.Switch(v)
		})
		parent.Switch(1)
	}
	p := raised(t, func() { parent.New(func(int) (int, error) { panic(1) }).Switch(1) })
	equal(t, "greenlets on the way", len(seen), 5)
	for _, s := range seen {
		equal(t, "pointer", s, p)
	}
}

func TestContract_C34_PanicPassesBy(t *testing.T) {
	main := newTree(t)
	never := func(int) (int, error) { t.Error("runs"); return 0, nil }
	noRun := main.New(nil)
	unstarted := noRun.New(never)
	gone := unstarted.New(never)
	kill(t, gone)
	p := raised(t, func() { gone.New(func(int) (int, error) { panic(1) }).Switch(1) })
	equal(t, "Value", p.Value, any(1))
	equal(t, "unstarted", unstarted.Dead(), true)
	equal(t, "noRun", noRun.State(), greenlet.Pending)
}

func TestContract_C35_SwitchWhilePanicking(t *testing.T) {
	main := newTree(t)
	g := main.New(func(int) (int, error) {
		defer func() {
			arrives(t, "in the deferred call", 2, nil)(main.Switch(1))
		}()
		panic("boom")
	})
	arrives(t, "while it panics", 1, nil)(g.Switch(0))
	other := main.New(func(int) (int, error) { panic("other") })
	equal(t, "another one", raised(t, func() { other.Switch(0) }).Value, any("other"))
	equal(t, "the first one", raised(t, func() { g.Switch(2) }).Value, any("boom"))
}

func TestContract_C36_PanicInGoexit(t *testing.T) {
	main := newTree(t)
	bystander := main.New(parks(main))
	bystander.Switch(1)
	for i := range 5 {
		g := main.New(func(v int) (int, error) {
			defer func() { panic(fmt.Sprint("late", v)) }()
			bystander.SetParent(main.Current()) // so that they meet in each other's slots
			main.Switch(0)
			bystander.SetParent(main)
			runtime.Goexit()
			return 0, nil
		})
		g.Switch(i)
		equal(t, "Value", raised(t, func() { g.Switch(1) }).Value, any(fmt.Sprint("late", i)))
		arrives(t, "bystander", i, nil)(bystander.Switch(i))
	}
	closed := main.New(func(v int) (int, error) {
		defer func() { panic("late") }()
		for {
			main.Switch(0)
		}
	})
	closed.Switch(1)
	var p *greenlet.PanicError
	if err := closed.Close(); !errors.As(err, &p) || p.Value != "late" {
		t.Errorf("Close returns %v", err)
	}
}
