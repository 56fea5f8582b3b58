package bench

import (
	"testing"

	"github.com/go-greenlet/greenlet"
)

// BenchmarkRecord is BenchmarkSwitch in a tree that does not record, and in one that does. One operation is one hand-over.
func BenchmarkRecord(b *testing.B) {
	for name, opts := range map[string][]greenlet.Option{"off": nil, "recorded": {greenlet.Record()}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			main := greenlet.Main[int](opts...)
			defer main.Close()
			g := main.New(func(v int) (int, error) {
				var err error
				for err == nil {
					v, err = main.Switch(v)
				}
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
	}
}
