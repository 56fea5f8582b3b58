// Ratio reads the output of "go test -bench" and prints the median of each figure, and its ratio to the same figure of
// the contenders that are not this project's. Where there is a target for a ratio, it says whether that is met.
//
//	go test -bench . -count 5 | go run ./ratio
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"golang.org/x/perf/benchfmt"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "ratio:", err)
		os.Exit(1)
	}
}

// ours are the contenders that are measured against the others.
var ours = []string{"greenlet", "nocollect", "recorded", "generator", "all", "tasklet", "green"}

// A target is how many times the figure of another contender ours may be, at most. The other one may be ours, too.
type target struct {
	benchmark, who, other string
	most                  float64
}

// targets are of times. A missed one is printed and fails nothing: a busy machine misses them.
var targets = []target{
	{"Schedule", "tasklet", "greenlet", 1.3},
	{"Rendezvous", "tasklet", "channel", 0.9},
	{"Buffered", "tasklet", "channel", 0.5},
	{"Ring10000", "tasklet", "channel", 0.7},
}

// A contender is one sub-benchmark: the figures that its runs reported, by unit.
type contender struct {
	name    string
	figures map[string][]float64
}

// A benchmark is its contenders in the order in which they ran.
type benchmark struct {
	name       string
	contenders []*contender
}

func run(in io.Reader, out io.Writer) error {
	benchmarks, err := read(in)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, b := range benchmarks {
		for _, c := range b.contenders {
			for _, unit := range units(c) {
				line := fmt.Sprintf("%s\t%s\t%.4g %s\t%s\n", b.name, c.name, median(c.figures[unit]), unit, b.ratios(c, unit))
				// The writer takes a byte 0xff for a mark of its own.
				io.WriteString(w, strings.ToValidUTF8(line, "\ufffd"))
			}
		}
	}
	return w.Flush()
}

// read collects the results. It fails if there are none, or if a benchmark failed.
func read(in io.Reader) ([]*benchmark, error) {
	var all []*benchmark
	r := benchfmt.NewReader(in, "standard input")
	for r.Scan() {
		switch rec := r.Result().(type) {
		case *benchfmt.SyntaxError:
			return nil, rec
		case *benchfmt.Result:
			name, parts := rec.Name.Parts()
			if len(parts) == 0 || parts[0][0] != '/' {
				continue
			}
			c := find(&all, string(name), string(parts[0][1:]))
			for _, v := range rec.Values {
				value, unit := v.Value, v.Unit
				if v.OrigUnit != "" {
					value, unit = v.OrigValue, v.OrigUnit
				}
				c.figures[unit] = append(c.figures[unit], value)
			}
		}
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errors.New("no benchmark results on standard input; pipe the output of go test -bench here")
	}
	return all, nil
}

func find(all *[]*benchmark, name, who string) *contender {
	i := slices.IndexFunc(*all, func(b *benchmark) bool { return b.name == name })
	if i < 0 {
		i = len(*all)
		*all = append(*all, &benchmark{name: name})
	}
	b := (*all)[i]
	j := slices.IndexFunc(b.contenders, func(c *contender) bool { return c.name == who })
	if j < 0 {
		j = len(b.contenders)
		b.contenders = append(b.contenders, &contender{who, map[string][]float64{}})
	}
	return b.contenders[j]
}

// units returns the units to show of c: the benchmark's own ones in place of ns/op, and allocations where there are some.
func units(c *contender) []string {
	var us []string
	own := false
	for u := range c.figures {
		own = own || strings.HasPrefix(u, "ns/") && u != "ns/op"
	}
	for u, v := range c.figures {
		if u == "B/op" || u == "ns/op" && own || u == "allocs/op" && median(v) == 0 {
			continue
		}
		us = append(us, u)
	}
	slices.SortFunc(us, func(a, b string) int { return strings.Compare(b, a) }) // times first
	return us
}

// ratios returns the ratios of c's figure to those of the others, if c is ours.
func (b *benchmark) ratios(c *contender, unit string) string {
	if !slices.Contains(ours, c.name) {
		return ""
	}
	var rs []string
	for _, other := range b.contenders {
		v := other.figures[unit]
		aim := b.target(c, other)
		if len(v) == 0 || median(v) <= 0 || slices.Contains(ours, other.name) && aim == nil {
			continue
		}
		x := median(c.figures[unit]) / median(v)
		r := fmt.Sprintf("%.2f x %s", x, other.name)
		if aim != nil && strings.HasPrefix(unit, "ns/") {
			r += fmt.Sprintf(" (at most %.2f: %s)", aim.most, aim.verdict(x))
		}
		rs = append(rs, r)
	}
	return strings.Join(rs, ", ")
}

// target returns the target for the ratio of c to other, or nil.
func (b *benchmark) target(c, other *contender) *target {
	for i := range targets {
		if t := &targets[i]; t.benchmark == b.name && t.who == c.name && t.other == other.name {
			return t
		}
	}
	return nil
}

func (t *target) verdict(x float64) string {
	if x > t.most {
		return "missed"
	}
	return "met"
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}
