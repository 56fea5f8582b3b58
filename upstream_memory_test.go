package greenlet_test

import (
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/go-greenlet/greenlet"
)

func goroutineCount() int { return runtime.NumGoroutine() }

// collectGarbage lets the collector run and gives what it found some time to be noticed.
func collectGarbage() {
	runtime.GC()
	time.Sleep(time.Millisecond)
}

// freed fails t unless the collector frees what p points to.
func freed[V any](t testing.TB, what string, p weak.Pointer[V]) {
	t.Helper()
	for range 100 {
		if p.Value() == nil {
			return
		}
		collectGarbage()
	}
	t.Errorf("%s is never freed", what)
}

func TestUpstream_Dealloc(t *testing.T) {
	main := newTree(t)
	var seen []error
	var first, second *gl
	start(main, fmain(main, &seen, nil), &first)
	start(main, fmain(main, &seen, nil), &second)
	equal(t, "seen", len(seen), 0)
	runtime.KeepAlive(first)
	collect(t, 1, main.Reap)
	equal(t, "seen without the first", len(seen), 1)
	runtime.KeepAlive(second)
	collect(t, 1, main.Reap)
	equal(t, "seen without either", len(seen), 2)
	for _, err := range seen {
		equal(t, "what it saw", err, greenlet.ErrExit)
	}
}

// start starts a greenlet that parks, and puts its only handle into to.
//
//go:noinline
func start(main *gl, run func(int) (int, error), to **gl) {
	*to = main.New(run)
	(*to).Switch(0)
}

// A greenlet that is found abandoned sees who unwinds it as its parent, and gets its own back, but cannot go on living.
func TestUpstream_ParentRestoredOnKill(t *testing.T) {
	main := newTree(t)
	hub := main.New(func(int) (int, error) { t.Error("hub runs"); return 0, nil })
	var parent, revived *gl
	wentOn := false
	abandon(hub, func(v int) (int, error) {
		_, err := main.Switch(v)
		equal(t, "what arrives", err, greenlet.ErrExit)
		revived = main.Current()
		parent = revived.Parent()
		hub.Switch(0)
		wentOn = true
		return 0, nil
	})
	collect(t, 1, main.Reap)
	equal(t, "parent while it is unwound", parent, main)
	equal(t, "parent afterwards", revived.Parent(), hub)
	equal(t, "it could switch", wentOn, false)
	equal(t, "state", revived.State(), greenlet.Dead)
	equal(t, "hub", hub.State(), greenlet.Pending)
}

// A value that is on its way arrives though its sender is abandoned by sending it.
func TestUpstream_DeallocSwitchArgsNotLost(t *testing.T) {
	main := newTree(t)
	var seen *gl
	var worker []*gl
	var initiator *gl
	put(main, &worker, func(v int) (int, error) {
		v, err := main.Switch(v)
		equal(t, "what arrives first", err, nil)
		worker[0] = nil // that was the last handle
		initiator.SetParent(main)
		defer func() { seen = main.Current() }()
		_, err = main.Switch(v)
		equal(t, "what arrives then", err, greenlet.ErrExit)
		return 0, err
	})
	initiator = worker[0].New(func(int) (int, error) { return 42, nil })
	arrives(t, "by way of the worker", 42, nil)(initiator.Switch(0))
	equal(t, "seen", seen, nil)
	collect(t, 1, main.Reap)
	equal(t, "the worker has ended", seen.Dead(), true)
	arrives(t, "nothing is on its way any more", 1, nil)(main.Switch(1))
}

//go:noinline
func put(main *gl, to *[]*gl, run func(int) (int, error)) {
	*to = append(*to, main.New(run))
	(*to)[0].Switch(0)
}

func TestUpstream_DeadIsCollected(t *testing.T) {
	main := newTree(t)
	weakly := func(run func(g *gl) (int, error), begin bool) weak.Pointer[gl] {
		g := main.New(nil)
		g.SetRun(func(int) (int, error) { return run(g) }) // it refers to itself
		if begin {
			g.Switch(0)
		}
		return weak.Make(g)
	}
	nothing := func(*gl) (int, error) { return 0, nil }
	freed(t, "a dead one", weakly(nothing, true))
	freed(t, "a dead one that had parked", weakly(func(g *gl) (int, error) {
		main.New(func(int) (int, error) { return g.Switch(0) }).Switch(0)
		return int(g.ID()), nil
	}, true))
	freed(t, "an unstarted one", weakly(nothing, false))
	freed(t, "an unstarted one without run function", func() weak.Pointer[gl] { return weak.Make(main.New(nil)) }())
	ring := func() weak.Pointer[gl] {
		a, b := main.New(nil), main.New(nil)
		a.SetRun(func(int) (int, error) { return b.Switch(0) })
		b.SetRun(func(int) (int, error) { return a.Switch(0) })
		return weak.Make(a)
	}
	freed(t, "two that refer to each other", ring())
}

// An unstarted child goes at once, its abandoned parent when it is unwound: by then the child cannot be had any more.
func TestUpstream_DeallocWeakref(t *testing.T) {
	main := newTree(t)
	var child weak.Pointer[gl]
	var seen []*gl
	func() {
		var g *gl
		start(main, func(v int) (int, error) {
			defer func() { seen = append(seen, child.Value()) }()
			return main.Switch(v)
		}, &g)
		child = weak.Make(g.New(identity))
	}()
	collect(t, 1, main.Reap)
	if len(seen) != 1 || seen[0] != nil {
		t.Errorf("seen: %v", seen)
	}
}

