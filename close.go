package greenlet

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/go-greenlet/greenlet/internal/outcome"
)

// A death is the closing of one greenlet.
type death[T any] struct {
	by    *Greenlet[T] // stands in for its parent; nil if it closes itself
	outer *death[T]    // the closing of by, if that is being closed too
	err   error        // what it failed with
	asked int          // how often it switched in a deferred call that a panic runs
	lost  *PanicError  // the panic that a Goexit of ours discarded
}

// mostAsked is how often a greenlet that is being closed may switch while it panics, before it is unwound by Goexit:
// see tree.mustEnd.
const mostAsked = 100

// Close ends g for good. An unstarted g just dies. Into a suspended g [ErrExit] is thrown, with the caller standing
// in for its parent until it is dead. If g switches away instead of ending, it is unwound by runtime.Goexit: its
// deferred calls run, and a Switch or Throw in one of them ends that call and goes on with the next; New panics
// there. So Close always comes to an end, unless code of g does not. A g that is the caller itself ends on the spot,
// as by runtime.Goexit, and its parent gets the zero T and a nil error. A dead g is left alone.
//
// A Goexit would discard a panic that is on its way out of g. So in a deferred call that a panic runs, Switch, Throw
// and Close of g itself return ErrExit at once, and the panic goes on when the call ends. A call that tries it more
// than a hundred times is unwound all the same; g then fails with a [*PanicError] that has the stack of the panic and,
// in place of its value, a text that says so. What a function was about to return has no such protection: a Goexit in
// one of its deferred calls discards it, as in all Go code.
//
// Close of main ends every greenlet of the tree in this way, the one that first parked last coming first, and then
// the tree: no goroutine is left, every greenlet is Dead, Switch and Throw return [ErrClosed] and New panics. Only
// main may close main. A second Close does nothing.
//
// Close returns what g failed with: the error that its run function returned, unless that is ErrExit, or a
// [*PanicError]; from a tree all of them, joined. What abandoned greenlets do goes to [OnUnraisable] instead. To a
// caller that g itself closes in a deferred call it returns ErrExit, and what g fails with then arrives at the
// caller's parent.
//
// A tracer, or a function given to [OnLeak] or [OnUnraisable], may panic or call runtime.Goexit (t.Fatal does) while
// main is closed. The tree is closed all the same, and the panic or Goexit goes on afterwards; no tracer is called any
// more. What Close would have returned goes to OnUnraisable. It is the same with Close of one greenlet and a tracer.
func (g *Greenlet[T]) Close() error {
	t, self := g.enter("Close")
	switch {
	case t == nil || g.dead():
		return nil
	case g == t.main:
		return t.close(self)
	case g.pending():
		g.run = nil
		g.ended.Store(true)
		return nil
	case g.is(t.cur):
		if g.node.Data.closing == nil {
			t.beginClosing(g.node, &death[T]{})
		}
		return t.mustEnd(g.node)
	}
	return t.unwind(g, self)
}

// mustEnd is what a greenlet gets that is being closed, lives in n, and switches instead of ending.
func (t *tree[T]) mustEnd(n *node[T]) error {
	d := n.Data.closing
	if outcome.Panicking("") {
		if d.asked++; d.asked <= mostAsked {
			return ErrExit
		}
		d.lost = &PanicError{
			Value: outcome.Discarded, Stack: outcome.PanicStack(debug.Stack()), Greenlet: n.Data.identity.String(),
		}
	}
	runtime.Goexit()
	return nil
}

// close ends the whole tree.
func (t *tree[T]) close(self uintptr) (err error) {
	if !t.main.is(t.cur) {
		panic(fmt.Sprintf("greenlet: Close of the main greenlet, which ends the tree, called in %v; let it return, or switch to main and close there", t.cur.identity()))
	}
	var errs []error
	abrupt := true // a hook panicked or called runtime.Goexit; all the rest is deferred, so that it happens even then
	defer func() {
		err = errors.Join(errs...)
		if abrupt && err != nil {
			t.opts.onUnraisable(t.info(t.main), err)
		}
	}()
	defer t.finish()
	defer t.unwindAll(self, &errs, &abrupt)
	t.reap()
	head := t.main.node
	if f := t.opts.onLeak; f != nil && head.Data.next != head {
		t.opts.onLeak = nil // it may close main itself
		f(t.infos(t.started()[1:], true))
	}
	abrupt = false
	return nil
}

// unwindAll ends every greenlet that has started. It adds to errs what they fail with, and sets abrupt if a tracer
// panicked or called runtime.Goexit in main.
func (t *tree[T]) unwindAll(self uintptr, errs *[]error, abrupt *bool) {
	if t.closed.Load() {
		return // a hook has closed main
	}
	returned := false
	defer func() {
		if !returned {
			*abrupt = true
			t.tracers = nil // else it could go on like this, once for each greenlet
			t.pool.Rare.And(^uint32(traceBit))
			t.unwindAll(self, errs, abrupt)
		}
	}()
	t.closers++ // so that the bit stays set
	t.pool.Rare.Or(closingBit)
	head := t.main.node
	for n := head.Data.next; n != head; n = head.Data.next {
		g := t.handle(n)
		n.Data.once = true // another handle may exist, so the node can't be used again
		if err := t.unwind(g, self); err != nil {
			*errs = append(*errs, err)
		}
	}
	returned = true
}

// finish lets go of what the tree has when all greenlets are dead.
func (t *tree[T]) finish() {
	if t.closed.Load() {
		return
	}
	t.pool.Close()
	t.pool.Rare.Or(closedBit)
	t.closed.Store(true)
	for _, answer := range t.questions.take(true) {
		close(answer)
	}
}

// handle makes a fresh handle for the greenlet in n, whose own is gone or out of reach.
func (t *tree[T]) handle(n *node[T]) *Greenlet[T] {
	return &Greenlet[T]{tree: t, node: n, who: n.Data.identity}
}

// unwind ends g, which is suspended, and returns what it failed with.
func (t *tree[T]) unwind(g *Greenlet[T], self uintptr) error {
	d := &death[T]{by: t.cur, outer: t.cur.node.Data.closing}
	t.beginClosing(g.node, d)
	returned := false
	defer func() {
		if !returned && d.err != nil { // a tracer panicked or called runtime.Goexit
			t.opts.onUnraisable(t.info(g), d.err)
		}
	}()
	_, err := t.pass(t.cur, self, g, thrown[T](ErrExit))
	returned = true
	switch {
	case d.err == nil:
		// Nil, or somebody else came first: the caller itself is being closed, from a deferred call of g.
		return err
	case err == nil:
		return d.err
	}
	return errors.Join(d.err, err) // of a tracer, or of one that g was closing when it was closed by that one
}

// beginClosing notes that the greenlet in n is to die. Until it is dead, the fast way of Switch is closed to all.
func (t *tree[T]) beginClosing(n *node[T], d *death[T]) {
	if n.Data.closing == nil {
		t.closers++
		t.pool.Rare.Or(closingBit)
	}
	n.Data.closing = d
}

// endClosing undoes beginClosing.
func (t *tree[T]) endClosing() {
	if t.closers--; t.closers == 0 {
		t.pool.Rare.And(^uint32(closingBit))
	}
}
