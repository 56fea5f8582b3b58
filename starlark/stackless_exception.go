package starlark

import "go.starlark.net/starlark"

// An exception is one of the exceptions of Stackless that scripts need by name, made by calling its class.
type exception struct {
	class *exceptionClass
	args  starlark.Tuple
}

// An exceptionClass can be raised as it is or called, as [exitClass] can.
type exceptionClass struct{ name string }

var (
	// taskletExit ends a tasklet without a word.
	taskletExit = &exceptionClass{"TaskletExit"}
	// stopIteration ends a loop over a channel when it is sent as an exception.
	stopIteration = &exceptionClass{"StopIteration"}
)

var (
	_ starlark.HasAttrs = (*exception)(nil)
	_ starlark.Callable = (*exceptionClass)(nil)
)

func (e *exception) String() string { return exceptionText(e, e.class.name, e.args) }

func (e *exception) Type() string          { return e.class.name }
func (e *exception) Freeze()               { e.args.Freeze() }
func (e *exception) Truth() starlark.Bool  { return true }
func (e *exception) Hash() (uint32, error) { return e.class.Hash() }
func (e *exception) AttrNames() []string   { return []string{"args"} }

func (e *exception) Attr(name string) (starlark.Value, error) {
	if name != "args" {
		return nil, nil
	}
	return e.args, nil
}

func (c *exceptionClass) String() string        { return c.name }
func (c *exceptionClass) Name() string          { return c.name }
func (c *exceptionClass) Type() string          { return c.name }
func (c *exceptionClass) Freeze()               {}
func (c *exceptionClass) Truth() starlark.Bool  { return true }
func (c *exceptionClass) Hash() (uint32, error) { return starlark.String(c.name).Hash() }

// CallInternal makes an exception with arguments.
func (c *exceptionClass) CallInternal(_ *starlark.Thread, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if len(kwargs) > 0 {
		return nil, typeError("%s() takes no keyword arguments", c.name)
	}
	if args == nil {
		args = starlark.Tuple{}
	}
	return &exception{c, args}, nil
}

// is says whether v is the class or made by it.
func (c *exceptionClass) is(v starlark.Value) bool {
	if e, ok := v.(*exception); ok {
		return e.class == c
	}
	return v == starlark.Value(c)
}

// makeException is what throw(exc, val, tb) raises: exc as it is, or what calling it with val makes.
func makeException(f *fiber, exc, val, tb starlark.Value) (*Raised, error) {
	switch {
	case exc == nil || exc == starlark.None:
		return nil, typeError("exceptions must derive from BaseException, not NoneType")
	case tb != nil && tb != starlark.None:
		return nil, typeError("throw() third argument must be a traceback object")
	}
	var args starlark.Tuple
	switch val := val.(type) {
	case nil, starlark.NoneType:
	case starlark.Tuple:
		args = val
	default:
		args = starlark.Tuple{val}
	}
	return callException(f, exc, args)
}

// callException calls exc with args to make what is to be raised. A value that can't be called is raised as it is.
func callException(f *fiber, exc starlark.Value, args starlark.Tuple) (*Raised, error) {
	switch exc := exc.(type) {
	case *exitClass, *exceptionClass:
		if args == nil {
			return &Raised{exc}, nil
		}
	case starlark.Callable:
	default:
		if len(args) > 0 {
			return nil, typeError("instance exception may not have a separate value")
		}
		return &Raised{exc}, nil
	}
	v, err := f.call(exc, args, nil)
	if err != nil {
		return nil, err
	}
	return &Raised{v}, nil
}
