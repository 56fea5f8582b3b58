package greenlet_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet"
)

// How a hook, which is a tracer or a function given to OnLeak or OnUnraisable, can end.
const (
	hookReturns = iota
	hookFails   // tracers only
	hookPanics
	hookGoexits
)

var errHook = errors.New("hook")

// A hooked runs a program that closes a tree in which everything is left that can be. The hook called hook ends at
// its call number at in the way how; all other calls return.
type hooked struct {
	hook    string
	how, at int
	calls   int

	begun, ended int
	main, kept   *gl
	told         []error // by OnUnraisable
	closed       error   // what Close or Run returned
	panicked     any
	goexit       bool
	inMain       bool // the hook that ended in that way was called in main
}

func (h *hooked) called(hook string) error {
	if hook != h.hook {
		return nil
	}
	if h.calls++; h.calls != h.at {
		return nil
	}
	h.inMain = h.main.Current() == h.main
	switch h.how {
	case hookFails:
		return errHook
	case hookPanics:
		panic(errHook)
	case hookGoexits:
		runtime.Goexit()
	}
	return nil
}

func (h *hooked) options() []greenlet.Option {
	return []greenlet.Option{
		greenlet.OnLeak(func([]greenlet.Info) { h.called("OnLeak") }),
		greenlet.OnUnraisable(func(_ greenlet.Info, err error) {
			h.told = append(h.told, err)
			h.called("OnUnraisable")
		}),
	}
}

// fill leaves greenlets in every way in the tree: suspended, abandoned, failing, switching while they are closed.
func (h *hooked) fill(main *gl) {
	h.main = main
	body := func(do func(int) (int, error)) func(int) (int, error) {
		return func(v int) (int, error) {
			h.begun++
			defer func() { h.ended++ }()
			return do(v)
		}
	}
	for i := range 3 {
		main.New(body(parks(main))).Switch(0)
		main.New(body(func(v int) (int, error) {
			main.Switch(v)
			return 0, fmt.Errorf("failure %d", i)
		})).Switch(0)
		main.New(body(func(v int) (int, error) {
			defer main.Switch(2)
			defer main.Switch(1)
			panic(fmt.Sprint("failure ", 3+i))
		})).Switch(0)
	}
	h.kept = main.New(body(parks(main)))
	h.kept.Switch(0)
	inner := main.New(body(parks(main)))
	inner.Switch(0)
	main.New(body(func(v int) (int, error) {
		defer inner.Close()
		return main.Switch(v)
	})).Switch(0)
	main.Trace(func(event) error { return h.called("tracer") })
	main.Trace(func(event) error { return nil })
}

func (h *hooked) perform(byRun bool, collected bool) {
	apart(func() {
		h.goexit = true
		defer func() {
			if p := recover(); p != nil {
				h.goexit, h.panicked = false, p
			}
		}()
		ready := func(main *gl) {
			h.fill(main)
			if collected {
				main.Reap() // the collector is told of them
				for deadline := time.Now().Add(30 * time.Second); main.Orphans() == 0 && time.Now().Before(deadline); {
					runtime.GC()
				}
			}
		}
		if byRun {
			h.closed = greenlet.Run(func(main *gl) error { ready(main); return errA }, h.options()...)
		} else {
			main := greenlet.Main[int](h.options()...)
			ready(main)
			h.closed = main.Close()
		}
		h.goexit = false
	})
}

// check fails t unless the tree was closed, nothing was lost and the end of the hook has come through.
func (h *hooked) check(t *testing.T, byRun bool) {
	t.Helper()
	what := fmt.Sprintf("%s ends in way %d at call %d (by Run: %v)", h.hook, h.how, h.at, byRun)
	equal(t, what+": deferred calls", h.ended, h.begun)
	arrives(t, what+": afterwards", 0, greenlet.ErrClosed)(h.main.Switch(1))
	apart(func() {
		defer func() { equal(t, what+": panic of a second Close", recover(), nil) }()
		equal(t, what+": second Close", h.main.Close(), nil)
	})
	fired := h.calls >= h.at
	missing := 0
	if fired && !h.inMain {
		missing = 1 // a tracer that panics in a greenlet replaces what that one would fail with
	}
	all := fmt.Sprint(errors.Join(append(h.told, h.closed)...))
	for i := range 6 {
		n := strings.Count(all, fmt.Sprint("failure ", i))
		if n == 0 && missing > 0 {
			missing--
			continue
		}
		if n != 1 {
			t.Errorf("%s: failure %d is told %d times, in\n%s", what, i, n, all)
		}
	}
	if byRun {
		equal(t, what+": the function's error is told", strings.Contains("\n"+all+"\n", "\nA\n"), true)
	}
	equal(t, what+": panic", h.panicked != nil, fired && h.inMain && h.how == hookPanics)
	equal(t, what+": Goexit", h.goexit, fired && h.inMain && h.how == hookGoexits)
}

