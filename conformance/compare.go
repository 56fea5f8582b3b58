package conformance

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A Verdict is what comparing two logs came to.
type Verdict struct {
	Diff   string // the first difference, with the lines before it; "" if there is none
	Listed string // the name of the difference, if it is one of those in docs/conformance.md
	traced bool   // a tracer switched before
}

// Compare compares the log of the original with another one.
func Compare(original, name, log string) Verdict {
	if original == log {
		return Verdict{}
	}
	w, g := strings.Split(original, "\n"), strings.Split(log, "\n")
	i := 0
	for i < len(w) && i < len(g) && w[i] == g[i] {
		i++
	}
	var b strings.Builder
	for _, line := range w[max(0, i-12):i] {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	fmt.Fprintf(&b, "line %d: greenlet\n  %s\n%s\n  %s", i+1, at(w, i), name, at(g, i))
	return Verdict{Diff: b.String(), traced: tracerSwitched(w[:i])}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(the end)"
}

// Lost is the listed difference that greenlet 2 loses the value in flight when a tracer switches, or crashes.
const Lost = "a tracer switches"

// tracerSwitched says whether a tracer switched in these lines.
func tracerSwitched(lines []string) bool {
	return slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, `("from trace")`) })
}

// list names the difference in v if it is that defect.
func (o *Oracle) list(v Verdict) Verdict {
	if major, _, _ := strings.Cut(o.Greenlet, "."); v.traced && len(major) == 1 && major < "3" {
		v.Listed = Lost
	}
	return v
}

var exits = regexp.MustCompile(`GreenletExit\(\d*\)`)

// WithoutExits is log without the arguments of GreenletExit, which package greenlet does not carry everywhere.
func WithoutExits(log string) string { return exits.ReplaceAllString(log, "GreenletExit()") }

// Check executes p in Starlark and on package greenlet, and compares both logs with the original's.
func (o *Oracle) Check(p *Program, original string) []Verdict {
	script, core := Compare(original, "greenlet run", RunScript(p.Text())), p.checkCore(original)
	return []Verdict{o.list(script), o.list(core)}
}

// CheckOurs is Oracle.Check without the original: it compares the two with each other.
func (p *Program) CheckOurs() Verdict { return p.checkCore(RunScript(p.Text())) }

// checkCore compares what p prints on package greenlet with another log.
func (p *Program) checkCore(other string) Verdict {
	log, listed := p.Core()
	v := Compare(WithoutExits(other), "package greenlet", WithoutExits(log))
	if listed != "" && v.Diff != "" {
		v.Listed = listed
	}
	return v
}

// Reproduction is the script of p, with what to do with it.
func (p *Program) Reproduction() string {
	return "Put this into program.star and compare `greenlet run program.star` with\n" +
		"`python3 conformance/oracle.py program.star`:\n\n" + p.Text()
}
