package starlark

import "go.starlark.net/starlark"

// runBody is the whole life of a greenlet other than main, from its first switch, which came with m. While it lasts,
// nothing here may refer to the greenlet, or that would never be found abandoned.
func (t *Tree) runBody(m mail) (mail, error) {
	f, run := t.begin()
	returned := false
	defer func() {
		f.leave()
		if !returned && !f.ended {
			t.crash()
		}
	}()
	m, err := f.arrive(m, nil)
	var v starlark.Value
	if err == nil {
		v, err = f.call(run, m.args, m.kwargs)
	}
	returned = true
	if f.ended {
		return mail{}, nil // to whoever closes it
	}
	return t.finish(f, v, err), nil
}

// begin turns the current greenlet into one that has started.
func (t *Tree) begin() (*fiber, starlark.Value) {
	g := t.cur
	g.name = g.runName()
	f, run := t.newFiber(g), g.run
	g.run = nil
	return f, run
}

// finish ends the current greenlet, which runs in f and came to v or err. It chooses who gets that, and returns it.
func (t *Tree) finish(f *fiber, v starlark.Value, err error) mail {
	g := t.cur
	g.state, g.fiber = dead, nil
	m := g.outcome(v, err)
	to := g.parent
	for to.state == dead || to.state == pending && to.run == nil {
		if to.state == pending {
			// It can't take the result, whatever that is, and who comes next hears only of this.
			m = mail{err: errNoRun}
		}
		to = to.parent
	}
	if to.state == pending {
		to.depth = f.depth
		t.start(to)
	}
	if t.watched() {
		t.from = g
	}
	t.yield(g, to)
	return m
}

// outcome is what a greenlet sends to its parent when its run function came to v or err.
func (g *Greenlet) outcome(v starlark.Value, err error) mail {
	if err == nil {
		return one(v)
	}
	if v := raised(err); isExit(v) {
		return one(v)
	}
	return mail{err: &crossing{from: g.label(), err: err, cause: cause(err)}}
}

// crash ends the current greenlet when a panic or a call of runtime.Goexit by the host leaves it, which goes on in the
// nearest ancestor that has started.
func (t *Tree) crash() {
	g := t.cur
	g.state, g.fiber = dead, nil
	to := g.parent
	for to.state != started {
		to.state = dead
		to = to.parent
	}
	t.from = nil
	t.yield(g, to)
}

// yield makes to the current greenlet instead of g, which ends.
func (t *Tree) yield(g, to *Greenlet) {
	t.cur = to
	if to != t.main {
		// The core knows no other parent than main until now, since who gets the result is decided here. As main
		// is every live greenlet's parent there, no cycle can come of it.
		_ = g.core.SetParent(to.core)
	}
}
