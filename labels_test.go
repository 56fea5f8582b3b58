package greenlet_test

import (
	"bytes"
	"context"
	"regexp"
	"runtime/pprof"
	"testing"

	"github.com/go-greenlet/greenlet"
)

//go:noinline
func labelMarker(f func()) { f() }

// labelsHere returns the profiler labels of the calling goroutine, as a goroutine profile has them.
func labelsHere() string {
	var b bytes.Buffer
	labelMarker(func() { pprof.Lookup("goroutine").WriteTo(&b, 1) })
	for _, p := range bytes.Split(b.Bytes(), []byte("\n\n")) {
		if bytes.Contains(p, []byte("labelMarker")) {
			if m := regexp.MustCompile(`# labels: (.*)`).FindSubmatch(p); m != nil {
				return string(m[1])
			}
			return "none"
		}
	}
	return "not found"
}

func labelled(request string, f func()) {
	pprof.Do(context.Background(), pprof.Labels("request", request), func(context.Context) { f() })
}

// A greenlet has the profiler labels of whoever starts it, whatever its goroutine did before.
func TestContract_C102_LabelsOfTheStarter(t *testing.T) {
	needExact(t)
	main := newTree(t)
	got := ""
	run := func() { main.Current().New(func(int) (int, error) { got = labelsHere(); return 0, nil }).Switch(0) }
	check := func(what, want string) {
		t.Helper()
		run()
		equal(t, what, got, want)
	}
	for range 3 {
		labelled("alice", func() { check("alice's", `{"request":"alice"}`) })
		labelled("bob", func() { check("bob's", `{"request":"bob"}`) })
		check("nobody's", "none")
		main.New(func(int) (int, error) {
			pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels("secret", "token")))
			run()
			equal(t, "inside", got, `{"secret":"token"}`)
			return 0, nil
		}).Switch(0)
		check("after one that set its own", "none")
	}
	// It keeps them when others switch to it, and the starter keeps its own.
	var g *greenlet.Greenlet[int]
	labelled("alice", func() {
		g = main.New(func(v int) (int, error) {
			main.Switch(v)
			got = labelsHere()
			return 0, nil
		})
		g.Switch(0)
		equal(t, "the starter's", labelsHere(), `{"request":"alice"}`)
	})
	labelled("bob", func() { g.Switch(0) })
	equal(t, "later", got, `{"request":"alice"}`)
	equal(t, "main's", labelsHere(), "none")
}
