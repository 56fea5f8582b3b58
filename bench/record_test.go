package bench

import (
	"testing"

	"github.com/go-greenlet/greenlet"
)

// BenchmarkRecord is BenchmarkSwitch in a tree that does not record, and in one that does. One operation is one hand-over.
func BenchmarkRecord(b *testing.B) {
	here := func(f func()) { f() }
	b.Run("off", func(b *testing.B) { handOver(b, here) })
	b.Run("recorded", func(b *testing.B) { handOver(b, here, greenlet.Record()) })
}
