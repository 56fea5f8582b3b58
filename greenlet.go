package greenlet

import (
	"context"
	"fmt"
	"sync/atomic"
	"unsafe"

	"github.com/go-greenlet/greenlet/internal/coro"
	"github.com/go-greenlet/greenlet/internal/owner"
)

// A Greenlet is a coroutine with its own stack, which runs when something switches to it and at no other
// time. T is the type of the values that travel with a switch: one type for a whole tree; a struct for
// several values, any for whatever.
//
// A greenlet belongs to the tree of its parent, and a tree to one goroutine: the one that called [Main], or
// the one of the tree's greenlet that runs at the moment. Unless it says otherwise, a method panics when
// another goroutine calls it. [Greenlet.Dead] and [Greenlet.ID] may be called from anywhere.
//
// A Greenlet must not be copied.
type Greenlet[T any] struct {
	tree  *tree[T] // changes only by move
	node  *node[T] // from its start to its end, and further if it ended under another handle
	run   func(T) (T, error)
	ended atomic.Bool
	heir  *Greenlet[T] // set by tree.living once g is dead
	who   identity[T]  // what the node has, too, while there is one
}

// A node is the parked side of a greenlet: a goroutine with what must be known of the greenlet when nobody
// has its handle any more. It never refers to the handle, so that the collector can find handles which
// nobody holds. Nodes are reused, since they come with a goroutine.
type node[T any] = coro.Flow[life[T]]

// A life is what a node knows of the greenlet that lives in it.
type life[T any] struct {
	identity[T]
	registered[T]           // from its first park
	closing       *death[T] // set while it is being closed
	parked        bool      // at least once; main counts as parked
	dead          bool      // it ended under another handle than its first one
	found         bool      // the collector found its handle abandoned
	once          bool      // the node can't be used again
}

// An identity is what stays of a greenlet through start and end.
type identity[T any] struct {
	id     uint64
	parent *Greenlet[T]
	label  *label // nil: no name, no context
}

// A label is the rarely set part of an identity. It is never changed, so that a child can share its
// creator's.
type label struct {
	name   string
	ctx    context.Context
	record *record // with the option Record
}

// identity returns the place where g's identity is kept now.
func (g *Greenlet[T]) identity() *identity[T] {
	if g.node != nil {
		return &g.node.Data.identity
	}
	return &g.who
}

// dead reports whether g has ended, to the tree's own goroutine.
func (g *Greenlet[T]) dead() bool {
	return g.ended.Load() || g.node != nil && g.node.Data.dead
}

// pending reports whether g was never started.
func (g *Greenlet[T]) pending() bool { return g.node == nil && !g.ended.Load() }

// New makes an unstarted child of g with g's tree, which runs the function run when something first
// switches to it: the value of that switch is run's argument, and what run returns goes to the parent, to be
// returned by the parent's pending Switch. run may be nil and set later with [Greenlet.SetRun]. The new
// greenlet inherits the context of the greenlet that calls New, which need not be g.
//
// New first unwinds what the collector found abandoned, as [Greenlet.Reap] does. It panics after the tree was
// closed, and in a greenlet that is being closed. It allocates the greenlet; no goroutine is involved before
// the first switch.
func (g *Greenlet[T]) New(run func(T) (T, error)) *Greenlet[T] {
	t := g.tree
	if owner.Check(&t.pool.Owner.Running) == 0 || t.pool.Rare.Load() != 0 || t.orphans.found.news.Load() {
		t = g.mayCreate()
	}
	t.lastID++
	c := &Greenlet[T]{tree: t, run: run, who: identity[T]{id: t.lastID, parent: g}}
	if l := t.cur.identity().label; l != nil {
		c.who.label = l.inherit()
	}
	if t.opts.record {
		c.relabel(func(l *label) { l.record = newRecord(1) })
	}
	return c
}

// mayCreate is New's checks when one of the cheap ones failed. It returns the tree of the child to be.
func (g *Greenlet[T]) mayCreate() *tree[T] {
	t, _ := g.enter("New")
	if t == nil {
		panic("greenlet: New in a closed tree; make a new tree with Main or Run")
	}
	t.collect()
	t.reap()
	if t.cur.node.Data.closing != nil {
		panic("greenlet: New in a greenlet that is being closed; it can only clean up and end")
	}
	return t
}

// SetRun sets the function that g runs when it is started. It returns [ErrStarted] once g has started or
// ended, also while a tracer looks at the start.
func (g *Greenlet[T]) SetRun(run func(T) (T, error)) error {
	t, _ := g.enter("SetRun")
	if t == nil {
		return ErrClosed
	}
	if !g.pending() {
		return ErrStarted
	}
	g.run = run
	return nil
}

// Current returns the greenlet that runs in g's tree. Called from a tree nested in g's, it returns the
// greenlet of g's tree in which the inner tree lives.
func (g *Greenlet[T]) Current() *Greenlet[T] {
	t, _ := g.enter("Current")
	if t == nil {
		return g.tree.main
	}
	return t.cur
}

// Main returns the main greenlet of g's tree.
func (g *Greenlet[T]) Main() *Greenlet[T] {
	t, _ := g.enter("Main")
	if t == nil {
		return g.tree.main
	}
	return t.main
}

// Parent returns the greenlet to which g's result goes, or nil for a main greenlet. The parent may be dead:
// the result then goes to the nearest ancestor that is not. While g is being closed, its parent is the one who closes
// it.
func (g *Greenlet[T]) Parent() *Greenlet[T] {
	g.enter("Parent")
	return g.parent()
}

