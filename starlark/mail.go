package starlark

import "go.starlark.net/starlark"

// A mail is what travels with a switch: arguments, or an error to be raised.
type mail struct {
	args   starlark.Tuple
	kwargs []starlark.Tuple
	err    error
	by     *iteration // the generator whose Yield sent it
}

// one is the mail of a single value.
func one(v starlark.Value) mail { return mail{args: starlark.Tuple{v}} }

// value gives what arrived its shape: the arguments of a switch become its result.
func (m mail) value() starlark.Value {
	if len(m.kwargs) == 0 {
		if len(m.args) == 1 {
			return m.args[0]
		}
		if m.args == nil {
			return starlark.Tuple{}
		}
		return m.args
	}
	named := starlark.NewDict(len(m.kwargs))
	for _, pair := range m.kwargs {
		// The keys are strings, and the dictionary is new.
		_ = named.SetKey(pair[0], pair[1])
	}
	if len(m.args) == 0 {
		return named
	}
	return starlark.Tuple{m.args, named}
}
