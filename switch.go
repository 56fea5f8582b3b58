package greenlet

import (
	"runtime"

	"github.com/go-greenlet/greenlet/internal/owner"
)

// A kind says what arrives with a switch.
type kind uint8

const (
	asValue  kind = iota // a value; the error is nil
	asError              // an error, perhaps with a value beside it
	asPanic              // an error that is a *PanicError, to be raised
	asGoexit             // a call of runtime.Goexit
)

// A mail is what arrives.
type mail[T any] struct {
	val  T
	err  error
	kind kind
}

// thrown is the mail of an error.
func thrown[T any](err error) mail[T] { return mail[T]{err: err, kind: asError} }

// Switch parks the caller and runs g. Into a started g, v arrives as the result of the Switch or Throw in which g
// is parked; an unstarted g starts, with v as the argument of its run function. Switch returns when something
// switches to the caller again, with the value or the error that arrives then, which need not have to do with g.
//
// If g is dead, v goes to the nearest ancestor that is not, as greenlet does it; an unstarted ancestor is
// started with it. If that is the caller, or g is, Switch returns v at once.
//
// It returns [ErrNoRun] if it would have to start a greenlet that has no run function, [ErrTree] if it would have to
// go to an ancestor of g in another tree, and [ErrClosed] after the tree was closed. It panics with a [*PanicError]
// if a child of the caller ended with a panic, calls runtime.Goexit if a child ended with that, and never returns,
// by runtime.Goexit, in a greenlet that is being closed. Called from a goroutine that may not use the tree it panics,
// and nothing happens to the tree.
//
// A switch costs about a third of an unbuffered channel's hand-over, and allocates nothing.
func (g *Greenlet[T]) Switch(v T) (T, error) {
	t := g.tree
	self := owner.Check(&t.pool.Owner.Running)
	if self == 0 || t.pool.Rare.Load() != 0 {
		return g.transfer("Switch", mail[T]{val: v})
	}
	to, me := g.node, t.cur.node
	if to == nil {
		to = t.begin(g)
	}
	if to == nil || to == me {
		return g.transfer("Switch", mail[T]{val: v})
	}
	if !me.Data.parked {
		t.register(t.cur)
	}
	// From here it is what pass does, by hand. Neither g nor the caller's own handle may be mentioned after the
	// switch: a parked stack must not be what keeps a greenlet from being found abandoned.
	s := to.Slot
	me.Slot = s
	t.cur = g
	t.val = v
	if s.Turn = !s.Turn; s.Turn {
		s.Next()
	} else {
		s.Yield(struct{}{})
	}
	t.pool.Owner.Running = self
	if t.pool.Rare.Load() != 0 {
		return t.settle(me, self)
	}
	v = t.val
	var none T
	t.val = none
	return v, nil
}

// Throw is Switch with an error instead of a value: err arrives, as the same error value, in the Switch or Throw
// in which g is parked, with the zero T beside it. A nil err is [ErrExit].
//
// Thrown into the caller itself, err is returned at once. An unstarted g dies without running, and the error
// goes to its parent; from a dead g it goes to the nearest ancestor that is not dead. On both of these ways ErrExit
// turns into the zero T and a nil error. All else is as with Switch.
func (g *Greenlet[T]) Throw(err error) (T, error) {
	if err == nil {
		err = ErrExit
	}
	return g.transfer("Throw", thrown[T](err))
}

// begin starts g if nothing speaks against it, and returns the node that it lives in, else nil.
func (t *tree[T]) begin(g *Greenlet[T]) *node[T] {
	if g.run == nil || g.ended.Load() {
		return nil
	}
	return t.start(g, t.pool.Get())
}

// transfer is the whole of Switch and Throw.
func (g *Greenlet[T]) transfer(op string, m mail[T]) (T, error) {
	var none T
	t, self := g.enter(op)
	if t == nil {
		return none, ErrClosed
	}
	me := t.cur
	if n := me.node; n.Data.closing != nil {
		return none, t.mustEnd(n)
	}
	to, m, err := t.route(g, m, false)
	if err != nil {
		return none, err
	}
	return t.pass(me, self, to, m)
}

