package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"time"
)

// A key is what a figure is of.
type key struct {
	kind  string
	sys   *system
	conns int
}

// A memory is how much an idle connection takes.
type memory struct {
	perConn float64
	conns   int
	cannot  string
}

// results are what a comparison found out.
type results struct {
	o        options
	systems  []*system
	kinds    []string
	place    place
	unpinned string // why server and clients share processors, or ""
	limited  string // why there are fewer connections than asked for, or ""
	missing  []string
	left     []string // what else was not done, and why
	start    time.Time
	took     time.Duration
	figures  map[key]*figure
	memories map[key]*memory // with conns 0
	faults   map[key]*faulty // with conns 0
	works    map[*system]*work
}

// of are the systems in the table of a kind of server.
func (r *results) of(kind string) []*system {
	return slices.DeleteFunc(slices.Clone(r.systems), func(s *system) bool { return s.only != "" && s.only != kind })
}

// whole are the systems of which everything is measured.
func (r *results) whole() []*system { return r.of("") }

// compare does all and prints it.
func compare(o options, out, progress io.Writer) error {
	r := &results{o: o, start: time.Now(), figures: map[key]*figure{}, memories: map[key]*memory{}, faults: map[key]*faulty{},
		works: map[*system]*work{}}
	for i, s := range systems {
		version, err := s.find(o)
		if err != nil {
			if i == 0 {
				return err
			}
			r.missing = append(r.missing, fmt.Sprintf("%s (Debian package %s): %v", s.name, s.pkg, err))
			continue
		}
		found := *s
		found.version = version
		r.systems = append(r.systems, &found)
	}
	r.kinds = kinds
	if _, err := exec.LookPath("wrk"); err != nil {
		r.missing = append(r.missing, "wrk (Debian package wrk), without which there is nothing about HTTP")
		r.kinds = kinds[:1]
	}
	var err error
	if r.place, err = findPlace(); err != nil {
		r.unpinned = err.Error()
	}
	for _, m := range r.missing {
		fmt.Fprintln(progress, "missing:", m)
	}
	if r.unpinned != "" {
		fmt.Fprintln(progress, r.unpinned)
	}
	if r.o.conns, r.limited, err = fit(o.conns, openFiles()); err != nil {
		return err
	}
	if r.limited != "" {
		fmt.Fprintln(progress, r.limited)
	}
	steps := len(r.kinds) * len(r.whole())
	for _, kind := range r.kinds {
		steps += o.rounds * len(r.of(kind)) * len(r.o.conns)
	}
	fmt.Fprintf(progress, "%d steps of %v each, and two hubs beside one\n", steps, o.time)
	for _, kind := range r.kinds {
		if err := r.measureRates(kind, progress); err != nil {
			return err
		}
		for _, s := range r.whole() {
			if err := r.measureRest(kind, s, progress); err != nil {
				return err
			}
		}
	}
	if err := r.measureWork(progress); err != nil {
		return err
	}
	r.took = time.Since(r.start)
	r.print(out)
	if o.docs == "" {
		return nil
	}
	return r.write(o.docs)
}

// measureRates does the steps of one kind of server with more and more connections, in rounds: what a process gets from the machine
// differs from one to the next, by a fifth at times, and changes in the course of a run. What counts is the run in the middle.
func (r *results) measureRates(kind string, progress io.Writer) error {
	runs := map[key][]*figure{}
	for range r.o.rounds {
		for _, s := range r.of(kind) {
			m := r.measuring(kind, s, progress)
			m.serve(func(srv *server) {
				for _, conns := range r.o.conns {
					f := load(m.ctx, srv, kind, conns, r.o.time, r.place)
					runs[key{kind, s, conns}] = append(runs[key{kind, s, conns}], f)
					if f.cannot != "" {
						m.fail(fmt.Sprintf("with %d", conns), errors.New(f.cannot))
						continue
					}
					m.say("with %d: %.0f requests/s", conns, f.rate())
				}
			})
			if err := m.end(); err != nil {
				return err
			}
		}
	}
	for k, figures := range runs {
		r.figures[k] = middle(figures)
	}
	return nil
}

// middle returns the figure whose rate is in the middle, or one that could not be had.
func middle(figures []*figure) *figure {
	for _, f := range figures {
		if f.cannot != "" {
			return f
		}
	}
	slices.SortFunc(figures, func(a, b *figure) int { return cmp.Compare(a.rate(), b.rate()) })
	return figures[len(figures)/2]
}

// measureRest finds out about one kind of server of one system what does not depend on the number of connections.
func (r *results) measureRest(kind string, s *system, progress io.Writer) error {
	m := r.measuring(kind, s, progress)
	m.serve(func(srv *server) {
		it := &memory{conns: r.o.conns[len(r.o.conns)-1]}
		r.memories[key{kind, s, 0}] = it
		var err error
		if it.perConn, err = idle(m.ctx, srv, kind, it.conns, r.place); err != nil {
			it.cannot = err.Error()
			m.fail("idle", err)
			return
		}
		m.say("idle: %.0f bytes each", it.perConn)
	})
	m.serve(func(srv *server) {
		f := faults(m.ctx, srv, kind, r.o.time, r.place)
		r.faults[key{kind, s, 0}] = f
		if f.cannot != "" {
			m.fail("with faults", errors.New(f.cannot))
			return
		}
		m.say("with faults: %.0f requests/s", f.rate())
	})
	return m.end()
}

// A measuring is work on one kind of server of one system.
type measuring struct {
	*results
	kind     string
	sys      *system
	progress io.Writer
	ctx      context.Context
	end      func() error // only a failure of ours is an error
	failed   error
}

func (r *results) measuring(kind string, s *system, progress io.Writer) *measuring {
	ctx, cancel := context.WithCancel(context.Background())
	m := &measuring{results: r, kind: kind, sys: s, progress: progress, ctx: ctx}
	m.end = func() error {
		cancel()
		return m.failed
	}
	return m
}

// serve calls f with a server, if it starts.
func (m *measuring) serve(f func(srv *server)) {
	srv, err := start(m.ctx, m.place.on(serverCPU, m.sys.command(m.o, m.kind)))
	if err != nil {
		m.fail("start", err)
		return
	}
	defer srv.stop()
	f(srv)
}

func (m *measuring) say(format string, args ...any) {
	began := time.Since(m.start).Seconds()
	fmt.Fprintf(m.progress, "%4.0f s %s %s %s\n", began, m.kind, m.sys.name, fmt.Sprintf(format, args...))
}

func (m *measuring) fail(what string, err error) {
	m.say("%s: %v", what, err)
	if m.sys == m.systems[0] {
		m.failed = errors.Join(m.failed, fmt.Errorf("%s, %s, %s: %w", m.sys.name, m.kind, what, err))
	}
}
