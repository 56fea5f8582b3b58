package coro

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/internal/owner"
	"pgregory.net/rapid"
)

// A troupe is a pool whose jobs are functions. It checks that whoever wakes is the one who was meant to.
type troupe struct {
	t interface {
		Helper()
		Fatalf(string, ...any)
		Errorf(string, ...any)
	}
	pool Pool[part]
	home *flow
	cur  *flow // who is to run
	next *flow // who goes on when a job ends; home if nil
	ends []*End

	waiting []*flow // of play: who can be switched to
}

type flow = Flow[part]

type part struct {
	job  func(f *flow)
	once bool // leave after the job
	g    uintptr
}

func newTroupe(t *testing.T, limit int) *troupe {
	before := runtime.NumGoroutine()
	tr := &troupe{t: t}
	tr.init(limit)
	t.Cleanup(func() {
		tr.pool.Close()
		back(t, before)
	})
	return tr
}

func (tr *troupe) init(limit int) {
	tr.home = new(flow)
	tr.pool.Init(tr.home, limit, tr.body, tr.ended)
	tr.cur = tr.home
	tr.home.Data.g = owner.Current()
}

func back(t interface{ Fatalf(string, ...any) }, before int) {
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, %d before\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
		}
	}
}

func (tr *troupe) body(yield func(struct{}) bool) {
	f, _ := tr.pool.Enter(yield)
	defer tr.pool.Depart(f)
	if tr.pool.Rare.Load() != 0 {
		tr.pool.Settle(f)
	}
	for again := true; again; again = tr.pool.Next(f) {
		tr.awake(f)
		f.Data.g = owner.Current()
		f.Data.job(f)
	}
}

func (tr *troupe) awake(f *flow) {
	if tr.cur != f {
		tr.t.Errorf("the wrong one woke")
	}
}

func (tr *troupe) ended(f *flow, end *End) (next *flow, leave bool) {
	tr.ends = append(tr.ends, end)
	to := tr.next
	tr.next = nil
	if to == nil {
		to = tr.home
	}
	tr.cur = to
	return to, f.Data.once
}

// to switches from whoever runs.
func (tr *troupe) to(f *flow) {
	me := tr.cur
	tr.cur = f
	tr.pool.Go(me, f)
	tr.awake(me)
}

// do starts a job.
func (tr *troupe) do(job func(f *flow)) *flow {
	f := tr.pool.Get()
	f.Data.job = job
	tr.to(f)
	return f
}

func TestOneAfterTheOther(t *testing.T) {
	tr := newTroupe(t, 1)
	n := 0
	for range 10 {
		tr.do(func(f *flow) { n++ })
		if tr.pool.Idle() != 1 {
			t.Fatalf("%d idle goroutines", tr.pool.Idle())
		}
	}
	if n != 10 || len(tr.ends) != 10 {
		t.Errorf("%d jobs begun, %d ended", n, len(tr.ends))
	}
}

func TestAgain(t *testing.T) {
	tr := newTroupe(t, 1)
	n := 0
	tr.do(func(f *flow) {
		if n++; n < 5 {
			tr.next = f
		}
	})
	if n != 5 {
		t.Errorf("ran %d times", n)
	}
}

// exits lets a goroutine leave in every way while a stranger sits in its birth slot, who came through next or yield, or
// while nobody is there but the one who goes on.
func exits(t *testing.T, limit int, leave func(f *flow), check func(t *testing.T, end *End)) {
	for _, c := range []struct {
		name string
		// arrange runs at home, with a parked in b's birth slot and b in a's, home running. It returns when a left.
		arrange func(tr *troupe, a, b *flow)
		door    bool // through which the stranger in a's birth slot came: next is true
	}{
		{"StrangerThroughYield", func(tr *troupe, a, b *flow) { tr.to(a) }, false},
		{"StrangerThroughNext", func(tr *troupe, a, b *flow) { tr.to(b) }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := newTroupe(t, limit)
			var a, b *flow
			direct := c.name == "StrangerThroughYield"
			woken := 0
			a = tr.do(func(f *flow) {
				b = tr.pool.Get()
				b.Data.job = func(f *flow) {
					tr.to(tr.home)
					for woken++; woken < 3; woken++ {
						if !direct && woken == 1 {
							tr.to(a)
						} else {
							tr.to(tr.home)
						}
					}
				}
				tr.to(b)
				// Now the strangers are where they should be.
				stranger := b
				if !direct {
					stranger = tr.home
				}
				if stranger.Slot != &f.birth || f.birth.Turn != c.door {
					t.Errorf("the arrangement failed: door %v", f.birth.Turn)
				}
				if !direct {
					tr.next = b
				}
				leave(f)
			})
			c.arrange(tr, a, b)
			if len(tr.ends) != 1 {
				t.Fatalf("%d ended", len(tr.ends))
			}
			check(t, tr.ends[0])
			for len(tr.ends) < 2 {
				tr.to(b)
			}
			if end := tr.ends[1]; end != nil {
				t.Errorf("the stranger ended with %+v", end)
			}
		})
	}
}

