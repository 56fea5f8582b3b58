package starlark

import (
	"errors"
	"fmt"

	"go.starlark.net/starlark"
)

// A fiber is the thread of one greenlet, with what must be known of the greenlet while it is parked. It must not
// refer to the Greenlet: a parked stack holds its fiber, and what a parked stack holds is never found abandoned.
type fiber struct {
	tree   *Tree
	thread *starlark.Thread
	depth  int // calls beneath this one: those of the greenlets that started it
	// failed is what went wrong in a place that can't return an error; the thread is then cancelled, so that it
	// stops at its next instruction, and whoever is called back by Starlark next exchanges the error.
	failed error
	ended  bool   // the greenlet is being unwound for good; no script code of it runs any more
	host   *limit // of the thread, while a watchdog of tasklets limits it; else nil

	// What Inspect tells.
	id, parent uint64
	name       string
	began      bool   // something arrived
	seen       bool   // OnTransfer knows of it, as one that runs
	switches   uint64 // how often
	prev, next *fiber // in the ring of those that have not ended
}

// local is the key of the fiber in its thread.
const local = "github.com/go-greenlet/greenlet/starlark"

// fiberIn returns the fiber of thread, or nil.
func fiberIn(thread *starlark.Thread) *fiber {
	f, _ := thread.Local(local).(*fiber)
	return f
}

// newFiber makes the fiber of g, which starts.
func (t *Tree) newFiber(g *Greenlet) *fiber {
	f := &fiber{
		tree: t, depth: g.depth, id: g.id, name: g.name, parent: g.parent.id, thread: t.stackless.root.newThread(g.label()),
	}
	f.thread.SetLocal(local, f)
	f.prev, f.next = t.fibers.prev, t.fibers
	f.prev.next, f.next.prev = f, f
	g.fiber = f
	return f
}

// newThread makes a thread like that of main.
func (t *Tree) newThread(name string) *starlark.Thread {
	thread := &starlark.Thread{Name: name, Print: t.thread.Print, Load: t.thread.Load, OnMaxSteps: t.thread.OnMaxSteps}
	if h := fiberIn(t.thread).host; h != nil {
		thread.OnMaxSteps = h.hook // that of the host
	}
	for _, prepare := range t.onThread {
		prepare(thread)
	}
	return thread
}

// leave takes f, whose greenlet ended, out of the ring.
func (f *fiber) leave() { f.prev.next, f.next.prev = f.next, f.prev }

// enter notes that f's greenlet runs.
func (f *fiber) enter() {
	from := f.tree.running.Swap(f)
	if f.tree.onTransfer != nil {
		f.tree.resumed(from, f)
	}
	if reason := f.tree.cancelled.Load(); reason != nil {
		f.thread.Cancel(*reason)
	}
	if b := f.tree.hub; b != nil && b.closed {
		f.end()
	}
	f.tree.stackless.follow(f)
}

// end notes that f's greenlet is being unwound for good.
func (f *fiber) end() {
	f.ended = true
	f.thread.Cancel(errEnded.Error())
}

// fiberOf returns the fiber of thread. op is what the script called.
func fiberOf(thread *starlark.Thread, op string) (*fiber, error) {
	f := fiberIn(thread)
	switch {
	case f == nil:
		return nil, fmt.Errorf("%s: this thread has no greenlets; the host must execute it within Run", op)
	case f.tree.closed:
		return nil, fmt.Errorf("%s: the greenlets of this thread were closed", op)
	case f.tree.running.Load() != f:
		// A panic of the host's went through greenlets to one of this thread's callers, who recovered it.
		f.enter()
	}
	return f, nil
}

var (
	errEnded   = errors.New("the greenlet is being closed")
	errStopped = errors.New("stopped by an earlier failure")
)

// fail lets f's thread fail with err from a place that can't return it.
func (f *fiber) fail(err error) {
	f.refail(&located{stack: f.thread.CallStack(), err: err, text: err.Error()})
}

// refail takes back that a failure was settled.
func (f *fiber) refail(err error) {
	f.failed = err
	f.thread.Cancel(err.Error())
}

// settle is what a call that f's thread made really came to, when it came back with err.
func (f *fiber) settle(err error) error {
	if f.failed != nil {
		err, f.failed = f.failed, nil
		f.thread.Uncancel()
		f.enter()
	}
	if f.ended {
		return err // nobody sees it
	}
	return f.tree.orCancelled(err)
}

// call calls fn in f's thread, which may be anything that a script passed.
func (f *fiber) call(fn starlark.Value, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if _, ok := fn.(starlark.Callable); !ok {
		return nil, typeError("'%s' object is not callable", typeName(fn))
	}
	v, err := starlark.Call(f.thread, fn, args, kwargs)
	if err = f.settle(err); err != nil {
		return nil, err
	}
	return v, nil
}
