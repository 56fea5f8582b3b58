package greenlet_test

import (
	"context"
	"fmt"
	"iter"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/generator"
)

// exact reports whether this architecture tells goroutines apart.
const exact = runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64"

func needExact(t *testing.T) {
	if !exact {
		t.Skip("goroutines are not told apart on " + runtime.GOARCH)
	}
}

// operations is everything that checks who calls.
func operations(g *gl) map[string]func() {
	return map[string]func(){
		"Switch": func() { g.Switch(1) }, "Throw": func() { g.Throw(nil) }, "New": func() { g.New(nil) }, "Close": func() { g.Close() },
		"SetRun": func() { g.SetRun(nil) }, "Current": func() { g.Current() }, "Main": func() { g.Main() }, "Parent": func() { g.Parent() },
		"SetParent": func() { g.SetParent(g) }, "State": func() { g.State() }, "SetName": func() { g.SetName("x") }, "Name": func() { g.Name() },
		"SetContext": func() { g.SetContext(context.Background()) }, "Context": func() { g.Context() }, "Stack": func() { g.Stack() },
		"All": func() { g.All()(func(greenlet.Info) bool { return true }) }, "Trace": func() { g.Trace(nil) }, "Reap": func() { g.Reap() },
	}
}

func TestContract_C68_WrongGoroutine(t *testing.T) {
	needExact(t)
	main := newTree(t)
	suspended := main.New(parks(main))
	suspended.Switch(0)
	gone := main.New(identity)
	gone.Switch(0)
	for name, g := range map[string]*gl{"main": main, "suspended": suspended, "dead": gone, "unstarted": main.New(identity)} {
		for op, f := range operations(g) {
			t.Run(name+"/"+op, func(t *testing.T) {
				apart(func() {
					panics(t, f, "greenlet: "+op+" called on goroutine ", "/owner_test.go:", "made at ", "/contract_test.go:",
						"only the goroutine that runs a tree may use it: hand the work over with a channel, or make a tree of its own with Main or Run")
				})
			})
		}
	}
	stop := main.Trace(func(event) error { return nil })
	apart(func() { panics(t, stop, "greenlet: stop of Trace called on goroutine ") })
	// The text names the goroutine as stack dumps do.
	apart(func() {
		buf := make([]byte, 100)
		me := regexp.MustCompile(`goroutine \d+`).FindString(string(buf[:runtime.Stack(buf, false)]))
		panics(t, func() { main.Switch(1) }, "called on "+me+" at ")
	})
}

// The body of an iter.Pull runs on a goroutine of its own, which nobody sees. The text names what may be used instead.
func TestContract_C68_InPull(t *testing.T) {
	needExact(t)
	main := newTree(t)
	body := func(yield func(int) bool) {
		v, _ := main.Switch(1)
		yield(v)
	}
	g := main.New(func(int) (int, error) {
		next, stop := iter.Pull(body)
		defer stop()
		panics(t, func() { next() }, "greenlet: Switch called on goroutine ", "use generator.Of in its place")
		y := generator.Of(body)
		defer y.Close()
		v, _ := y.Next()
		return v, nil
	})
	arrives(t, "switched in generator.Of", 1, nil)(g.Switch(0))
	arrives(t, "yielded by generator.Of", 2, nil)(g.Switch(2))
	other := newTree(t)
	// A greenlet of another tree runs on a goroutine of an iter.Pull, too, but not of the user's.
	apart(func() {
		greenlet.Run(func(m *gl) error {
			m.New(func(int) (int, error) {
				text := fmt.Sprint(recovered(func() { other.Switch(1) }))
				equal(t, "text for a greenlet of a stranger", strings.Contains(text, "generator.Of"), false)
				return 0, nil
			}).Switch(0)
			return nil
		})
	})
}

func TestContract_C69_TreeGoesOn(t *testing.T) {
	needExact(t)
	main := newTree(t)
	g := main.New(parks(main))
	g.Switch(0)
	var wg sync.WaitGroup
	for range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 100 {
				panics(t, func() { g.Switch(-1) }, "Switch called on")
				panics(t, func() { main.New(nil) }, "New called on")
				panics(t, func() { g.Close() }, "Close called on")
			}
		}()
	}
	for i := range 1000 {
		arrives(t, "meanwhile", i, nil)(g.Switch(i))
		equal(t, "State", g.State(), greenlet.Suspended)
	}
	wg.Wait()
	equal(t, "Current", main.Current(), main)
	equal(t, "All", len(strings.Split(infos(main), ";")), 2)
	arrives(t, "afterwards", 1, nil)(g.Switch(1))
}

