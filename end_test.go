package greenlet_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/go-greenlet/greenlet"
)

func TestContract_C16_Result(t *testing.T) {
	main := newTree(t)
	p := main.New(func(int) (int, error) {
		c := main.Current().New(func(v int) (int, error) { return v + 1, nil })
		v, err := c.Switch(1)
		equal(t, "child", c.State(), greenlet.Dead)
		return v + 10, err
	})
	arrives(t, "result", 12, nil)(p.Switch(0))
	equal(t, "Dead", p.Dead(), true)
	equal(t, "State", p.State(), greenlet.Dead)
}

func TestContract_C17_ErrorBesideValue(t *testing.T) {
	main := newTree(t)
	g := main.New(func(int) (int, error) { return 5, errA })
	arrives(t, "result", 5, errA)(g.Switch(0))
	equal(t, "Dead", g.Dead(), true)
}

func TestContract_C18_ExitIsNormal(t *testing.T) {
	main := newTree(t)
	for _, err := range []error{greenlet.ErrExit, fmt.Errorf("bye: %w", greenlet.ErrExit), fmt.Errorf("1: %w", fmt.Errorf("2: %w", greenlet.ErrExit))} {
		arrives(t, err.Error(), 5, nil)(main.New(func(int) (int, error) { return 5, err }).Switch(0))
	}
}

func TestContract_C19_JoinedExitIsFailure(t *testing.T) {
	main := newTree(t)
	for _, err := range []error{errors.Join(greenlet.ErrExit, errA), fmt.Errorf("%w and %w", greenlet.ErrExit, errA),
		fmt.Errorf("w: %w", errors.Join(greenlet.ErrExit, errA)), errors.Join(greenlet.ErrExit)} {
		arrives(t, err.Error(), 5, err)(main.New(func(int) (int, error) { return 5, err }).Switch(0))
	}
}

func TestContract_C20_DeadParent(t *testing.T) {
	main := newTree(t)
	a := main.New(identity)
	b := a.New(identity)
	c := b.New(func(v int) (int, error) { return v, errA })
	kill(t, a, b)
	arrives(t, "result", 5, errA)(c.Switch(5))
}

func TestContract_C21_UnstartedParent(t *testing.T) {
	main := newTree(t)
	p := main.New(func(v int) (int, error) { return v * 2, nil })
	arrives(t, "a value starts it", 10, nil)(p.New(identity).Switch(5))
	equal(t, "Dead", p.Dead(), true)

	never := func(int) (int, error) { t.Error("runs"); return 0, nil }
	p = main.New(never)
	q := p.New(never)
	arrives(t, "an error goes by", 5, errA)(q.New(func(v int) (int, error) { return v, errA }).Switch(5))
	equal(t, "Dead", p.Dead() && q.Dead(), true)

	p = main.New(func(v int) (int, error) { return v * 2, nil })
	arrives(t, "ErrExit is a value", 10, nil)(p.New(func(v int) (int, error) { return v, greenlet.ErrExit }).Switch(5))
}

func TestContract_C22_ParentWithoutRun(t *testing.T) {
	main := newTree(t)
	p := main.New(nil)
	arrives(t, "value", 0, greenlet.ErrNoRun)(p.New(identity).Switch(5))

	v, err := p.New(func(v int) (int, error) { return v, errA }).Switch(5)
	if v != 5 || !errors.Is(err, errA) || !errors.Is(err, greenlet.ErrNoRun) {
		t.Errorf("error: got %v, %v", v, err)
	}
	// An error that has an older ErrNoRun within gets this one as well, and it is the last; one after the other do with one.
	_, err = p.New(func(int) (int, error) { return 0, errors.Join(greenlet.ErrNoRun, errA) }).Switch(5)
	equal(t, "an older one within", fmt.Sprint(err), fmt.Sprint(errors.Join(greenlet.ErrNoRun, errA, greenlet.ErrNoRun)))
	row := p.New(nil)
	_, err = row.New(func(int) (int, error) { return 0, errA }).Switch(5)
	equal(t, "in a row", fmt.Sprint(err), fmt.Sprint(errors.Join(errA, greenlet.ErrNoRun)))
	r := recovered(func() { p.New(func(int) (int, error) { panic("p") }).Switch(5) })
	if e, ok := r.(*greenlet.PanicError); !ok || e.Value != "p" {
		t.Errorf("panic: got %v", r)
	}
	equal(t, "State", p.State(), greenlet.Pending)

	// The next parent may itself be one that ErrNoRun kills.
	q := main.New(identity)
	p.SetParent(q)
	arrives(t, "value", 0, greenlet.ErrNoRun)(p.New(identity).Switch(5))
	equal(t, "q", q.Dead(), true)
	equal(t, "p", p.State(), greenlet.Pending)
}

func TestContract_C23_DeferredCalls(t *testing.T) {
	main := newTree(t)
	for name, end := range map[string]func() (int, error){
		"return": func() (int, error) { return 1, nil },
		"error":  func() (int, error) { return 1, errA },
		"panic":  func() (int, error) { panic("p") },
	} {
		t.Run(name, func(t *testing.T) {
			var log []int
			main := newTree(t)
			g := main.New(func(int) (int, error) {
				defer func() { log = append(log, 3) }()
				defer func() {
					v, _ := main.Switch(77)
					log = append(log, v)
				}()
				return end()
			})
			arrives(t, "from the deferred call", 77, nil)(g.Switch(0))
			equal(t, "State", g.State(), greenlet.Suspended)
			recovered(func() { g.Switch(2) })
			equal(t, "log", fmt.Sprint(log), "[2 3]")
			equal(t, "Dead", g.Dead(), true)
		})
	}
	equal(t, "main", main.State(), greenlet.Running)
}
