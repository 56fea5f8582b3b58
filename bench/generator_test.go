package bench

import (
	"iter"
	"testing"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/generator"
)

// BenchmarkGenerator takes values from a generator, one an operation.
func BenchmarkGenerator(b *testing.B) {
	count := func(y *generator.Yielder[int, struct{}]) error {
		for i := 0; ; i++ {
			if _, err := y.Yield(i); err != nil {
				return err
			}
		}
	}
	b.Run("generator", func(b *testing.B) {
		b.ReportAllocs()
		g := generator.New(count)
		defer g.Close()
		g.Next()
		b.ResetTimer()
		for range b.N {
			g.Next()
		}
	})
	b.Run("all", func(b *testing.B) {
		b.ReportAllocs()
		left := b.N
		for range generator.New(count).All() {
			if left--; left <= 0 {
				break
			}
		}
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
		for range b.N {
			next()
		}
	})
}

// BenchmarkThrow throws an error into a greenlet that switches back. One operation is both.
func BenchmarkThrow(b *testing.B) {
	b.Run("greenlet", func(b *testing.B) {
		b.ReportAllocs()
		main := greenlet.Main[int]()
		defer main.Close()
		thrown := greenlet.ErrNoRun // any error
		g := main.New(func(int) (int, error) {
			for {
				if _, err := main.Switch(0); err != thrown {
					return 0, err
				}
			}
		})
		g.Switch(0)
		b.ResetTimer()
		for range b.N {
			g.Throw(thrown)
		}
	})
}
