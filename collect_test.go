package greenlet_test

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet"
)

// abandon starts a greenlet that parks, and forgets it.
//
//go:noinline
func abandon(main *gl, run func(int) (int, error)) { main.New(run).Switch(0) }

// collect lets the collector run until reap, which says how many it found, has found n. It returns how many
// collections that took.
func collect(t testing.TB, n int, reap func() int) (collections int) {
	t.Helper()
	found := 0
	for deadline := time.Now().Add(20 * time.Second); found < n; {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d found after %d collections", found, n, collections)
		}
		runtime.GC()
		collections++
		// The collector tells of what it found on a goroutine of its own, some time later.
		for range 100 {
			if k := reap(); k > 0 {
				found += k
				break
			}
			time.Sleep(10 * time.Microsecond)
		}
	}
	equal(t, "found", found, n)
	return collections
}

func TestContract_C87_Abandoned(t *testing.T) {
	main := newTree(t)
	ended := 0
	body := func(v int) (int, error) {
		defer func() { ended++ }()
		return main.Switch(v)
	}
	held := main.New(body)
	held.Switch(0)

	abandon(main, body)
	collect(t, 1, main.Reap)
	equal(t, "ended", ended, 1)

	abandon(main, body)
	echo := main.New(parks(main))
	for i := range 20 {
		runtime.GC()
		arrives(t, "Switch unwinds nobody", i, nil)(echo.Switch(i))
		arrives(t, "Throw unwinds nobody", 0, errA)(main.Throw(errA))
		equal(t, "ended", ended, 1)
	}
	collect(t, 1, func() int {
		before := ended
		main.New(nil)
		return ended - before
	})
	for range 3 {
		abandon(main, body)
	}
	collect(t, 3, main.Reap)
	equal(t, "ended", ended, 5)
	equal(t, "the one that is held", held.State(), greenlet.Suspended)
	abandon(main, body)
	runtime.GC()
	equal(t, "Close", main.Close(), nil)
	equal(t, "ended", ended, 7)
	runtime.KeepAlive(held)
	runtime.KeepAlive(echo)
}

func TestContract_C88_FreshHandle(t *testing.T) {
	main := newTree(t)
	var log []string
	main.Trace(tracer(&log))
	reaper := main.New(func(v int) (int, error) {
		collect(t, 1, main.Reap)
		return v, nil
	})
	abandon(main, func(v int) (int, error) {
		main.Current().SetName("lost")
		main.Switch(v)
		me := main.Current()
		equal(t, "ID", me.ID(), 3)
		equal(t, "Name", me.Name(), "lost")
		equal(t, "State", me.State(), greenlet.Running)
		equal(t, "Parent", me.Parent(), reaper)
		equal(t, "the reaper", reaper.State(), greenlet.Suspended)
		equal(t, "Context", me.Context(), main.Context())
		return 0, nil
	})
	for i := range main.All() {
		equal(t, "listed", i.ID == 1 || i.ID == 3, true)
	}
	log = nil
	reaper.Switch(0)
	equal(t, "events", strings.Join(log, ";"), "switch 1>2 0 start;throw 2>3 0 greenlet: exit;switch 3>2 0;switch 2>1 0")
}

func TestContract_C89_OnUnraisable(t *testing.T) {
	var told []string
	main := newTree(t, greenlet.OnUnraisable(func(i greenlet.Info, err error) {
		told = append(told, fmt.Sprintf("%d<%d %v", i.ID, i.Parent, strings.SplitN(err.Error(), "\n", 2)[0]))
	}))
	for i := range 4 {
		abandon(main, func(v int) (int, error) {
			main.Switch(v)
			switch i {
			case 0:
				return 0, errA
			case 1:
				panic("p")
			case 2:
				runtime.Goexit()
			}
			return 0, nil
		})
		collect(t, 1, main.Reap)
	}
	equal(t, "told", strings.Join(told, ";"), "2<1 A;3<1 panic in greenlet 3: p")
}

func TestContract_C89_StandardError(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr := os.Stderr
	os.Stderr = w
	main := newTree(t)
	abandon(main, func(v int) (int, error) {
		main.Switch(v)
		panic("several\nlines")
	})
	collect(t, 1, main.Reap)
	os.Stderr = stderr
	w.Close()
	text, _ := io.ReadAll(r)
	equal(t, "standard error", string(text), "greenlet: greenlet 2 (suspended): panic in greenlet 2: several\n")
}

func TestContract_C90_Chain(t *testing.T) {
	n, limit := 200, 220
	main := newTree(t)
	ended := 0
	var chain func(v int) (int, error)
	chain = func(v int) (int, error) {
		defer func() { ended++ }()
		var next *gl
		if v > 1 {
			next = main.New(chain)
			next.Switch(v - 1)
		}
		main.Switch(0)
		runtime.KeepAlive(next)
		return 0, nil
	}
	main.New(chain).Switch(n)
	if took := collect(t, n, main.Reap); took > limit {
		t.Errorf("%d collections for a chain of %d", took, n)
	}
	equal(t, "ended", ended, n)
}

func TestContract_C90_OwnHandle(t *testing.T) {
	main := newTree(t)
	ended := false
	func() {
		var g *gl
		g = main.New(func(v int) (int, error) {
			defer func() { ended = true }()
			main.Switch(v)
			return int(g.ID()), nil
		})
		g.Switch(0)
	}()
	for range 5 {
		runtime.GC()
		equal(t, "Reap", main.Reap(), 0)
	}
	equal(t, "ended", ended, false)
	equal(t, "Close", main.Close(), nil)
	equal(t, "ended", ended, true)
}

func TestContract_C91_ParentIsHeld(t *testing.T) {
	main := newTree(t)
	got := 0
	var c *gl
	abandon(main, func(v int) (int, error) {
		c = main.Current().New(parks(main))
		main.Switch(0)
		got, _ = main.Switch(0)
		return 0, nil
	})
	main.Switch(0)
	p := c.Parent()
	p.Switch(0)
	p = nil
	c.Switch(0)
	for range 5 {
		runtime.GC()
		equal(t, "Reap", main.Reap(), 0)
	}
	equal(t, "Parent", c.Parent().State(), greenlet.Suspended)
	c.SetParent(main)
	collect(t, 1, main.Reap)
	equal(t, "Parent", c.Parent(), main)
	equal(t, "got", got, 0)
}

func TestContract_C92_NoCollect(t *testing.T) {
	main := newTree(t, greenlet.NoCollect())
	ended := 0
	for range 10 {
		abandon(main, func(v int) (int, error) {
			defer func() { ended++ }()
			return main.Switch(v)
		})
	}
	for range 5 {
		runtime.GC()
		equal(t, "Reap", main.Reap(), 0)
	}
	equal(t, "Close", main.Close(), nil)
	equal(t, "ended", ended, 10)
}

func TestContract_C99_AbandoningAllTheTime(t *testing.T) {
	n, most := 600_000, 300_000
	if raceEnabled || testing.Short() {
		n, most = 100_000, 70_000
	}
	main := newTree(t)
	ended, peak := 0, 0
	for i := range n {
		abandon(main, func(v int) (int, error) {
			defer func() { ended++ }()
			return main.Switch(v)
		})
		peak = max(peak, i+1-ended)
	}
	if peak > most {
		t.Errorf("of %d greenlets that were abandoned one after the other up to %d were there at a time, want %d at most", n, peak, most)
	}
}
