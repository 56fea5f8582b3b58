package tasklet

// A choice is what a Case of a channel refers to.
type choice[T any] struct {
	slot[T]
	c    *Chan[T]
	to   *T
	made uint32 // how often it was used
	next *choice[T]
}

// choice makes a case.
func (c *Chan[T]) choice(sending bool, v T, failure error, to *T) Case {
	c.s.enter()
	w := c.choices
	if w == nil {
		w = &choice[T]{c: c}
		w.of = &w.slot
	} else {
		c.choices = w.next
	}
	w.sending, w.val, w.err, w.to = sending, v, failure, to
	return Case{of: w, made: w.made, kind: caseChan}
}

// begin checks that the case may be used, and takes it.
func (w *choice[T]) begin(s *Scheduler, made uint32) {
	switch {
	case w.c.s != s:
		panic("tasklet: Select with a channel of another scheduler; a Port is the way to that")
	case w.made != made:
		panic("tasklet: a Case was used twice; make it where Select is called")
	}
	w.made++
}

// ready says whether the case can be done at once, and when a Select has done such a case last.
func (w *choice[T]) ready() (turn uint64, ok bool) {
	c := w.c
	turn = c.turns[w.direction()]
	switch {
	case c.closing, c.facing(w.sending) != nil:
		return turn, true
	case w.sending:
		return turn, !c.buffer.full()
	}
	return turn, c.buffer.n > 0
}

func (w *choice[T]) direction() int {
	if w.sending {
		return 1
	}
	return 0
}

// took notes that a Select has done the case.
func (w *choice[T]) took() {
	s := w.c.s
	s.turns++
	w.c.turns[w.direction()] = s.turns
}

// perform does the case, which was ready.
func (w *choice[T]) perform() error {
	w.took() // before it switches away
	if w.sending {
		return w.c.send(w.val, w.err, false)
	}
	v, err := w.c.receive(false)
	if err != errAgain {
		w.put(v)
	}
	return err
}

func (w *choice[T]) put(v T) {
	if w.to != nil {
		*w.to = v
	}
}

// announce calls the channel callback for a case that waits.
func (w *choice[T]) announce(me *Tasklet) { w.c.s.tell(w.c, me, w.sending, true) }

// enlist puts the case in the queue of its channel.
func (w *choice[T]) enlist(me *Tasklet, g *group) {
	c := w.c
	n := &w.node
	n.t, n.group, n.done = me, g, false
	c.queue(n)
	g.nodes = append(g.nodes, n)
}

func (w *choice[T]) place() *node { return &w.node }

// finish is what comes of the case after somebody met it.
func (w *choice[T]) finish() error {
	w.took()
	if w.sending {
		return nil
	}
	w.put(w.val)
	return w.err
}

// drop gives the choice back.
func (w *choice[T]) drop() {
	var zero T
	w.val, w.err, w.to, w.t, w.group = zero, nil, nil, nil, nil
	w.next, w.c.choices = w.c.choices, w
}

// queue puts n, whose direction is set, in c's line. A Select that both sends and receives makes that mixed. Nobody
// else waits in c then, since whoever came would meet it.
func (c *Chan[T]) queue(n *node) {
	switch {
	case c.line.n == 0:
		c.sending, c.mixed = n.sending, false
	case c.sending != n.sending:
		c.mixed = true
	}
	c.line.push(n)
}

// facing returns who waits first for a send, or a receive, and nil if nobody does. Strangers that have gone it takes
// out.
func (c *Chan[T]) facing(sending bool) *node {
	for n := c.line.head; n != nil; {
		next := n.next
		switch {
		case n.guest != nil && n.guest.left():
			c.line.remove(n)
		case n.sending != sending:
			return n
		case !c.mixed:
			return nil
		}
		n = next
	}
	return nil
}
