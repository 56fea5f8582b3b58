package greenlet

import (
	"math"
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"
)

// registered is what a node has from the first time that its greenlet parks: most greenlets run through
// without ever parking, and need none of it.
type registered[T any] struct {
	prev, next *node[T]     // in the ring of the tree's registered ones, newest first
	young      *Greenlet[T] // the handle, while the collector does not know of it
	cleanup    runtime.Cleanup
}

// register notes that g, which runs, is about to park for the first time. The collector is not told yet: that costs
// more than a spawn, and most that park die young. Who is still there after the next collection, which could not have
// found it anyway, is told of then.
func (t *tree[T]) register(g *Greenlet[T]) {
	n, head := g.node, t.main.node
	d := &n.Data
	d.parked = true
	d.prev, d.next = head, head.Data.next
	d.prev.Data.next, d.next.Data.prev = n, n
	if t.opts.noCollect {
		return
	}
	d.young = g
	o := &t.orphans
	if !o.watching {
		o.watch()
	}
	if o.parked++; o.parked > o.most {
		o.found.news.Store(true)
	}
}

// unregister undoes register.
func (t *tree[T]) unregister(n *node[T]) {
	d := &n.Data
	if !d.parked {
		return
	}
	d.prev.Data.next, d.next.Data.prev = d.next, d.prev
	if t.opts.noCollect {
		return
	}
	t.orphans.parked--
	if d.young != nil {
		return
	}
	o := &t.orphans
	if delete(o.watched, d.id); len(o.watched) == 0 {
		o.watched = nil // a map never shrinks
	}
	if !d.found && !d.once {
		d.cleanup.Stop() // the handle is alive, as it must be for that: see golang/go#81435
	}
}

// comeOfAge tells the collector of the greenlets that have parked since the last time. They are the first of the ring.
func (t *tree[T]) comeOfAge() {
	o := &t.orphans
	for n := t.main.node.Data.next; n.Data.young != nil; n = n.Data.next {
		if o.watched == nil {
			o.watched = make(map[uint64]*node[T])
		}
		o.watched[n.Data.id] = n
		n.Data.cleanup = runtime.AddCleanup(n.Data.young, o.found.add, n.Data.id)
		n.Data.young = nil
	}
}

// orphans are what a tree knows of the greenlets that the collector watches or has found abandoned.
type orphans[T any] struct {
	found    *foundOnes
	watched  map[uint64]*node[T] // by ID
	parked   int                 // greenlets in the ring
	most     int                 // that may be in it before reap asks for a collection
	step     int                 // most when all of them are abandoned
	watching bool                // for the next collection
}

// A foundOnes is what the collector tells: the IDs of the greenlets whose handles it found unreachable. From here
// nobody gets to the tree: what a cleanup reaches must not reach the handle, or GODEBUG=checkfinalizers=1 takes it for
// a leak.
type foundOnes struct {
	news atomic.Bool // there was a collection, or there are orphans: reap has something to do
	mu   sync.Mutex
	list []uint64
}

// add is called on a goroutine of the runtime's.
func (f *foundOnes) add(id uint64) {
	f.mu.Lock()
	f.list = append(f.list, id)
	f.mu.Unlock()
	f.news.Store(true)
}

func (o *orphans[T]) init() {
	o.step, o.most = fewest, fewest
	o.found = new(foundOnes)
}

// watch sets news after the next collection.
func (o *orphans[T]) watch() {
	o.watching = true
	canary := new([4]uintptr) // large enough for a slot of its own
	runtime.AddCleanup(canary, func(f *foundOnes) { f.news.Store(true) }, o.found)
}

// pop takes an orphan off the list, or returns nil.
func (o *orphans[T]) pop() *node[T] {
	f := o.found
	f.mu.Lock()
	defer f.mu.Unlock()
	for last := len(f.list) - 1; last >= 0; last-- {
		id := f.list[last]
		f.list = f.list[:last]
		if n := o.watched[id]; n != nil { // else it has ended under another handle
			return n
		}
	}
	return nil
}

// remind sets news if orphans are left.
func (f *foundOnes) remind() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.list) > 0 {
		f.news.Store(true)
	}
}

// Reap unwinds the greenlets that the collector found abandoned, as Close would, and returns how many it unwound.
// A suspended greenlet is abandoned when neither a live variable nor any parked stack holds it. New and Close of
// main do the same on their way; a program that does neither for long calls Reap. What an abandoned greenlet
// fails with goes to [OnUnraisable].
//
// Where thousands of parked greenlets have come since the last collection, New and Reap run one themselves: else a
// program that abandons greenlets all the time would take more and more memory. There are none with GOGC=off.
//
// The collector's limits. It is told of a greenlet by the first Reap, or the first New after a collection, that follows
// its first park. What a parked stack holds is held: of a chain of n greenlets, each held by the one before, one is
// found per collection. And a ring, a body that closes over its own handle, or a parent that holds its suspended
// child is never found. Close ends those.
func (g *Greenlet[T]) Reap() int {
	t, _ := g.enter("Reap")
	if t == nil {
		return 0
	}
	t.collect()
	return t.reap()
}

// collect runs a collection if it is time for one.
func (t *tree[T]) collect() {
	if o := &t.orphans; o.parked > o.most && o.due() {
		t.comeOfAge()
		runtime.GC()
	}
}

func (t *tree[T]) reap() int {
	o := &t.orphans
	o.found.news.Store(false)
	o.watching = false
	t.comeOfAge()
	count := 0
	defer o.found.remind() // if something panics
	for n := o.pop(); n != nil; n = o.pop() {
		n.Data.found = true
		g := t.handle(n)
		info := t.info(g)
		if err := t.unwind(g, t.self()); err != nil && err != ErrExit {
			t.opts.onUnraisable(info, err)
		}
		count++
	}
	o.most = max(o.step, 3*o.parked)
	return count
}

// fewest is how many parked greenlets are too few to ask for a collection: some 12 MB.
const fewest = 4096

// due reports whether it is time for a collection, now that more than most greenlets are parked. The collector finds an
// abandoned greenlet one collection late and takes it for live memory until then: in a program that abandons all the
// time each collection would come when there is twice as much as at the one before, without end. The limit triggers the
// collection as early as if the collector already knew that they were garbage.
// Most is three times as many as were there after the last collection, so that a crowd that only grows, which meets one
// whenever it has doubled, asks for none.
func (o *orphans[T]) due() bool {
	s := []metrics.Sample{{Name: "/gc/gogc:percent"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	if percent := s[0].Value.Uint64(); percent > 1<<20 { // off
		o.step = math.MaxInt
	} else {
		const each = 4 << 10 // bytes that a parked greenlet takes, and more
		o.step = max(fewest, int(s[1].Value.Uint64()/each*percent/100))
	}
	return o.parked > o.step
}
