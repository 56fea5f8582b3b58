package greenlet_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet"
)

// tracer logs events in a short form.
func tracer(log *[]string) func(event) error {
	return func(e event) error {
		s := fmt.Sprintf("%v %d>%d %d", e.Kind, e.From.ID(), e.To.ID(), e.Value)
		if e.Err != nil {
			s += " " + strings.SplitN(e.Err.Error(), "\n", 2)[0]
		}
		if e.Start {
			s += " start"
		}
		*log = append(*log, s)
		return nil
	}
}

func TestContract_C60_WhenAndWhere(t *testing.T) {
	main := newTree(t)
	var order []string
	var g *gl
	stop := main.Trace(func(e event) error {
		equal(t, "Current", main.Current(), e.To)
		equal(t, "From has left", e.From.State() == greenlet.Running, false)
		order = append(order, fmt.Sprintf("trace%d", e.To.ID()))
		return nil
	})
	g = main.New(func(int) (int, error) {
		order = append(order, "g")
		main.Switch(0)
		order = append(order, "g")
		return 0, nil
	})
	g.Switch(0)
	order = append(order, "main")
	g.Switch(0)
	order = append(order, "main")
	stop()
	equal(t, "order", strings.Join(order, " "), "trace2 g trace1 main trace2 g trace1 main")
}

func TestContract_C61_Events(t *testing.T) {
	apart(func() {
		main := greenlet.Main[int]()
		var log []string
		defer func() {
			main.Close()
			want := `switch 1>1 7
switch 1>2 8 start
switch 2>1 9
throw 1>2 0 A
throw 2>1 5 B
switch 1>1 3
throw 1>1 0 A
switch 1>1 0
throw 1>3 0 greenlet: exit start
switch 3>1 0
switch 1>4 0 start
throw 4>1 0 panic in greenlet 4: p
switch 1>5 0 start
throw 5>1 0 greenlet: a child called runtime.Goexit`
			equal(t, "events", strings.Join(log, "\n"), want)
		}()
		main.Trace(tracer(&log))
		main.Switch(7)
		g := main.New(func(int) (int, error) {
			main.Switch(9)
			return 5, errB
		})
		g.Switch(8)
		g.Throw(errA)
		g.Switch(3)
		g.Throw(errA)
		g.Throw(nil)
		main.New(identity).Throw(nil)
		raised(t, func() { main.New(func(int) (int, error) { panic("p") }).Switch(0) })
		main.New(func(int) (int, error) { runtime.Goexit(); return 0, nil }).Switch(0)
	})
	equal(t, "String", greenlet.Kind(9).String(), "Kind(9)")
}

func TestContract_C62_Several(t *testing.T) {
	main := newTree(t)
	var order []int
	for i := range 3 {
		defer main.Trace(func(event) error { order = append(order, i); return nil })()
	}
	main.Switch(0)
	equal(t, "order", fmt.Sprint(order), "[0 1 2]")
}

func TestContract_C63_Stop(t *testing.T) {
	main := newTree(t)
	n := [3]int{}
	var stops [3]func()
	for i := range n {
		stops[i] = main.Trace(func(event) error {
			n[i]++
			if i == 0 && n[0] == 2 {
				stops[0]()
				stops[1]()
			}
			return nil
		})
	}
	main.Switch(0)
	main.Switch(0)
	main.Switch(0)
	equal(t, "calls", n, [3]int{2, 1, 3})
	stops[2]()
	stops[2]()
	stops[0]()
	main.Switch(0)
	equal(t, "calls", n, [3]int{2, 1, 3})
	g := main.New(func(v int) (int, error) {
		stop := main.Trace(func(event) error { n[0]++; return nil })
		defer stop()
		return main.Switch(v)
	})
	g.Switch(0)
	g.Switch(0)
	main.Switch(0)
	equal(t, "registered and stopped in a greenlet", n[0], 4)
}

