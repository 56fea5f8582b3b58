package tasklet

// WaitAny parks the calling tasklet in all of lines until one of them wakes it, and returns the index of that one. It
// fails as [Line.Wait] does, with an index of -1. Without lines it blocks for ever.
func (s *Scheduler) WaitAny(lines ...*Line) (int, error) {
	me := s.enter()
	if err := s.deliver(me); err != nil {
		return -1, err
	}
	nodes := make([]node, len(lines))
	g := &group{nodes: make([]*node, len(lines))}
	for i, l := range lines {
		n := &nodes[i]
		n.t, n.group = me, g
		g.nodes[i] = n
		l.push(n)
	}
	me.node.group = g
	me.node.done = false
	me.on = &me.node
	err := s.park(me)
	me.node.group = nil
	if err != nil {
		me.on = nil
		g.leave()
		return -1, err
	}
	for i := range nodes {
		if nodes[i].done {
			return i, nil
		}
	}
	return -1, s.deliver(me)
}