// route finds where m, sent to the greenlet to, arrives, and as what. m comes from a greenlet that is dying, or
// from a Switch or Throw, which can fail.
func (t *tree[T]) route(to *Greenlet[T], m mail[T], dying bool) (*Greenlet[T], mail[T], error) {
	for {
		switch {
		case to.tree != t:
			if !dying {
				return nil, m, ErrTree
			}
			m = m.butFor(ErrTree)
			to = t.main
			continue
		case to.dead():
			if m.kind == asError && isExit(m.err) {
				m = mail[T]{}
			}
			to = t.living(to)
			continue
		case !to.pending():
			return to, m, nil
		case to.run != nil:
			return to, m, nil
		case !dying:
			return nil, m, ErrNoRun
		default:
			m = m.butFor(ErrNoRun)
		}
		to = to.identity().parent
	}
}

// living returns the first ancestor of g, which is dead and of t, that is not dead or not of t. It notes that in all it
// passes, so that the next one need not come this way: a greenlet that makes its successor as a child and ends, again
// and again, leaves a long row of the dead. Once SetParent has changed the parent of a dead one, nothing noted is
// right.
func (t *tree[T]) living(g *Greenlet[T]) *Greenlet[T] {
	next := func(g *Greenlet[T]) *Greenlet[T] {
		if g.heir != nil && !t.reparented {
			return g.heir
		}
		return g.identity().parent
	}
	a := next(g)
	for a.tree == t && a.dead() {
		a = next(a)
	}
	for !t.reparented && g != a {
		after := next(g)
		g.heir = a
		g = after
	}
	return a
}

// pass switches from the current greenlet, me, to to, which is main, suspended, unstarted or me itself, with m.
// It returns what arrives here next. self is the identity of the calling goroutine.
func (t *tree[T]) pass(me *Greenlet[T], self uintptr, to *Greenlet[T], m mail[T]) (T, error) {
	if to.is(me) {
		t.post(me, me, m)
		return t.receive(false)
	}
	here := me.node
	if !here.Data.parked {
		t.register(me)
	}
	there := to.node
	if there == nil {
		there = t.start(to, t.pool.Get())
	}
	t.post(me, to, m)
	t.pool.Go(here, there)
	t.pool.Owner.Running = self
	return t.receive(false)
}

// start gives the unstarted g the node n to live in.
func (t *tree[T]) start(g *Greenlet[T], n *node[T]) *node[T] {
	n.Data.identity = g.who
	g.node = n
	return n
}

// post makes to the current greenlet and puts m where it will find it.
func (t *tree[T]) post(from, to *Greenlet[T], m mail[T]) {
	t.cur = to
	t.val = m.val
	if m.kind != asValue {
		t.err, t.kind = m.err, m.kind
		t.pool.Rare.Or(mailBit)
	}
	if t.tracers != nil || t.opts.record {
		t.from = from
	}
}

// settle is what a greenlet does that comes back from the fast way and finds that something is up.
func (t *tree[T]) settle(me *node[T], self uintptr) (T, error) {
	t.pool.Settle(me)
	t.pool.Owner.Running = self
	return t.receive(false)
}

// receive takes what arrived in the current greenlet, shows it to the tracers and returns, raises or does it.
func (t *tree[T]) receive(start bool) (T, error) {
	m := mail[T]{val: t.val}
	var none T
	t.val = none
	if rare := t.pool.Rare.Load(); rare != 0 {
		if rare&mailBit != 0 {
			m.err, m.kind = t.err, t.kind
			t.err = nil
			t.pool.Rare.And(^uint32(mailBit))
		}
		from := t.from
		t.from = nil
		if rare&recordBit != 0 {
			t.note(from)
		}
		if rare&askedBit != 0 {
			t.answer()
		}
		if rare&traceBit != 0 {
			m = t.announce(m, from, start)
		}
		switch m.kind {
		case asPanic:
			panic(m.err)
		case asGoexit:
			runtime.Goexit()
		}
	}
	return m.val, m.err
}
