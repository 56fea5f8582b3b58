package greenlet

import (
	"errors"
	"fmt"
	"slices"
)

// A Kind says what an [Event] is about.
type Kind uint8

const (
	KindSwitch Kind = iota // a value arrives
	KindThrow              // an error, a panic or a Goexit arrives
)

// String returns "switch" or "throw", greenlet's names of the events.
func (k Kind) String() string {
	switch k {
	case KindSwitch:
		return "switch"
	case KindThrow:
		return "throw"
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// An Event is a transfer of control that a tracer sees. What counts for Kind is what arrives, not how it was sent:
// a child that ends with an error arrives at its parent as a throw.
type Event[T any] struct {
	Kind     Kind
	From, To *Greenlet[T] // equal if a greenlet switched to itself
	Value    T            // what arrives
	Err      error        // with KindThrow: the error, the *PanicError, or for a Goexit an error that says so
	Start    bool         // To starts with this
}

var errGoexit = errors.New("greenlet: a child called runtime.Goexit")

type tracer[T any] struct {
	f       func(Event[T]) error
	stopped bool
}

// Trace calls f at every transfer of control in g's tree until stop is called: after the transfer, in the greenlet that
// control arrived at, before that sees what arrived. There may be several tracers; they are called in the order in
// which they were registered. A tracer may switch, which is traced like any other switch, and may stop itself.
//
// If f returns an error, that tracer is removed, as greenlet does, and the error arrives instead of the value, as if
// thrown; joined with the error that arrives, if one does. A greenlet about to start then never runs. A panic or a
// Goexit on its way stays what it is, and the tracer's error goes to [OnUnraisable]. Close, whose caller waits for nothing
// but a death, drops it.
//
// A switch costs several times more while somebody traces. stop may be called twice, and where Trace may.
func (g *Greenlet[T]) Trace(f func(Event[T]) error) (stop func()) {
	t, _ := g.enter("Trace")
	if f == nil {
		panic("greenlet: Trace(nil); to end a trace, call the stop function that Trace returned")
	}
	if t == nil {
		return func() {}
	}
	tr := &tracer[T]{f: f}
	// Tracers that are being called go through the old slice.
	t.tracers = append(slices.Clip(t.tracers), tr)
	t.pool.Rare.Or(traceBit)
	return func() {
		if t, _ := g.enter("stop of Trace"); t != nil {
			t.untrace(tr)
		}
	}
}

func (t *tree[T]) untrace(tr *tracer[T]) {
	tr.stopped = true
	t.tracers = slices.DeleteFunc(slices.Clone(t.tracers), func(x *tracer[T]) bool { return x == tr })
	if len(t.tracers) == 0 {
		t.tracers = nil
		t.pool.Rare.And(^uint32(traceBit))
	}
}

// announce shows m, which arrives in the current greenlet, to the tracers, and returns what arrives after that.
func (t *tree[T]) announce(m mail[T], from *Greenlet[T], start bool) mail[T] {
	e := Event[T]{From: from, To: t.cur, Start: start}
	for _, tr := range t.tracers {
		if tr.stopped {
			continue
		}
		e.Kind, e.Value, e.Err = KindSwitch, m.val, m.err
		switch m.kind {
		case asGoexit:
			e.Kind, e.Err = KindThrow, errGoexit
		case asError, asPanic:
			e.Kind = KindThrow
		}
		err := tr.f(e)
		if err == nil {
			continue
		}
		t.untrace(tr)
		switch m.kind {
		case asValue:
			m = thrown[T](err)
		case asError:
			m.err = errors.Join(m.err, err)
		default:
			t.opts.onUnraisable(t.info(t.cur), err)
		}
	}
	return m
}
