package starlark

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-greenlet/greenlet/green"
	"go.starlark.net/starlark"
)

// Raised is the error of a value that a script raised, with raise_ or throw, and nobody caught. The error that a host
// gets from Starlark wraps it: find it with errors.As.
type Raised struct{ Value starlark.Value }

// Error returns the value as print would write it.
func (r *Raised) Error() string {
	if s, ok := starlark.AsString(r.Value); ok {
		return s
	}
	return r.Value.String()
}

// Is says that the end of a group's body, which comes of a failure in the group, is [green.ErrCanceled].
func (r *Raised) Is(target error) bool { return target == green.ErrCanceled && canceled.is(r.Value) }

// raised returns the value that err raises, or nil if a script raised none.
func raised(err error) starlark.Value {
	var r *Raised
	if errors.As(cause(err), &r) {
		return r.Value
	}
	return nil
}

// message returns what a script gets that catches err.
func message(err error) starlark.Value {
	if v := raised(err); v != nil {
		return v
	}
	return starlark.String(err.Error())
}

// A builtinError is a mistake that greenlet reports with an exception of Python's own. Scripts see the text alone,
// as str(e) would be.
type builtinError struct{ kind, text string }

func (e *builtinError) Error() string { return e.text }

func attributeError(format string, args ...any) error {
	return &builtinError{"AttributeError", fmt.Sprintf(format, args...)}
}

func typeError(format string, args ...any) error {
	return &builtinError{"TypeError", fmt.Sprintf(format, args...)}
}

func valueError(format string, args ...any) error {
	return &builtinError{"ValueError", fmt.Sprintf(format, args...)}
}

var (
	errNoRun       = attributeError("run")
	errMainRun     = attributeError("Main greenlets do not have a run attribute.")
	errOtherThread = &builtinError{"error", "Cannot switch to a different thread"}
)

// typeName returns the name that Python has for the type of v, where Starlark has another.
func typeName(v starlark.Value) string {
	switch v := v.(type) {
	case starlark.String:
		return "str"
	case *exitClass:
		return "type"
	default:
		return v.Type()
	}
}

// A crossing is an error on its way out of a greenlet.
type crossing struct {
	from  string // the greenlet
	err   error
	cause error // of err
}

// cause returns the innermost error that err wraps. An error can have come through thousands of greenlets, so the way
// there is not walked again in each.
func cause(err error) error {
	for {
		if c, ok := err.(*crossing); ok {
			return c.cause
		}
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

func (e *crossing) Error() string { return e.err.Error() }
func (e *crossing) Unwrap() error { return e.err }

// A stopped is what a cancelled script fails with when something else had failed before the interpreter saw that it is
// cancelled. It says both.
type stopped struct {
	reason string
	err    error
	text   string
}

func (e *stopped) Error() string { return e.text }
func (e *stopped) Unwrap() error { return e.err }

// cancelledBy is the text of the interpreter for a thread that is cancelled for reason.
func cancelledBy(reason string) string { return "Starlark computation cancelled: " + reason }

// orCancelled returns err, with the reason if the script was cancelled and err does not have it: what fails at that
// moment must not hide who ended the script.
func (r *reins) orCancelled(err error) error {
	reason := r.cancelled.Load()
	if err == nil || reason == nil {
		return err
	}
	text := err.Error()
	if strings.Contains(text, *reason) {
		return err
	}
	return &stopped{reason: *reason, err: err, text: cancelledBy(*reason) + "; it failed meanwhile: " + text}
}

// A located is an error with the calls in which it happened, as a starlark.EvalError is, which only the interpreter
// can make.
type located struct {
	stack starlark.CallStack
	err   error
	text  string // of err, which can come through thousands of greenlets
}

func (e *located) Error() string { return e.text }
func (e *located) Unwrap() error { return e.err }

// As lets a host find the EvalError that it expects from Starlark.
func (e *located) As(target any) bool {
	to, ok := target.(**starlark.EvalError)
	if ok {
		*to = &starlark.EvalError{Msg: e.text, CallStack: e.stack}
	}
	return ok
}