func TestContract_C71_Adopt(t *testing.T) {
	main := newTree(t)
	g := main.New(parks(main))
	arrives(t, "first owner", 1, nil)(g.Switch(1))
	apart(func() {
		main.Adopt()
		arrives(t, "second owner", 2, nil)(g.Switch(2))
		equal(t, "State", g.State(), greenlet.Suspended)
	})
	if exact {
		panics(t, func() { g.Switch(3) }, "Switch called on")
	}
	main.Adopt()
	arrives(t, "first owner again", 4, nil)(g.Switch(4))
	g.Adopt()
	arrives(t, "any handle will do", 5, nil)(g.Switch(5))
}

func TestContract_C72_AdoptRefused(t *testing.T) {
	main := newTree(t)
	g := main.New(func(v int) (int, error) {
		apart(func() { panics(t, main.Adopt, "Adopt while greenlet 2 runs", "main greenlet") })
		return v, nil
	})
	arrives(t, "nothing happened", 1, nil)(g.Switch(1))
	main.Close()
	apart(main.Adopt)
	arrives(t, "closed", 0, greenlet.ErrClosed)(g.Switch(1))
}

func TestContract_C73_LockOSThread(t *testing.T) {
	before := runtime.NumGoroutine()
	apart(func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		here := threadID()
		main := greenlet.Main[int]()
		defer main.Close()
		check := func() {
			if here != 0 && threadID() != here {
				t.Error("a greenlet runs on another thread")
			}
		}
		for i := range 20 {
			g := main.New(func(v int) (int, error) {
				check()
				defer check()
				for {
					if _, err := main.Switch(v); err != nil && i%2 == 0 {
						return v, err
					}
					check()
				}
			})
			arrives(t, "start", i, nil)(g.Switch(i))
			if i%3 == 0 {
				equal(t, "Close", g.Close(), nil)
			}
			check()
		}
		raised(t, func() { main.New(func(int) (int, error) { panic(1) }).Switch(0) })
		main.New(func(int) (int, error) { defer main.Switch(1); runtime.Goexit(); return 0, nil }).Switch(0)
		check()
	})
	goroutinesBack(t, before)
}

func TestContract_C70_Nested(t *testing.T) {
	outer := newTree(t)
	other := outer.New(parks(outer))
	other.Switch(0)
	var a *gl
	a = outer.New(func(v int) (int, error) {
		inner := greenlet.Main[string]()
		defer inner.Close()
		g := inner.New(func(s string) (string, error) {
			innermost := greenlet.Main[int]()
			defer innermost.Close()
			h := innermost.New(func(v int) (int, error) {
				equal(t, "Current of outer", outer.Current(), a)
				v, err := outer.Switch(v + 1)
				equal(t, "Current of outer", outer.Current(), a)
				outer.New(identity)
				return v, err
			})
			equal(t, "Current of outer", outer.Current(), a)
			v, err := h.Switch(len(s))
			return fmt.Sprint(v), err
		})
		s, err := g.Switch("four!")
		equal(t, "through two inner trees", s, "9")
		equal(t, "error", err, nil)
		return 10, nil
	})
	arrives(t, "from innermost to outer", 6, nil)(a.Switch(0))
	arrives(t, "meanwhile", 3, nil)(other.Switch(3))
	if stack := a.Stack(); len(stack) == 0 {
		t.Error("no stack of the one that waits in an inner tree")
	}
	arrives(t, "and back", 10, nil)(a.Switch(9))
}

func TestContract_C70_NestedIsNotForOthers(t *testing.T) {
	needExact(t)
	outer := newTree(t)
	var inner *gl
	var g *gl
	a := outer.New(func(v int) (int, error) {
		inner = greenlet.Main[int]()
		defer inner.Close()
		g = inner.New(func(v int) (int, error) { return outer.Switch(v) })
		return g.Switch(v)
	})
	a.Switch(1)
	// outer's main is not nested in inner.
	panics(t, func() { g.Switch(1) }, "Switch called on")
	panics(t, func() { inner.Switch(1) }, "Switch called on")
	apart(func() { panics(t, func() { outer.Switch(1) }, "Switch called on") })
	arrives(t, "goes on", 2, nil)(a.Switch(2))
}

func TestContract_C70_CloseOfTheOuterOne(t *testing.T) {
	outer := newTree(t)
	var log []string
	a := outer.New(func(v int) (int, error) {
		inner := greenlet.Main[int]()
		defer func() {
			log = append(log, "inner closed")
			inner.Close()
		}()
		inner.New(func(v int) (int, error) { return inner.Switch(v) }).Switch(0)
		g := inner.New(func(v int) (int, error) {
			defer func() { log = append(log, "g") }()
			for {
				outer.Switch(v)
			}
		})
		return g.Switch(v)
	})
	a.Switch(1)
	equal(t, "Close", a.Close(), nil)
	equal(t, "log", strings.Join(log, " "), "g inner closed")
	equal(t, "Dead", a.Dead(), true)
}
