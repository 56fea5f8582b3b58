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
	Kinds          []section
	Memory, Faults string
	Idle           string     // how many connections
	Limited        string     // why not more, or ""
	Work           *computing // nil without
	Promises       []string
	Good, Bad      int
	Reasons        string
	Systems        []*described
	Per, Took      time.Duration
	Rounds         int
	Place          string
	Date, CPU      string
	Cores          int
	System         string
}

// A section is about one kind of server.
type section struct {
	Kind, Title, Table string
	Charts             []picture
}

// A computing is about handlers that compute.
type computing struct {
	Table, Path string
	Conns       int
}

type picture struct{ Name, Title string }

// A described is a system.
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
	return os.WriteFile(filepath.Join(docs, "benchmarks-load.md"), []byte(b.String()), 0o644)
}

func (r *results) page() page {
	d := page{
		Memory: markdown(r.memoryRows()), Faults: markdown(r.faultRows()), Idle: thousands(r.o.conns[len(r.o.conns)-1]),
		Limited: sentence(r.limited), Promises: r.promises(), Good: goodConns, Bad: badConns, Reasons: r.reasons(), Per: r.o.time, Rounds: r.o.rounds, Took: r.took.Round(time.Second),
		Date: r.start.Format(time.DateOnly), CPU: processor(), Cores: runtime.NumCPU(), System: machine(),
		Place: "The server has one processor to itself, and its clients have another, by taskset.",
	}
	if r.unpinned != "" {
		d.Place = sentence(r.unpinned)
	}
	if len(r.works) > 0 {
		d.Work = &computing{markdown(r.workRows()), workPath, workConns}
	}
	for _, kind := range r.kinds {
		s := section{Kind: kind, Title: title(kind), Table: markdown(r.rows(kind))}
		for _, c := range charts {
			s.Charts = append(s.Charts, picture{c.name, c.title})
		}
		d.Kinds = append(d.Kinds, s)
	}
	for _, s := range r.systems {
		d.Systems = append(d.Systems, &described{s.name, s.version, s.note})
	}
	return d
}

// sentence makes a sentence of a text that is part of one, or empty.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

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

func machine() string {
	parts := []string{}
	if name := field("/etc/os-release", "PRETTY_NAME"); name != "" {
		parts = append(parts, name)
	}
	parts = append(parts, fmt.Sprintf("%s/%s", runtime.GOOS, runtime.GOARCH))
	if kernel, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		parts = append(parts, "kernel "+strings.TrimSpace(string(kernel)))
	}
	return strings.Join(parts, ", ")
}