func (g *Greenlet[T]) parent() *Greenlet[T] {
	if g.node != nil {
		if d := g.node.Data.closing; d != nil && d.by != nil {
			return d.by
		}
	}
	return g.identity().parent
}

// SetParent changes where g's result goes. It can be called at any time, also while g runs, and takes effect
// when g ends or when something switches to g after that. An unstarted greenlet may get a parent in another
// tree that the caller may use, and thereby moves to that tree, where it gets a new ID.
//
// It returns [ErrCycle] if p is g or descends from it, [ErrTree] if p is in another tree and g has started, and
// [ErrMainParent] if g is a main greenlet. A nil p is misuse and panics.
func (g *Greenlet[T]) SetParent(p *Greenlet[T]) error {
	t, _ := g.enter("SetParent")
	if p == nil {
		panic("greenlet: SetParent(nil); every greenlet but main has a parent: pass Main() for none in particular")
	}
	pt, _ := p.enter("SetParent")
	switch {
	case t == nil || pt == nil:
		return ErrClosed
	case g == t.main:
		return ErrMainParent
	}
	for a := p; a != nil; {
		switch {
		case a.is(g):
			return ErrCycle
		case g.dead() || a.tree != t || !a.dead():
			a = a.identity().parent
		default:
			a = t.living(a) // past the dead, among which g is not
		}
	}
	if t != pt {
		if !g.pending() {
			return ErrTree
		}
		g.move(pt)
	}
	if g.dead() {
		t.reparented = true
	}
	g.who.parent = p
	if g.node != nil {
		g.node.Data.parent = p
	}
	return nil
}

// is reports whether a and b are handles of the same greenlet. While one is unwound it has a second handle.
func (a *Greenlet[T]) is(b *Greenlet[T]) bool {
	return a == b || a.node != nil && a.node == b.node
}

// move puts g, which is unstarted, into the tree to.
func (g *Greenlet[T]) move(to *tree[T]) {
	to.lastID++
	g.who.id = to.lastID
	if g.who.label != nil || to.opts.record {
		g.relabel(func(l *label) {
			if l.record = nil; to.opts.record {
				l.record = newRecord(3)
			}
		})
	}
	// Others may look from anywhere: see home.
	atomic.StorePointer((*unsafe.Pointer)(unsafe.Pointer(&g.tree)), unsafe.Pointer(to))
}

// home returns g's tree to any goroutine.
func (g *Greenlet[T]) home() *tree[T] {
	return (*tree[T])(atomic.LoadPointer((*unsafe.Pointer)(unsafe.Pointer(&g.tree))))
}

// Dead reports whether g has ended, or its tree was closed. It is the one question that any goroutine may ask
// at any time: a monitor, say. While the whole tree is being closed, other goroutines than the tree's may
// see single deaths only when Close is done.
func (g *Greenlet[T]) Dead() bool {
	if g.ended.Load() {
		return true
	}
	t := g.home()
	if t.closed.Load() {
		return true
	}
	// Only while the tree is being closed can g have ended under another handle.
	return t.pool.Rare.Load()&closingBit != 0 && t.reach() != 0 && g.dead()
}

// ID returns the number of g, which no other greenlet of its tree has or had; main is 1. Any goroutine may ask, but not
// at the moment at which SetParent moves g to another tree.
func (g *Greenlet[T]) ID() uint64 { return g.who.id }

// SetName gives g a name for String, Info and messages. Names need not be unique.
func (g *Greenlet[T]) SetName(name string) {
	g.enter("SetName")
	g.relabel(func(l *label) { l.name = name })
}

// Name returns what SetName set, or "".
func (g *Greenlet[T]) Name() string {
	g.enter("Name")
	return g.identity().name()
}

// SetContext sets the context of g and of what g will create. A nil ctx is as context.Background().
func (g *Greenlet[T]) SetContext(ctx context.Context) {
	g.enter("SetContext")
	g.relabel(func(l *label) { l.ctx = ctx })
}

// Context returns the context of g: the one set by SetContext, else the one that the creator of g had at that
// time, else context.Background(). The context is carried, not watched: nothing happens when it is done.
func (g *Greenlet[T]) Context() context.Context {
	g.enter("Context")
	if l := g.identity().label; l != nil && l.ctx != nil {
		return l.ctx
	}
	return context.Background()
}

// relabel replaces g's label by an edited copy, since others may share it.
func (g *Greenlet[T]) relabel(edit func(*label)) {
	id := g.identity()
	var l label
	if id.label != nil {
		l = *id.label
	}
	edit(&l)
	g.who.label = &l
	id.label = &l
}

// inherit returns the label of a child whose creator has l.
func (l *label) inherit() *label {
	switch {
	case l.ctx == nil:
		return nil
	case l.name == "" && l.record == nil:
		return l
	}
	return &label{ctx: l.ctx}
}

func (id *identity[T]) name() string {
	if id.label == nil {
		return ""
	}
	return id.label.name
}

// String returns the kind, number and name of the identity's greenlet, as every text of this package names it.
func (id *identity[T]) String() string {
	kind := "greenlet"
	if id.parent == nil {
		kind = "main greenlet"
	}
	if name := id.name(); name != "" {
		return fmt.Sprintf("%s %d %q", kind, id.id, name)
	}
	return fmt.Sprintf("%s %d", kind, id.id)
}

// String returns the number, the name and the state of g: `greenlet 3 "reader" (suspended)`. Called from a
// goroutine that may not use the tree, it says no more than the number.
func (g *Greenlet[T]) String() string {
	if g.home().reach() == 0 {
		return fmt.Sprintf("greenlet %d", g.who.id)
	}
	return fmt.Sprintf("%v (%v)", g.identity(), g.state())
}
