package starlark

import (
	"github.com/go-greenlet/greenlet"
	"go.starlark.net/starlark"
)

// An Event is a transfer of control between the greenlets of a tree, as a host sees it.
type Event struct {
	Kind     greenlet.Kind
	From, To *Greenlet      // equal if a greenlet switched to itself
	Value    starlark.Value // what arrives; nil with KindThrow
	Err      error          // with KindThrow
	Start    bool           // To starts with this
	End      bool           // From ended with this
}

// OnSwitch makes a tree call f at every transfer of control: after it, in the greenlet at which control arrived, before
// that sees what arrived, and before the script's own tracer. It is how a host traces scripts, which know nothing of
// it. f must not call anything that switches. Greenlets that f keeps are never found abandoned.
func OnSwitch(f func(Event)) Option {
	return func(t *Tree) { t.onSwitch = append(t.onSwitch, f) }
}

// watched says whether somebody wants to know of transfers of control.
func (t *Tree) watched() bool { return t.tracer != nil || t.onSwitch != nil }

// announce tells the host and the script's tracer that control has arrived in the current greenlet, whose fiber is f,
// with m. If the tracer fails it is removed, and its error arrives instead of whatever did.
func (t *Tree) announce(f *fiber, m mail, start bool) error {
	origin := t.from
	t.from = nil
	if origin == nil {
		return nil // tracing began within a call of the host's that no greenlet saw
	}
	kind := greenlet.KindSwitch
	if m.err != nil {
		kind = greenlet.KindThrow
	}
	if t.onSwitch != nil {
		e := Event{Kind: kind, From: origin, To: t.cur, Err: m.err, Start: start, End: origin.state == dead}
		if m.err == nil {
			e.Value = m.value()
		}
		for _, on := range t.onSwitch {
			on(e)
		}
	}
	tracer := t.tracer
	if tracer == nil {
		return nil
	}
	_, err := f.call(tracer, starlark.Tuple{starlark.String(kind.String()), starlark.Tuple{origin, t.cur}}, nil)
	if err != nil {
		t.tracer = nil
	}
	return err
}

func settrace(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var tracer starlark.Value
	if err := starlark.UnpackPositionalArgs(b.Name(), args, kwargs, 1, &tracer); err != nil {
		return nil, err
	}
	f, err := fiberOf(thread, b.Name())
	if err != nil {
		return nil, err
	}
	previous := f.tree.traced()
	if tracer == starlark.None {
		tracer = nil
	}
	f.tree.tracer = tracer
	return previous, nil
}

func gettrace(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if err := starlark.UnpackPositionalArgs(b.Name(), args, kwargs, 0); err != nil {
		return nil, err
	}
	f, err := fiberOf(thread, b.Name())
	if err != nil {
		return nil, err
	}
	return f.tree.traced(), nil
}

// traced returns the tracer as scripts see it.
func (t *Tree) traced() starlark.Value {
	if t.tracer == nil {
		return starlark.None
	}
	return t.tracer
}
