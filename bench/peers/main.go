// Peers measures the same work on this library and on other systems that switch between stacks, those that are
// installed, and prints a table with ratios. It is run in its own folder:
//
//	go run . [-docs ../../docs] [-rounds 5] [-time 100ms]
//
// With -docs it also writes benchmarks.md and charts into that folder. Each system has a program in a folder beside this
// file, which does one work N times and prints one line of JSON:
//
//	{"work": "switch", "n": 1000, "ns": 52000}
//	{"work": "memory", "n": 1000, "bytes": 2800000}
//	{"work": "chain", "n": 100000, "cannot": "C stack overflow"}
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

func main() {
	docs := flag.String("docs", "", "write benchmarks.md and images/bench-*.svg into this `folder`")
	rounds := flag.Int("rounds", 5, "how often each work is measured; the median counts")
	per := flag.Duration("time", 100*time.Millisecond, "about how long one measurement runs")
	flag.Parse()
	if err := compare(*docs, *rounds, *per, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func compare(docs string, rounds int, per time.Duration, out, progress io.Writer) error {
	dir, err := os.MkdirTemp("", "peers")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var installed []*peer
	for _, p := range peers {
		if err := p.find(p, dir); err != nil {
			if p.ours {
				return err
			}
			fmt.Fprintf(progress, "missing: %s (Debian package %s): %v\n", p.name, p.pkg, err)
			continue
		}
		installed = append(installed, p)
	}
	r := &results{peers: installed, rounds: rounds, per: per, start: time.Now()}
	m := measurer{run: execute, rounds: rounds, target: per}
	for _, w := range works {
		fmt.Fprintf(progress, "%4.0f s %s ", time.Since(r.start).Seconds(), w.name)
		r.add(w, m.measure(w, installed, func(p *peer) { fmt.Fprint(progress, ".") }))
		fmt.Fprintln(progress)
		if f := r.of(w, installed[0]); w.applies(installed[0]) && f.value == 0 {
			return fmt.Errorf("%s: %s: %s", installed[0].name, w.name, f.cannot)
		}
	}
	r.took = time.Since(r.start)

	fmt.Fprintln(out, "\nEach figure, and how many times ours it is: below 1 is faster (smaller) than ours.")
	fmt.Fprintf(out, "\n%s\n", plain(r.rows(worksOf(false))))
	fmt.Fprintf(out, "Tasks with a scheduler:\n\n%s\n", plain(r.rows(worksOf(true))))
	for _, w := range works {
		fmt.Fprintf(out, "%s: %s\n", w.title, strings.ReplaceAll(r.sides(w), "**", ""))
	}
	fmt.Fprintf(out, "\n%s\n", r.reasons())
	for _, p := range r.promises() {
		fmt.Fprintln(out, p)
	}
	for _, c := range citations {
		fmt.Fprintf(out, "Not measured here: %s, %s: %s (%s)\n", c.System, c.What, c.Figure, c.Source)
	}
	fmt.Fprintf(out, "%s All took %v.\n", strings.ReplaceAll(r.noise(), "**", ""), r.took.Round(time.Second))
	if docs == "" {
		return nil
	}
	return r.write(docs)
}
