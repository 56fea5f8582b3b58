package bench

import (
	"iter"
	"runtime"
	"testing"

	"github.com/go-greenlet/greenlet"
)

func perSwitch(b *testing.B, switches int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(switches), "ns/switch")
}

func BenchmarkSwitch(b *testing.B) {
	b.Run("greenlet", func(b *testing.B) {
		b.ReportAllocs()
		main := greenlet.Main[int]()
		defer main.Close()
		g := main.New(func(v int) (int, error) {
			for {
				v, _ = main.Switch(v)
			}
		})
		g.Switch(0)
		b.ResetTimer()
		for i := 0; i < b.N; i += 2 {
			g.Switch(i)
		}
		b.StopTimer()
		perSwitch(b, b.N)
	})
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
		perSwitch(b, b.N)
	})
	b.Run("channel", func(b *testing.B) {
		b.ReportAllocs()
		to, from := make(chan int), make(chan int)
		go func() {
			for v := range to {
				from <- v
			}
			close(from)
		}()
		b.ResetTimer()
		for i := 0; i < b.N; i += 2 {
			to <- i
			<-from
		}
		b.StopTimer()
		close(to)
		perSwitch(b, b.N)
	})
}

func BenchmarkSpawn(b *testing.B) {
	b.Run("greenlet", func(b *testing.B) {
		b.ReportAllocs()
		main := greenlet.Main[int]()
		defer main.Close()
		run := func(v int) (int, error) { return v, nil }
		for i := 0; i < b.N; i++ {
			main.New(run).Switch(i)
		}
	})
	b.Run("iter.Pull", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; i < b.N; i++ {
			next, _ := iter.Pull(func(yield func(int) bool) {})
			next()
		}
	})
	b.Run("go", func(b *testing.B) {
		b.ReportAllocs()
		ch := make(chan int)
		for i := 0; i < b.N; i++ {
			go func() { ch <- i }()
			<-ch
		}
	})
}

func BenchmarkSpawnPark(b *testing.B) {
	spawnPark := func(opts ...greenlet.Option) func(b *testing.B) {
		return func(b *testing.B) {
			b.ReportAllocs()
			main := greenlet.Main[int](opts...)
			defer main.Close()
			run := func(v int) (int, error) { return main.Switch(v) }
			for i := 0; i < b.N; i++ {
				g := main.New(run)
				g.Switch(i)
				g.Switch(i)
			}
		}
	}
	b.Run("greenlet", spawnPark())
	b.Run("nocollect", spawnPark(greenlet.NoCollect()))
	b.Run("iter.Pull", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; i < b.N; i++ {
			next, _ := iter.Pull(func(yield func(int) bool) { yield(1) })
			next()
			next()
		}
	})
	b.Run("go", func(b *testing.B) {
		b.ReportAllocs()
		to, from := make(chan int), make(chan int)
		for i := 0; i < b.N; i++ {
			go func() { from <- <-to; from <- <-to }()
			to <- i
			<-from
			to <- i
			<-from
		}
	})
}

var _ = runtime.NumGoroutine
