package greenlet_test

import (
	"errors"
	"fmt"
	"math/rand"
	"runtime"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet"
)

func TestSmoke(t *testing.T) {
	before := runtime.NumGoroutine()
	rng := rand.New(rand.NewSource(1))
	err := greenlet.Run(func(main *greenlet.Greenlet[int]) error {
		var gs []*greenlet.Greenlet[int]
		E := errors.New("E")
		for i := 0; i < 20000; i++ {
			func() {
				defer func() {
					if p := recover(); p != nil {
						if pe, ok := p.(*greenlet.PanicError); !ok || pe.Value != "boom" {
							panic(p)
						}
					}
				}()
				mode := rng.Intn(6)
				g := main.New(func(v int) (int, error) {
					for j := 0; j < mode; j++ {
						if _, err := main.Switch(v); err != nil && mode != 3 {
							return 0, err
						}
					}
					switch mode {
					case 1:
						return 0, E
					case 2:
						panic("boom")
					case 4:
						parent := main.Current()
						var c *greenlet.Greenlet[int]
						c = main.New(func(int) (int, error) {
							defer func() {}()
							main.Current().SetParent(parent)
							runtime.Goexit()
							return 0, nil
						})
						c.SetParent(parent)
						main.Current().SetParent(main.New(func(int) (int, error) { return 7, nil }))
						if rng.Intn(2) == 0 {
							main.Current().Close()
						}
					}
					return v, nil
				})
				g.Switch(i)
				gs = append(gs, g)
				if len(gs) > 100 {
					k := rng.Intn(len(gs))
					x := gs[k]
					switch rng.Intn(5) {
					case 0:
						x.Close()
					case 1:
						x.Throw(nil)
					case 2:
						x.Throw(E)
					case 4:
						x.Stack()
						x.Switch(4)
						for range main.All() {
						}
					}
					gs[k] = gs[len(gs)-1]
					gs = gs[:len(gs)-1]
				}
				if i%5000 == 0 {
					runtime.GC()
				}
			}()
		}
		return nil
	})
	fmt.Println(err)
	time.Sleep(10 * time.Millisecond)
	if n := runtime.NumGoroutine(); n != before {
		buf := make([]byte, 1<<16)
		t.Fatalf("%d goroutines, %d before\n%s", n, before, buf[:runtime.Stack(buf, true)])
	}
}

func TestGoexits(t *testing.T) {
	before := runtime.NumGoroutine()
	done := make(chan bool)
	go func() {
		defer close(done)
		main := greenlet.Main[int]()
		defer main.Close()
		// some parked strangers
		var gs []*greenlet.Greenlet[int]
		for i := 0; i < 10; i++ {
			g := main.New(func(v int) (int, error) {
				for {
					gs[rand.Intn(len(gs))].Switch(v)
				}
			})
			gs = append(gs, g)
		}
		gs = append(gs, main)
		for i := 0; i < 1000; i++ {
			gs[rand.Intn(len(gs))].Switch(i)
			func() {
				g := main.New(func(v int) (int, error) {
					defer main.Switch(1)
					main.Switch(1)
					return 1, nil
				})
				g.Switch(1)
				g.Close()
			}()
		}
		main.New(func(v int) (int, error) {
			main.New(func(v int) (int, error) { runtime.Goexit(); return 1, nil }).Switch(1)
			panic("x")
		}).Switch(1)
		panic("no")
	}()
	<-done
	time.Sleep(10 * time.Millisecond)
	if n := runtime.NumGoroutine(); n != before {
		buf := make([]byte, 1<<16)
		t.Fatalf("%d goroutines, %d before\n%s", n, before, buf[:runtime.Stack(buf, true)])
	}
}
