package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// rows returns the table of a kind of server: a head, and for each number of connections a row for each system.
func (r *results) rows(kind string) [][]string {
	rows := [][]string{{"connections", "", "requests/s", "of ours", "busy", "CPU/request", "of it user", "p50", "p99", "p99.9", "errors"}}
	for _, conns := range r.o.conns {
		ours := r.figures[key{kind, r.systems[0], conns}]
		for _, s := range r.of(kind) {
			f := r.figures[key{kind, s, conns}]
			row := []string{thousands(conns), s.name}
			if f == nil || f.cannot != "" {
				rows = append(rows, append(row, "cannot", "", "", "", "", "", "", "", ""))
				continue
			}
			rows = append(rows, append(row, thousands(int(f.rate())), ratio(f, ours), f.busy(), f.each(f.cpu.all()), f.each(f.cpu.user),
				short(f.P50), short(f.P99), short(f.P999), fmt.Sprint(f.Errors)))
		}
	}
	return rows
}

// ratio writes what part of ours the rate of f is.
func ratio(f, ours *figure) string {
	if ours == nil || ours.rate() == 0 {
		return "–"
	}
	x := f.rate() / ours.rate()
	if x < 0.01 {
		return fmt.Sprintf("%.4f×", x)
	}
	return fmt.Sprintf("%.2f×", x)
}

// memoryRows returns the table of the memory of idle connections.
func (r *results) memoryRows() [][]string {
	rows := [][]string{{""}}
	for _, kind := range r.kinds {
		rows[0] = append(rows[0], title(kind))
	}
	for _, s := range r.whole() {
		row := []string{s.name}
		for _, kind := range r.kinds {
			m := r.memories[key{kind, s, 0}]
			switch {
			case m == nil || m.cannot != "":
				row = append(row, "cannot")
			case m.perConn < 1:
				row = append(row, "nothing")
			default:
				row = append(row, thousands(int(m.perConn+0.5))+" B")
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// faultRows returns the table of what is left beside clients that misbehave.
func (r *results) faultRows() [][]string {
	rows := [][]string{{"", "", "requests/s", "CPU/request", "of it user", "p50", "p99", "errors", "misbehaving", "left open"}}
	for _, kind := range r.kinds {
		for _, s := range r.whole() {
			f := r.faults[key{kind, s, 0}]
			row := []string{title(kind), s.name}
			if f == nil || f.cannot != "" {
				rows = append(rows, append(row, "cannot", "", "", "", "", "", "", ""))
				continue
			}
			rows = append(rows, append(row, thousands(int(f.rate())), f.each(f.cpu.all()), f.each(f.cpu.user), short(f.P50), short(f.P99),
				fmt.Sprint(f.Errors), thousands(int(f.faults)), fmt.Sprint(f.left)))
		}
	}
	return rows
}

// reasons lists what could not be done.
func (r *results) reasons() string {
	var b strings.Builder
	for _, kind := range r.kinds {
		for _, s := range r.of(kind) {
			for _, conns := range r.o.conns {
				if f := r.figures[key{kind, s, conns}]; f == nil {
					fmt.Fprintf(&b, "- %s, %s: it did not start.\n", s.name, title(kind))
					break
				} else if f.cannot != "" {
					fmt.Fprintf(&b, "- %s, %s with %s: %s.\n", s.name, title(kind), thousands(conns), f.cannot)
				}
			}
			if m := r.memories[key{kind, s, 0}]; m != nil && m.cannot != "" {
				fmt.Fprintf(&b, "- %s, %s, idle: %s.\n", s.name, title(kind), m.cannot)
			}
			if f := r.faults[key{kind, s, 0}]; f != nil && f.cannot != "" {
				fmt.Fprintf(&b, "- %s, %s beside clients that misbehave: %s.\n", s.name, title(kind), f.cannot)
			}
		}
	}
	for _, s := range r.systems {
		if w := r.works[s]; w != nil && w.cannot != "" {
			fmt.Fprintf(&b, "- %s, with handlers that compute: %s.\n", s.name, w.cannot)
		}
	}
	for _, m := range r.missing {
		fmt.Fprintf(&b, "- Not installed: %s.\n", m)
	}
	if r.limited != "" {
		fmt.Fprintf(&b, "- More connections: %s.\n", r.limited)
	}
	for _, m := range r.left {
		fmt.Fprintf(&b, "- %s.\n", m)
	}
	return b.String()
}

// print writes everything for a terminal.
func (r *results) print(out io.Writer) {
	for _, kind := range r.kinds {
		fmt.Fprintf(out, "\n%s\n\n%s", title(kind), plain(r.rows(kind)))
	}
	fmt.Fprintf(out, "\nMemory of an idle connection, with %s of them\n\n%s", thousands(r.o.conns[len(r.o.conns)-1]), plain(r.memoryRows()))
	fmt.Fprintf(out, "\nBeside clients that misbehave, with %d connections\n\n%s", goodConns, plain(r.faultRows()))
	if len(r.works) > 0 {
		fmt.Fprintf(out, "\nHandlers that compute, on one processor and on two\n\n%s", plain(r.workRows()))
	}
	fmt.Fprintf(out, "\n%s\n", strings.Join(r.promises(), "\n"))
	fmt.Fprintf(out, "\n%sAll took %v.\n", r.reasons(), r.took.Round(time.Second))
}

// plain lays rows out for a terminal: names to the left, figures to the right.
func plain(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if rows[0][i] != "" && rows[0][i] != "connections" {
				cell, pad = pad+cell, ""
			}
			line.WriteString(cell + pad + "  ")
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}

// markdown lays rows out as a table of a page, those of this library in bold.
func markdown(rows [][]string) string {
	var b strings.Builder
	for i, row := range rows {
		bold := slices.Contains(row, systems[0].name)
		b.WriteString("|")
		for _, cell := range row {
			if bold && cell != "" {
				cell = "**" + cell + "**"
			}
			b.WriteString(" " + cell + " |")
		}
		b.WriteByte('\n')
		if i == 0 {
			b.WriteByte('|')
			for _, cell := range row {
				if cell == "" || cell == "connections" {
					b.WriteString("---|")
				} else {
					b.WriteString("---:|")
				}
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// short writes a time with two or three digits.
func short(d time.Duration) string {
	switch {
	case d < time.Microsecond:
		return fmt.Sprintf("%d ns", d)
	case d < time.Millisecond:
		return digits(float64(d)/1e3) + " µs"
	case d < time.Second:
		return digits(float64(d)/1e6) + " ms"
	}
	return digits(d.Seconds()) + " s"
}

func digits(v float64) string {
	if v < 9.95 { // what is more rounds to 10
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
