package conformance

import (
	"fmt"

	"github.com/go-greenlet/greenlet"
)

// A tracer is what a program passes to settrace.
type tracer struct {
	what string // one of tracers
	left int
	n    int // the greenlet that it switches to
}

// Joined is the listed difference that package greenlet joins a tracer's error with one that arrives.
const Joined = "a tracer exits a start that fails"

// setTrace is settrace of t, or of None if t is nil. Package greenlet has any number of tracers; this keeps one.
func (w *world) setTrace(t *tracer) (value, error) {
	previous := w.traced()
	if w.stop != nil {
		w.stop()
	}
	w.tracer, w.stop = t, nil
	if t != nil {
		w.stop = w.main.Trace(func(e greenlet.Event[*mail]) error { return w.trace(t, e) })
	}
	return previous, nil
}

func (w *world) traced() value {
	if w.tracer == nil {
		return nil
	}
	return w.tracer
}

// trace is what t does at an event.
func (w *world) trace(t *tracer, e greenlet.Event[*mail]) error {
	if w.over {
		return nil
	}
	fmt.Fprintln(&w.out, "trace", e.Kind, w.name(w.byCore[e.From]), w.name(w.byCore[e.To]), w.name(w.current()), t.what)
	if t.left--; t.left != 0 {
		return nil
	}
	var err error
	switch t.what {
	case "raise":
		err = &raised{"traced"}
	case "exit":
		if e.Start && e.Err != nil {
			w.listed = Joined
		}
		err = &raised{&exit{}}
	case "switch":
		_, err = w.attempt(func() (value, error) { return w.switchTo(w.at(t.n), tuple{"from trace"}, nil) })
	case "stop":
		v, _ := w.setTrace(nil)
		w.got(v)
	case "other":
		v, _ := w.setTrace(&tracer{what: "look"})
		w.got(v)
	}
	if w.over {
		return nil
	}
	if err != nil {
		w.tracer, w.stop = nil, nil
	}
	return err
}
