package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"
)

// A work is what a server does whose handlers compute, on one processor and on two.
type work struct {
	one, two *figure
	cannot   string
}

// workPath makes a handler compute for about as long as a hundred small requests take, so that the client has little to do beside
// it; and of workConns connections each hub gets some, however they fall.
const (
	workPath  = "/work/500"
	workConns = 32
)

// measureWork does the step of handlers that compute. Only a failure of ours is an error.
func (r *results) measureWork(progress io.Writer) error {
	switch {
	case len(r.kinds) < 2:
		return nil // without wrk; that has been said
	case runtime.NumCPU() < 2:
		r.left = append(r.left, "Two hubs beside one: there is one processor")
		return nil
	}
	for i, s := range r.systems {
		if s.scaled == nil {
			continue
		}
		w := &work{}
		r.works[s] = w
		var err error
		if w.one, err = loadWork(s.scaled(r.o, 1), r.o.time); err == nil {
			w.two, err = loadWork(s.scaled(r.o, 2), r.o.time)
		}
		at := time.Since(r.start).Seconds()
		if err != nil {
			w.cannot = err.Error()
			fmt.Fprintf(progress, "%4.0f s computing %s: %s\n", at, s.name, w.cannot)
			if i == 0 {
				return fmt.Errorf("%s, with handlers that compute: %w", s.name, err)
			}
			continue
		}
		fmt.Fprintf(progress, "%4.0f s computing %s on one and two: %.0f and %.0f requests/s\n", at, s.name, w.one.rate(), w.two.rate())
	}
	return nil
}

// loadWork drives a server whose handlers compute. The server has all processors.
func loadWork(argv []string, d time.Duration) (*figure, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	srv, err := start(ctx, argv)
	if err != nil {
		return nil, err
	}
	defer srv.stop()
	f, err := loadHTTP(ctx, srv, workPath, workConns, d, place{})
	switch {
	case err != nil:
		return nil, err
	case f.Errors > 0:
		return nil, fmt.Errorf("%d of its requests failed", f.Errors)
	case f.Requests == 0:
		return nil, errors.New("not one request was answered")
	}
	return &f, nil
}

// gain is how many times the requests of one there are on two.
func (w *work) gain() float64 { return w.two.rate() / w.one.rate() }

// workRows returns the table of handlers that compute.
func (r *results) workRows() [][]string {
	rows := [][]string{{"", "one: requests/s", "two: requests/s", "two beside one", "client"}}
	for _, s := range r.systems {
		switch w := r.works[s]; {
		case w == nil:
		case w.cannot != "":
			rows = append(rows, []string{s.name, "cannot", "", "", ""})
		default:
			busy := max(w.one.client.Seconds()/w.one.Seconds, w.two.client.Seconds()/w.two.Seconds)
			rows = append(rows, []string{s.name, thousands(int(w.one.rate())), thousands(int(w.two.rate())),
				fmt.Sprintf("%.2f×", w.gain()), fmt.Sprintf("%.1f %%", 100*busy)})
		}
	}
	return rows
}
