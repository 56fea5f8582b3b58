package greenlet

// SlowPath says whether anything keeps Switch from its fast path in g's tree.
func (g *Greenlet[T]) SlowPath() bool { return g.tree.pool.Rare.Load() != 0 }
