package main

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzRatio reads anything. What is printed is text with a line for each figure, and does not change if every run was
// three times as long: a median of each result thrice is the median.
func FuzzRatio(f *testing.F) {
	f.Add(results)
	f.Add("PASS\n")
	f.Add("BenchmarkSwitch/greenlet-2   100  84.0 ns/op  42.0 ns/switch\nBenchmarkSwitch/go   100  0 ns/op  -1 ns/switch\n")
	f.Add("BenchmarkA/go 1 10 ns/op 3 allocs/op\nBenchmarkA/greenlet 1 2 ns/op 1 allocs/op\nBenchmarkA/greenlet 1 4 ns/op 0 allocs/op\r\n")
	f.Add("BenchmarkA/b/c-8 1 2 MB/s 1e3 B/op\ngoos: linux\nUnit ns/op better=lower\n--- FAIL: BenchmarkB\n")
	f.Add("BenchmarkA/greenlet 1 NaN ns/op\nBenchmarkA/all 1 Inf ns/op\nBenchmarkA/go 1 1e308 ns/op\n")
	f.Add("BenchmarkA/greenlet many ns/op\n")
	f.Add("Benchmark/\xff 1 2 \xff\n")
	f.Fuzz(func(t *testing.T, in string) {
		var out strings.Builder
		if err := run(strings.NewReader(in), &out); err != nil {
			return
		}
		benchmarks, err := read(strings.NewReader(in))
		if err != nil {
			t.Fatal(err)
		}
		figures := 0
		for _, b := range benchmarks {
			for _, c := range b.contenders {
				figures += len(units(c))
			}
		}
		if got := out.String(); strings.Count(got, "\n") != figures || !utf8.ValidString(got) {
			t.Errorf("%d figures, printed as %q", figures, got)
		}
		var thrice strings.Builder
		if err := run(strings.NewReader(strings.Repeat(in+"\n", 3)), &thrice); err != nil {
			t.Fatal(err)
		}
		if thrice.String() != out.String() {
			t.Errorf("got\n%s\nand, with every result thrice,\n%s", &out, &thrice)
		}
	})
}
