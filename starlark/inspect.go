package starlark

import (
	"runtime"
	"slices"

	"github.com/go-greenlet/greenlet"
)

// Inspect lists the greenlets that have started and not ended, abandoned ones included, main first: for
// [greenlet.WriteDump], say. The stack of each is its calls of Starlark functions, innermost first; Switches is always
// filled in, Created and For never.
//
// It belongs to the tree's goroutine, like all else: while a script runs, call it from a function that the script
// calls, or from Thread.OnMaxSteps.
func (t *Tree) Inspect() []greenlet.Info {
	if t.closed {
		return nil
	}
	var list []greenlet.Info
	running := t.running.Load()
	for f := t.fibers; ; f = f.next {
		i := greenlet.Info{
			ID: f.id, Name: f.name, Parent: f.parent, State: greenlet.Suspended, Switches: f.switches, Stack: f.stack(),
		}
		if f == running {
			i.State = greenlet.Running
		}
		list = append(list, i)
		if f.next == t.fibers {
			return list
		}
	}
}

// stack returns the calls of f's thread, but for those of functions that are not written in Starlark.
func (f *fiber) stack() []runtime.Frame {
	var all []runtime.Frame
	for _, c := range slices.Backward(f.thread.CallStack()) {
		if c.Pos.Line > 0 {
			all = append(all, runtime.Frame{Function: c.Name, File: c.Pos.Filename(), Line: int(c.Pos.Line)})
		}
	}
	return all
}
