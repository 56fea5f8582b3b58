package main

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"text/template"
	"time"
)

//go:embed page.md.tmpl
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// A page is what the template shows.
type page struct {
	Table, Tasks     string
	Reasons          string
	Cited            []citation
	Promises         []string
	Charts           []section
	Peers            []described
	Rounds           int
	Per, Took        time.Duration
	Noise            string
	Date, CPU, Cores string
	System, Stack    string
}

// A section is about one chart.
type section struct{ Name, Title, About, Sides, ViaAbout, Via string }

// A described is a peer.
type described struct{ Name, Version, Note string }

// write writes the page and its charts into the folder docs.
func (r *results) write(docs string) error {
	if err := r.draw(filepath.Join(docs, "images")); err != nil {
		return err
	}
	var b strings.Builder
	if err := pageTemplate.Execute(&b, r.page()); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(docs, "benchmarks.md"), []byte(b.String()), 0o644)
}

func (r *results) page() page {
	d := page{
		Table: markdown(r.rows(worksOf(false))), Tasks: markdown(r.rows(worksOf(true))), Cited: citations,
		Reasons: r.reasons(), Promises: r.promises(),
		Rounds: r.rounds, Per: r.per, Took: r.took.Round(time.Second),
		Noise: r.noise(),
		Date:  r.start.Format(time.DateOnly), CPU: processor(), Cores: fmt.Sprintf("%d cores", runtime.NumCPU()),
		System: system(), Stack: stack(),
	}
	if d.Reasons == "" {
		d.Reasons = "Nothing: all systems do all of it.\n"
	}
	for _, w := range charts() {
		s := section{Name: w.name, Title: title(w.title), About: w.about, Sides: r.sides(w)}
		for _, v := range works {
			if v != w && v.base() == w {
				s.ViaAbout, s.Via = title(v.title)+". "+v.about, r.sides(v)
			}
		}
		d.Charts = append(d.Charts, s)
	}
	for _, p := range r.peers {
		d.Peers = append(d.Peers, described{p.name, p.version, p.note})
	}
	return d
}

func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// field returns the value behind the first key in the lines of a file, or "".
func field(file, key string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for l := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(l, key); ok {
			return strings.Trim(rest, " \t\n:=\"")
		}
	}
	return ""
}

func processor() string {
	if name := field("/proc/cpuinfo", "model name"); name != "" {
		return name
	}
	return runtime.GOARCH
}

func system() string {
	parts := []string{field("/etc/os-release", "PRETTY_NAME"), runtime.GOOS + "/" + runtime.GOARCH}
	if kernel, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		parts = append(parts, "kernel "+strings.TrimSpace(string(kernel)))
	}
	return strings.TrimPrefix(strings.Join(parts, ", "), ", ")
}

// stack tells the limit of the C stack, which decides how deep some chains can be.
func stack() string {
	if limit := strings.Fields(field("/proc/self/limits", "Max stack size")); len(limit) == 3 {
		return limit[0] + " " + limit[2]
	}
	return "unknown"
}
