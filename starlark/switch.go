package starlark

import "github.com/go-greenlet/greenlet"

// maxDepth bounds the calls that are beneath a greenlet when it starts, or beneath a run() of tasklets, as the
// interpreter bounds the calls within one thread: greenlets that start each other, or tasklets that run each other,
// without end would otherwise eat all memory. A greenlet takes about as much of that as ownDepth calls do. Tasks that
// wait for each other are not counted, no more than those that do not: none of them is called by another.
const (
	maxDepth = 100_000
	ownDepth = 10
)

var errDepth = &builtinError{"RecursionError", "Starlark stack overflow: too many greenlets start each other"}

// transfer switches to the greenlet to, or if that is dead to its nearest ancestor that is not, with m. It returns what
// arrives here next, raised as an error if it is one.
func (f *fiber) transfer(to *Greenlet, m mail) (mail, error) {
	switch {
	case f.ended:
		return mail{}, errEnded
	case f.failed != nil:
		return mail{}, errStopped
	case to.tree != f.tree:
		return mail{}, errOtherThread
	case f.tree.barred:
		return mail{}, errCallback
	}
	for to.state == dead {
		to = to.parent
	}
	if to.state == pending && to.run == nil {
		return mail{}, errNoRun
	}
	return f.pass(to, m)
}

// pass is transfer to a greenlet that can take m.
//
// What follows the switch must mention neither to nor f's own Greenlet, or they would never be found abandoned.
func (f *fiber) pass(to *Greenlet, m mail) (mail, error) {
	t := f.tree
	if t.main.core == nil {
		t.main.core = greenlet.Main[mail]() // a tasklet has seldom need of it
	}
	if to.state == pending {
		to.depth = f.depth + f.thread.CallStackDepth() + ownDepth
		if to.depth+t.stackless.nested > maxDepth {
			return mail{}, errDepth
		}
		t.start(to)
	}
	if t.watched() {
		t.from = t.cur
	}
	t.cur = to
	m, err := to.core.Switch(m)
	return f.arrive(m, err)
}

// start prepares g, which is unstarted, for its first switch.
func (t *Tree) start(g *Greenlet) {
	// New unwinds abandoned greenlets, which leaves t.cur as it is; see runBody.
	g.core = t.main.core.New(t.body)
	g.state = started
}

// arrive is what happens in a greenlet that gets control, with what it gets.
func (f *fiber) arrive(m mail, err error) (mail, error) {
	t := f.tree
	if err != nil || t.ending {
		// We send errors inside of mails. So this is the tree's end or the greenlet's own.
		f.end()
		return mail{}, errEnded
	}
	f.enter()
	start := !f.began
	f.began = true
	f.switches++
	if t.watched() {
		if err := t.announce(f, m, start); err != nil {
			return mail{}, err
		}
	}
	if m.err != nil {
		return mail{}, m.err
	}
	return m, nil
}
