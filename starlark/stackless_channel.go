package starlark

import (
	"fmt"
	"maps"
	"slices"

	tasklets "github.com/go-greenlet/greenlet/tasklet"
	"go.starlark.net/starlark"
)

// A channel is the Starlark value of a channel. What it carries travels in the tempvals of those who meet in it.
type channel struct {
	st   *stackless
	core *tasklets.Chan[struct{}]
	id   uint64
	// queue has those who began to wait, in order, among them some who don't wait any more. It is what tells who is first
	// without a walk over all.
	queue []waiting
}

// A waiting is a tasklet that began to wait in a channel, and which of its waits that was.
type waiting struct {
	t    *task
	wait uint64
}

// still says whether w waits.
func (w waiting) still() bool { return w.wait == w.t.wait && w.t.blocked() }

// enqueue notes that t is about to wait.
func (ch *channel) enqueue(t *task) {
	if n := max(ch.balance(), -ch.balance()); len(ch.queue) > 2*n+16 {
		ch.queue = slices.DeleteFunc(ch.queue, func(w waiting) bool { return !w.still() })
	}
	t.wait++
	ch.queue = append(ch.queue, waiting{t, t.wait})
}

var (
	_ starlark.HasSetField = (*channel)(nil)
	_ starlark.Iterable    = (*channel)(nil)
)

func makeChannel(c *call) (starlark.Value, error) {
	if err := c.unpack(); err != nil {
		return nil, err
	}
	c.st.channels++
	return &channel{st: c.st, core: tasklets.NewChan[struct{}](c.st.s), id: c.st.channels}, nil
}

func (ch *channel) balance() int {
	if ch.st.closed {
		return 0
	}
	return ch.core.Balance()
}

// first returns who waits longest, or nil.
func (ch *channel) first() *task {
	if ch.st.closed {
		return nil
	}
	for len(ch.queue) > 0 {
		if w := ch.queue[0]; w.still() {
			return w.t
		}
		ch.queue[0] = waiting{}
		ch.queue = ch.queue[1:]
	}
	return nil
}

func (ch *channel) String() string {
	return fmt.Sprintf("<channel %d balance %d>", ch.id, ch.balance())
}

func (ch *channel) Type() string          { return "channel" }
func (ch *channel) Freeze()               {}
func (ch *channel) Truth() starlark.Bool  { return true }
func (ch *channel) Hash() (uint32, error) { return uint32(ch.id), nil }

// channelAttrs are the attributes of a channel.
var channelAttrs = map[string]func(ch *channel) starlark.Value{
	"balance": func(ch *channel) starlark.Value { return starlark.MakeInt(ch.balance()) },
	"queue": func(ch *channel) starlark.Value {
		if t := ch.first(); t != nil {
			return t
		}
		return starlark.None
	},
	"closing":      func(ch *channel) starlark.Value { return starlark.Bool(ch.core.Closing()) },
	"closed":       func(ch *channel) starlark.Value { return starlark.Bool(ch.core.Closing() && ch.balance() == 0) },
	"preference":   func(ch *channel) starlark.Value { return starlark.MakeInt(int(ch.core.Preference())) },
	"schedule_all": func(ch *channel) starlark.Value { return zeroOrOne(ch.core.ScheduleAll()) },
}

func zeroOrOne(b bool) starlark.Int {
	if b {
		return starlark.MakeInt(1)
	}
	return starlark.MakeInt(0)
}

// Attr returns a method or an attribute of ch.
func (ch *channel) Attr(name string) (starlark.Value, error) {
	if m := channelMethods[name]; m != nil {
		return m.BindReceiver(ch), nil
	}
	if get := channelAttrs[name]; get != nil {
		return get(ch), nil
	}
	return nil, nil
}

// AttrNames lists what Attr knows.
func (ch *channel) AttrNames() []string { return namesOf(channelMethods, channelAttrs) }

func namesOf[A, B any](a map[string]A, b map[string]B) []string {
	return slices.Sorted(func(yield func(string) bool) {
		for name := range maps.Keys(a) {
			if !yield(name) {
				return
			}
		}
		for name := range maps.Keys(b) {
			if !yield(name) {
				return
			}
		}
	})
}

// SetField sets preference or schedule_all.
func (ch *channel) SetField(name string, v starlark.Value) error {
	if channelMethods[name] == nil && channelAttrs[name] == nil {
		return starlark.NoSuchAttrError(fmt.Sprintf("can't assign to .%s field of channel", name))
	}
	n := 0
	switch v := v.(type) {
	case starlark.Bool:
		if v {
			n = 1
		}
	case starlark.Int:
		n = max(-1, min(1, v.Sign()))
	default:
		return typeError("an integer is required (got type %s)", typeName(v))
	}
	switch name {
	case "preference":
		ch.core.SetPreference(tasklets.Preference(n))
	case "schedule_all":
		ch.core.SetScheduleAll(n != 0)
	default:
		return attributeError("attribute '%s' of 'channel' objects is not writable", name)
	}
	return nil
}

// channelMethod makes the method name of channels. If switches is true it may let others run.
func channelMethod(name string, switches bool, f func(c *call, ch *channel) (starlark.Value, error)) *starlark.Builtin {
	return function(name, func(c *call) (starlark.Value, error) {
		ch := c.b.Receiver().(*channel)
		if err := ch.usable(c.fiber, switches); err != nil {
			return nil, err
		}
		return f(c, ch)
	})
}

func (ch *channel) usable(f *fiber, switches bool) error {
	switch {
	case ch.st != f.tree.stackless:
		return errOtherTasklets
	case switches && ch.st.locked:
		return errCallback
	}
	return nil
}

var channelMethods map[string]*starlark.Builtin

