package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// patience is how long a program may take for one line.
const patience = 60 * time.Second

// A line is what a peer's program prints.
type line struct {
	Work   string `json:"work"`
	N      int    `json:"n"`
	Ns     int64  `json:"ns"`
	Bytes  int64  `json:"bytes"`
	Cannot string `json:"cannot"`
}

// parse reads the line of a program that was asked for n of w, and returns its figure for one.
func parse(w *work, n int, out []byte) (float64, error) {
	var l line
	if err := json.Unmarshal(out, &l); err != nil {
		return 0, fmt.Errorf("not a line of JSON: %q", out)
	}
	value := l.Ns
	if w.bytes {
		value = l.Bytes
	}
	switch {
	case l.Cannot != "":
		return 0, because(l.Cannot)
	case l.Work != w.name || l.N != n:
		return 0, because(fmt.Sprintf("asked for %d of %s, got %d of %s", n, w.name, l.N, l.Work))
	case value <= 0:
		return 0, fmt.Errorf("no figure in %q", out)
	}
	return float64(value) / float64(n), nil
}

// execute runs p's program for n of w and returns the figure for one. The error says why it cannot.
func execute(p *peer, w *work, n int) (float64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	args := append(p.argv[1:len(p.argv):len(p.argv)], w.name, strconv.Itoa(n))
	cmd := exec.CommandContext(ctx, p.argv[0], args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		return 0, reason(ctx, err, stderr.String())
	}
	return parse(w, n, stdout.Bytes())
}

// reason makes the reason why a program cannot do its work out of the error of its process and what it said.
func reason(ctx context.Context, err error, stderr string) error {
	if ctx.Err() != nil {
		return fmt.Errorf("takes longer than %v", patience)
	}
	if signal, ok := strings.CutPrefix(err.Error(), "signal: "); ok {
		signal, _, _ = strings.Cut(signal, " (")
		return fmt.Errorf("ends with a %s", signal)
	}
	lines := strings.Split(strings.TrimSpace(stderr), "\n")
	if last := lines[len(lines)-1]; last != "" {
		return because(last)
	}
	return err
}

// because is the reason text, which may be anything that a program says, as the one line that the page has for it.
func because(text string) error {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "\ufffd")), " ")
	if text == "" {
		text = "no reason given"
	}
	return errors.New(text)
}

// A figure is what a peer's runs of one work came to.
type figure struct {
	value  float64 // for one, the median; 0 if there is none
	n      int     // how many were asked for
	cannot string  // why that is fewer than the work wants, or why there is no value
	spread float64 // from the lowest to the highest run, in per cent of value
}

// A measurer runs the programs.
type measurer struct {
	run    func(p *peer, w *work, n int) (float64, error)
	rounds int
	target time.Duration // of one run
}

// measure returns the figures of ps for w. The runs of different peers alternate, so that a change of the machine's
// speed meets all of them.
func (m *measurer) measure(w *work, ps []*peer, ran func(*peer)) map[*peer]*figure {
	figures := map[*peer]*figure{}
	runs := map[*peer][]float64{}
	rounds := m.rounds
	for _, p := range ps {
		if !w.applies(p) {
			continue
		}
		var first float64
		figures[p], first = m.size(p, w)
		if w.n > 0 && first > 0 {
			runs[p] = []float64{first}
		}
		ran(p)
	}
	if w.n > 0 {
		rounds-- // finding the size was the first
	}
	for round := range rounds {
		for i := range ps {
			p := ps[(i+round)%len(ps)]
			f := figures[p]
			if f == nil || f.n == 0 {
				continue
			}
			v, err := m.run(p, w, f.n)
			if err != nil {
				f.n, f.cannot = 0, err.Error()
				continue
			}
			runs[p] = append(runs[p], v)
		}
		ran(nil)
	}
	for p, f := range figures {
		if f.n > 0 {
			v := slices.Sorted(slices.Values(runs[p]))
			f.value = v[len(v)/2]
			f.spread = 100 * (v[len(v)-1] - v[0]) / f.value
		}
	}
	return figures
}

// size finds how many of w p is to do in one run: the work's own number, or less by powers of ten if it cannot; else as
// many as take the target's time. It also returns the figure of its last run.
func (m *measurer) size(p *peer, w *work) (f *figure, one float64) {
	f = &figure{}
	if w.n > 0 {
		for f.n = w.n; f.n >= 100; f.n /= 10 {
			one, err := m.run(p, w, f.n)
			if err == nil {
				return f, one
			}
			if f.cannot == "" {
				f.cannot = err.Error()
			}
		}
		f.n = 0
		return f, 0
	}
	f.n = 200
	for range 4 {
		var err error
		one, err = m.run(p, w, f.n)
		if err != nil {
			f.n, f.cannot = 0, err.Error()
			return f, 0
		}
		// From a run that was short, no more than a hundredfold is concluded: it was the slow start of a compiler, say.
		want := float64(m.target.Nanoseconds()) / one
		enough := float64(f.n) >= want/4
		f.n = max(200, int(min(want, 100*float64(f.n)))/2*2)
		if enough {
			break
		}
	}
	return f, one
}
