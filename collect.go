package greenlet

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// registered is what a node has from the first time that its greenlet parks: most greenlets run through
// without ever parking, and need none of it.
type registered struct {
	parked  bool
	cleanup runtime.Cleanup
}

// links puts a node into the ring of a tree's registered ones. The tree has the head, which has no node.
type links[T any] struct {
	of         *node[T]
	prev, next *links[T]
}

func (l *links[T]) init() { l.prev, l.next = l, l }

// first returns the newest node of the ring with head l, or nil.
func (l *links[T]) first() *node[T] { return l.next.of }

// register notes that g, which runs, is about to park for the first time.
func (t *tree[T]) register(g *Greenlet[T]) {
	n := g.node
	l := &n.Data.links
	l.of = n
	l.prev, l.next = &t.live, t.live.next
	l.prev.next, l.next.prev = l, l
	n.Data.parked = true
	if !t.opts.noCollect {
		n.Data.cleanup = runtime.AddCleanup(g, t.orphans.add, n)
	}
}

// unregister takes back register.
func (t *tree[T]) unregister(n *node[T]) {
	if !n.Data.parked {
		return
	}
	l := &n.Data.links
	l.prev.next, l.next.prev = l.next, l.prev
	if !t.opts.noCollect && !n.Data.found {
		n.Data.cleanup.Stop()
	}
}

// orphans are the nodes whose handles the collector found unreachable. It tells so on a goroutine of its own.
type orphans[T any] struct {
	add  func(*node[T])
	some atomic.Bool
	mu   sync.Mutex
	list []*node[T]
}

func (o *orphans[T]) init() {
	o.add = func(n *node[T]) {
		o.mu.Lock()
		o.list = append(o.list, n)
		o.mu.Unlock()
		o.some.Store(true)
	}
}

func (o *orphans[T]) take() []*node[T] {
	if !o.some.Load() {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	list := o.list
	o.list = nil
	o.some.Store(false)
	return list
}

// Reap unwinds the greenlets that the collector found abandoned, as Close would, and returns how many it unwound.
// A suspended greenlet is abandoned when neither a live variable nor any parked stack holds it. New and Close of
// main do the same on their way; a program that does neither for long calls Reap. What an abandoned greenlet
// fails with goes to [OnUnraisable].
//
// The collector's limits: what a parked stack holds is held, so of a chain of n greenlets, each held by the one
// before, one is found per collection; and a ring, a body that closes over its own handle, or a parent that holds its
// suspended child is never found. Close ends those.
func (g *Greenlet[T]) Reap() int {
	t, _ := g.enter("Reap")
	if t == nil {
		return 0
	}
	return t.reap()
}

func (t *tree[T]) reap() int {
	count := 0
	for _, n := range t.orphans.take() {
		if n.Data.dead {
			continue
		}
		n.Data.found = true
		g := t.handle(n)
		info := t.info(g)
		if err := t.unwind(g, t.self()); err != nil {
			t.opts.onUnraisable(info, err)
		}
		count++
	}
	return count
}
