package greenlet_test

import (
	"errors"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet"
)

var (
	errA = errors.New("A")
	errB = errors.New("B")
)

func TestContract_C1_Main(t *testing.T) {
	main, other := newTree(t), newTree(t)
	for _, m := range []*gl{main, other} {
		equal(t, "State", m.State(), greenlet.Running)
		equal(t, "ID", m.ID(), 1)
		equal(t, "Parent", m.Parent(), nil)
		equal(t, "Main", m.Main(), m)
	}
	g := main.New(func(v int) (int, error) {
		equal(t, "State of main", main.State(), greenlet.Suspended)
		equal(t, "State of the other main", other.State(), greenlet.Running)
		return v, nil
	})
	arrives(t, "Switch", 3, nil)(g.Switch(3))
	equal(t, "Close", other.Close(), nil)
	arrives(t, "Switch", 4, nil)(main.New(identity).Switch(4))
}

func TestContract_C2_Run(t *testing.T) {
	var main, parked *gl
	park := func(fail error) func(m *gl) {
		return func(m *gl) {
			main = m
			parked = m.New(func(v int) (int, error) {
				m.Switch(v)
				return 0, fail
			})
			parked.Switch(1)
		}
	}
	for _, c := range []struct {
		name         string
		result, fail error
	}{{"neither", nil, nil}, {"result", errA, nil}, {"close", nil, errB}, {"both", errA, errB}} {
		err := greenlet.Run(func(m *gl) error { park(c.fail)(m); return c.result })
		if errors.Is(err, errA) != (c.result != nil) || errors.Is(err, errB) != (c.fail != nil) || (err == nil) != (c.result == nil && c.fail == nil) {
			t.Errorf("%s: Run returns %v", c.name, err)
		}
		equal(t, "main is Dead", main.Dead(), true)
		equal(t, "what parked is Dead", parked.Dead(), true)
	}
}

func TestContract_C3_RunEndsOddly(t *testing.T) {
	for _, odd := range []func(){func() { panic("odd") }, runtime.Goexit} {
		var main *gl
		var told []string
		var value any
		apart(func() {
			defer func() { value = recover() }()
			greenlet.Run(func(m *gl) error {
				main = m
				m.New(func(v int) (int, error) {
					m.Switch(v)
					return 0, errA
				}).Switch(1)
				odd()
				return nil
			}, greenlet.OnUnraisable(func(i greenlet.Info, err error) {
				told = append(told, err.Error())
				equal(t, "the one that is told of", i.ID, 1)
			}))
			t.Error("Run returned")
		})
		equal(t, "closed", main.Dead(), true)
		equal(t, "OnUnraisable", strings.Join(told, ";"), "A")
		if value != nil {
			equal(t, "panic", value, any("odd"))
		}
	}
}

func TestContract_C4_New(t *testing.T) {
	main := newTree(t)
	before := runtime.NumGoroutine()
	var gs []*gl
	for range 100 {
		gs = append(gs, main.New(func(int) (int, error) { t.Error("runs"); return 0, nil }))
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines, %d before", n, before)
	}
	for _, g := range gs {
		equal(t, "State", g.State(), greenlet.Pending)
		equal(t, "Parent", g.Parent(), main)
		equal(t, "Main", g.Main(), main)
	}
	c := gs[0].New(nil)
	equal(t, "Parent", c.Parent(), gs[0])
	dead := main.New(identity)
	dead.Switch(1)
	equal(t, "Parent", dead.New(nil).Parent(), dead)
}

func TestContract_C5_SetRun(t *testing.T) {
	main := newTree(t)
	g := main.New(nil)
	equal(t, "SetRun", g.SetRun(func(v int) (int, error) { return v + 1, nil }), nil)
	equal(t, "SetRun", g.SetRun(func(v int) (int, error) {
		equal(t, "SetRun of a running one", g.SetRun(identity), greenlet.ErrStarted)
		return main.Switch(v + 2)
	}), nil)
	stop := main.Trace(func(event) error {
		equal(t, "SetRun at the start", g.SetRun(identity), greenlet.ErrStarted)
		return nil
	})
	arrives(t, "Switch", 3, nil)(g.Switch(1))
	stop()
	equal(t, "SetRun of a suspended one", g.SetRun(identity), greenlet.ErrStarted)
	g.Switch(1)
	equal(t, "SetRun of a dead one", g.SetRun(identity), greenlet.ErrStarted)
	never := main.New(identity)
	never.Close()
	equal(t, "SetRun of one that died unstarted", never.SetRun(identity), greenlet.ErrStarted)
	equal(t, "SetRun of main", main.SetRun(identity), greenlet.ErrStarted)
}

func TestContract_C6_NoCopy(t *testing.T) {
	// The copylocks check of go vet goes by a field, however deep, with methods Lock and Unlock.
	typ := reflect.TypeFor[gl]()
	if !holdsLock(typ) {
		t.Errorf("go vet lets %v be copied", typ)
	}
}

func holdsLock(t reflect.Type) bool {
	if _, ok := reflect.PointerTo(t).MethodByName("Lock"); ok || t.Name() == "noCopy" {
		return true
	}
	if t.Kind() == reflect.Struct {
		for i := range t.NumField() {
			if holdsLock(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}
