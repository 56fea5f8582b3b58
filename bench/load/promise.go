package main

import (
	"fmt"
	"slices"
	"time"
)

// promises are what the project aims at, each as a line that says whether it holds here.
func (r *results) promises() []string {
	var lines []string
	for _, conns := range []int{100, 1000} {
		with := fmt.Sprintf("Echo with %s connections", thousands(conns))
		lines = append(lines,
			line(with+", requests/s beside goroutines", r.faster("echo", goroutines, conns), atLeast(1)),
			line(with+", CPU per request beside goroutines", r.cheaper("echo", goroutines, conns, usage.all), atMost(1)),
			line(with+`, requests/s beside "`+gevent+`"`, r.faster("echo", gevent, conns), atLeast(1.7)),
			line(with+`, user CPU per request beside "`+gevent+`"`, r.cheaper("echo", gevent, conns, userTime), atMost(0.2)))
	}
	for _, kind := range kinds {
		lines = append(lines,
			line("Memory of an idle connection, "+title(kind)+", beside goroutines", r.smaller(kind, goroutines), atMost(1)))
	}
	const with = "HTTP with 100 connections, requests/s beside "
	return append(lines,
		line(with+"net/http", r.faster("http", goroutines, 100), atLeast(1.2)),
		line(with+`"`+geventAsIs+`"`, r.faster("http", geventAsIs, 100), atLeast(30)),
		line(with+`"`+gevent+`", which tells how much of that is Nagle's algorithm`, r.faster("http", gevent, 100), nil),
		line("Handlers that compute, requests/s of two hubs beside one", r.scales(), atLeast(1.7)))
}

// An aim says what a ratio is to be, and whether x is that.
type aim func(x float64) (want string, holds bool)

func atLeast(limit float64) aim {
	return func(x float64) (string, bool) { return "at least " + times(limit), x >= limit }
}

func atMost(limit float64) aim {
	return func(x float64) (string, bool) { return "at most " + times(limit), x <= limit }
}

// line writes a ratio beside what it is to be. Zero is one that was not measured, and without an aim it is only told.
func line(what string, x float64, a aim) string {
	if x == 0 {
		return fmt.Sprintf("- %s: not measured in this run.", what)
	}
	if a == nil {
		return fmt.Sprintf("- %s: %s.", what, times(x))
	}
	want, holds := a(x)
	verdict := "holds"
	if !holds {
		verdict = "falls short in this run"
	}
	return fmt.Sprintf("- %s: %s; %s is the aim, which %s.", what, times(x), want, verdict)
}

// both returns the figures of ours and of the system with that name, or nil if one of them is missing.
func (r *results) both(kind, name string, conns int) (ours, theirs *figure) {
	i := slices.IndexFunc(r.systems, func(s *system) bool { return s.name == name })
	if i < 0 {
		return nil, nil
	}
	ours, theirs = r.figures[key{kind, r.systems[0], conns}], r.figures[key{kind, r.systems[i], conns}]
	if ours == nil || theirs == nil || ours.rate() == 0 || theirs.rate() == 0 {
		return nil, nil
	}
	return ours, theirs
}

// faster is how many times the requests a second of another system ours answers.
func (r *results) faster(kind, than string, conns int) float64 {
	ours, theirs := r.both(kind, than, conns)
	if ours == nil {
		return 0
	}
	return ours.rate() / theirs.rate()
}

func userTime(u usage) time.Duration { return u.user }

// cheaper is what part of another system's CPU time ours takes for a request.
func (r *results) cheaper(kind, than string, conns int, time func(usage) time.Duration) float64 {
	ours, theirs := r.both(kind, than, conns)
	if ours == nil || !ours.counted() || !theirs.counted() || time(theirs.cpu) == 0 {
		return 0
	}
	return float64(time(ours.cpu)) / float64(ours.Requests) / (float64(time(theirs.cpu)) / float64(theirs.Requests))
}

// smaller is what part of the memory that another system takes for an idle connection ours takes.
func (r *results) smaller(kind, than string) float64 {
	i := slices.IndexFunc(r.systems, func(s *system) bool { return s.name == than })
	if i < 0 {
		return 0
	}
	ours, theirs := r.memories[key{kind, r.systems[0], 0}], r.memories[key{kind, r.systems[i], 0}]
	if ours == nil || theirs == nil || ours.cannot != "" || theirs.cannot != "" || theirs.perConn == 0 {
		return 0
	}
	return ours.perConn / theirs.perConn
}

// scales is how many times the requests a second of one hub two hubs answer, where handlers compute.
func (r *results) scales() float64 {
	if w := r.works[r.systems[0]]; w != nil && w.cannot == "" {
		return w.gain()
	}
	return 0
}

// times writes a ratio with three digits or so.
func times(x float64) string {
	switch {
	case x < 10:
		return fmt.Sprintf("%.2f×", x)
	case x < 100:
		return fmt.Sprintf("%.1f×", x)
	}
	return fmt.Sprintf("%.0f×", x)
}
