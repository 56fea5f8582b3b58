package green_test

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
)

var errBoom = errors.New("boom")

func TestSpawnAndGet(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		j := green.Spawn(h, func() (int, error) { return 7, h.Sleep(ms) })
		expect(t, "started", j.Started(), false)
		v, err := j.GetTimeout(ms / 2)
		expect(t, "early", v, 0)
		expectIs(t, "early", err, green.ErrTimeout)
		expect(t, "ready", j.Ready(), false)
		v, err = j.Get()
		expect(t, "value", v, 7)
		return err
	})
}

// TestErrorTakenLater has an error that came before anybody waited for it, and is not reported a second time.
func TestErrorTakenLater(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		j := green.Spawn(h, func() (int, error) { return 0, errBoom })
		if err := h.Sleep(ms); err != nil {
			return err
		}
		_, err := j.Get()
		expectIs(t, "Get", err, errBoom)
		return nil
	})
	err := run(func(h *green.Hub) error {
		h.Go(func() error { return errBoom })
		return nil
	})
	expectIs(t, "nobody took it", err, errBoom)
}

func TestRawErrorAndOnError(t *testing.T) {
	err := run(func(h *green.Hub) error {
		h.SpawnRaw(func() error { return errBoom })
		return h.Sleep(ms) // is not what fails
	})
	expectIs(t, "raw", err, errBoom)
	var seen []string
	mustRun(t, func(h *green.Hub) error {
		h.Go(func() error { panic("oops") }).SetName("p")
		h.Go(func() error { return errBoom }).SetName("e")
		h.SpawnRaw(func() error { return errBoom })
		return nil
	}, green.OnError(func(t *green.Task, err error) {
		name := "raw"
		if t != nil {
			name = t.Name()
		}
		seen = append(seen, name)
	}))
	expect(t, "seen", strings.Join(seen, " "), "p e raw")
}

func TestPanicGoesToGetOrMain(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		j := green.Spawn(h, func() (int, error) { panic(errBoom) })
		_, err := j.Get()
		var p *greenlet.PanicError
		expect(t, "is a panic", errors.As(err, &p), true)
		expectIs(t, "panic", err, errBoom)
		return nil
	})
	expectPanic(t, "oops", func() {
		_ = run(func(h *green.Hub) error {
			h.Go(func() error { panic("oops") })
			return nil
		})
	})
}

func TestStopKillCancel(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		d := &diary{}
		body := func() error {
			d.say("in")
			err := h.Sleep(time.Hour)
			d.say("%v", err == green.ErrKilled)
			return err
		}
		a, b, c := h.Go(body), h.Go(body), h.Go(body)
		if err := h.Yield(); err != nil {
			return err
		}
		d.expect(t, "in in in")
		a.Stop()
		d.say("stopped")
		expect(t, "running", a.Cancel(), false)
		if err := h.Yield(); err != nil {
			return err
		}
		d.expect(t, "stopped true")
		if err := b.KillNow(); err != nil {
			return err
		}
		d.say("killed")
		if err := c.Kill(); err != nil {
			return err
		}
		d.expect(t, "true killed true")
		e := h.Go(body)
		expect(t, "cancel", e.Cancel(), true)
		expect(t, "again", e.Cancel(), false)
		expect(t, "started", e.Started(), false)
		expectIs(t, "canceled", e.Err(), green.ErrKilled)
		f := h.Go(func() error { return h.Sleep(time.Hour) })
		if err := h.Yield(); err != nil {
			return err
		}
		f.StopWith(errBoom)
		if err := f.Join(); err != nil {
			return err
		}
		expectIs(t, "own error", f.Err(), errBoom)
		return nil
	})
}

func TestKillOfItself(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		g := h.Go(func() error { return h.Current().Kill() })
		g.Link(func(*green.Task) {})
		return g.Join()
	})
}

func TestVictimMayGoOn(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		j := green.Spawn(h, func() (string, error) {
			_ = h.Sleep(time.Hour)
			return "went on", h.Sleep(ms)
		})
		if err := h.Yield(); err != nil {
			return err
		}
		j.Stop()
		v, err := j.Get()
		expect(t, "value", v, "went on")
		return err
	})
}