// A tree does not keep what it has delivered.
func TestUpstream_ArgRefs(t *testing.T) {
	type large [1024]byte
	newTree(t) // counts the goroutines
	main := greenlet.Main[*large]()
	defer main.Close()
	g := main.New(func(*large) (*large, error) {
		for {
			if _, err := main.Switch(nil); err != nil {
				return nil, err
			}
		}
	})
	pass := func(how func(v *large)) weak.Pointer[large] {
		v := new(large)
		how(v)
		return weak.Make(v)
	}
	freed(t, "the argument of run", pass(func(v *large) { g.Switch(v) }))
	freed(t, "a value", pass(func(v *large) { g.Switch(v) }))
	freed(t, "a value sent to oneself", pass(func(v *large) { main.Switch(v) }))
	freed(t, "a result", pass(func(v *large) { main.New(func(v *large) (*large, error) { return v, nil }).Switch(v) }))
	freed(t, "a result beside an error", pass(func(v *large) { main.New(func(v *large) (*large, error) { return v, errA }).Switch(v) }))
	runtime.KeepAlive(g)
}

// A tree is freed as a whole when its goroutine has ended it.
func TestUpstream_ThreadedLeak(t *testing.T) {
	before := goroutineCount()
	for name, use := range map[string]func(main *gl){
		"main alone":           func(*gl) {},
		"finished greenlets":   func(main *gl) { main.New(identity).Switch(0); main.New(identity).Switch(0) },
		"suspended greenlets":  func(main *gl) { main.New(parks(main)).Switch(0); main.New(parks(main)).Switch(0) },
		"unstarted greenlets":  func(main *gl) { main.New(identity).New(nil) },
		"with a tracer":        func(main *gl) { main.Trace(func(event) error { return nil }); main.Switch(0) },
		"with abandoned ones":  func(main *gl) { abandon(main, parks(main)); runtime.GC(); main.New(nil) },
		"with one that failed": func(main *gl) { recovered(func() { main.New(func(int) (int, error) { panic(1) }).Switch(0) }) },
	} {
		var main weak.Pointer[gl]
		apart(func() {
			greenlet.Run(func(m *gl) error {
				main = weak.Make(m)
				use(m)
				return nil
			})
		})
		freed(t, name, main)
	}
	goroutinesBack(t, before)
}

// memory is what the program's heap and stacks take.
func memory() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// flat fails t unless rounds, after some, no longer need more memory than before.
func flat(t testing.TB, round func()) {
	t.Helper()
	const slack = 64 << 10
	for range 3 {
		round()
	}
	most := memory()
	for attempt := range 10 {
		round()
		now := memory()
		if now <= most+slack && attempt > 1 {
			return
		}
		most = max(most, now)
	}
	t.Errorf("memory grows with every round, to %d bytes at last", most)
}

func TestUpstream_UntrackedMemoryDoesntIncrease(t *testing.T) {
	main := newTree(t)
	n := 10_000
	if raceEnabled || testing.Short() {
		n = 1_000
	}
	ran := 0
	flat(t, func() {
		ran = 0
		for range n {
			main.New(func(int) (int, error) { ran++; return 1, nil }).Switch(0)
		}
		equal(t, "ran", ran, n)
	})
}

// hoard starts n greenlets, which park, and count in ended when ErrExit ends them.
func hoard(t testing.TB, main *gl, n int, ended *int) []*gl {
	var gs []*gl
	for range n {
		g := main.New(func(v int) (int, error) {
			if v, err := main.Switch(v); err != greenlet.ErrExit {
				t.Errorf("got %v and %v", v, err)
			}
			*ended++
			return 1, greenlet.ErrExit
		})
		g.Switch(0)
		gs = append(gs, g)
	}
	return gs
}

// hoards says how many greenlets the tests with hoards of them make.
func hoards() int {
	if raceEnabled || testing.Short() {
		return 1_000
	}
	return 20_000
}

func TestUpstream_UnfinishedThreadDeallocInThread(t *testing.T) {
	n := hoards()
	before := goroutineCount()
	flat(t, func() {
		ended := 0
		apart(func() {
			equal(t, "Run", greenlet.Run(func(main *gl) error {
				for _, g := range hoard(t, main, n, &ended) {
					equal(t, "state", g.State(), greenlet.Suspended)
				}
				for range 3 { // dropped: some are unwound here, all others at the end
					collectGarbage()
					main.Reap()
				}
				return nil
			}), nil)
		})
		equal(t, "ended", ended, n)
		goroutinesBack(t, before)
	})
}

func TestUpstream_UnfinishedThreadDeallocInMain(t *testing.T) {
	n := hoards()
	before := goroutineCount()
	flat(t, func() {
		ended := 0
		var main *gl
		apart(func() {
			main = greenlet.Main[int]()
			hoard(t, main, n, &ended)
		})
		collectGarbage()
		equal(t, "ended when their goroutine has", ended, 0)
		main.Adopt()
		equal(t, "Close", main.Close(), nil)
		equal(t, "ended", ended, n)
		goroutinesBack(t, before)
	})
}
