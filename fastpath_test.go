package greenlet_test

import (
	"runtime"
	"testing"
)

// TestFastPathReopens shows that whatever sends switches the slow way for a while takes that back when it is over.
func TestFastPathReopens(t *testing.T) {
	main := newTree(t)
	g := main.New(func(v int) (int, error) {
		for {
			main.Switch(v)
		}
	})
	g.Switch(0)
	after := func(what string) {
		t.Helper()
		equal(t, "the slow path stays open after "+what, main.SlowPath(), false)
	}
	after("Switch")
	g.Throw(errA)
	after("Throw")
	main.Throw(errA)
	after("Throw into itself")
	g.Stack()
	after("Stack")
	stops := []func(){main.Trace(func(event) error { return nil }), main.Trace(func(event) error { return nil })}
	equal(t, "the slow path with a tracer", main.SlowPath(), true)
	g.Switch(1)
	stops[0]()
	equal(t, "the slow path with the other tracer", main.SlowPath(), true)
	stops[1]()
	after("the tracers")
	main.Trace(func(event) error { return errA })
	main.Switch(0)
	after("a tracer that failed")
	raised(t, func() { main.New(func(int) (int, error) { panic(1) }).Switch(0) })
	after("a panic")
	g.Close()
	after("Close")
	var h *gl
	h = main.New(func(v int) (int, error) { return 0, h.Close() })
	h.Switch(0)
	after("Close of itself")
	a, b := main.New(nil), main.New(nil)
	a.SetRun(func(v int) (int, error) { return 0, b.Close() })
	b.SetRun(func(v int) (int, error) {
		defer a.Close()
		return main.Switch(v)
	})
	b.Switch(0)
	a.Switch(0)
	after("two that closed each other")
	main.New(func(int) (int, error) { defer main.Switch(0); runtime.Goexit(); return 0, nil }).Switch(0)
	after("a Goexit")
	abandon(main, parks(main))
	collect(t, 2, main.Reap) // the one in a Goexit is abandoned, too
	after("Reap")
}
