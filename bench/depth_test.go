package bench

import (
	"iter"
	"testing"

	"github.com/go-greenlet/greenlet"
)

const depth = 400

// atDepth calls f below n more calls.
//
//go:noinline
func atDepth(n int, f func()) int {
	if n == 0 {
		f()
		return 0
	}
	return atDepth(n-1, f) + 1
}

// BenchmarkSwitchDepth400 is BenchmarkSwitch from below four hundred calls.
func BenchmarkSwitchDepth400(b *testing.B) {
	b.Run("greenlet", func(b *testing.B) {
		b.ReportAllocs()
		main := greenlet.Main[int]()
		defer main.Close()
		g := main.New(func(v int) (int, error) {
			var err error
			atDepth(depth, func() {
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
	})
	b.Run("iter.Pull", func(b *testing.B) {
		b.ReportAllocs()
		next, stop := iter.Pull(func(yield func(int) bool) {
			atDepth(depth, func() {
				for i := 0; yield(i); i++ {
				}
			})
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
}
