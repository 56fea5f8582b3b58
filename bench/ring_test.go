package bench

import (
	"iter"
	"testing"

	"github.com/go-greenlet/greenlet"
)

const ringSize = 100

// BenchmarkRing100 passes control around a ring of a hundred. One operation is one hand-over to the next.
func BenchmarkRing100(b *testing.B) {
	b.Run("greenlet", func(b *testing.B) {
		b.ReportAllocs()
		main := greenlet.Main[int]()
		defer main.Close()
		ring := make([]*greenlet.Greenlet[int], ringSize)
		for i := range ring {
			ring[i] = main.New(func(left int) (int, error) {
				for {
					if left <= 0 {
						left, _ = main.Switch(0)
						continue
					}
					left, _ = ring[(i+1)%ringSize].Switch(left - 1)
				}
			})
			ring[i].Switch(0)
		}
		b.ResetTimer()
		ring[0].Switch(b.N)
		b.StopTimer()
		perSwitch(b)
	})
	b.Run("iter.Pull", func(b *testing.B) {
		b.ReportAllocs()
		// A Pull coroutine can only go back to who called it, so the ring goes over a trampoline: each one yields the
		// number of the next.
		ring := make([]func() (int, bool), ringSize)
		for i := range ring {
			next, stop := iter.Pull(func(yield func(int) bool) {
				for yield((i + 1) % ringSize) {
				}
			})
			defer stop()
			ring[i] = next
			next()
		}
		b.ResetTimer()
		for i, at := 0, 0; i < b.N; i++ {
			at, _ = ring[at]()
		}
		b.StopTimer()
		perSwitch(b)
	})
	b.Run("channel", func(b *testing.B) {
		b.ReportAllocs()
		ring := make([]chan int, ringSize)
		for i := range ring {
			ring[i] = make(chan int)
		}
		done := make(chan bool)
		for i := range ring {
			go func() {
				in, out := ring[i], ring[(i+1)%ringSize]
				for left := range in {
					if left > 0 {
						out <- left - 1
					} else {
						done <- true
					}
				}
			}()
		}
		b.ResetTimer()
		ring[0] <- b.N
		<-done
		b.StopTimer()
		for _, c := range ring {
			close(c)
		}
		perSwitch(b)
	})
}

// BenchmarkChain100000 passes a value down a chain of a hundred thousand, each making and starting the next, and the
// result back up. One operation is one link.
func BenchmarkChain100000(b *testing.B) {
	const length = 100_000
	b.Run("greenlet", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			main := greenlet.Main[int]()
			var link func(v int) (int, error)
			link = func(v int) (int, error) {
				if v == length {
					return v, nil
				}
				return main.Current().New(link).Switch(v + 1)
			}
			if v, err := main.New(link).Switch(1); v != length || err != nil {
				b.Fatal(v, err)
			}
			main.Close()
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/length, "ns/link")
	})
}
