package starlark

import "go.starlark.net/starlark"

// announce tells the script's tracer that control has arrived in the current greenlet, whose fiber is f, by a switch
// or a throw. If the tracer fails it is removed, and its error arrives instead of whatever did.
func (t *Tree) announce(f *fiber, throw bool) error {
	tracer, origin := t.tracer, t.from
	t.from = nil
	if origin == nil {
		return nil // tracing began within a call of the host's that no greenlet saw
	}
	event := starlark.String("switch")
	if throw {
		event = "throw"
	}
	_, err := f.call(tracer, starlark.Tuple{event, starlark.Tuple{origin, t.cur}}, nil)
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
