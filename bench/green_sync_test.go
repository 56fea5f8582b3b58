package bench

import (
	"runtime"
	"sync"
	"testing"

	"github.com/go-greenlet/greenlet/green"
	"golang.org/x/sync/errgroup"
)

// holders is how many pass one mutex round in BenchmarkMutexHandOver.
const holders = 4

// BenchmarkMutexHandOver has four that each lock a mutex, let the others come and queue up for it, and unlock it. One
// operation is one holder's turn.
func BenchmarkMutexHandOver(b *testing.B) {
	b.Run("green", func(b *testing.B) {
		inHub(b, func(h *green.Hub) error {
			m := h.NewMutex()
			left := b.N
			return h.Group(func(g *green.Group) error {
				for range holders {
					g.Go(func() error {
						for left > 0 {
							left--
							if err := m.Lock(); err != nil {
								return err
							}
							err := h.Yield()
							m.Unlock()
							if err != nil {
								return err
							}
						}
						return nil
					})
				}
				return nil
			})
		})
	})
	// A sync.Mutex lets whoever runs take it again, so not every turn is a hand-over.
	b.Run("sync.Mutex", func(b *testing.B) {
		b.ReportAllocs()
		var m sync.Mutex
		var wg sync.WaitGroup
		left := b.N
		for range holders {
			wg.Go(func() {
				for {
					m.Lock()
					left--
					over := left <= 0
					runtime.Gosched()
					m.Unlock()
					if over {
						return
					}
				}
			})
		}
		wg.Wait()
	})
	// A channel of one place is a mutex that hands over to the longest waiting, as green's does.
	b.Run("channel", func(b *testing.B) {
		b.ReportAllocs()
		turn := make(chan int)
		var wg sync.WaitGroup
		for range holders {
			wg.Go(func() {
				for left := range turn {
					if left <= 0 {
						close(turn)
						return
					}
					turn <- left - 1
				}
			})
		}
		turn <- b.N
		wg.Wait()
	})
}

// BenchmarkGroup100 runs a hundred tasks that do nothing in a group, and waits for them. One operation is one group.
func BenchmarkGroup100(b *testing.B) {
	const n = 100
	nothing := func() error { return nil }
	b.Run("green", func(b *testing.B) {
		inHub(b, func(h *green.Hub) error {
			for range b.N {
				if err := h.Group(func(g *green.Group) error {
					for range n {
						g.Go(nothing)
					}
					return nil
				}); err != nil {
					return err
				}
			}
			return nil
		})
	})
	b.Run("errgroup", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			var g errgroup.Group
			for range n {
				g.Go(nothing)
			}
			if err := g.Wait(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkSpawnJoin starts one that returns a number, and waits for the number.
func BenchmarkSpawnJoin(b *testing.B) {
	b.Run("green", func(b *testing.B) {
		inHub(b, func(h *green.Hub) error {
			for i := range b.N {
				if _, err := green.Spawn(h, func() (int, error) { return i, nil }).Get(); err != nil {
					return err
				}
			}
			return nil
		})
	})
	b.Run("goroutine", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			result := make(chan int)
			go func() { result <- i }()
			<-result
		}
	})
}