func TestLinks(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		d := &diary{}
		say := func(what string) func(*green.Task) { return func(*green.Task) { d.say("%s", what) } }
		ok := h.Go(func() error { return nil })
		bad := h.Go(func() error { return errBoom })
		for _, g := range []*green.Task{ok, bad} {
			name := map[bool]string{true: "ok", false: "bad"}[g == ok]
			g.LinkRaw(say(name + ":raw"))
			g.LinkValue(say(name + ":value"))
			g.LinkError(say(name + ":error"))
			g.Link(say(name + ":any"))
			g.Link(say("unlinked"))()
		}
		if err := errors.Join(h.WaitAll(ok, bad), h.Yield()); err != nil {
			return err
		}
		d.expect(t, "ok:raw bad:raw ok:value ok:any bad:error bad:any")
		bad.LinkRaw(say("late raw"))
		bad.LinkError(say("late error"))
		bad.LinkValue(say("late value"))
		d.say("then")
		if err := h.Yield(); err != nil {
			return err
		}
		d.expect(t, "late raw then late error")
		return nil
	})
}

func TestTree(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		e := h.NewEvent()
		var child *green.Task
		parent := h.Go(func() error {
			child = h.Go(e.Wait).SetName("child")
			return e.Wait()
		}).SetName("parent")
		if err := errors.Join(h.Yield(), h.Yield()); err != nil {
			return err
		}
		expect(t, "parent", child.Parent(), parent)
		expect(t, "parent of the parent", parent.Parent(), h.Main())
		expect(t, "parent of main", h.Main().Parent(), nil)
		expect(t, "children", slices.Collect(parent.Children())[0], child)
		expect(t, "Len", h.Len(), 3)
		expect(t, "Tasks", len(slices.Collect(h.Tasks())), 3)
		expect(t, "text", child.String(), `task 3 "child"`)
		if stack := child.Stack(); len(stack) == 0 {
			t.Error("no stack")
		}
		_, file, line, _ := runtime.Caller(0)
		made := h.Go(func() error { return nil })
		if c := made.Created(); len(c) == 0 || c[0].File != file || c[0].Line != line+1 {
			t.Errorf("created %v, not at %s:%d", c, file, line+1)
		}
		e.Set()
		if err := child.Join(); err != nil {
			return err
		}
		expect(t, "parent afterwards", child.Parent(), nil)
		return nil
	}, green.Record())
}

func TestLocals(t *testing.T) {
	own, inherited := green.NewLocal[int](), green.NewInheritedLocal[string]()
	mustRun(t, func(h *green.Hub) error {
		own.Set(h, 1)
		inherited.Set(h, "a")
		now := h.Go(func() error {
			_, has := own.Get(h)
			expect(t, "own", has, false)
			v, _ := inherited.Get(h)
			expect(t, "inherited", v, "a")
			inherited.Set(h, "b")
			return nil
		})
		later := green.After(h, ms, func() error {
			v, _ := inherited.Get(h)
			expect(t, "inherited when it was spawned", v, "a")
			return nil
		})
		inherited.Set(h, "c")
		v, _ := inherited.Of(later)
		expect(t, "Of", v, "a")
		if err := h.WaitAll(now, later); err != nil {
			return err
		}
		v, _ = inherited.Get(h)
		expect(t, "mine", v, "c")
		inherited.Unset(h)
		_, has := inherited.Get(h)
		expect(t, "unset", has, false)
		return nil
	})
}

func TestRunReportsWhoIsStuck(t *testing.T) {
	err := run(func(h *green.Hub) error {
		m := h.NewMutex()
		h.Go(func() error { return m.Lock() }).SetName("thief") // and ends with it
		h.Go(func() error {
			if err := m.Lock(); err != nil {
				return err
			}
			m.Unlock()
			return nil
		}).SetName("victim")
		return nil
	})
	var d *tasklet.DeadlockError
	if !errors.As(err, &d) || !strings.Contains(err.Error(), `"victim" waits for a mutex held by task 2 "thief"`) {
		t.Errorf("Run: %v", err)
	}
}

