package greenlet

import (
	"errors"

	"github.com/go-greenlet/greenlet/internal/coro"
	"github.com/go-greenlet/greenlet/internal/outcome"
)

// body returns what a pooled goroutine does: one greenlet after the other.
func (t *tree[T]) body() func(yield func(struct{}) bool) {
	return func(yield func(struct{}) bool) {
		n, self := t.pool.Enter(yield)
		defer t.pool.Depart(n)
		if t.pool.Rare.Load() != 0 {
			t.pool.Settle(n)
		}
		for again := true; again; again = t.pool.Next(n) {
			t.pool.Owner.Running = self
			// The handle is not mentioned once the function runs, nor is the function: see Switch.
			run := t.cur.run
			t.cur.run = nil
			v, err := t.receive(true)
			if err == nil {
				v, err = run(v)
			}
			if err != nil && isExit(err) {
				err = nil
			}
			t.val, t.err = v, err
		}
	}
}

// ended ends the current greenlet, whose run ended on n, and finds who goes on.
func (t *tree[T]) ended(n *node[T], end *coro.End) (next *node[T], leave bool) {
	g := t.cur
	m := t.result(n, g, end)
	parent := n.Data.parent
	if d := n.Data.closing; d != nil {
		t.endClosing()
		for ; d != nil && d.by != nil; d = d.outer {
			if parent = d.by; !parent.dead() {
				break
			}
		}
	}
	t.end(g, n)
	to, m, _ := t.route(parent, m, true)
	next = to.node
	if next == nil {
		next = n
		if n.Data.once || end != nil {
			next = t.pool.Get()
		}
		t.start(to, next)
	}
	t.post(g, to, m)
	return next, n.Data.once
}

// result makes the mail to the parent of g from the way in which its run ended on n.
func (t *tree[T]) result(n *node[T], g *Greenlet[T], end *coro.End) mail[T] {
	m := mail[T]{val: t.val, err: t.err}
	var none T
	t.val, t.err = none, nil
	d := n.Data.closing
	switch {
	case end == nil:
		if m.err != nil {
			m.kind = asError
		}
	case end.Panic != nil:
		p, carried := end.Panic.(*PanicError)
		if !carried {
			p = &PanicError{Value: end.Panic, Stack: outcome.PanicStack(end.Stack), Greenlet: n.Data.identity.String()}
		}
		m = mail[T]{err: p, kind: asPanic}
	case d == nil:
		m = mail[T]{kind: asGoexit}
	case d.lost != nil:
		m = mail[T]{err: d.lost, kind: asPanic}
	default:
		m = mail[T]{} // it was made to call Goexit
	}
	if d != nil && d.by != nil && !d.by.dead() { // if the closer is dead, m goes where control goes
		d.err = m.err
		m = mail[T]{}
	}
	return m
}

// end makes g dead, which lived in n.
func (t *tree[T]) end(g *Greenlet[T], n *node[T]) {
	t.unregister(n)
	if n.Data.once {
		// Another handle may still look here.
		n.Data.dead = true
		n.Data.closing = nil
		n.Data.registered = registered[T]{}
	} else {
		g.node = nil
		n.Data.identity = identity[T]{}
		if n.Data.parked || n.Data.closing != nil {
			n.Data = life[T]{}
		}
	}
	g.ended.Store(true)
}

// butFor is m on its way past a greenlet at which it could not arrive for the reason err.
func (m mail[T]) butFor(err error) mail[T] {
	switch m.kind {
	case asValue:
		return thrown[T](err)
	case asError:
		if outermost(m.err) == err {
			return m // so that a row of such greenlets says it once
		}
		return mail[T]{val: m.val, err: errors.Join(m.err, err), kind: asError}
	}
	return m
}

// outermost returns what was joined to err last.
func outermost(err error) error {
	for {
		joined, ok := err.(interface{ Unwrap() []error })
		if !ok {
			return err
		}
		all := joined.Unwrap()
		if len(all) == 0 {
			return err
		}
		err = all[len(all)-1]
	}
}