func TestContract_C64_TracerFails(t *testing.T) {
	main := newTree(t)
	calls := 0
	fails := func(event) error { calls++; return errA }
	var log []string
	main.Trace(fails)
	stop := main.Trace(tracer(&log))
	arrives(t, "self", 0, errA)(main.Switch(5))
	arrives(t, "the tracer is gone", 5, nil)(main.Switch(5))
	equal(t, "the next tracer sees", strings.Join(log, ";"), "throw 1>1 0 A;switch 1>1 5")
	stop()

	main.Trace(fails)
	g := main.New(func(int) (int, error) { t.Error("runs"); return 0, nil })
	arrives(t, "a start", 0, errA)(g.Switch(5))
	equal(t, "Dead", g.Dead(), true)

	main.Trace(func(event) error { return greenlet.ErrExit })
	arrives(t, "a start and ErrExit", 0, nil)(main.New(identity).Switch(5))
	equal(t, "calls", calls, 2)
}

func TestContract_C65_TracerFailsBesideError(t *testing.T) {
	main := newTree(t)
	main.Trace(func(e event) error {
		if e.Kind == greenlet.KindThrow {
			return errB
		}
		return nil
	})
	v, err := main.New(func(int) (int, error) { return 5, errA }).Switch(0)
	if v != 5 || !errors.Is(err, errA) || !errors.Is(err, errB) {
		t.Errorf("got %v, %v", v, err)
	}
}

func TestContract_C66_TracerFailsBesidePanic(t *testing.T) {
	var told []string
	apart(func() {
		main := greenlet.Main[int](greenlet.OnUnraisable(func(i greenlet.Info, err error) {
			told = append(told, fmt.Sprint(i, " ", err))
		}))
		defer main.Close()
		fail := func(e event) error {
			if e.Kind == greenlet.KindThrow {
				return errB
			}
			return nil
		}
		main.Trace(fail)
		equal(t, "Value", raised(t, func() { main.New(func(int) (int, error) { panic("p") }).Switch(0) }).Value, any("p"))
		main.Trace(fail)
		main.New(func(int) (int, error) { runtime.Goexit(); return 0, nil }).Switch(0)
		t.Error("Switch returned after a Goexit")
	})
	equal(t, "OnUnraisable", strings.Join(told, ";"), "main greenlet 1 (running) B;main greenlet 1 (running) B")
}

func TestContract_C67_TracerSwitches(t *testing.T) {
	main := newTree(t)
	echo := main.New(func(v int) (int, error) {
		for {
			v, _ = main.Current().Parent().Switch(v + 1)
		}
	})
	var log []string
	note := tracer(&log)
	busy := false
	stop := main.Trace(func(e event) error {
		note(e)
		if !busy {
			busy = true
			echo.SetParent(e.To)
			arrives(t, "in the tracer", 21, nil)(echo.Switch(20))
			busy = false
		}
		return nil
	})
	g := main.New(func(v int) (int, error) { return v * 2, errA })
	arrives(t, "what was on its way", 10, errA)(g.Switch(5))
	stop()
	equal(t, "events", strings.Join(log, ";"),
		"switch 1>3 5 start;switch 3>2 20 start;switch 2>3 21;throw 3>1 10 A;switch 1>2 20;switch 2>1 21")
}

func TestContract_C67_TracerPanics(t *testing.T) {
	main := newTree(t)
	stop := main.Trace(func(event) error { panic("tracer") })
	equal(t, "in the caller", recovered(func() { main.Switch(1) }), any("tracer"))
	stop()
	once := true
	stop = main.Trace(func(e event) error {
		if once {
			once = false
			panic("tracer")
		}
		return nil
	})
	g := main.New(func(int) (int, error) { t.Error("runs"); return 0, nil })
	equal(t, "at a start", raised(t, func() { g.Switch(1) }).Value, any("tracer"))
	equal(t, "Dead", g.Dead(), true)
	stop()
	arrives(t, "goes on", 1, nil)(main.Switch(1))
}