func TestExitByReturn(t *testing.T) {
	for _, limit := range []int{0, 10} {
		exits(t, limit, func(*flow) {}, func(t *testing.T, end *End) {
			if end != nil {
				t.Errorf("ended with %+v", end)
			}
		})
	}
}

func TestExitOnce(t *testing.T) {
	exits(t, 10, func(f *flow) { f.Data.once = true }, func(t *testing.T, end *End) {
		if end != nil {
			t.Errorf("ended with %+v", end)
		}
	})
}

func TestOnceIsNotIdle(t *testing.T) {
	before := runtime.NumGoroutine()
	tr := newTroupe(t, 10)
	tr.do(func(f *flow) { f.Data.once = true })
	if tr.pool.Idle() != 0 {
		t.Errorf("%d idle", tr.pool.Idle())
	}
	back(t, before)
}

func TestExitByGoexit(t *testing.T) {
	exits(t, 10, func(*flow) { runtime.Goexit() }, func(t *testing.T, end *End) {
		if end == nil || end.Panic != nil {
			t.Errorf("ended with %+v", end)
		}
	})
}

func explode() { panic("boom") }

func TestExitByPanic(t *testing.T) {
	exits(t, 10, func(*flow) { explode() }, func(t *testing.T, end *End) {
		if end == nil || end.Panic != "boom" || !strings.Contains(string(end.Stack), "coro.explode") {
			t.Errorf("ended with %+v", end)
		}
	})
}

func TestExitByPanicInGoexit(t *testing.T) {
	leave := func(*flow) {
		defer explode()
		runtime.Goexit()
	}
	exits(t, 10, leave, func(t *testing.T, end *End) {
		if end == nil || end.Panic != "boom" {
			t.Errorf("ended with %+v", end)
		}
	})
}

func TestDirectlyBackToWhoStarted(t *testing.T) {
	for _, limit := range []int{0, 10} {
		tr := newTroupe(t, limit)
		tr.do(func(*flow) {})
		tr.do(func(*flow) { runtime.Goexit() })
		tr.do(func(*flow) { explode() })
		if len(tr.ends) != 3 || tr.ends[1] == nil || tr.ends[1].Panic != nil || tr.ends[2] == nil || tr.ends[2].Panic == nil {
			t.Errorf("ends: %+v", tr.ends)
		}
	}
}

func TestIdleLimit(t *testing.T) {
	const limit, n = 3, 10
	before := runtime.NumGoroutine()
	tr := newTroupe(t, limit)
	var fs []*flow
	for range n {
		fs = append(fs, tr.do(func(*flow) { tr.to(tr.home) }))
	}
	for i, f := range fs {
		tr.to(f)
		if want := min(i+1, limit); tr.pool.Idle() != want {
			t.Errorf("%d idle after %d ended, want %d", tr.pool.Idle(), i+1, want)
		}
	}
	back(t, before+limit)
	// Those that stayed work again.
	for i := range limit {
		fs[i] = tr.do(func(*flow) { tr.to(tr.home) })
	}
	if tr.pool.Idle() != 0 || runtime.NumGoroutine() > before+limit {
		t.Errorf("%d idle, %d goroutines more than before", tr.pool.Idle(), runtime.NumGoroutine()-before)
	}
	for _, f := range fs[:limit] {
		tr.to(f)
	}
}

func TestVisit(t *testing.T) {
	tr := newTroupe(t, 10)
	ran := 0
	f := tr.do(func(f *flow) {
		for range 2 {
			tr.to(tr.home)
			ran++
		}
	})
	for range 3 {
		var where uintptr
		tr.pool.Visit(f, func() { where = owner.Current() })
		if where != f.Data.g || where == owner.Current() {
			t.Error("the visitor ran on the wrong goroutine")
		}
	}
	if ran != 0 {
		t.Error("the one that was visited went on")
	}
	tr.to(f)
	tr.to(f)
	if ran != 2 {
		t.Errorf("ran %d times", ran)
	}
}

func TestLockedThread(t *testing.T) {
	before := runtime.NumGoroutine()
	done := make(chan bool)
	go func() {
		defer close(done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		tr := &troupe{t: t}
		tr.init(2)
		for _, leave := range []func(){func() {}, explode, runtime.Goexit} {
			f := tr.do(func(*flow) { tr.to(tr.home); leave() })
			g := tr.do(func(*flow) { tr.to(f) })
			tr.to(g)
		}
		tr.pool.Close()
	}()
	<-done
	back(t, before)
}

// TestPool lets flows switch, end, start and look at each other in random order.
func TestPool(t *testing.T) {
	before := runtime.NumGoroutine()
	rapid.Check(t, func(t *rapid.T) {
		ops := rapid.SliceOfN(rapid.IntRange(0, 1<<16-1), 20, 150).Draw(t, "ops")
		tr := &troupe{t: t}
		tr.init(rapid.IntRange(0, 3).Draw(t, "limit"))
		tr.play(ops)
		tr.pool.Close()
		if tr.pool.Idle() != 0 {
			t.Errorf("%d idle after Close", tr.pool.Idle())
		}
	})
	back(t, before)
}
