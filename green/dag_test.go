package green_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/green"
)

// sum returns a task that takes a millisecond, and whose result is its own number and those of what it needs.
func sum(h *green.Hub, own int) func(map[string]int) (int, error) {
	return func(needs map[string]int) (int, error) {
		total := own
		for _, v := range needs {
			total += v
		}
		return total, h.Sleep(ms)
	}
}

func TestDAG_ResultsOfWhatIsNeeded(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		d := green.NewDAG[string, int](h, green.Unbounded)
		// In the wrong order, and with one that is posted.
		d.Go("d", []string{"b", "c", "b"}, sum(h, 1000))
		d.Go("c", []string{"a"}, sum(h, 100))
		d.Go("b", []string{"a", "x"}, sum(h, 10))
		equal(t, "missing", d.Missing(), []string{"a", "x"})
		equal(t, "waiting", d.Waiting(), []string{"d", "b", "c"})
		d.Go("a", nil, sum(h, 1))
		h.Yield()
		equal(t, "running", d.Running(), []string{"a"})
		d.Post("x", 5)
		begin := h.Now()
		v, err := d.Get("d")
		equal(t, "d", []any{v, err}, []any{1000 + 101 + 16, nil})
		equal(t, "time", h.Now().Sub(begin), 3*ms)
		all, err := d.Wait()
		equal(t, "all", []any{all, err}, []any{map[string]int{"a": 1, "b": 16, "c": 101, "d": 1117, "x": 5}, nil})
		w, ok := d.Value("c")
		equal(t, "c", []any{w, ok}, []any{101, true})
		return nil
	})
}

func TestDAG_FailuresNameTheKeys(t *testing.T) {
	oops := errors.New("exit 1")
	mustRun(t, func(h *green.Hub) error {
		d := green.NewDAG[string, int](h, 2)
		ran := false
		d.Go("deploy", []string{"build"}, func(map[string]int) (int, error) { ran = true; return 0, nil })
		d.Go("build", []string{"compile"}, func(map[string]int) (int, error) { ran = true; return 0, nil })
		d.Go("compile", nil, func(map[string]int) (int, error) { return 3, oops })
		d.Go("lint", nil, sum(h, 1))
		_, err := d.Get("deploy")
		expectIs(t, "deploy", err, oops)
		equal(t, "text", err.Error(),
			"green: deploy cannot run: it needs build, which needs compile, which failed: exit 1")
		var e *green.DAGError
		if !errors.As(err, &e) || fmt.Sprint(e.Keys()) != "[deploy build compile]" {
			t.Errorf("the error is %#v", err)
		}
		equal(t, "ran", ran, false)
		_, err = d.Get("compile")
		equal(t, "text", err.Error(), "green: compile failed: exit 1")
		d.Go("late", []string{"build"}, sum(h, 1))
		_, err = d.Get("late")
		expectIs(t, "added after the failure", err, oops)
		if _, ok := d.Value("compile"); ok {
			t.Error("a failed task has a value")
		}
		var log []string
		for k, err := range d.Each("lint", "deploy", "compile") {
			log = append(log, fmt.Sprint(k, err != nil))
		}
		equal(t, "each", log, []string{"compiletrue", "deploytrue", "lintfalse"})
		vals, err := d.Wait()
		expectIs(t, "all", err, oops)
		equal(t, "values", len(vals), 0)
		d.Go("panics", nil, func(map[string]int) (int, error) { panic("in the task") })
		_, err = d.Get("panics")
		if p := (*greenlet.PanicError)(nil); !errors.As(err, &p) {
			t.Errorf("a panic: %v", err)
		}
		d.Fail("z", oops)
		_, err = d.Get("z")
		equal(t, "text", err.Error(), "green: z failed: exit 1")
		return nil
	})
}

func TestDAG_CyclesAndCollisions(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		d := green.NewDAG[string, int](h, 1)
		d.Go("a", []string{"b"}, sum(h, 1))
		d.Go("b", []string{"c", "e"}, sum(h, 1))
		err := d.Go("c", []string{"x", "a"}, sum(h, 1))
		var cycle *green.CycleError
		if !errors.As(err, &cycle) {
			t.Fatalf("a cycle: %v", err)
		}
		equal(t, "text", err.Error(), "green: a cycle: c needs a, which needs b, which needs c")
		err = d.Go("s", []string{"s"}, sum(h, 1))
		equal(t, "text", err.Error(), "green: a cycle: s needs s")
		equal(t, "missing", d.Missing(), []string{"c", "e"}) // the refused ones have left nothing
		expectIs(t, "twice", d.Go("a", nil, sum(h, 1)), green.ErrCollision)
		expectIs(t, "posted too", d.Post("a", 1), green.ErrCollision)
		d.Post("c", 1)
		expectIs(t, "posted twice", d.Post("c", 1), green.ErrCollision)
		d.Post("e", 1)
		_, err = d.Wait()
		return err
	})
}

func TestDAG_Limit(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		d := green.NewDAG[int, int](h, 3)
		running, most := 0, 0
		for i := range 20 {
			d.Go(i, nil, func(map[int]int) (int, error) {
				running++
				most = max(most, running)
				defer func() { running-- }()
				return i, h.Sleep(time.Duration(1+i%3) * ms)
			})
		}
		vals, err := d.Wait()
		equal(t, "values, most", []int{len(vals), most}, []int{20, 3})
		return err
	})
}

func TestDAG_Stop(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		d := green.NewDAG[string, int](h, 1)
		hour := func(map[string]int) (int, error) { return 0, h.Sleep(time.Hour) }
		d.Go("runs", nil, hour)
		d.Go("ready", nil, hour)
		d.Go("waits", []string{"ready"}, hour)
		h.Yield()
		equal(t, "nothing to stop", d.Stop("nobody"), false)
		equal(t, "stop", d.Stop("ready"), true)
		_, err := d.Get("waits")
		expectIs(t, "waits", err, green.ErrKilled)
		equal(t, "text", err.Error(), "green: waits cannot run: it needs ready, which failed: greenlet: exit")
		err = h.WithTimeout(ms, func(*green.Timeout) error { _, err := d.Get("runs"); return err })
		expectIs(t, "deadline", err, green.ErrTimeout)
		d.StopAll()
		_, err = d.Get("runs")
		expectIs(t, "runs", err, green.ErrKilled)
		equal(t, "stop again", d.Stop("runs"), false)
		return nil
	})
}

// What nobody provides is named where the deadlock is reported.
func TestDAG_MissingIsReported(t *testing.T) {
	err := run(func(h *green.Hub) error {
		d := green.NewDAG[string, int](h, 1)
		d.Go("a", []string{"b", "q"}, sum(h, 1))
		_, err := d.Get("a")
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "nobody provides [b q]") {
		t.Errorf("Run: %v", err)
	}
}

// A long chain runs, and fails, without trouble.
func TestDAG_LongChain(t *testing.T) {
	const n = 20_000
	mustRun(t, func(h *green.Hub) error {
		for _, fails := range []bool{false, true} {
			d := green.NewDAG[int, int](h, 4)
			for i := n; i > 0; i-- {
				d.Go(i, []int{i - 1}, func(needs map[int]int) (int, error) { return needs[i-1] + 1, nil })
			}
			if !fails {
				d.Post(0, 0)
				v, err := d.Get(n)
				equal(t, "the last", []any{v, err}, []any{n, nil})
				continue
			}
			d.Fail(0, green.ErrClosed)
			_, err := d.Get(n)
			expectIs(t, "the last", err, green.ErrClosed)
		}
		return nil
	})
}
