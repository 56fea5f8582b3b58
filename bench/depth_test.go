package bench

import (
	"iter"
	"testing"
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
	b.Run("greenlet", func(b *testing.B) { handOver(b, func(f func()) { atDepth(depth, f) }) })
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
