package tasklet

import (
	"fmt"
	"iter"
	"unsafe"

	"github.com/go-greenlet/greenlet/internal/owner"
)

// A Chan is a channel of Stackless: a send and a receive meet, and a value passes from the one tasklet to the other.
// At any moment only senders wait in it, or only receivers, first come, first served. With a buffer, see
// [NewBuffered], a send waits only while that is full.
//
// Who goes on when the two meet is the channel's [Preference].
type Chan[T any] struct {
	_       noCopy
	s       *Scheduler
	line    Line
	sending bool // those in line send
	pref    Preference
	all     bool // ScheduleAll
	mixed   bool // both may wait in line: those of one Select
	closing bool
	wake    bool // Close, not SetClosing
	free    *slot[T]
	choices *choice[T] // those of Select, to be used again
	turns   [2]uint64  // when a Select has last received here, and sent
	buffer  ring[T]
	name    string
}

// A slot is where a value waits for a sender, or a receiver for a value.
type slot[T any] struct {
	node
	val  T
	err  error // sent in place of a value
	free *slot[T]
}

// A Preference says who goes on when a send and a receive meet. The other one goes to the end of the ring.
type Preference int

// The preferences. A channel has PreferReceiver, as in Stackless.
const (
	PreferReceiver Preference = -1 // a send switches to the receiver that waits
	PreferNone     Preference = 0  // the one that came last goes on
	PreferSender   Preference = 1  // a receive switches to the sender that waits
)

// NewChan makes an unbuffered channel. It is used on the scheduler's goroutine only: [Chan.Port] is for others.
func NewChan[T any](s *Scheduler) *Chan[T] {
	s.enter()
	c := &Chan[T]{s: s, pref: PreferReceiver}
	c.line.s, c.line.of = s, c
	return c
}

// A ChannelEvent is what the channel callback hears.
type ChannelEvent struct {
	Channel   Channel
	Tasklet   *Tasklet // who sends or receives, nil for somebody at a [Port]
	Sending   bool
	WillBlock bool // nobody waits for it at the other side
}

// A Channel is a Chan whatever its type.
type Channel interface {
	Name() string
	Balance() int
	Closing() bool
	Closed() bool
	String() string
}

// Send sends v: it waits until somebody receives it. With the preference for receivers a receiver that waits already
// runs at once, and the caller when its turn comes. It returns nil when v was received or is in the buffer;
// [ErrClosed]; what was thrown into the tasklet, or the deadline that passed, before somebody received v;
// [ErrBlockTrap] or [ErrSwitchTrap]; or a [*DeadlockError] if nobody is left that could. It allocates nothing in the
// steady state.
func (c *Chan[T]) Send(v T) error {
	s := c.s
	if owner.Check(&s.mark.Running) == 0 {
		s.reach()
	}
	me := s.current
	n := c.line.head
	if n == nil && c.buffer.n < len(c.buffer.list) && !c.closing && me.due == 0 && s.rare == 0 {
		c.buffer.push(v, nil)
		return nil
	}
	if n == nil || n.guest != nil || n.group != nil || c.sending || c.mixed || c.closing || c.all || c.pref != PreferReceiver ||
		me.due != 0 || s.rare != 0 {
		return c.send(v, nil, true)
	}
	// From here it is what send and meet do, by hand: each call between here and the switch costs a mispredicted return.
	w := (*slot[T])(unsafe.Pointer(n)) // of which it is the first field; n.of says so too, but slower
	w.val, w.err = v, nil
	n.done = true
	c.line.remove(n)
	n.t.on = nil
	t := n.t // goes into the ring behind me, and is the current one then
	s.count++
	t.prev, t.next = me, me.next
	me.next.prev = t
	me.next = t
	s.ring, s.current = t, t
	t.switches++
	self := s.mark.Running
	_, err := t.flow.Switch(none{})
	s.mark.Running = self
	if err != nil || s.rare != 0 {
		s.back(me, err)
	}
	if me.due != 0 {
		s.raise(me)
	}
	return nil
}

// SendError is [Chan.Send] of an error, which the receiver's Receive returns. A nil err is misuse and panics.
func (c *Chan[T]) SendError(err error) error {
	c.s.enter()
	if err == nil {
		panic("tasklet: SendError(nil)")
	}
	var zero T
	return c.send(zero, err, true)
}

// SendSeq sends everything that seq yields, and returns how many were sent and the error that ended it early.
func (c *Chan[T]) SendSeq(seq iter.Seq[T]) (n int, err error) {
	c.s.enter()
	for v := range seq {
		if err = c.Send(v); err != nil {
			break
		}
		n++
	}
	return n, err
}

