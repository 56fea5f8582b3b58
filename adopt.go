package greenlet

// Adopt hands the tree of g to the calling goroutine: from now on that one is main's, and the one that had the tree
// must not use it any more. It is for a tree that is made in one place and used in another, or by whoever comes next,
// as an iterator is; the two uses must be ordered by something else, a channel or a lock, for Adopt cannot tell who
// still holds on to the tree. Main must be the current greenlet, else Adopt panics.
//
// Both goroutines must be under the same thread lock (runtime.LockOSThread), in practice under none: otherwise the
// runtime ends the process at the next switch. A closed tree is left alone. It costs a small part of a switch, and on other
// processors than amd64 and arm64 a microsecond.
func (g *Greenlet[T]) Adopt() {
	t := g.tree
	if t.closed.Load() {
		return
	}
	if t.cur != t.main {
		panic("greenlet: Adopt while " + t.cur.identity().String() + " runs; a tree can change hands only while its main greenlet is current")
	}
	t.pool.Owner.Bind()
}
