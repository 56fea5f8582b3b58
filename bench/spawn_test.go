package bench

import (
	"iter"
	"testing"

	"github.com/go-greenlet/greenlet"
)

// result keeps what would otherwise be unused.
var result int

// BenchmarkSpawn creates one, runs it to its end and gets its result.
func BenchmarkSpawn(b *testing.B) {
	b.Run("greenlet", func(b *testing.B) {
		b.ReportAllocs()
		main := greenlet.Main[int]()
		defer main.Close()
		run := func(v int) (int, error) { return v, nil }
		for i := range b.N {
			main.New(run).Switch(i)
		}
	})
	b.Run("iter.Pull", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			next, _ := iter.Pull(func(func(int) bool) { result = i })
			next()
		}
	})
	b.Run("go", func(b *testing.B) {
		b.ReportAllocs()
		result := make(chan int)
		for i := range b.N {
			go func() { result <- i }()
			<-result
		}
	})
}

// BenchmarkSpawnPark is BenchmarkSpawn with one stop on the way: each hands out one value, waits to be resumed with
// another, and ends with that as its result.
func BenchmarkSpawnPark(b *testing.B) {
	greenlets := func(opts ...greenlet.Option) func(b *testing.B) {
		return func(b *testing.B) {
			b.ReportAllocs()
			main := greenlet.Main[int](opts...)
			defer main.Close()
			run := func(v int) (int, error) { return main.Switch(v) }
			for i := range b.N {
				g := main.New(run)
				g.Switch(i)
				g.Switch(i)
			}
		}
	}
	b.Run("greenlet", greenlets())
	b.Run("nocollect", greenlets(greenlet.NoCollect()))
	b.Run("iter.Pull", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			next, _ := iter.Pull(func(yield func(int) bool) {
				yield(i)
				result = i
			})
			next()
			next()
		}
	})
	b.Run("go", func(b *testing.B) {
		b.ReportAllocs()
		to, from := make(chan int), make(chan int)
		for i := range b.N {
			go func() {
				from <- i
				from <- <-to
			}()
			<-from
			to <- i
			<-from
		}
	})
}
