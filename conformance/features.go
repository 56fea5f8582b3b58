package conformance

import (
	"fmt"
	"io"
	"regexp"
	"slices"
)

// features are what programs are to do, and how a log shows that one did.
var features = []struct {
	name    string
	pattern *regexp.Regexp
}{
	{"switch to an unstarted greenlet", regexp.MustCompile(`switch g\d+ pending`)},
	{"switch to a suspended greenlet", regexp.MustCompile(`switch g\d+ suspended`)},
	{"switch to oneself", regexp.MustCompile(`switch g\d+ current`)},
	{"switch to a dead greenlet", regexp.MustCompile(`switch g\d+ dead`)},
	{"switch without arguments", regexp.MustCompile(`switch g\d+ \w+ \(\) \{\}`)},
	{"switch with one argument", regexp.MustCompile(`switch g\d+ \w+ \(([^,()]|\[.*\])+\) \{\}`)},
	{"switch with several", regexp.MustCompile(`switch g\d+ \w+ \(.+,.+\) \{\}`)},
	{"switch with named ones", regexp.MustCompile(`switch g\d+ \w+ \(\) \{.+\}`)},
	{"switch with both", regexp.MustCompile(`switch g\d+ \w+ \(.+\) \{.+\}`)},
	{"throw into an unstarted greenlet", regexp.MustCompile(`throw g\d+ pending`)},
	{"throw into a suspended greenlet", regexp.MustCompile(`throw g\d+ suspended`)},
	{"throw into oneself", regexp.MustCompile(`throw g\d+ current`)},
	{"throw into a dead greenlet", regexp.MustCompile(`throw g\d+ dead`)},
	{"throw of GreenletExit", regexp.MustCompile(`throw g\d+ \w+ (default|GreenletExit\(\))`)},
	{"throw of GreenletExit with arguments", regexp.MustCompile(`throw g\d+ \w+ GreenletExit\(\d`)},
	{"a value arrives", regexp.MustCompile(`got .*`)},
	{"an error is caught", regexp.MustCompile(`caught .*`)},
	{"GreenletExit caught", regexp.MustCompile(`caught GreenletExit`)},
	{"GreenletExit uncaught, a value", regexp.MustCompile(`got GreenletExit`)},
	{"no run", regexp.MustCompile(`caught "run"`)},
	{"run not callable", regexp.MustCompile(`object is not callable`)},
	{"run with wrong arguments", regexp.MustCompile(`caught bad call`)},
	{"run set or read too late", regexp.MustCompile(`caught ("run"|"run cannot|"Main greenlets)`)},
	{"parent changed", regexp.MustCompile(`parent g\d+$`)},
	{"parent of one that runs changed", regexp.MustCompile(`setparent g\d+ (current|suspended)`)},
	{"cyclic parents", regexp.MustCompile(`cyclic parent chain`)},
	{"parent of main", regexp.MustCompile(`cannot set the parent of a main`)},
	{"parent not a greenlet", regexp.MustCompile(`GreenletChecker`)},
	{"parent given at creation", regexp.MustCompile(`new g\d+ .*parent:g`)},
	{"created within a greenlet", regexp.MustCompile(`^g[1-9]\d* new`)},
	{"nested function, closure", regexp.MustCompile(`start f\d+_`)},
	{"cell shared by calls", regexp.MustCompile(`cell \[([2-9]|\d\d)`)},
	{"same list arrives", regexp.MustCompile(`touch \["[ab]",`)},
	{"a greenlet arrives", regexp.MustCompile(`(got|start \w+) \(?g\d`)},
	{"trace of a switch", regexp.MustCompile(`^trace switch`)},
	{"trace of a throw", regexp.MustCompile(`^trace throw`)},
	{"tracer raised", regexp.MustCompile(`caught "traced"`)},
	{"tracer switched", regexp.MustCompile(`\("from trace"\)`)},
}

// Features counts in how many logs each feature shows, and how many times.
type Features struct {
	Programs     int
	logs, events [64]int
}

// Add counts log.
func (f *Features) Add(lines []string) {
	f.Programs++
	var seen [64]bool
	for _, line := range lines {
		for i := range features {
			if !features[i].pattern.MatchString(line) {
				continue
			}
			f.events[i]++
			if !seen[i] {
				seen[i] = true
				f.logs[i]++
			}
		}
	}
}

// Print writes a table of the counts.
func (f *Features) Print(w io.Writer) {
	fmt.Fprintf(w, "%-40s%10s%10s\n", fmt.Sprintf("%d programs", f.Programs), "programs", "times")
	for i, feature := range features {
		fmt.Fprintf(w, "%-40s%10d%10d\n", feature.name, f.logs[i], f.events[i])
	}
}

// Missing returns the names of the features that occurred in no program.
func (f *Features) Missing() []string {
	var missing []string
	for i, feature := range features {
		if f.logs[i] == 0 {
			missing = append(missing, feature.name)
		}
	}
	slices.Sort(missing)
	return missing
}
