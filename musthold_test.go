package greenlet_test

import (
	"errors"
	"math/rand"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-greenlet/greenlet"
	"go.uber.org/goleak"
)

// TestHundredThousandEnds drops, kills, closes, panics and Goexits many greenlets in random order.
func TestHundredThousandEnds(t *testing.T) {
	n := 100_000
	if raceEnabled || testing.Short() {
		n = 5_000
	}
	before := runtime.NumGoroutine()
	told := 0
	started := 0
	apart(func() {
		main := greenlet.Main[int](greenlet.OnUnraisable(func(greenlet.Info, error) { told++ }))
		defer func() { main.Close() }()
		rng := rand.New(rand.NewSource(1))
		var held, kept []*gl
		body := func(v int) (int, error) {
			how := rng.Intn(10)
			for range rng.Intn(3) {
				var err error
				if v, err = main.Switch(v); err != nil && how != 9 {
					return v, err
				}
			}
			switch how {
			case 0:
				panic(errA)
			case 1:
				return v, errB
			case 2:
				// A Goexit that goes no further than a greenlet made for it, which stays in a deferred call.
				goner := main.New(func(int) (int, error) { runtime.Goexit(); return 0, nil })
				keeper := main.New(func(int) (int, error) {
					goner.SetParent(main.Current())
					defer main.Switch(v)
					return goner.Switch(0)
				})
				keeper.Switch(0)
				switch rng.Intn(3) {
				case 0:
					keeper.Close()
				case 1:
					kept = append(kept, keeper) // until main closes
				}
			}
			return v, nil
		}
		try := func(f func()) {
			if p := recovered(f); p != nil {
				if e, ok := p.(*greenlet.PanicError); !ok || !errors.Is(e, errA) {
					t.Fatalf("panic with %v", p)
				}
			}
		}
		for range n {
			started++
			g := main.New(body)
			try(func() { g.Switch(started) })
			held = append(held, g)
			if len(held) < 50 {
				continue
			}
			k := rng.Intn(len(held))
			g = held[k]
			held[k] = held[len(held)-1]
			held = held[:len(held)-1]
			switch rng.Intn(5) {
			case 0: // dropped
			case 1:
				try(func() { g.Throw(nil) })
			case 2:
				try(func() { g.Throw(errB) })
			case 3:
				g.Close()
			case 4:
				try(func() { g.Switch(0) })
			}
			if started%(n/10) == 0 {
				runtime.GC()
			}
		}
		main.New(func(int) (int, error) { runtime.Goexit(); return 0, nil }).Switch(0)
	})
	equal(t, "started", started, n)
	goroutinesBack(t, before)
}

// TestManyAbandoned finds all of many that nobody holds within a few collections.
func TestManyAbandoned(t *testing.T) {
	n := 20_000
	if raceEnabled || testing.Short() {
		n = 1_000
	}
	main := newTree(t)
	ended := 0
	for range n {
		abandon(main, func(v int) (int, error) {
			defer func() { ended++ }()
			return main.Switch(v)
		})
	}
	const limit = 5
	for range limit {
		runtime.GC()
		for last := time.Now(); ended < n && time.Since(last) < time.Second; runtime.Gosched() {
			if main.Reap() > 0 {
				last = time.Now()
			}
		}
	}
	if ended < n {
		t.Errorf("%d of %d found in %d collections", ended, n, limit)
	}
}

// TestTwoTreesBothUsable shows that one goroutine's trees do not get in each other's way however they are interleaved.
func TestTwoTreesBothUsable(t *testing.T) {
	a, b := newTree(t), newTree(t)
	ga := a.New(func(v int) (int, error) {
		for {
			w, err := b.New(parks(b)).Switch(v)
			if err != nil {
				return 0, err
			}
			if v, err = a.Switch(w); err != nil {
				return 0, err
			}
		}
	})
	for i := range 100 {
		arrives(t, "through both", i, nil)(ga.Switch(i))
	}
	equal(t, "Close", b.Close(), nil)
	p := raised(t, func() { ga.Switch(1) })
	equal(t, "panic", p.Value, any("greenlet: New in a closed tree; make a new tree with Main or Run"))
}

func TestSynctestBubbleOfTree(t *testing.T) { defer goleak.VerifyNone(t); bubble(t) }

func TestContract_C74_Bubble(t *testing.T) { bubble(t) }

func bubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		main := greenlet.Main[int]()
		start := time.Now()
		var woke time.Duration
		g := main.New(func(v int) (int, error) {
			time.Sleep(time.Hour) // of the bubble
			woke = time.Since(start)
			return main.Switch(v)
		})
		arrives(t, "Switch", 1, nil)(g.Switch(1))
		equal(t, "slept", woke, time.Hour)
		for range 20 {
			abandon(main, parks(main))
		}
		for range 3 {
			runtime.GC()
			synctest.Wait()
		}
		main.Reap()
		raised(t, func() { main.New(func(int) (int, error) { panic(1) }).Switch(0) })
		main.New(func(int) (int, error) { defer main.Switch(0); runtime.Goexit(); return 0, nil }).Switch(0)
		done := make(chan bool)
		go func() {
			defer close(done)
			greenlet.Run(func(m *gl) error {
				arrives(t, "another tree of the bubble", 2, nil)(m.New(parks(m)).Switch(2))
				return nil
			})
		}()
		<-done
		equal(t, "Close", main.Close(), nil)
	})
}
