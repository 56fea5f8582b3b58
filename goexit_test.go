package greenlet_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet"
)

func TestContract_C37_Goexit(t *testing.T) {
	before := runtime.NumGoroutine()
	var log []string
	note := func(s string) { log = append(log, s) }
	var a, b, stranger *gl
	apart(func() {
		main := greenlet.Main[int]()
		defer func() {
			note("main")
			equal(t, "a", a.Dead(), true)
			equal(t, "b", b.Dead(), true)
			equal(t, "stranger", stranger.State(), greenlet.Suspended)
			equal(t, "Close", main.Close(), nil)
		}()
		stranger = main.New(parks(main))
		stranger.Switch(0)
		a = main.New(func(v int) (int, error) {
			defer note("a")
			b = a.New(func(v int) (int, error) {
				defer note("b")
				runtime.Goexit()
				return 0, nil
			})
			return b.Switch(v)
		})
		a.Switch(0)
		t.Error("Switch returned")
	})
	equal(t, "deferred calls", strings.Join(log, " "), "b a main")
	goroutinesBack(t, before)
}

func TestContract_C38_NobodyElse(t *testing.T) {
	before := runtime.NumGoroutine()
	apart(func() {
		main := greenlet.Main[int]()
		defer main.Close()
		// Strangers who are everywhere: whoever runs goes through several slots before the Goexit.
		var strangers []*gl
		var asks *gl
		for range 8 {
			strangers = append(strangers, main.New(func(v int) (int, error) {
				for {
					var err error
					if v, err = asks.Switch(v); err != nil {
						return v, err
					}
				}
			}))
		}
		mix := func(v int) {
			for i := range 8 {
				asks = main.Current()
				arrives(t, "stranger", v+i, nil)(strangers[(i*v+3)%8].Switch(v + i))
			}
		}
		for i := range 200 {
			mix(i)
			c := main.New(func(v int) (int, error) {
				mix(i + 2)
				runtime.Goexit()
				return 0, nil
			})
			p := main.New(func(v int) (int, error) {
				c.SetParent(main.Current())
				defer func() {
					// Here the Goexit pauses, for good: it does not come to main.
					mix(i + 1)
					main.Switch(i)
				}()
				c.Switch(0)
				t.Error("Switch to a child in Goexit returned")
				return 0, nil
			})
			arrives(t, "from the deferred call", i, nil)(p.Switch(0))
			equal(t, "child", c.Dead(), true)
			equal(t, "parent", p.State(), greenlet.Suspended)
			mix(i + 3)
			if i%3 == 0 {
				equal(t, "Close", p.Close(), nil)
			}
		}
	})
	goroutinesBack(t, before)
}

func TestContract_C39_FailNow(t *testing.T) {
	ran := false
	var inner *testing.T
	t.Run("skips", func(t *testing.T) {
		inner = t
		main := newTree(t)
		t.Cleanup(func() { ran = true })
		g := main.New(func(int) (int, error) {
			main.Current().New(func(int) (int, error) {
				t.SkipNow()
				return 0, nil
			}).Switch(0)
			return 0, nil
		})
		g.Switch(0)
		t.Error("goes on after SkipNow in a greenlet")
	})
	equal(t, "cleanup", ran, true)
	equal(t, "skipped and not failed", inner.Skipped() && !inner.Failed(), true)
}
