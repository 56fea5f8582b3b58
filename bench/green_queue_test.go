package bench

import (
	"sync"
	"testing"

	"github.com/go-greenlet/greenlet/green"
)

// inHub runs f as the main task of a hub.
func inHub(b *testing.B, f func(h *green.Hub) error) {
	b.ReportAllocs()
	if err := green.Run(func(h *green.Hub) error { return f(h) }); err != nil {
		b.Fatal(err)
	}
}

// benchmarkHandover sends b.N values through a queue, or channel, of the given size to one that takes them.
func benchmarkHandover(b *testing.B, size int) {
	b.Run("green", func(b *testing.B) {
		inHub(b, func(h *green.Hub) error {
			q := green.NewQueue[int](h, size)
			h.Go(func() error {
				for range q.All() {
				}
				return nil
			})
			for i := range b.N {
				if err := q.Put(i); err != nil {
					return err
				}
			}
			q.Shutdown()
			return nil
		})
	})
	b.Run("channel", func(b *testing.B) {
		b.ReportAllocs()
		c := make(chan int, size)
		var wg sync.WaitGroup
		wg.Go(func() {
			for range c {
			}
		})
		for i := range b.N {
			c <- i
		}
		close(c)
		wg.Wait()
	})
}

// BenchmarkQueue passes values from one task to another through a hundred places.
func BenchmarkQueue(b *testing.B) { benchmarkHandover(b, 100) }

// BenchmarkQueueRendezvous passes values from hand to hand.
func BenchmarkQueueRendezvous(b *testing.B) { benchmarkHandover(b, 0) }

// BenchmarkPool runs b.N tasks that do nothing, a hundred at a time.
func BenchmarkPool(b *testing.B) {
	const size = 100
	b.Run("green", func(b *testing.B) {
		inHub(b, func(h *green.Hub) error {
			p := green.NewPool(h, size)
			n := 0
			for range b.N {
				if _, err := p.Go(func() error { n++; return nil }); err != nil {
					return err
				}
			}
			return p.Join()
		})
	})
	b.Run("goroutines", func(b *testing.B) {
		b.ReportAllocs()
		places := make(chan struct{}, size)
		var wg sync.WaitGroup
		for range b.N {
			places <- struct{}{}
			wg.Go(func() { <-places })
		}
		wg.Wait()
	})
}