// A tree is closed whatever the hooks do that are called meanwhile, at each of their calls.
func TestContract_C100_HooksThatDoNotReturn(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, hook := range []string{"OnLeak", "OnUnraisable", "tracer"} {
		for how := hookReturns; how <= hookGoexits; how++ {
			if how == hookFails && hook != "tracer" {
				continue
			}
			for _, byRun := range []bool{false, true} {
				for _, collected := range []bool{false, true} {
					for at := 1; ; at++ {
						h := &hooked{hook: hook, how: how, at: at}
						h.perform(byRun, collected)
						h.check(t, byRun)
						goroutinesBack(t, before)
						if t.Failed() {
							return
						}
						if h.calls < at || how == hookReturns {
							if h.calls == 0 && at == 1 && (hook != "OnUnraisable" || collected) {
								t.Errorf("%s was never called", hook)
							}
							break // it was over before
						}
					}
				}
			}
		}
	}
}

// A tracer that always panics, and an OnUnraisable that does, do not keep the tree open either.
func TestContract_C100_HooksThatAlwaysPanic(t *testing.T) {
	before := runtime.NumGoroutine()
	ended := 0
	main := greenlet.Main[int](
		greenlet.OnLeak(func([]greenlet.Info) { panic("leak") }),
		greenlet.OnUnraisable(func(greenlet.Info, error) { panic("unraisable") }))
	for range 50 {
		main.New(func(v int) (int, error) {
			defer func() { ended++ }()
			main.Switch(v)
			return 0, errA
		}).Switch(0)
	}
	calls := 0
	main.Trace(func(e event) error {
		if e.To != main {
			return nil
		}
		calls++
		panic("tracer")
	})
	equal(t, "the last panic", recovered(func() { main.Close() }), any("unraisable"))
	equal(t, "calls of the tracer", calls, 1)
	equal(t, "ended", ended, 50)
	equal(t, "second Close", main.Close(), nil)
	goroutinesBack(t, before)
}

// t.Fatal in OnLeak, as one writes it, leaves nothing.
func TestContract_C100_FatalInOnLeak(t *testing.T) {
	before := runtime.NumGoroutine()
	ran, after := false, false
	tb := &fatal{}
	apart(func() {
		greenlet.Run(func(main *gl) error {
			main.New(func(v int) (int, error) { defer func() { ran = true }(); return main.Switch(v) }).Switch(0)
			return nil
		}, greenlet.OnLeak(func(list []greenlet.Info) { tb.Fatal("left: ", list[0]) }))
		after = true
	})
	equal(t, "the test goes on", after, false)
	equal(t, "its text", tb.text, "left: greenlet 2 (suspended)")
	equal(t, "deferred call", ran, true)
	goroutinesBack(t, before)
}

// fatal has the Fatal of a testing.T.
type fatal struct{ text string }

func (f *fatal) Fatal(args ...any) {
	f.text = fmt.Sprint(args...)
	runtime.Goexit()
}

// OnLeak and a tracer may themselves close main.
func TestContract_C100_HooksThatClose(t *testing.T) {
	for _, hook := range []string{"OnLeak", "tracer"} {
		var main *gl
		calls := 0
		inner := func(where string) {
			if where == hook {
				calls++
				main.Close()
			}
		}
		main = newTree(t, greenlet.OnLeak(func([]greenlet.Info) { inner("OnLeak") }))
		for range 5 {
			main.New(parks(main)).Switch(0)
		}
		main.Trace(func(e event) error {
			if e.To == main {
				inner("tracer")
			}
			return nil
		})
		equal(t, hook+": Close", main.Close(), nil)
		equal(t, hook+" was called", calls > 0, true)
		arrives(t, hook+": afterwards", 0, greenlet.ErrClosed)(main.Switch(1))
	}
}

// What a greenlet failed with is not lost if a tracer panics when its closer is told of its end.
func TestContract_C100_CloseOfOne(t *testing.T) {
	var told []error
	main := newTree(t, greenlet.OnUnraisable(func(_ greenlet.Info, err error) { told = append(told, err) }))
	g := main.New(func(v int) (int, error) {
		main.Switch(v)
		return 0, errA
	})
	g.Switch(0)
	stop := main.Trace(func(e event) error {
		if e.From == g || e.To == main {
			panic("tracer")
		}
		return nil
	})
	equal(t, "panic of Close", recovered(func() { g.Close() }), any("tracer"))
	stop()
	equal(t, "told", fmt.Sprint(told), "[A]")
	equal(t, "dead", g.Dead(), true)
}
