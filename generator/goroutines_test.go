package generator_test

import (
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/generator"
	"go.uber.org/goleak"
)

func TestHandOverBetweenGoroutines(t *testing.T) {
	sub := generator.New(count(50))
	sub.Next()
	g := generator.New(func(y *yielder) error { // alone, then with two stacks
		if err := count(50)(y); err != nil {
			return err
		}
		return y.From(sub)
	})
	var mu sync.Mutex
	var wg sync.WaitGroup
	got := 0
	for range 8 {
		wg.Go(func() {
			for {
				mu.Lock()
				_, ok := g.Next()
				if ok {
					got++
				}
				mu.Unlock()
				if !ok {
					return
				}
				runtime.Gosched()
			}
		})
	}
	wg.Wait()
	expect(t, "values", got, 99)
	goleak.VerifyNone(t)
}

func TestStartedHereClosedThere(t *testing.T) {
	g := generator.New(count(3))
	g.Next()
	call(func() { expectNext(t, 1)(g.Next()) })
	call(func() { expect(t, "Close", g.Close(), nil) })
	expectOver[int](t)(g.Next())
	goleak.VerifyNone(t)
}

func TestUnderAThreadLock(t *testing.T) {
	call(func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		g := generator.New(count(3))
		g.Next()
		expectNext(t, 1)(g.Next())
		expect(t, "Close", g.Close(), nil)
		g = generator.New(count(3))
		g.Next()
		n := 0
		for range g.All() {
			n++
		}
		expect(t, "values", n, 2)
	})
	goleak.VerifyNone(t)
}

func TestInASynctestBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := generator.New(func(y *yielder) error {
			for i := range 3 {
				time.Sleep(time.Hour)
				if _, err := y.Yield(i); err != nil {
					return err
				}
			}
			return nil
		})
		begin := time.Now()
		g.Next()
		done := make(chan struct{})
		go func() {
			expectNext(t, 1)(g.Next())
			close(done)
		}()
		<-done
		expect(t, "Close", g.Close(), nil)
		expect(t, "time", time.Since(begin), 2*time.Hour)
	})
}

func TestInsideGreenlets(t *testing.T) {
	// The body switches in the tree of the greenlet that consumes, and the consumer is closed meanwhile.
	var err error
	var g *gen
	runErr := greenlet.Run(func(main *greenlet.Greenlet[int]) error {
		consumer := main.New(func(int) (int, error) {
			g = generator.New(func(y *yielder) error {
				v, err := main.Switch(1)
				if err != nil {
					return err
				}
				y.Yield(v)
				_, err = main.Switch(2)
				return err
			})
			v, _ := g.Next()
			g.Next()
			err = g.Err()
			return v, nil
		})
		if v, _ := consumer.Switch(0); v != 1 {
			t.Errorf("got %d", v)
		}
		panics(t, "Next of a generator that is running", func() { g.Next() })
		if v, _ := consumer.Switch(7); v != 2 {
			t.Errorf("got %d", v)
		}
		_, err := consumer.Throw(errA)
		return err
	})
	expect(t, "Run", runErr, nil)
	expect(t, "Err", err, errA)
	goleak.VerifyNone(t)
}

// collected runs the collector until done is closed.
func collected(t *testing.T, done <-chan struct{}) {
	t.Helper()
	for range 200 {
		runtime.GC()
		select {
		case <-done:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Error("nothing was collected")
}

//go:noinline
func abandon(g *gen) { g.Next() }

func TestAbandonedIsClosedWithCollect(t *testing.T) {
	done := make(chan struct{})
	abandon(generator.New(func(y *yielder) error {
		defer close(done)
		_, err := y.Yield(1)
		expect(t, "error at Yield", err, greenlet.ErrExit)
		return err
	}, generator.Collect()))
	collected(t, done)
	goleak.VerifyNone(t)
}

func TestAbandonedWithADelegateIsClosedAsOne(t *testing.T) {
	done := make(chan struct{})
	var log []string
	abandon(func() *gen {
		sub := generator.New(func(y *yielder) error {
			defer func() { log = append(log, "inner") }()
			y.Yield(0)
			return count(3)(y)
		}, generator.Collect())
		sub.Next()
		return generator.New(func(y *yielder) error {
			defer close(done)
			defer func() { log = append(log, "outer") }()
			return y.From(sub)
		}, generator.Collect())
	}())
	collected(t, done)
	expectSlice(t, "log", log, []string{"inner", "outer"})
	goleak.VerifyNone(t)
}

func TestLentIsNotCollected(t *testing.T) {
	var g *gen
	func() {
		sub := generator.New(count(3), generator.Collect())
		sub.Next()
		g = generator.New(func(y *yielder) error {
			s := sub
			sub = nil
			return y.From(s)
		})
		g.Next()
	}()
	for range 3 {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	expectNext(t, 2)(g.Next())
	g.Close()
	goleak.VerifyNone(t)
}

func TestInUseIsNotCollected(t *testing.T) {
	n := 0
	g := generator.New(func(y *yielder) error {
		for range 3 {
			runtime.GC()
			time.Sleep(time.Millisecond)
			n++
			y.Yield(n)
		}
		return nil
	}, generator.Collect())
	g.Next()
	for range g.All() {
	}
	expect(t, "values", n, 3)
	goleak.VerifyNone(t)
}

func TestAFailureOfAnAbandonedOneIsReported(t *testing.T) {
	done := make(chan struct{})
	var got error
	abandon(generator.New(func(y *yielder) error {
		y.Yield(1)
		return errA
	}, generator.Collect(), generator.OnUnraisable(func(err error) {
		got = err
		close(done)
	})))
	collected(t, done)
	expect(t, "error", got, errA)
}

func TestAFailureOfAnAbandonedOneIsPrinted(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr := os.Stderr
	os.Stderr = w
	defer func() { os.Stderr = stderr }()
	done := make(chan struct{})
	var line []byte
	go func() {
		defer close(done)
		line = make([]byte, 1000)
		n, _ := io.ReadAtLeast(r, line, 10)
		line = line[:n]
	}()
	abandon(generator.New(func(y *yielder) error {
		y.Yield(1)
		panic("boom")
	}, generator.Collect()))
	collected(t, done)
	expect(t, "output", string(line), "generator: one that was abandoned ended with: panic in generator: boom\n")
	if strings.Count(string(line), "\n") != 1 {
		t.Error("more than a line")
	}
	w.Close()
	r.Close()
}

func TestAbandonedStaysWithoutCollect(t *testing.T) {
	var y *yielder
	abandon(generator.New(func(inner *yielder) error {
		y = inner
		return count(3)(inner)
	}))
	runtime.GC()
	runtime.GC()
	if goleak.Find() == nil {
		t.Error("its goroutine is gone")
	}
	generator.Revive(y).Close()
	goleak.VerifyNone(t)
}
