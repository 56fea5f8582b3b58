package green_test

import (
	"bytes"
	"encoding/json"
	"expvar"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
)

func newClock() *tasklet.Clock { return tasklet.NewClock(time.Unix(0, 0)) }

func TestStats(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		before := h.Stats()
		expect(t, "tasks", before.Tasks, 1)
		h.Go(func() error { return h.Sleep(time.Second) }).SetName("sleeper")
		h.SpawnRaw(func() error { return h.Sleep(time.Second) })
		e := h.NewEvent()
		h.Go(e.Wait)
		ended := h.Go(func() error { return nil })
		h.Yield()
		ended.Join()
		s := h.Stats()
		s.Switches -= before.Switches
		expect(t, "stats", s, green.Stats{Tasks: 3, Raw: 1, Runnable: 1, Blocked: 3, Spawned: 5, Switches: 5, Timers: 2})
		e.Set()
		return nil
	})
}

// The latency is the time that the ring takes to come round.
func TestStats_Latency(t *testing.T) {
	clock := newClock()
	ticks := make(chan time.Time)
	err := green.Run(func(h *green.Hub) error {
		for range 3 {
			h.Go(func() error { clock.Advance(2 * ms); return nil })
		}
		d, err := h.MeasureLatency()
		expect(t, "measured", d, 6*ms)
		stop := h.SampleLatencyAt(ticks)
		onGoroutine(h, func() { ticks <- time.Time{}; ticks <- time.Time{} }) // the second one when the first is done
		stop()
		l := h.Stats().Latency
		expect(t, "samples", l.Samples >= 2, true)
		expect(t, "most", l.Max, 6*ms)
		expect(t, "quantile", l.Quantile(1), 6*ms)
		expect(t, "half of it", l.Quantile(0.5) < 6*ms, true)
		h.SampleLatency(time.Hour) // and the end of Run ends it
		return err
	}, green.WithWorld(clock))
	expect(t, "Run", err, nil)
}

func TestStats_Var(t *testing.T) {
	var v expvar.Var
	mustRun(t, func(h *green.Hub) error {
		v = h.Var()
		var s green.Stats
		if h.Scheduler().Inside() {
			expect(t, "inside", json.Unmarshal([]byte(v.String()), &s), nil)
		}
		s = green.Stats{}
		onGoroutine(h, func() { expect(t, "outside", json.Unmarshal([]byte(v.String()), &s), nil) })
		expect(t, "tasks", s.Tasks, 1)
		return nil
	})
	expect(t, "afterwards", v.String(), "null")
}

func park(e *green.Event) error { return e.Wait() }

func TestDump(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		e := h.NewEvent()
		var inner *green.Task
		outer := h.Go(func() error {
			inner = h.Go(func() error { return park(e) }).SetName("inner")
			return inner.Join()
		}).SetName("outer")
		later := green.After(h, time.Hour, func() error { return nil })
		h.Go(func() error { return nil }).SetName("next")
		orphan := h.Go(func() error { h.Go(func() error { return park(e) }).SetName("orphan"); return nil })
		orphan.Join()
		var b bytes.Buffer
		if err := h.Dump(&b); err != nil {
			return err
		}
		text := b.String()
		for _, part := range []string{
			`task 1 "main": running`, `task 2 "outer": waits for the end of task`, "\n    task 6 \"inner\": waits for an event",
			"observe_test.go:", "green_test.park", "task 3: pending", "\ntask 7 \"orphan\"",
		} {
			if !strings.Contains(text, part) {
				t.Errorf("no %q in\n%s", part, text)
			}
		}
		if strings.Contains(text, "tasklet.(") || strings.Contains(text, "(*Hub)") {
			t.Errorf("the library's own calls in\n%s", text)
		}
		s := h.Snapshot(false)
		later.Cancel()
		for _, i := range s.Tasks {
			if i.ID == inner.Tasklet().ID() {
				expect(t, "parent", i.Parent, outer.Tasklet().ID())
				expect(t, "stack", len(i.Stack), 0)
			}
		}
		e.Set()
		return nil
	})
}

func TestDump_Created(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		h.Go(func() error { return nil })
		var b bytes.Buffer
		h.Dump(&b)
		if s := b.String(); !strings.Contains(s, "spawned by\n      github.com/go-greenlet/greenlet/green_test.TestDump_Created") {
			t.Errorf("not where it was spawned:\n%s", s)
		}
		return nil
	}, green.Record())
}

