package starlark

import (
	"fmt"

	"go.starlark.net/starlark"
)

// A generator is what generator(f, *args, **kwargs) returns: an iterable that calls f anew in every loop over it.
type generator struct {
	tree   *Tree
	f      starlark.Callable
	args   starlark.Tuple
	kwargs []starlark.Tuple
}

var _ starlark.Iterable = (*generator)(nil)

func (g *generator) String() string        { return "<generator " + g.f.Name() + ">" }
func (g *generator) Type() string          { return "generator" }
func (g *generator) Truth() starlark.Bool  { return true }
func (g *generator) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: %s", g.Type()) }

func (g *generator) Freeze() {
	g.f.Freeze()
	g.args.Freeze()
	for _, pair := range g.kwargs {
		pair.Freeze()
	}
}

// Iterate begins a loop. Nothing of f runs before the first value is asked for.
func (g *generator) Iterate() starlark.Iterator { return &iteration{of: g} }

func makeGenerator(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	f, err := fiberOf(thread, b.Name())
	if err != nil {
		return nil, err
	}
	if len(args) == 0 {
		return nil, fmt.Errorf("generator: missing argument for f")
	}
	body, ok := args[0].(starlark.Callable)
	if !ok {
		return nil, typeError("'%s' object is not callable", typeName(args[0]))
	}
	return &generator{tree: f.tree, f: body, args: args[1:], kwargs: kwargs}, nil
}

// An iteration is one loop over a generator: a greenlet that runs f, whose parent is the greenlet with the loop.
type iteration struct {
	of     *generator
	g      *Greenlet // runs f; nil before the first value is asked for
	resume *Greenlet // who called Yield last: g, or a greenlet that g started
	waits  *Greenlet // the one with the loop, while it waits for a value
	over   bool      // the loop is
}

var (
	errNoLoop  = &builtinError{"RuntimeError", "Yield: no loop waits for a value"}
	errAstray  = &builtinError{"RuntimeError", "generator: something other than the generator switched to the greenlet with the loop"}
	errIgnored = &builtinError{"RuntimeError", "generator ignored GreenletExit"}
)

// Next lets f run up to the next Yield. An error in f ends the loop and fails the thread with the loop.
func (it *iteration) Next(p *starlark.Value) bool {
	f := it.of.tree.running.Load()
	if it.over || f.ended || f.failed != nil {
		return false
	}
	if it.g == nil {
		it.g = f.tree.newGreenlet(starlark.NewBuiltin(it.of.f.Name(), it.body), f.tree.cur)
		it.resume = it.g
	}
	m, err := it.switchTo(f, it.resume, one(starlark.None))
	switch {
	case err == nil && m.by == it:
		*p = m.args[0]
		return true
	case err == nil && it.g.state != dead:
		err = errAstray
	}
	it.over = true
	if err != nil && !f.ended {
		f.fail(err)
	}
	return false
}

// switchTo switches from the greenlet with the loop to to.
func (it *iteration) switchTo(f *fiber, to *Greenlet, m mail) (mail, error) {
	it.waits = f.tree.cur
	m, err := f.transfer(to, m)
	it.waits = nil
	return m, err
}

// body is what the generator's greenlet runs.
func (it *iteration) body(thread *starlark.Thread, _ *starlark.Builtin, _ starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
	args := append(starlark.Tuple{starlark.NewBuiltin("Yield", it.yield)}, it.of.args...)
	return starlark.Call(thread, it.of.f, args, it.of.kwargs)
}

// yield is Yield(value=None). It returns None, or what somebody switched with who is not the loop.
func (it *iteration) yield(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var v starlark.Value = starlark.None
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "value?", &v); err != nil {
		return nil, err
	}
	f, err := fiberOf(thread, b.Name())
	if err != nil {
		return nil, err
	}
	if it.waits == nil {
		return nil, errNoLoop
	}
	it.resume = f.tree.cur
	m, err := f.transfer(it.waits, mail{args: starlark.Tuple{v}, by: it})
	if err != nil {
		return nil, err
	}
	return m.value(), nil
}

// Done ends the loop. If f waits in a Yield, GreenletExit is raised there; one that goes on to yield is ended by force.
func (it *iteration) Done() {
	f := it.of.tree.running.Load()
	it.over = true
	if it.g == nil || it.g.state != started || f.ended || f.tree.closed || f.tree.cancelled.Load() != nil {
		return
	}
	// The thread may be about to fail, which must not keep the generators of its loops from ending well.
	failed := f.settle(nil)
	_, err := it.switchTo(f, it.g, mail{err: &Raised{greenletExit}})
	if it.g.state != dead {
		it.kill()
		if err == nil {
			err = errIgnored
		}
	}
	switch {
	case err != nil:
		f.fail(err)
	case failed != nil:
		f.refail(failed)
	}
}

// kill ends the generator's greenlet; nothing of f runs any more.
func (it *iteration) kill() {
	t := it.g.tree
	cur := t.cur
	_ = it.g.core.Close()
	it.g.state, it.g.fiber = dead, nil
	t.cur = cur
}
