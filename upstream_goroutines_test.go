package greenlet_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet"
)

// goes runs f on n goroutines and waits for them.
func goes(n int, f func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}

func TestUpstream_Threads(t *testing.T) {
	newTree(t) // counts the goroutines
	goes(10, func(int) {
		var order []int
		err := greenlet.Run(func(main *gl) error {
			g := main.New(func(int) (int, error) {
				order = append(order, 1)
				main.Switch(0)
				order = append(order, 3)
				return 7, nil
			})
			order = append(order, 0)
			g.Switch(0)
			order = append(order, 2)
			arrives(t, "the end", 7, nil)(g.Switch(0))
			order = append(order, 4)
			return nil
		})
		equal(t, "Run", err, nil)
		for i, n := range order {
			equal(t, "order", n, i)
		}
		equal(t, "steps", len(order), 5)
	})
}

// Owners switch in their trees while as many strangers try to.
func TestUpstream_SwitchingManyThreads(t *testing.T) {
	needExact(t)
	newTree(t) // counts the goroutines
	const owners = 16
	rounds := 20
	if testing.Short() {
		rounds = 5
	}
	for range rounds {
		var refused, own atomic.Int64
		goes(owners, func(int) {
			greenlet.Run(func(main *gl) error {
				g := main.New(parks(main))
				g.Switch(0)
				gone := main.New(identity)
				gone.Switch(0)
				targets := []*gl{main, g, gone, main.New(identity)}
				var strangers sync.WaitGroup
				strangers.Go(func() {
					for i := range 100 {
						x := targets[i%len(targets)]
						panics(t, func() { x.Switch(-1) }, "Switch called on goroutine")
						panics(t, func() { x.Throw(errA) }, "Throw called on goroutine")
						refused.Add(2)
					}
				})
				for i := range 1000 {
					arrives(t, "in its own tree", i, nil)(g.Switch(i))
					own.Add(1)
				}
				strangers.Wait()
				equal(t, "the unstarted one", targets[3].State(), greenlet.Pending)
				return nil
			})
		})
		equal(t, "refused", refused.Load(), owners*200)
		equal(t, "switches", own.Load(), owners*1000)
	}
}

func TestUpstream_ThreadBug(t *testing.T) {
	newTree(t) // counts the goroutines
	goes(2, func(i int) {
		wait := time.Duration(20+10*i) * time.Millisecond
		greenlet.Run(func(main *gl) error {
			start := time.Now()
			g := main.New(func(v int) (int, error) { time.Sleep(wait); return v, nil })
			arrives(t, "after a blocking sleep", i, nil)(g.Switch(i))
			if slept := time.Since(start); slept < wait {
				t.Errorf("slept %v of %v", slept, wait)
			}
			return nil
		})
	})
}

func TestUpstream_DeallocOtherThread(t *testing.T) {
	main := newTree(t)
	var seen []error
	here, drop, dropped := make(chan *gl), make(chan bool), make(chan bool)
	go func() {
		defer close(dropped)
		g := <-here
		<-drop
		equal(t, "it is held so far", g.Dead(), false)
	}()
	send(main, fmain(main, &seen, nil), here)
	for range 5 {
		collectGarbage()
		main.New(nil)
		equal(t, "seen while somebody elsewhere holds it", len(seen), 0)
	}
	close(drop)
	<-dropped
	echo := main.New(parks(main))
	for i := range 5 {
		collectGarbage()
		arrives(t, "a Switch unwinds nobody", i, nil)(echo.Switch(i))
		equal(t, "seen when nobody holds it", len(seen), 0)
	}
	collect(t, 1, func() int {
		main.New(nil)
		return len(seen)
	})
	equal(t, "what it saw", seen[0], greenlet.ErrExit)
}

// send starts a greenlet that parks, and sends the only handle away.
//
//go:noinline
func send(main *gl, run func(int) (int, error), to chan<- *gl) {
	g := main.New(run)
	g.Switch(0)
	to <- g
}

