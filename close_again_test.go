package greenlet_test

import (
	"errors"
	"runtime"
	"testing"

	"github.com/go-greenlet/greenlet"
)

// Two greenlets that close each other from deferred calls: the control goes back to who closed first, not to a
// stranger.
func TestContract_C81_ClosersOfEachOther(t *testing.T) {
	main := newTree(t)
	resumed := 0
	p := main.New(func(int) (int, error) {
		v, err := main.Switch(0)
		if !errors.Is(err, greenlet.ErrExit) {
			resumed++
		}
		return v, err
	})
	p.Switch(0)
	var b, c *gl
	b = p.New(func(int) (int, error) {
		defer func() { c.Close() }()
		return main.Switch(0)
	})
	c = main.New(func(int) (int, error) {
		defer func() { b.Close() }()
		return main.Switch(0)
	})
	c.Switch(0)
	b.Switch(0)
	b.Close()
	equal(t, "b", b.State(), greenlet.Dead)
	equal(t, "c", c.State(), greenlet.Dead)
	equal(t, "p", p.State(), greenlet.Suspended)
	equal(t, "resumed", resumed, 0)
}

func TestContract_C95_MovedIntoARecordingTree(t *testing.T) {
	plain, recording := newTree(t), newTree(t, greenlet.Record())
	g := plain.New(identity)
	equal(t, "SetParent", g.SetParent(recording), nil)
	arrives(t, "there", 3, nil)(g.Switch(3))
	back := recording.New(parks(plain))
	equal(t, "SetParent", back.SetParent(plain), nil)
	back.Switch(4)
	for i := range plain.All() {
		equal(t, "records", len(i.Created), 0)
	}
}

// A panic of OnUnraisable does not lose the orphans that were found with the one that failed.
func TestContract_C89_PanicKeepsTheOthers(t *testing.T) {
	told := 0
	main := newTree(t, greenlet.OnUnraisable(func(greenlet.Info, error) {
		told++
		panic("unraisable")
	}))
	ended := 0
	for range 3 {
		abandon(main, func(int) (int, error) {
			defer func() { ended++ }()
			main.Switch(0)
			return 0, errA
		})
	}
	main.Reap() // the collector is told of them
	for range 50 {
		runtime.GC()
		recovered(func() { main.Reap() })
		if ended == 3 {
			break
		}
	}
	equal(t, "ended", ended, 3)
	equal(t, "told", told, 3)
}

func TestContract_C18_PanicWithErrExitIsAPanic(t *testing.T) {
	main := newTree(t)
	p := raised(t, func() { main.New(func(int) (int, error) { panic(greenlet.ErrExit) }).Switch(1) })
	equal(t, "Is", errors.Is(p, greenlet.ErrExit), true)
	_, err := main.New(func(int) (int, error) { return 0, p }).Switch(1)
	equal(t, "returned", err, error(p))
}

// What a greenlet fails with whose closer it has closed goes to where control goes.
func TestContract_C81_FailureOfOneThatClosedItsCloser(t *testing.T) {
	main := newTree(t)
	failed := errors.New("failed")
	var a, b *gl
	a = main.New(func(int) (int, error) {
		main.Switch(0)
		equal(t, "Close of b", b.Close(), greenlet.ErrExit)
		return 0, nil
	})
	b = main.New(func(int) (int, error) {
		main.Switch(0)
		equal(t, "Close of a", a.Close(), nil)
		return 0, failed
	})
	a.Switch(0)
	b.Switch(0)
	_, err := a.Switch(0)
	equal(t, "what arrives in main", err, failed)
	equal(t, "a", a.State(), greenlet.Dead)
	equal(t, "b", b.State(), greenlet.Dead)
}

// A tracer that fails at the end of a Close is heard there.
func TestContract_C77_FailureOfATracer(t *testing.T) {
	for _, own := range []error{nil, errors.New("own")} {
		main := newTree(t)
		g := main.New(func(int) (int, error) {
			main.Switch(0)
			return 0, own
		})
		g.Switch(0)
		fault := errors.New("fault")
		main.Trace(func(e event) error {
			if e.To == main {
				return fault
			}
			return nil
		})
		err := g.Close()
		equal(t, "the tracer's", errors.Is(err, fault), true)
		equal(t, "its own", own == nil || errors.Is(err, own), true)
	}
}