// A long chain of tasks that spawned each other is dumped without deep recursion, and is not as wide as it is long.
func TestDump_Chain(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		e := h.NewEvent()
		var next func(n int) error
		next = func(n int) error {
			if n > 0 {
				h.Go(func() error { return next(n - 1) })
			}
			return e.Wait()
		}
		h.Go(func() error { return next(1000) })
		for range 1100 {
			h.Yield()
		}
		var b bytes.Buffer
		if err := h.Dump(&b); err != nil {
			return err
		}
		expect(t, "tasks", strings.Count(b.String(), "waits for an event"), 1001)
		e.Set()
		return nil
	})
}

func TestMonitor(t *testing.T) {
	reports := make(chan green.Blocking, 10)
	mustRun(t, func(h *green.Hub) error {
		m := h.Monitor(ms, func(b green.Blocking) { reports <- b })
		hog := h.Go(func() error {
			for len(reports) == 0 { // it hogs the hub until that was noticed
				runtime.Gosched()
			}
			return nil
		}).SetName("hog")
		hog.Join()
		m.Pause()
		b := <-reports
		expect(t, "name", b.Name, "hog")
		if !strings.Contains(b.Stack, "TestMonitor") {
			t.Errorf("stack: %s", b.Stack)
		}
		m.Resume()
		return nil // and the end of Run ends it
	})
}

func TestWatchMemory(t *testing.T) {
	ticks := make(chan time.Time)
	uses := []uint64{10, 100, 120, 20, 30, 100, 100}
	var seen []green.MemoryUse
	mustRun(t, func(h *green.Hub) error {
		n := 0
		stop := h.WatchMemoryAt(100, ticks, func() uint64 { n++; return uses[n-1] }, func(u green.MemoryUse) error {
			seen = append(seen, u)
			return nil
		})
		onGoroutine(h, func() {
			for range uses {
				ticks <- time.Time{}
			}
		})
		stop()
		h.WatchMemory(1, time.Hour, func(green.MemoryUse) error { return nil })
		return nil
	})
	equal(t, "seen", seen, []green.MemoryUse{{100, 100, true}, {20, 100, false}, {100, 100, true}})
}

// The trace has a row for each task and one for the idle hub, and the picture is one that package trace writes.
func TestTrace(t *testing.T) {
	var rec, other *green.Trace
	mustRun(t, func(h *green.Hub) error {
		rec = h.Trace()
		other = h.Trace()
		h.Go(func() error { return h.Sleep(time.Second) }).SetName("sleeper")
		e := h.NewEvent()
		h.Go(e.Wait).SetName("waiter")
		h.Sleep(2 * time.Second)
		e.Set()
		h.Yield()
		rec.Stop()
		rec.Stop()
		n := rec.Len()
		h.Yield()
		expect(t, "after Stop", rec.Len(), n)
		return nil
	})
	var b, html bytes.Buffer
	expect(t, "WriteChrome", rec.WriteChrome(&b), nil)
	expect(t, "WriteHTML", other.WriteHTML(&html), nil) // stopped by the end of Run
	var file struct {
		TraceEvents []struct {
			Name, Ph string
			TID      uint64
			Args     struct{ Name, Value string }
		}
	}
	if err := json.Unmarshal(b.Bytes(), &file); err != nil {
		t.Fatal(err)
	}
	names := map[uint64]string{}
	var order []string
	for _, e := range file.TraceEvents {
		switch {
		case e.Name == "thread_name":
			names[e.TID] = e.Args.Name
		case e.Ph == "X":
			order = append(order, names[e.TID])
		}
	}
	equal(t, "order", order, []string{
		`task 1 "main"`, `task 2 "sleeper"`, `task 3 "waiter"`, "the hub waits",
		`task 2 "sleeper"`, "the hub waits", `task 1 "main"`, `task 3 "waiter"`, `task 1 "main"`,
	})
	for _, s := range []string{"sleeper", "an event", "a timer"} {
		if !strings.Contains(html.String(), s) {
			t.Errorf("no %q in the page", s)
		}
	}
}

// All of it is used, and nothing is left behind by goleak's account; Run is left by an error.
func TestOperations_EndOfRun(t *testing.T) {
	err := green.Run(func(h *green.Hub) error {
		h.SampleLatency(ms)
		h.WatchMemory(1, ms, func(green.MemoryUse) error { return nil })
		h.Monitor(time.Second, nil)
		h.Trace()
		green.NewActor(h)
		green.FromChan(h, make(chan int), 1)
		h.Sleep(3 * ms)
		return errStop
	}, green.HandleSignals(time.Second))
	expectIs(t, "Run", err, errStop)
}
