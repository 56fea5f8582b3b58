package tasklet

import "sync"

// A guest is a stranger in the line of a channel. It may leave at any time, on its own goroutine; whoever meets it must
// claim it first.
type guest struct {
	mu    sync.Mutex
	state guestState
	told  func() // wakes it
}

type guestState uint8

const (
	guestWaits guestState = iota
	guestMet              // it has, or gave, what it came for
	guestGone
)

// claim makes sure that the guest stays, and says whether it is still there. Then, when the value has passed, tell must
// follow; until that the guest cannot look at what it has got.
func (g *guest) claim() bool {
	g.mu.Lock()
	if g.state == guestWaits {
		g.state = guestMet
		return true
	}
	g.mu.Unlock()
	return false
}

// tell lets a guest go on that was claimed.
func (g *guest) tell() {
	g.mu.Unlock()
	g.told()
}

// left says whether the guest has gone.
func (g *guest) left() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.state == guestGone
}

// A visit is one operation at a port. What is written in it before it is told is read afterwards.
type visit[T any] struct {
	slot[T]
	guest
	p     *Port[T]
	try   bool
	vain  bool          // tried, and not possible
	res   error         // of a send, or why it has gone
	ready chan struct{} // for a goroutine
	home  *Scheduler    // of a tasklet, or nil
	line  Line          // where that waits

	arriving, leaving, waking func() // for the mailboxes; made once

	earlier, later *visit[T] // of the port
}

// begin starts a visit.
func (p *Port[T]) begin(home *Scheduler, sending, try bool, v T) (*visit[T], error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, ErrClosed
	}
	x := p.free
	if x == nil {
		x = newVisit(p)
	} else {
		p.free = x.later
	}
	x.home, x.node.sending, x.try, x.val = home, sending, try, v
	x.line.s, x.line.what = home, p.what
	x.earlier, x.later = nil, p.open
	if x.later != nil {
		x.later.earlier = x
	}
	p.open = x
	p.mu.Unlock()
	if err := p.c.s.post(x.arriving); err != nil {
		p.end(x, false)
		return nil, err
	}
	return x, nil
}

func newVisit[T any](p *Port[T]) *visit[T] {
	x := &visit[T]{p: p, ready: make(chan struct{}, 1)}
	x.node.of, x.node.guest = &x.slot, &x.guest
	x.arriving, x.leaving, x.waking = x.arrive, x.leave, x.wake
	x.told = func() {
		if home := x.home; home == nil {
			x.ready <- struct{}{}
		} else {
			_ = home.post(x.waking) // after the end of home nobody waits
		}
	}
	return x
}

// end takes x from the port. It is used again if no mailbox can have it.
func (p *Port[T]) end(x *visit[T], again bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if x.earlier != nil {
		x.earlier.later = x.later
	} else {
		p.open = x.later
	}
	if x.later != nil {
		x.later.earlier = x.earlier
	}
	x.earlier, x.later = nil, nil
	if again {
		var zero T
		x.val, x.err, x.res, x.vain, x.home, x.state = zero, nil, nil, false, nil, guestWaits
		x.later, p.free = p.free, x
	}
}

// result is what came of a visit that was told.
func (x *visit[T]) result() (v T, done bool, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case x.state == guestGone || x.node.sending:
		return v, x.res == nil && !x.vain, x.res
	case x.vain:
		return v, false, nil
	}
	return x.val, true, x.err
}

// cancel ends a visit that was not met because of err, and says whether it did.
func (x *visit[T]) cancel(err error) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.state != guestWaits {
		return false
	}
	x.state, x.res = guestGone, err
	_ = x.p.c.s.post(x.leaving) // after the end of the scheduler there is no line to leave
	return true
}

// arrive does what the visit is for, or puts it in line. Like leave, it runs between two switches of the channel's
// scheduler.
func (x *visit[T]) arrive() {
	c := x.p.c
	sending := x.node.sending
	if c.s.onChannel != nil {
		blocks := c.facing(sending) == nil && (sending && c.buffer.full() || !sending && c.buffer.n == 0)
		c.s.tell(c, nil, sending, blocks)
	}
	x.mu.Lock()
	if x.state != guestWaits {
		x.mu.Unlock()
		return
	}
	done := false
	if sending {
		if done = c.give(x.val, x.err); !done && c.closing {
			x.res, done = ErrClosed, true
		}
	} else {
		if x.val, x.err, done = c.fetch(); !done && c.closing {
			x.err, done = ErrClosed, true
		}
	}
	if !done && !x.try {
		c.queue(&x.node)
		x.mu.Unlock()
		return
	}
	x.vain = !done
	x.state = guestMet
	x.tell()
}

func (x *visit[T]) leave() {
	if x.node.line != nil {
		x.p.c.line.remove(&x.node)
	}
}

// wake runs between two switches of the tasklet's scheduler.
func (x *visit[T]) wake() { x.line.WakeAll() }

// give sends without waiting and without a switch, if somebody waits for it or there is room, and says whether it did.
func (c *Chan[T]) give(v T, failure error) bool {
	if n := c.claim(true); n != nil {
		w := n.of.(*slot[T])
		w.val, w.err = v, failure
		n.take()
		c.s.insertOrTell(n)
		return true
	}
	if c.closing || c.buffer.full() {
		return false
	}
	c.buffer.push(v, failure)
	return true
}

// fetch receives without waiting and without a switch, if there is something, and says whether there was.
func (c *Chan[T]) fetch() (v T, failure error, ok bool) {
	n := c.claim(false)
	if n == nil {
		if c.buffer.n == 0 {
			return v, nil, false
		}
		v, failure = c.buffer.pop()
		return v, failure, true
	}
	w := n.of.(*slot[T])
	if v, failure = w.val, w.err; c.buffer.n > 0 {
		v, failure = c.buffer.pop()
		c.buffer.push(w.val, w.err)
	}
	n.take()
	c.s.insertOrTell(n)
	return v, failure, true
}

// claim returns who waits first for a send, or a receive, and does not let it go.
func (c *Chan[T]) claim(sending bool) *node {
	for {
		n := c.facing(sending)
		if n == nil || n.guest == nil || n.guest.claim() {
			return n
		}
	}
}
