package tasklet

import (
	"errors"
	"strings"
	"time"
)

// A Case is one thing that [Scheduler.Select] may do: [Chan.OnSend], [Chan.OnSendError], [Chan.OnReceive], [After] and
// [Default] make them. A Case of a channel is for one Select: it is made where it is used.
type Case struct {
	of    chooser // of a channel
	made  uint32  // of is still what it was
	kind  caseKind
	after time.Duration
}

type caseKind uint8

const (
	caseNever caseKind = iota // a nil channel
	caseChan
	caseAfter
	caseDefault
)

// A chooser is a choice whatever its type.
type chooser interface {
	begin(s *Scheduler, made uint32)
	ready() (turn uint64, ok bool)
	perform() error
	announce(me *Tasklet)
	enlist(me *Tasklet, g *group)
	place() *node
	finish() error
	drop()
}

// After is a case that is taken when nothing else was possible for d. With a d of 0 or less it is [Default].
func After(d time.Duration) Case {
	if d <= 0 {
		return Default()
	}
	return Case{kind: caseAfter, after: d}
}

// Default is a case that is taken when nothing else is possible at once.
func Default() Case { return Case{kind: caseDefault} }

// OnSend is a case that sends v. Of a nil channel it is never taken.
func (c *Chan[T]) OnSend(v T) Case {
	if c == nil {
		return Case{}
	}
	return c.choice(true, v, nil, nil)
}

// OnSendError is a case that sends err as [Chan.SendError] does. Of a nil channel it is never taken.
func (c *Chan[T]) OnSendError(err error) Case {
	if c == nil {
		return Case{}
	}
	if c.s.enter(); err == nil {
		panic("tasklet: OnSendError(nil)")
	}
	var zero T
	return c.choice(true, zero, err, nil)
}

// OnReceive is a case that receives into *to, which is set when the case is taken, to the zero T if what came is an
// error. With a nil to, the value is dropped. Of a nil channel it is never taken.
func (c *Chan[T]) OnReceive(to *T) Case {
	if c == nil {
		return Case{}
	}
	var zero T
	return c.choice(false, zero, nil, to)
}

// Select does exactly one of cases, and returns its index and its error: nil, or what the Send or Receive would have
// returned for the channel's sake, [ErrClosed] or an error that was sent. If none can be done at once, it does the
// first Default; without one it waits until another tasklet, or the time, makes one possible. An index of -1 says
// that none was done, and why: what was thrown into the tasklet, the deadline that passed, [ErrBlockTrap],
// [ErrSwitchTrap], [ErrClosed] after the end of the scheduler, or a [*DeadlockError]. Without cases it waits for
// ever.
//
// Which one of several that can be done at once is no matter of chance: it is the one that a Select has done least
// recently, counted for every channel and direction on its own, and among those that no Select ever did, the first in
// the order of cases. So none starves, and every run is the same. A waiting Select stands in the queues of all its
// channels and is met there, first come, first served, by other Selects too. A channel may be in it more than once, for
// both directions even; a Select never meets itself. Of several After, the shortest counts.
//
// The channel callback hears of the case that is done at once, or of every case when Select is going to wait. Select
// allocates nothing in the steady state, except that what a receive goes to lives on the heap.
func (s *Scheduler) Select(cases ...Case) (int, error) {
	me := s.enter()
	for i := range cases {
		if c := &cases[i]; c.of != nil {
			c.of.begin(s, c.made)
		}
	}
	i, err := s.selectOne(me, cases)
	for i := range cases {
		if c := &cases[i]; c.of != nil {
			c.of.drop()
		}
	}
	return i, err
}

func (s *Scheduler) selectOne(me *Tasklet, cases []Case) (int, error) {
	for {
		if err := s.deliver(me); err != nil {
			return -1, err
		}
		if s.closed {
			return -1, s.afterClose(me)
		}
		i := s.best(cases)
		if i < 0 {
			i, err, done := s.waitFor(me, cases)
			if !done {
				continue
			}
			return i, err
		}
		if cases[i].kind == caseDefault {
			return i, nil
		}
		switch err := cases[i].of.perform(); err {
		case errAgain: // a stranger has gone in the meantime
		case ErrSwitchTrap:
			return -1, err
		default:
			return i, err
		}
	}
}

// errAgain says that an operation that must not wait would have had to.
var errAgain = errors.New("tasklet: again")

// best returns the index of what can be done at once, or -1.
func (s *Scheduler) best(cases []Case) int {
	best, fallback, oldest := -1, -1, uint64(0)
	for i := range cases {
		switch c := &cases[i]; c.kind {
		case caseChan:
			if turn, ok := c.of.ready(); ok && (best < 0 || turn < oldest) {
				best, oldest = i, turn
			}
		case caseDefault:
			if fallback < 0 {
				fallback = i
			}
		}
	}
	if best < 0 {
		return fallback
	}
	return best
}

// waitFor waits until one of cases was done, and returns its index and error. It is not done if nothing was and nothing
// stands in the way of another try.
func (s *Scheduler) waitFor(me *Tasklet, cases []Case) (_ int, _ error, done bool) {
	g := s.groups
	if g == nil {
		g = &group{}
	} else {
		s.groups = g.free
	}
	soonest := -1
	for i := range cases {
		switch c := &cases[i]; c.kind {
		case caseChan:
			c.of.enlist(me, g)
		case caseAfter:
			if soonest < 0 || c.after < cases[soonest].after {
				soonest = i
			}
		}
	}
	if s.onChannel != nil {
		for i := range cases {
			if c := &cases[i]; c.kind == caseChan {
				c.of.announce(me)
			}
		}
	}
	if soonest >= 0 {
		g.timed = true
		t := &me.timer
		t.fire, t.of = wakeSelect, me
		s.timers.set(t, s.later(cases[soonest].after))
	}
	n := &me.node
	n.t, n.group, n.done = me, g, false
	me.on = n
	err := s.park(me)
	if err != nil {
		me.unblock()
	}
	s.timers.unset(&me.timer)
	n.group = nil
	met, late := g.met, n.done
	s.regroup(g)
	switch {
	case err != nil:
		return -1, err, true
	case met != nil:
		for i := range cases {
			if c := &cases[i]; c.kind == caseChan && c.of.place() == met {
				return i, c.of.finish(), true
			}
		}
	case late:
		return soonest, nil, true
	}
	return -1, nil, false
}

// wakeSelect is what the timer of a Select does.
func wakeSelect(t *timer) {
	me := t.of.(*Tasklet)
	n := &me.node
	if me.on != n {
		return // it was met, and has not had its turn yet
	}
	n.done = true
	me.on = nil
	n.abandon()
	me.s.insert(me)
}

// regroup keeps g for the next Select.
func (s *Scheduler) regroup(g *group) {
	clear(g.nodes)
	*g = group{nodes: g.nodes[:0], free: s.groups}
	s.groups = g
}

// String says what is waited for.
func (g *group) String() string {
	var all []string
	for _, n := range g.nodes {
		if n.line != nil {
			all = append(all, n.line.String())
		}
	}
	if g.timed {
		all = append(all, "a timer")
	}
	if len(all) == 0 {
		return "nothing, for ever"
	}
	return "one of: " + strings.Join(all, ", ")
}
