package greenlet

import (
	"errors"
	"fmt"
	"runtime"
)

// A death is the closing of one greenlet.
type death[T any] struct {
	by    *Greenlet[T] // stands in for its parent; nil if it closes itself
	outer *death[T]    // the closing of by, if that is being closed too
	err   error        // what it failed with
}

// Close ends g for good. An unstarted g just dies. Into a suspended g [ErrExit] is thrown, with the caller standing
// in for its parent until it is dead. If g switches away instead of ending, it is unwound by runtime.Goexit: its
// deferred calls run, and a Switch or Throw in one of them ends that call and goes on with the next; New panics
// there. So Close always comes to an end, unless code of g does not. A g that is the caller itself ends on the spot,
// as by runtime.Goexit, and its parent gets the zero T and a nil error. A dead g is left alone.
//
// Close of main ends every greenlet of the tree in this way, the one that first parked last coming first, and then
// the tree: no goroutine is left, every greenlet is Dead, Switch and Throw return [ErrClosed] and New panics. Only
// main may close main. A second Close does nothing.
//
// Close returns what g failed with: the error that its run function returned, unless that is ErrExit, or a
// [*PanicError]; from a tree all of them, joined. What abandoned greenlets do goes to [OnUnraisable] instead. To a caller
// that g itself closes in a deferred call it returns ErrExit, and what g fails with then arrives at the caller's parent.
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
		runtime.Goexit()
	}
	return t.unwind(g, self)
}

// close ends the whole tree.
func (t *tree[T]) close(self uintptr) error {
	if !t.main.is(t.cur) {
		panic(fmt.Sprintf("greenlet: Close of the main greenlet, which ends the tree, called in %v; let it return, or switch to main and close there", t.cur.identity()))
	}
	t.reap()
	head := t.main.node
	if f := t.opts.onLeak; f != nil && head.Data.next != head {
		f(t.infos(t.started()[1:], true))
	}
	t.closers++ // so that the bit stays set
	t.pool.Rare.Or(closingBit)
	var errs []error
	for n := head.Data.next; n != head; n = head.Data.next {
		g := t.handle(n)
		n.Data.once = true // another handle may exist, so the node can't be used again
		if err := t.unwind(g, self); err != nil {
			errs = append(errs, err)
		}
	}
	t.pool.Close()
	t.pool.Rare.Or(closedBit)
	t.closed.Store(true)
	for _, answer := range t.questions.take(true) {
		close(answer)
	}
	return errors.Join(errs...)
}

// handle makes a fresh handle for the greenlet in n, whose own is gone or out of reach.
func (t *tree[T]) handle(n *node[T]) *Greenlet[T] {
	return &Greenlet[T]{tree: t, node: n, who: n.Data.identity}
}

// unwind ends g, which is suspended, and returns what it failed with.
func (t *tree[T]) unwind(g *Greenlet[T], self uintptr) error {
	d := &death[T]{by: t.cur, outer: t.cur.node.Data.closing}
	t.beginClosing(g.node, d)
	_, err := t.pass(t.cur, self, g, thrown[T](ErrExit))
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

// endClosing takes back beginClosing.
func (t *tree[T]) endClosing() {
	if t.closers--; t.closers == 0 {
		t.pool.Rare.And(^uint32(closingBit))
	}
}