// Receive waits for a value and returns it. It returns an error that was sent as such; [ErrClosed] if the channel is
// closed and nothing is left in it; what was thrown into the tasklet, or the deadline that passed, before a value
// came; [ErrBlockTrap] or [ErrSwitchTrap]; or a [*DeadlockError] if nobody is left that could send. It allocates
// nothing in the steady state.
func (c *Chan[T]) Receive() (T, error) {
	s := c.s
	if owner.Check(&s.mark.Running) == 0 {
		s.reach()
	}
	me := s.current
	if c.line.head == nil && c.buffer.n > 0 && me.due == 0 && s.rare == 0 {
		return c.buffer.pop()
	}
	if c.line.head != nil || c.buffer.n > 0 || c.closing || me.due != 0 || s.rare != 0 || me.blockTrap ||
		me.next == me || s.tick <= 1 {
		return c.receive(true)
	}
	// From here it is what receive and wait do, by hand: see Send.
	c.sending, c.mixed = false, false
	w := c.slot()
	n := &w.node
	n.t, n.done, n.sending = me, false, false
	c.line.push(n)
	me.on = n
	me.since = s.clock
	s.tick--
	next := me.next // me leaves the ring
	s.count--
	me.prev.next, next.prev = next, me.prev
	me.next, me.prev = nil, nil
	s.ring, s.current = next, next
	next.switches++
	f := next.flow
	if f == nil {
		f = s.place(next)
	}
	self := s.mark.Running
	_, err := f.Switch(none{})
	s.mark.Running = self
	if err != nil || s.rare != 0 {
		s.back(me, err)
	}
	if !n.done || me.due != 0 {
		return c.waited(me, w)
	}
	v, err := w.val, w.err
	c.release(w)
	return v, err
}

// All returns what is received until the channel is closed and empty. Any other error ends the loop too, and is what
// the tasklet's next blocking operation returns.
func (c *Chan[T]) All() iter.Seq[T] {
	return func(yield func(T) bool) {
		for {
			v, err := c.Receive()
			if err == ErrClosed {
				return
			}
			if err != nil {
				if me := c.s.current; me.due&dueExpiry == 0 || err != me.expired() { // a deadline stays by itself
					me.throw(err)
				}
				return
			}
			if !yield(v) {
				return
			}
		}
	}
}

// Balance returns how many senders wait, what is in the buffer included, or how many receivers, as a negative number.
func (c *Chan[T]) Balance() int {
	c.s.enter()
	if c.sending || c.line.Len() == 0 {
		return c.buffer.n + c.line.Len()
	}
	return -c.line.Len()
}

// Queue returns who waits, the longest waiting first.
func (c *Chan[T]) Queue() iter.Seq[*Tasklet] {
	c.s.enter()
	return c.line.all()
}

// Close closes the channel: sends fail with [ErrClosed], what waits to be received still is, and then receives fail
// with ErrClosed too, those that wait already at once. Closed already, it does nothing.
func (c *Chan[T]) Close() {
	c.s.enter()
	c.closing, c.wake = true, true
	for n := c.facing(true); n != nil; n = c.facing(true) {
		if n.guest != nil && !n.guest.claim() {
			continue
		}
		w := n.of.(*slot[T])
		w.err = ErrClosed
		n.take()
		c.s.insertOrTell(n)
	}
}

// SetClosing is close() and open() of Stackless. While it is on, what would have to wait fails with [ErrClosed]; who
// waits already is not woken and can still be met. It takes back Close, too.
func (c *Chan[T]) SetClosing(on bool) {
	c.s.enter()
	c.closing, c.wake = on, false
}

// Closing says whether Close or SetClosing(true) was called.
func (c *Chan[T]) Closing() bool {
	c.s.enter()
	return c.closing
}

// Closed says whether the channel is closing and nothing waits in it.
func (c *Chan[T]) Closed() bool {
	c.s.enter()
	return c.closing && c.Balance() == 0
}

// Preference returns who goes on when a send and a receive meet.
func (c *Chan[T]) Preference() Preference {
	c.s.enter()
	return c.pref
}

// SetPreference sets who goes on when a send and a receive meet. What is neither of the three is taken for the nearest.
func (c *Chan[T]) SetPreference(p Preference) *Chan[T] {
	c.s.enter()
	c.pref = max(PreferReceiver, min(PreferSender, p))
	return c
}

// ScheduleAll says what SetScheduleAll set.
func (c *Chan[T]) ScheduleAll() bool {
	c.s.enter()
	return c.all
}

// SetScheduleAll makes both go to the end of the ring when a send and a receive meet, whatever the preference.
func (c *Chan[T]) SetScheduleAll(on bool) *Chan[T] {
	c.s.enter()
	c.all = on
	return c
}

// SetName gives c a name for reports.
func (c *Chan[T]) SetName(name string) *Chan[T] {
	c.s.enter()
	c.name = name
	return c
}

// Name returns what SetName set.
func (c *Chan[T]) Name() string {
	c.s.enter()
	return c.name
}

// String returns the name of c, as reports have it.
func (c *Chan[T]) String() string {
	c.s.enter()
	if c.name == "" {
		return "channel"
	}
	return fmt.Sprintf("channel %q", c.name)
}
