package main

import (
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
		steps += len(r.of(kind)) * len(r.o.conns)
	}
	fmt.Fprintf(progress, "%d steps of %v each, and two hubs beside one\n", steps, o.time)
	for _, kind := range r.kinds {
		for _, s := range r.of(kind) {
			if err := r.measure(kind, s, progress); err != nil {
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

// measure does all steps of one kind of server of one system. Only a failure of ours is an error.
func (r *results) measure(kind string, s *system, progress io.Writer) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	say := func(format string, args ...any) {
		fmt.Fprintf(progress, "%4.0f s %s %s "+format+"\n", append([]any{time.Since(r.start).Seconds(), kind, s.name}, args...)...)
	}
	var failed error
	fail := func(err error) {
		if s == r.systems[0] {
			failed = errors.Join(failed, fmt.Errorf("%s, %s: %w", s.name, kind, err))
		}
	}
	serve := func(f func(srv *server)) {
		srv, err := start(ctx, r.place.on(serverCPU, s.command(r.o, kind)))
		if err != nil {
			say("%v", err)
			fail(err)
			return
		}
		defer srv.stop()
		f(srv)
	}
	serve(func(srv *server) {
		for _, conns := range r.o.conns {
			f := load(ctx, srv, kind, conns, r.o.time, r.place)
			r.figures[key{kind, s, conns}] = f
			if f.cannot != "" {
				say("with %d: %s", conns, f.cannot)
				fail(errors.New(f.cannot))
				continue
			}
			say("with %d: %.0f requests/s", conns, f.rate())
		}
	})
	if s.only != "" {
		return failed
	}
	serve(func(srv *server) {
		m := &memory{conns: r.o.conns[len(r.o.conns)-1]}
		r.memories[key{kind, s, 0}] = m
		var err error
		if m.perConn, err = idle(ctx, srv, kind, m.conns, r.place); err != nil {
			m.cannot = err.Error()
			say("idle: %s", m.cannot)
			fail(err)
			return
		}
		say("idle: %.0f bytes each", m.perConn)
	})
	serve(func(srv *server) {
		f := faults(ctx, srv, kind, r.o.time, r.place)
		r.faults[key{kind, s, 0}] = f
		if f.cannot != "" {
			say("with faults: %s", f.cannot)
			fail(errors.New(f.cannot))
			return
		}
		say("with faults: %.0f requests/s", f.rate())
	})
	return failed
}
