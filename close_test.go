package greenlet_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet"
)

func TestContract_C75_CloseUnstartedAndDead(t *testing.T) {
	main := newTree(t)
	g := main.New(func(int) (int, error) { t.Error("runs"); return 0, nil })
	equal(t, "Close", g.Close(), nil)
	equal(t, "Dead", g.Dead(), true)
	arrives(t, "as any dead one", 3, nil)(g.Switch(3))
	equal(t, "Close", g.Close(), nil)
	failed := main.New(func(int) (int, error) { return 0, errA })
	failed.Switch(0)
	equal(t, "Close", failed.Close(), nil)
}

func TestContract_C76_CloseSuspended(t *testing.T) {
	main := newTree(t)
	parent := main.New(parks(main))
	parent.Switch(0)
	var closer *gl
	var g *gl
	g = parent.New(func(v int) (int, error) {
		arrives(t, "what Close throws", 0, greenlet.ErrExit)(main.Switch(v))
		equal(t, "Parent", g.Parent(), closer)
		equal(t, "the closer", closer.State(), greenlet.Suspended)
		return 0, nil
	})
	g.Switch(0)
	closer = main.New(func(v int) (int, error) {
		equal(t, "Close", g.Close(), nil)
		equal(t, "Dead", g.Dead(), true)
		return 6, nil
	})
	arrives(t, "closer", 6, nil)(closer.Switch(0))
	equal(t, "Parent afterwards", g.Parent(), parent)
	equal(t, "the parent got nothing", parent.State(), greenlet.Suspended)
}

func TestContract_C77_CloseReturnsFailure(t *testing.T) {
	main := newTree(t)
	closing := func(end func() (int, error)) error {
		g := main.New(func(v int) (int, error) {
			main.Switch(v)
			return end()
		})
		g.Switch(0)
		defer func() { equal(t, "Dead", g.Dead(), true) }()
		return g.Close()
	}
	equal(t, "value", closing(func() (int, error) { return 1, nil }), nil)
	equal(t, "ErrExit", closing(func() (int, error) { return 1, greenlet.ErrExit }), nil)
	equal(t, "wrapped", closing(func() (int, error) { return 1, fmt.Errorf("w: %w", greenlet.ErrExit) }), nil)
	equal(t, "error", closing(func() (int, error) { return 1, errA }), errA)
	equal(t, "Goexit", closing(func() (int, error) { runtime.Goexit(); return 0, nil }), nil)
	var p *greenlet.PanicError
	if err := closing(func() (int, error) { panic("p") }); !errors.As(err, &p) || p.Value != "p" {
		t.Errorf("panic: Close returns %v", err)
	}
}

func TestContract_C78_CloseOfOneThatSwitches(t *testing.T) {
	main := newTree(t)
	var log []string
	g := main.New(func(v int) (int, error) {
		defer func() { log = append(log, "first") }()
		defer func() {
			defer func() { log = append(log, fmt.Sprint("recovered ", recover())) }()
			main.Throw(errA)
			log = append(log, "not reached")
		}()
		defer func() {
			log = append(log, "third")
			main.Current().Switch(1) // to itself, even
			log = append(log, "not reached")
		}()
		for {
			func() {
				defer func() {
					if r := recover(); r != nil {
						t.Errorf("a panic that recover sees: %v", r)
					}
				}()
				main.Switch(v)
			}()
			log = append(log, "again")
		}
	})
	g.Switch(0)
	equal(t, "Close", g.Close(), nil)
	equal(t, "log", strings.Join(log, ";"), "again;third;recovered <nil>;first")
	equal(t, "Current", main.Current(), main)
}

func TestContract_C79_InACloseOne(t *testing.T) {
	main := newTree(t)
	other := main.New(func(v int) (int, error) {
		main.Switch(v)
		return 0, errB
	})
	other.Switch(0)
	unstarted := main.New(identity)
	g := main.New(func(v int) (int, error) {
		me := main.Current()
		defer func() {
			panics(t, func() { me.New(nil) }, "New in a greenlet that is being closed")
			panics(t, func() { main.New(nil) }, "New in a greenlet that is being closed")
			equal(t, "Close of another one", other.Close(), errB)
			equal(t, "Close of an unstarted one", unstarted.Close(), nil)
			equal(t, "SetParent", me.SetParent(main), nil)
			equal(t, "Reap", me.Reap(), 0)
			equal(t, "State", me.State(), greenlet.Running)
			equal(t, "Stack", len(main.Stack()) > 0, true)
			equal(t, "All", strings.Count(infos(me), ";"), 1)
		}()
		return main.Switch(v)
	})
	g.Switch(0)
	equal(t, "Close", g.Close(), nil)
	equal(t, "other", other.Dead(), true)
	arrives(t, "New works again", 1, nil)(main.New(identity).Switch(1))
}

func TestContract_C80_CloseSelf(t *testing.T) {
	main := newTree(t)
	var log []string
	var g *gl
	g = main.New(func(v int) (int, error) {
		defer func() { log = append(log, "deferred") }()
		defer func() { g.Close() }()
		defer func() { main.Switch(9) }()
		g.Close()
		log = append(log, "not reached")
		return 5, errA
	})
	arrives(t, "parent", 0, nil)(g.Switch(1))
	equal(t, "log", strings.Join(log, ";"), "deferred")
	equal(t, "Dead", g.Dead(), true)
	g = main.New(func(v int) (int, error) {
		defer func() { panic("p") }()
		g.Close()
		return 0, nil
	})
	equal(t, "panic on the way", raised(t, func() { g.Switch(1) }).Value, any("p"))
}

func TestContract_C81_CloserClosed(t *testing.T) {
	main := newTree(t)
	var log []string
	note := func(format string, args ...any) { log = append(log, fmt.Sprintf(format, args...)) }
	parent := main.New(func(v int) (int, error) {
		v, err := main.Switch(v)
		note("parent gets %v %v", v, err)
		return 7, nil
	})
	parent.Switch(0)
	var a, b *gl
	a = parent.New(func(v int) (int, error) {
		note("a's Close: %v", b.Close())
		return 5, errA
	})
	b = main.New(func(v int) (int, error) {
		defer func() { note("b's Close: %v", a.Close()) }()
		return main.Switch(v)
	})
	b.Switch(0)
	arrives(t, "main", 7, nil)(a.Switch(0))
	equal(t, "log", strings.Join(log, "; "), "a's Close: greenlet: exit; b's Close: A; parent gets 0 <nil>")
	equal(t, "Dead", a.Dead() && b.Dead(), true)
}
