package bench

import (
	"iter"
	"testing"

	"github.com/go-greenlet/greenlet"
)

// perSwitch reports the time of a hand-over of control where the benchmark counts those as operations.
func perSwitch(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/switch")
}

// handOver hands control back and forth between main and a greenlet. The greenlet does so in a call by below.
func handOver(b *testing.B, below func(func()), opts ...greenlet.Option) {
	b.ReportAllocs()
	main := greenlet.Main[int](opts...)
	defer main.Close()
	g := main.New(func(v int) (int, error) {
		var err error
		below(func() {
			for err == nil {
				v, err = main.Switch(v)
			}
		})
		return v, err
	})
	g.Switch(0)
	b.ResetTimer()
	for i := 0; i < b.N; i += 2 {
		g.Switch(i)
	}
	b.StopTimer()
	perSwitch(b)
}

// BenchmarkSwitch hands control and a value to another one and gets them back. One operation is one hand-over, half of
// the round trip.
func BenchmarkSwitch(b *testing.B) {
	b.Run("greenlet", func(b *testing.B) { handOver(b, func(f func()) { f() }) })
	b.Run("iter.Pull", func(b *testing.B) {
		b.ReportAllocs()
		next, stop := iter.Pull(func(yield func(int) bool) {
			for i := 0; yield(i); i++ {
			}
		})
		defer stop()
		next()
		b.ResetTimer()
		for i := 0; i < b.N; i += 2 {
			next()
		}
		b.StopTimer()
		perSwitch(b)
	})
	b.Run("channel", func(b *testing.B) {
		b.ReportAllocs()
		to, from := make(chan int), make(chan int)
		go func() {
			for v := range to {
				from <- v
			}
		}()
		b.ResetTimer()
		for i := 0; i < b.N; i += 2 {
			to <- i
			<-from
		}
		b.StopTimer()
		close(to)
		perSwitch(b)
	})
}
