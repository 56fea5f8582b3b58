package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// results are the figures of all works and peers; the first peer is this library.
type results struct {
	peers   []*peer
	rounds  int
	per     time.Duration // of one run
	start   time.Time
	took    time.Duration
	figures map[*work]map[*peer]*figure
}

func (r *results) add(w *work, figures map[*peer]*figure) {
	if r.figures == nil {
		r.figures = map[*work]map[*peer]*figure{}
	}
	r.figures[w] = figures
}

// of returns p's figure for w; it has no value if there is none.
func (r *results) of(w *work, p *peer) *figure {
	if f := r.figures[w][p]; f != nil {
		return f
	}
	return &figure{}
}

// ratio returns how many times ours p's figure for w is, or 0 if there is none.
func (r *results) ratio(w *work, p *peer) float64 {
	ours := r.of(w.base(), r.peers[0]).value
	if ours == 0 {
		return 0
	}
	return r.of(w, p).value / ours
}

// rows returns the table of ws: a head, then a row for each peer that has to do with one of them.
func (r *results) rows(ws []*work) [][]string {
	head := []string{""}
	for _, w := range ws {
		head = append(head, w.title)
	}
	rows := [][]string{head}
	for _, p := range r.peers {
		if !slices.ContainsFunc(ws, func(w *work) bool { return w.applies(p) }) {
			continue
		}
		row := []string{p.name}
		for _, w := range ws {
			f := r.of(w, p)
			switch {
			case f.value > 0:
				row = append(row, fmt.Sprintf("%s %s%s", amount(f.value, w.bytes), times(r.ratio(w, p)), at(w, f)))
			case f.cannot != "":
				row = append(row, "cannot")
			default:
				row = append(row, "–")
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// at tells with how many f was measured where that is fewer than w wants.
func at(w *work, f *figure) string {
	if w.n == 0 || f.n == 0 || f.n == w.n {
		return ""
	}
	return " (at " + thousands(f.n) + ")"
}

// ranked returns the peers with a figure for w, the lowest first.
func (r *results) ranked(w *work) []*peer {
	var ps []*peer
	for _, p := range r.peers {
		if r.of(w, p).value > 0 {
			ps = append(ps, p)
		}
	}
	slices.SortStableFunc(ps, func(a, b *peer) int { return cmp.Compare(r.of(w, a).value, r.of(w, b).value) })
	return ps
}

// sides tells which peers are below ours at w and which above.
func (r *results) sides(w *work) string {
	below, above := "faster than ours", "slower"
	if w.bytes {
		below, above = "smaller than ours", "larger"
	}
	var less, more []string
	for _, p := range r.ranked(w) {
		x := r.ratio(w, p)
		s := fmt.Sprintf("%s %s%s", p.name, times(x), at(w, r.of(w, p)))
		switch {
		case p.ours:
		case x < 1:
			less = append(less, s)
		default:
			more = append(more, s)
		}
	}
	list := func(what string, names []string) string {
		if len(names) == 0 {
			names = []string{"none"}
		}
		return fmt.Sprintf("**%s**: %s", what, strings.Join(names, ", "))
	}
	return list(below, less) + "; " + list(above, more) + "."
}

// reasons lists what cannot be done, and why.
func (r *results) reasons() string {
	var b strings.Builder
	for _, w := range works {
		for _, p := range r.peers {
			f := r.of(w, p)
			if f.cannot == "" {
				continue
			}
			fmt.Fprintf(&b, "- %s cannot do *%s*: %s", p.name, w.title, f.cannot)
			if f.value > 0 {
				fmt.Fprintf(&b, "; measured with %s instead", thousands(f.n))
			}
			b.WriteString(".\n")
		}
	}
	return b.String()
}

// promises are the ratios to Python's greenlet that the project claims, each as a line that says whether it holds here.
func (r *results) promises() []string {
	i := slices.IndexFunc(r.peers, func(p *peer) bool { return p.name == "Python greenlet" })
	if i < 0 {
		return nil
	}
	var lines []string
	for _, c := range []struct {
		work string
		min  float64
	}{{"switch", 3}, {"spawn", 30}, {"depth", 3}, {"depth-c", 100}} {
		w := works[slices.IndexFunc(works, func(w *work) bool { return w.name == c.work })]
		x := r.ratio(w, r.peers[i])
		verdict := "holds"
		if x < c.min {
			verdict = "falls short in this run"
		}
		lines = append(lines, fmt.Sprintf("- %s: ours is %s as fast as Python greenlet's; at least %.0f× is the aim, which %s.",
			w.title, times(x), c.min, verdict))
	}
	return lines
}

// spread returns the quantile q of how far the runs of one figure lie apart, in per cent.
func (r *results) spread(q float64) float64 {
	var all []float64
	for _, figures := range r.figures {
		for _, f := range figures {
			if f.value > 0 {
				all = append(all, f.spread)
			}
		}
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[int(q*float64(len(all)-1))]
}

// noise tells how far the runs of one figure lie apart, and what that means if it is far.
func (r *results) noise() string {
	middle := r.spread(0.5)
	s := fmt.Sprintf("The runs of a figure lie %.0f %% of it apart in the middle, %.0f %% at worst.", middle, r.spread(1))
	if middle > 30 {
		s += " That is a busy machine: **the ratios of this run are not to be relied on**, least of all those to Lua, whose clock doesn't " +
			"count what others use."
	}
	return s
}

// plain lays rows out for a terminal.
func plain(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				b.WriteString(cell + pad)
			} else {
				b.WriteString("  " + pad + cell)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// markdown lays rows out as a table of a page, the first peer's row in bold.
func markdown(rows [][]string) string {
	var b strings.Builder
	for i, row := range rows {
		b.WriteString("|")
		for _, cell := range row {
			if i == 1 {
				cell = "**" + cell + "**"
			}
			b.WriteString(" " + cell + " |")
		}
		b.WriteByte('\n')
		if i == 0 {
			b.WriteString("|---|" + strings.Repeat("---:|", len(row)-1) + "\n")
		}
	}
	return b.String()
}

// amount writes a figure with its unit.
func amount(v float64, bytes bool) string {
	switch {
	case bytes:
		return thousands(int(v+0.5)) + " B"
	case v < 10:
		return fmt.Sprintf("%.1f ns", v)
	case v < 1000:
		return fmt.Sprintf("%.0f ns", v)
	case v < 10_000:
		return fmt.Sprintf("%.1f µs", v/1000)
	case v < 1_000_000:
		return fmt.Sprintf("%.0f µs", v/1000)
	}
	return fmt.Sprintf("%.1f ms", v/1_000_000)
}

// times writes a ratio.
func times(x float64) string {
	switch {
	case x < 0.995:
		return fmt.Sprintf("%.2f×", x)
	case x < 10:
		return fmt.Sprintf("%.1f×", x)
	}
	return thousands(int(x+0.5)) + "×"
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
