package greenlet

// SlowPath reports whether anything keeps Switch from its fast path in g's tree.
func (g *Greenlet[T]) SlowPath() bool { return g.tree.pool.Rare.Load() != 0 }

// Orphans returns how many greenlets of g's tree the collector has found that were not unwound yet.
func (g *Greenlet[T]) Orphans() int {
	f := g.tree.orphans.found
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.list)
}