func TestUpstream_ThrowToDeadThread(t *testing.T) {
	needExact(t)
	before := goroutineCount()
	var main, g *gl
	ended := false
	apart(func() {
		main = greenlet.Main[int]()
		g = main.New(func(v int) (int, error) {
			defer func() { ended = true }()
			return main.Switch(v)
		})
		g.Switch(0)
	})
	panics(t, func() { g.Throw(errA) }, "Throw called on goroutine ", "made at ", "/upstream_goroutines_test.go:")
	equal(t, "ended", ended, false)
	equal(t, "Dead", g.Dead(), false)
	// Unlike a thread that has exited, the tree can still be taken over.
	main.Adopt()
	equal(t, "it has its stack still", len(g.Stack()) > 0, true)
	arrives(t, "Throw", 0, errA)(g.Throw(errA))
	equal(t, "ended", ended, true)
	equal(t, "Close", main.Close(), nil)
	goroutinesBack(t, before)
}

func TestUpstream_ThrowToDeadThreadWait(t *testing.T) {
	before := goroutineCount()
	var main, suspended, dead *gl
	apart(func() {
		greenlet.Run(func(m *gl) error {
			main = m
			suspended, dead = m.New(parks(m)), m.New(identity)
			suspended.Switch(0)
			dead.Switch(0)
			return nil
		})
	})
	for _, g := range []*gl{main, suspended, dead} {
		arrives(t, "Throw", 0, greenlet.ErrClosed)(g.Throw(errA))
		arrives(t, "Switch", 0, greenlet.ErrClosed)(g.Switch(1))
		equal(t, "stack", len(g.Stack()), 0)
		equal(t, "Dead", g.Dead(), true)
	}
	goroutinesBack(t, before)
}

// What runs between a first switch and the run function, a tracer, cannot move the greenlet to another tree.
func TestUpstream_UnexpectedReparenting(t *testing.T) {
	main := newTree(t)
	live := newTree(t)
	closed := greenlet.Main[int]()
	closed.Close()
	tried := 0
	var g *gl
	main.Trace(func(e event) error {
		if e.Start {
			tried++
			equal(t, "to a closed tree", g.SetParent(closed), greenlet.ErrClosed)
			equal(t, "to a live tree", g.SetParent(live), greenlet.ErrTree)
			equal(t, "Parent", g.Parent(), main)
		}
		return nil
	})
	g = main.New(func(v int) (int, error) { return v * 2, nil })
	arrives(t, "g", 10, nil)(g.Switch(5))
	equal(t, "starts", tried, 1)
}

// New unwinds abandoned greenlets on its way, which run code of their own meanwhile.
func TestUpstream_ImplicitParent(t *testing.T) {
	main := newTree(t)
	var inside *gl
	other := main.New(parks(main))
	other.Switch(0)
	abandon(main, func(v int) (int, error) {
		defer func() { inside = main.Current() }()
		return main.Switch(v)
	})
	creator := main.New(nil)
	creator.SetRun(func(int) (int, error) {
		for range 1000 {
			collectGarbage()
			c, d := creator.New(identity), other.New(identity)
			equal(t, "Parent", c.Parent(), creator)
			equal(t, "Parent", d.Parent(), other)
			equal(t, "Current", main.Current(), creator)
			if inside != nil {
				return 1, nil
			}
		}
		return 0, nil
	})
	arrives(t, "something was unwound in a New", 1, nil)(creator.Switch(0))
}

// The end of a goroutine's tree ends its greenlets.
func TestUpstream_CleanupDuringThreadExit(t *testing.T) {
	before := goroutineCount()
	var log []string
	apart(func() {
		greenlet.Run(func(main *gl) error {
			g := main.New(func(v int) (int, error) {
				defer func() { log = append(log, "deferred") }()
				v, err := main.Switch(v)
				log = append(log, err.Error())
				return v, err
			})
			arrives(t, "parked", 3, nil)(g.Switch(3))
			return nil
		})
		log = append(log, "end of the goroutine")
	})
	equal(t, "steps", len(log), 3)
	for i, want := range []string{greenlet.ErrExit.Error(), "deferred", "end of the goroutine"} {
		equal(t, "step", log[i], want)
	}
	goroutinesBack(t, before)
}
