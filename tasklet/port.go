package tasklet

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/go-greenlet/greenlet/internal/owner"
)

// A Port is a door to a channel for those that the channel's scheduler does not run: plain goroutines, and the
// tasklets of schedulers on other goroutines. Any goroutine may use it at any time, except that Send, Receive and the
// like panic on the scheduler's own, which they would block: there the channel itself is the way.
//
// A value is received once or not at all, and who sent it knows which, whatever happens meanwhile: a context is done, a
// tasklet is killed or runs into a deadline, the port or a scheduler is closed.
//
// While a port is open its scheduler waits where it would otherwise report a deadlock, and Run where it would return,
// as under [Scheduler.Hold]. So Close it when it is not needed any more.
type Port[T any] struct {
	c    *Chan[T]
	what string // for reports

	mu     sync.Mutex
	closed bool
	open   *visit[T] // those that have not ended
	free   *visit[T]
}

// A door is what must hear of the end of a scheduler.
type door interface{ shut() }

// Port makes a port to c. It is called on the scheduler's goroutine; every call makes another one, which is closed for
// itself. After the end of the scheduler it makes a closed one.
func (c *Chan[T]) Port() *Port[T] {
	s := c.s
	s.enter()
	p := &Port[T]{c: c, what: "port of " + c.String(), closed: s.closed}
	if s.closed {
		return p
	}
	s.holds.Add(1)
	m := &s.mail
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.doors == nil {
		m.doors = map[door]uint64{}
	}
	m.last++
	m.doors[p] = m.last
	return p
}

// Send blocks the calling goroutine until a receiver has v, or it is in the channel's buffer, and returns nil then.
// Else v was not received and never will be: it returns ctx's error, or [ErrClosed] if the channel, the port or the
// scheduler was closed.
func (p *Port[T]) Send(ctx context.Context, v T) error {
	_, _, err := p.call(ctx, "Port.Send", true, false, v)
	return err
}

// Receive blocks the calling goroutine until a value comes, and returns it, or the error that was sent in its place.
// Else nothing was received: it returns ctx's error or [ErrClosed], as Send does.
func (p *Port[T]) Receive(ctx context.Context) (T, error) {
	var zero T
	v, _, err := p.call(ctx, "Port.Receive", false, false, zero)
	return v, err
}

// TrySend sends v if that is possible without waiting for a receiver, and says whether it was. It does wait for the
// scheduler to look, which does so between two switches, or until ctx is done.
func (p *Port[T]) TrySend(ctx context.Context, v T) (sent bool, err error) {
	_, sent, err = p.call(ctx, "Port.TrySend", true, true, v)
	return sent, err
}

// TryReceive receives if that is possible without waiting for a sender, and says whether it was. It does wait for the
// scheduler to look, as TrySend does. An error that was sent in place of a value is received.
func (p *Port[T]) TryReceive(ctx context.Context) (v T, received bool, err error) {
	var zero T
	return p.call(ctx, "Port.TryReceive", false, true, zero)
}

// SendFrom is Send for a tasklet of another scheduler, home, whose goroutine calls it: it blocks that tasklet alone. It
// returns as [Chan.Send] does. What is thrown into the tasklet when v was received already, arrives in its next
// operation. While it waits home reports no deadlock: the two schedulers cannot know that they wait for each other.
// With the port's own scheduler as home, it is Send of the channel.
func (p *Port[T]) SendFrom(home *Scheduler, v T) error {
	home.enter()
	if home == p.c.s {
		return p.c.Send(v)
	}
	_, err := p.from(home, true, v)
	return err
}

// ReceiveFrom is Receive for a tasklet of another scheduler, home, whose goroutine calls it: it blocks that tasklet
// alone. It returns as [Chan.Receive] does. What was said of SendFrom holds for it too.
func (p *Port[T]) ReceiveFrom(home *Scheduler) (T, error) {
	home.enter()
	if home == p.c.s {
		return p.c.Receive()
	}
	var zero T
	return p.from(home, false, zero)
}