func init() {
	channelMethods = byName(
		channelMethod("send", true, func(c *call, ch *channel) (starlark.Value, error) {
			var v starlark.Value
			if err := c.unpack("value", &v); err != nil {
				return nil, err
			}
			return starlark.None, ch.send(c.fiber, temp{v: v})
		}),
		channelMethod("receive", true, func(c *call, ch *channel) (starlark.Value, error) {
			if err := c.unpack(); err != nil {
				return nil, err
			}
			return ch.receive(c.fiber)
		}),
		channelMethod("send_exception", true, sendException),
		channelMethod("send_throw", true, sendThrow),
		channelMethod("send_sequence", true, sendSequence),
		channelMethod("close", false, func(c *call, ch *channel) (starlark.Value, error) { return setClosing(c, ch, true) }),
		channelMethod("open", false, func(c *call, ch *channel) (starlark.Value, error) { return setClosing(c, ch, false) }),
	)
}

func setClosing(c *call, ch *channel, closing bool) (starlark.Value, error) {
	if err := c.unpack(); err != nil {
		return nil, err
	}
	ch.core.SetClosing(closing)
	return starlark.None, nil
}

// sendException is ch.send_exception(exc, *args).
func sendException(c *call, ch *channel) (starlark.Value, error) {
	if len(c.args) == 0 || len(c.kwargs) > 0 {
		return nil, typeError("channel.send_exception needs Exception or string subclass as first parameter")
	}
	e, err := callException(c.fiber, c.args[0], c.args[1:])
	if err != nil {
		return nil, err
	}
	return starlark.None, ch.send(c.fiber, temp{err: e})
}

// sendThrow is ch.send_throw(exc, val=None, tb=None).
func sendThrow(c *call, ch *channel) (starlark.Value, error) {
	var exc, val, tb starlark.Value
	if err := c.unpack("exc", &exc, "val?", &val, "tb?", &tb); err != nil {
		return nil, err
	}
	e, err := makeException(c.fiber, exc, val, tb)
	if err != nil {
		return nil, err
	}
	return starlark.None, ch.send(c.fiber, temp{err: e})
}

// sendSequence is ch.send_sequence(seq).
func sendSequence(c *call, ch *channel) (starlark.Value, error) {
	var seq starlark.Iterable
	if err := c.unpack("seq", &seq); err != nil {
		return nil, err
	}
	it := seq.Iterate()
	defer it.Done()
	n := 0
	for v := starlark.Value(nil); it.Next(&v); n++ {
		if err := ch.send(c.fiber, temp{v: v}); err != nil {
			return nil, err
		}
	}
	return starlark.MakeInt(n), nil
}

// send sends m.
func (ch *channel) send(f *fiber, m temp) error {
	st, me := ch.st, f.tree.task
	meets, err := ch.announce(f, true)
	if err != nil {
		return err
	}
	receiver, before := me, me.temp
	if meets {
		receiver = ch.first()
		before = receiver.temp
		me.temp = temp{}
	} else {
		ch.enqueue(me)
	}
	receiver.temp = m
	me.waits = ch
	err = ch.core.Send(struct{}{})
	me.waits = nil
	if meets && err == tasklets.ErrSwitchTrap {
		receiver.temp = before
	}
	err = st.back(f, err)
	if _, bomb := me.claim(); err == nil {
		err = bomb // else, it is what was sent and nobody took
	}
	return err
}

// receive receives what is sent.
func (ch *channel) receive(f *fiber) (starlark.Value, error) {
	st, me := ch.st, f.tree.task
	meets, err := ch.announce(f, false)
	if err != nil {
		return nil, err
	}
	sender, before := me, temp{}
	me.temp = temp{}
	if meets {
		sender = ch.first()
		before = sender.temp
		me.temp, sender.temp = before, temp{}
	} else {
		ch.enqueue(me)
	}
	me.waits = ch
	_, err = ch.core.Receive()
	me.waits = nil
	if meets && err == tasklets.ErrSwitchTrap {
		sender.temp = before
	}
	err = st.back(f, err)
	v, bomb := me.claim()
	if err == nil {
		err = bomb
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}

// announce tells the channel callback of a send or receive, which may fail it, and says whether somebody waits for it.
func (ch *channel) announce(f *fiber, sending bool) (meets bool, err error) {
	st := ch.st
	waiting := func() bool {
		if sending {
			return ch.core.Balance() < 0
		}
		return ch.core.Balance() > 0
	}
	if cb := st.onChannel; cb != nil {
		st.locked = true
		_, err := f.call(cb, starlark.Tuple{ch, f.tree.task, starlark.Bool(sending), starlark.Bool(!waiting())}, nil)
		st.locked = false
		if err != nil {
			return false, err
		}
	}
	if !waiting() && f.tree.task.need().BlockTrap() {
		return false, errBlockTrap // Stackless asks for this first, and then whether the channel is closed
	}
	return waiting(), nil
}

// Iterate begins a loop that receives until the channel is closed and nobody waits to send.
func (ch *channel) Iterate() starlark.Iterator { return &receiving{ch} }

// A receiving is one loop over a channel.
type receiving struct{ ch *channel }

// Next receives. A failure ends the loop and fails the thread with the loop.
func (r *receiving) Next(p *starlark.Value) bool {
	ch := r.ch
	f := ch.st.root.running.Load()
	if f.ended || f.failed != nil || ch.st.closed {
		return false
	}
	err := ch.usable(f, true)
	if err == nil {
		if ch.core.Closing() && ch.balance() <= 0 {
			return false
		}
		var v starlark.Value
		if v, err = ch.receive(f); err == nil {
			*p = v
			return true
		}
	}
	if !f.ended && !stopIteration.is(raised(err)) {
		f.fail(err)
	}
	return false
}

// Done does nothing.
func (r *receiving) Done() {}
