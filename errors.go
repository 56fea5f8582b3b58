package greenlet

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-greenlet/greenlet/internal/outcome"
)

var (
	// ErrExit asks a greenlet to end. It is what Throw(nil) throws and what Close tries first. A run
	// function that returns it, or an error that wraps it and nothing else, ends normally: its parent
	// gets the returned value and a nil error. Joined with another error it is a failure like any
	// other and arrives whole. It is greenlet's GreenletExit. For code that asks what Go's own packages answer,
	// errors.Is(ErrExit, context.Canceled) is true.
	ErrExit error = exit{}

	// ErrClosed is returned by Switch and Throw after the tree was closed.
	ErrClosed = errors.New("greenlet: the tree is closed")

	// ErrNoRun is returned by a Switch to, or a Throw into, a greenlet that has no run function: give it
	// one with SetRun. The greenlet stays Pending.
	ErrNoRun = errors.New("greenlet: no run function; give it one with SetRun")

	// ErrStarted is returned by SetRun once the greenlet has started.
	ErrStarted = errors.New("greenlet: run cannot be set after the start of the greenlet")

	// ErrCycle is returned by SetParent if the new parent is the greenlet itself or descends from it.
	ErrCycle = errors.New("greenlet: cyclic parent chain")

	// ErrTree is returned by SetParent if a greenlet that has started would get a parent in another
	// tree. Where a parent has moved to another tree, it arrives at main in place of what a dying child
	// would hand on, and is returned by a Switch or Throw that would have to go there.
	ErrTree = errors.New("greenlet: the parent is in another tree, and only an unstarted greenlet can move")

	// ErrMainParent is returned by SetParent of a main greenlet, which never has a parent.
	ErrMainParent = errors.New("greenlet: the parent of a main greenlet cannot be set")
)

// An exit is ErrExit.
type exit struct{}

func (exit) Error() string { return "greenlet: exit" }

// Is reports whether target is context.Canceled, as the errors of package net do.
func (exit) Is(target error) bool { return target == context.Canceled }

// A PanicError is a panic that left a greenlet's run function. It is re-raised in the parent, as a panic
// with this very pointer as its value, and on through any number of greenlets until somebody recovers it
// or the program ends. A greenlet that is being closed or reaped has nobody to panic in: there it is
// returned as an error.
type PanicError struct {
	Value    any    // the value that the run function panicked with
	Stack    []byte // the stack of the goroutine at the panic, as [runtime/debug.Stack] formats it
	Greenlet string // the greenlet that panicked, as its String method says it
}

// Error says which greenlet panicked, with what, and the stack at that point.
func (e *PanicError) Error() string {
	return fmt.Sprintf("panic in %s: %v\n\n%s", e.Greenlet, e.Value, e.Stack)
}

// Unwrap returns the value of the panic if that is an error, else nil.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// isExit reports whether err is ErrExit, or wraps it alone.
func isExit(err error) bool { return outcome.IsExit[*PanicError](err, ErrExit) }
