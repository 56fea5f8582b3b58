package starlark

import (
	"runtime"
	"slices"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/green"
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

// Tasks describes the tasks of the module green as [green.Hub.Snapshot] does, the main one included, or returns nil if that is the
// only one. The stack of each is its calls of Starlark functions, innermost first, of the greenlet in which it is. It belongs to
// the tree's goroutine like [Tree.Inspect]; other goroutines have [Tree.Post].
func (t *Tree) Tasks() *green.Snapshot {
	b := t.hub
	if b == nil || b.closed || b.h.Len() <= 1 {
		return nil
	}
	current := b.h.Scheduler().Current().ID()
	at := map[uint64]*fiber{b.main.Tasklet().ID(): b.main.at}
	for task, it := range b.tasks {
		at[task.Tasklet().ID()] = it.at
	}
	all := b.h.Snapshot(false)
	if _, ofScript := at[current]; ofScript {
		at[current] = t.running.Load()
	} else { // it is that of Post
		all.Tasks = slices.DeleteFunc(all.Tasks, func(i green.TaskInfo) bool { return i.ID == current })
		all.Stats.Tasks--
		all.Stats.Runnable--
	}
	for i := range all.Tasks {
		if f := at[all.Tasks[i].ID]; f != nil {
			for _, c := range f.stack() {
				all.Tasks[i].Stack = append(all.Tasks[i].Stack, green.Frame{Function: c.Function, File: c.File, Line: c.Line})
			}
		}
	}
	return all
}

// Post calls f on the goroutine of a tree of [Run] when no task can run or between two of them, while the script lives. Any goroutine
// may call it, at any time. f must not wait, and a script that is busy keeps it waiting: for that there is Thread.OnMaxSteps.
func (t *Tree) Post(f func()) {
	if t.hub != nil {
		_ = t.hub.h.Post(func() error { // if the hub has ended, so has the script
			f()
			return nil
		})
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
