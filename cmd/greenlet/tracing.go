package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	greenlets "github.com/go-greenlet/greenlet/starlark"
	"github.com/go-greenlet/greenlet/trace"
	"go.starlark.net/starlark"
)

// check says what is wrong with the flags.
func (o runOptions) check() error {
	switch filepath.Ext(o.trace) {
	case ".html", ".json":
		return nil
	}
	if o.trace == "" {
		return nil
	}
	return fmt.Errorf("run: --trace %s: in which format? The name of the file must end in .html or .json", o.trace)
}

// A tracing records what the greenlets, tasklets and tasks of a script do. All methods may be called of nil, which
// records nothing.
type tracing struct {
	file *os.File
	rec  *trace.Recorder[starlark.Value]

	idling bool // nobody runs
}

// newTracing makes the file at once: a script should not run for an hour and then find that there is no place for it.
func newTracing(name string) (*tracing, error) {
	f, err := os.Create(name)
	if err != nil {
		return nil, fmt.Errorf("cannot write %s: %w", name, bare(err))
	}
	rec := trace.New[starlark.Value](1, trace.Snapshot(), trace.Format(brief))
	rec.Describe(trace.Track{ID: 1})
	return &tracing{file: f, rec: rec}, nil
}

// options are those of the tree to be traced.
func (t *tracing) options() []greenlets.Option {
	if t == nil {
		return nil
	}
	return []greenlets.Option{greenlets.OnTransfer(t.event), greenlets.OnIdle(t.idle)}
}

func (t *tracing) event(e greenlets.Event) {
	t.describe(e.To)
	x := trace.Event[starlark.Value]{
		Kind: e.Kind, From: e.From.Track().ID, To: e.To.Track().ID, Value: e.Value, Err: e.Err, Start: e.Start, End: e.End,
	}
	if t.idling {
		x.From, t.idling = idleTrack, false
	}
	t.rec.Add(x)
}

// idleTrack is the row of the time in which nobody can run. It is no greenlet's number, and one that JavaScript has.
const idleTrack = 1 << 50

// idle records that nobody can run.
func (t *tracing) idle() {
	if t.idling {
		return
	}
	t.idling = true
	t.rec.Describe(trace.Track{ID: idleTrack, Label: "the script waits"})
	t.rec.Add(trace.Event[starlark.Value]{To: idleTrack})
}

// describe tells the recorder of g, which may have a new parent, and of its parents as far as they have not started.
func (t *tracing) describe(g *greenlets.Greenlet) {
	t.rec.Describe(g.Track())
	for p := g.Parent(); p != nil && !p.Truth(); p = p.Parent() {
		t.rec.Describe(p.Track())
	}
}

func (t *tracing) stop() {
	if t != nil {
		t.rec.Stop()
	}
}

// write writes the file.
func (t *tracing) write() error {
	if t == nil {
		return nil
	}
	write := t.rec.WriteChrome
	if filepath.Ext(t.file.Name()) == ".html" {
		write = t.rec.WriteHTML
	}
	if err := errors.Join(write(t.file), t.file.Close()); err != nil {
		return fmt.Errorf("cannot write %s: %w", t.file.Name(), bare(err))
	}
	return nil
}