// TestPendingTasksEndWithTheHub has groups that would wait for ever for tasks which the scheduler forgot.
func TestPendingTasksEndWithTheHub(t *testing.T) {
	var later *green.Task
	err := run(func(h *green.Hub) error {
		h.Go(func() error {
			return h.Group(func(g *green.Group) error {
				later = green.After(g, time.Hour, func() error { return nil })
				return nil
			})
		})
		if err := h.Yield(); err != nil {
			return err
		}
		return errBoom
	})
	expectIs(t, "Run", err, errBoom)
	expect(t, "ready", later.Ready(), true)
}

func TestOtherGoroutinesAreToldSo(t *testing.T) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("wrong goroutines are not noticed on " + runtime.GOARCH)
	}
	mustRun(t, func(h *green.Hub) error {
		m, e, s, g := h.NewMutex(), h.NewEvent(), h.NewSemaphore(1), h.Go(func() error { return nil })
		b, l, w, r := h.NewBarrier(1), h.NewLatch(0), h.NewRWMutex(), green.NewResult[int](h)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for _, f := range []func(){
				func() { _ = m.Lock() }, func() { m.TryLock() }, func() { m.Locked() },
				func() { _ = e.Wait() }, e.Set, e.Clear, func() { e.IsSet() },
				func() { _ = s.Acquire() }, s.Release, func() { s.TryAcquire() },
				g.Stop, func() { g.Link(nil) }, func() { _ = g.Join() }, func() { g.Context() },
				func() { _, _ = b.Wait() }, l.Done, func() { _ = l.Wait() },
				func() { _ = w.Lock() }, func() { _ = w.RLock() }, func() { r.Set(1) }, func() { _, _ = r.Get() },
				func() { h.Go(nil) }, func() { _ = h.Sleep(0) },
			} {
				expectPanic(t, "runs elsewhere; use h.Post or green.Call", f)
			}
		}()
		<-done
		return nil
	})
}

func TestManyJoiners(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		g := green.Spawn(h, func() (int, error) { return 7, h.Sleep(ms) })
		return h.Group(func(in *green.Group) error {
			for range 3 {
				in.Go(func() error {
					v, err := g.Get()
					expect(t, "value", v, 7)
					return err
				})
			}
			return nil
		})
	})
}

// TestStubbornTasksAreUnwound has tasks that never end, in a group and with links, when the hub ends.
func TestStubbornTasksAreUnwound(t *testing.T) {
	deferred := 0
	err := run(func(h *green.Hub) error {
		h.Go(func() error {
			return h.Group(func(g *green.Group) error {
				stubborn := g.Go(func() error {
					defer func() { deferred++ }()
					for {
						_ = h.Sleep(ms)
					}
				})
				stubborn.Link(func(*green.Task) {})
				return nil
			})
		})
		if err := h.Sleep(ms); err != nil {
			return err
		}
		return errBoom
	})
	expectIs(t, "Run", err, errBoom)
	expect(t, "deferred calls ran", deferred, 1)
}

// What is thrown into the tasklet of a task that has not started is what the task ends with.
func TestTask_ThrowIntoItsTaskletBeforeTheStart(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		never := func() (int, error) { t.Error("it ran"); return 0, nil }
		killed, failed, later := green.Spawn(h, never), green.Spawn(h, never), green.SpawnAfter(h, time.Hour, never)
		begin := h.Now()
		expect(t, "KillLater", killed.Tasklet().KillLater(), nil)
		expect(t, "ThrowLater", failed.Tasklet().ThrowLater(errBoom), nil)
		expect(t, "Kill", later.Tasklet().Kill(), nil)
		for _, c := range []struct {
			j    *green.Job[int]
			want error
		}{{killed, green.ErrKilled}, {failed, errBoom}, {later, green.ErrKilled}} {
			_, err := c.j.Get()
			expect(t, "ended with", err, c.want)
		}
		expect(t, "tasks left", h.Len(), 1)
		expect(t, "time passed", h.Now(), begin)
		return nil
	})
}

// A task that is to start later, whose tasklet somebody has inserted before, starts once.
func TestAfter_InsertedBefore(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		n := 0
		task := green.After(h, time.Hour, func() error { n++; return nil })
		expect(t, "Insert", task.Tasklet().Insert(), nil)
		err := h.Sleep(2 * time.Hour)
		expect(t, "runs", n, 1)
		return err
	})
}
