package starlark

import "go.starlark.net/starlark"

// An exit is a GreenletExit with arguments, made by calling [greenletExit]. One that leaves a greenlet's run function
// is its result and not a failure.
type exit struct{ args starlark.Tuple }

// exitClass is the type of GreenletExit itself, which can be raised as it is or called.
type exitClass struct{ exit }

var greenletExit = new(exitClass)

var (
	_ starlark.HasAttrs = (*exit)(nil)
	_ starlark.Callable = (*exitClass)(nil)
)

const exitName = "GreenletExit"

func (e *exit) String() string { return exceptionText(e, exitName, e.args) }

func (e *exitClass) String() string { return exitName }

// Type is the same for GreenletExit and what it makes, so that a script can test for both at once.
func (e *exit) Type() string          { return exitName }
func (e *exit) Freeze()               { e.args.Freeze() }
func (e *exit) Truth() starlark.Bool  { return true }
func (e *exit) Hash() (uint32, error) { return starlark.String(exitName).Hash() }
func (e *exit) AttrNames() []string   { return []string{"args"} }

func (e *exit) Attr(name string) (starlark.Value, error) {
	if name != "args" {
		return nil, nil
	}
	if e.args == nil {
		return starlark.Tuple{}, nil
	}
	return e.args, nil
}

func (*exitClass) Name() string { return exitName }

func (*exitClass) CallInternal(_ *starlark.Thread, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if len(kwargs) > 0 {
		return nil, typeError("GreenletExit() takes no keyword arguments")
	}
	return &exit{args}, nil
}

// isExit says whether v is a GreenletExit of either kind.
func isExit(v starlark.Value) bool {
	switch v.(type) {
	case *exit, *exitClass:
		return true
	}
	return false
}
