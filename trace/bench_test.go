package trace_test

import (
	"io"
	"testing"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/trace"
)

// BenchmarkRecord measures a switch, back and forth between two greenlets: alone, with a tracer that does nothing,
// and recorded. After a recording a switch costs what it did before.
func BenchmarkRecord(b *testing.B) {
	tests := []struct {
		name string
		prep func(main *greenlet.Greenlet[int])
	}{
		{"untraced", func(*greenlet.Greenlet[int]) {}},
		{"stopped", func(main *greenlet.Greenlet[int]) { trace.Attach(main).Stop() }},
		{"empty-tracer", func(main *greenlet.Greenlet[int]) {
			main.Trace(func(greenlet.Event[int]) error { return nil })
		}},
		{"recorded", func(main *greenlet.Greenlet[int]) { trace.Attach(main) }},
		{"recorded-last-1000", func(main *greenlet.Greenlet[int]) { trace.Attach(main, trace.Last(1000)) }},
		{"recorded-without-values", func(main *greenlet.Greenlet[int]) { trace.Attach(main, trace.NoValues()) }},
		{"recorded-as-text", func(main *greenlet.Greenlet[int]) { trace.Attach(main, trace.Snapshot()) }},
	}
	for _, test := range tests {
		b.Run(test.name, func(b *testing.B) {
			b.ReportAllocs()
			err := greenlet.Run(func(main *greenlet.Greenlet[int]) error {
				g := main.New(func(v int) (int, error) {
					for {
						v, _ = main.Switch(v)
					}
				})
				g.Switch(0)
				test.prep(main)
				for b.Loop() {
					g.Switch(1)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(2*b.N), "ns/switch")
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkWrite measures writing a million events.
func BenchmarkWrite(b *testing.B) {
	var r *trace.Recorder[int]
	err := greenlet.Run(func(main *greenlet.Greenlet[int]) error {
		g := main.New(func(v int) (int, error) {
			for {
				v, _ = main.Switch(v)
			}
		})
		r = trace.Attach(main)
		for i := range 500_000 {
			g.Switch(i)
		}
		r.Stop()
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	for name, write := range map[string]func(io.Writer) error{"chrome": r.WriteChrome, "html": r.WriteHTML} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := write(io.Discard); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