// Close closes the port, not its channel: who waits at the port gets [ErrClosed]. Closed already, it does nothing. Any
// goroutine may call it.
func (p *Port[T]) Close() {
	m := &p.c.s.mail
	m.mu.Lock()
	_, open := m.doors[p]
	delete(m.doors, p)
	m.mu.Unlock()
	if open {
		p.shut()
		p.c.s.world.Wake()
	}
}

// shut ends p for whoever took it out of the doors.
func (p *Port[T]) shut() {
	p.mu.Lock()
	p.closed = true
	for x := p.open; x != nil; x = x.later {
		if x.cancel(ErrClosed) {
			x.told()
		}
	}
	p.mu.Unlock()
	p.c.s.holds.Add(-1)
}

// shutDoors ends what other goroutines wait at. The mailbox is closed.
func (s *Scheduler) shutDoors() {
	m := &s.mail
	m.mu.Lock()
	doors := m.doors
	m.doors = nil
	m.mu.Unlock()
	older := func(a, b door) int { return cmp.Compare(doors[a], doors[b]) }
	for _, d := range slices.SortedFunc(maps.Keys(doors), older) {
		d.shut()
	}
}

// call is an operation of a goroutine.
func (p *Port[T]) call(ctx context.Context, op string, sending, try bool, v T) (_ T, done bool, _ error) {
	var zero T
	s := p.c.s
	if owner.Exact && owner.Check(&s.mark.Running) != 0 || !owner.Exact && s.Inside() {
		panic("tasklet: " + op + " called on the goroutine of the port's scheduler, which it would block for ever; " +
			"use the channel itself there")
	}
	if err := ctx.Err(); err != nil {
		return zero, false, err
	}
	x, err := p.begin(nil, sending, try, v)
	if err != nil {
		return zero, false, err
	}
	select {
	case <-x.ready:
	case <-ctx.Done():
		if x.cancel(ctx.Err()) {
			p.end(x, false)
			return zero, false, ctx.Err()
		}
		<-x.ready
	}
	v, done, err = x.result()
	p.end(x, x.state == guestMet)
	return v, done, err
}

// from is an operation of a tasklet of home.
func (p *Port[T]) from(home *Scheduler, sending bool, v T) (T, error) {
	var zero T
	for me := home.current; ; {
		if err := home.mayPark(me); err != nil {
			return zero, err
		}
		x, err := p.begin(home, sending, false, v)
		if err != nil {
			return zero, err
		}
		if err = p.await(me, x); err != errAgain {
			if err == nil {
				home.raise(me)
				zero, _, err = x.result()
				p.end(x, x.state == guestMet && me.node.done)
			}
			return zero, err
		}
	}
}

// await parks me until x has ended. With an error, x has not been.
func (p *Port[T]) await(me *Tasklet, x *visit[T]) error {
	home := me.s
	ended := false
	defer func() {
		home.holds.Add(-1)
		if !ended { // the tasklet is unwound
			x.cancel(ErrClosed)
			p.end(x, false)
		}
	}()
	home.holds.Add(1)
	n := &me.node
	n.t, n.done = me, false
	x.line.push(n)
	me.on = n
	err := home.park(me)
	if err != nil {
		me.unblock()
	}
	ended = n.done || !x.cancel(ErrClosed)
	switch {
	case ended:
		return nil
	case err == nil:
		err = home.deliver(me)
	}
	if err == nil {
		return errAgain // nothing came, and nothing stands in the way
	}
	return err
}

// mayPark returns what park would fail with.
func (s *Scheduler) mayPark(me *Tasklet) error {
	switch err := s.deliver(me); {
	case err != nil:
		return err
	case s.closed:
		return s.afterClose(me)
	case me.blockTrap:
		return ErrBlockTrap
	case s.switchTrap != 0:
		return ErrSwitchTrap
	}
	return nil
}
