package main

import (
	"os"
	"sync/atomic"

	"github.com/go-greenlet/greenlet"
	greenlets "github.com/go-greenlet/greenlet/starlark"
	"go.starlark.net/starlark"
)

// stepsBetween is how many steps of a script may pass until it sees that somebody asks.
const stepsBetween = 1000

// A dumping prints the table of the greenlets, and the tasks if there are any. A signal comes on another goroutine than the
// script's, which alone may look: it does, between two steps, while it waits for input, or while all tasks wait. All methods may be called of nil, which prints
// nothing.
type dumping struct {
	in    *input
	asked atomic.Bool
	print func()
}

func newDumping(in *input) *dumping {
	d := &dumping{in: in}
	in.answer = d.answer
	return d
}

// options are those of the tree.
func (d *dumping) options() []greenlets.Option {
	if d == nil {
		return nil
	}
	return []greenlets.Option{greenlets.OnThread(d.watch)}
}

// watch makes thread look from time to time whether somebody asks.
func (d *dumping) watch(thread *starlark.Thread) {
	thread.OnMaxSteps = func(thread *starlark.Thread) {
		thread.SetMaxExecutionSteps(thread.ExecutionSteps() + stepsBetween)
		d.answer()
	}
	thread.SetMaxExecutionSteps(stepsBetween)
}

// begin watches the main thread of t and the signal. The function that it returns ends that, and prints once more.
func (d *dumping) begin(t *greenlets.Tree, thread *starlark.Thread, out *output) (end func()) {
	if d == nil {
		return func() {}
	}
	d.print = func() {
		// What was printed before should be seen before. A failure shows at the next print.
		_ = out.flush()
		_ = greenlet.WriteDump(os.Stderr, t.Inspect())
		if tasks := t.Tasks(); tasks != nil {
			_ = tasks.Write(os.Stderr)
		}
	}
	d.watch(thread)
	stop := onQuit(func() {
		d.asked.Store(true)
		select {
		case d.in.asked <- struct{}{}:
		default:
		}
		t.Post(d.answer)
	})
	return func() {
		stop()
		d.print()
	}
}

// answer prints the table if somebody asked for it.
func (d *dumping) answer() {
	if d.asked.CompareAndSwap(true, false) {
		d.print()
	}
}
