package tasklet

// How a send and a receive meet in a channel, in all its ways. The two that programs take most often are also in
// [Chan.Send] and [Chan.Receive], by hand.

// send sends v, or failure. Without wait, it returns errAgain where it would wait.
func (c *Chan[T]) send(v T, failure error, wait bool) error {
	s := c.s
	me := s.enter()
	if me.due != 0 {
		if err := s.deliver(me); err != nil {
			return err
		}
	}
again:
	head := c.line.head
	meets := head != nil && !c.sending
	if head != nil && (c.mixed || head.guest != nil) {
		head = c.facing(true)
		meets = head != nil
	}
	if s.onChannel != nil {
		s.tell(c, me, true, !meets && c.buffer.full())
	}
	switch {
	case meets:
		if c.closing && c.wake {
			return ErrClosed
		}
		if head.guest != nil {
			if !head.guest.claim() {
				goto again
			}
		} else if s.switchTrap != 0 && (c.all || c.pref == PreferReceiver) {
			return ErrSwitchTrap
		}
		w := head.of.(*slot[T])
		w.val, w.err = v, failure
		c.meet(me, head, PreferReceiver)
		return nil
	case c.closing:
		return c.refuse(me)
	case !c.buffer.full():
		c.buffer.push(v, failure)
		return nil
	case !wait:
		return errAgain
	}
	c.sending = true
	w := c.slot()
	w.val, w.err = v, failure
	err := c.wait(me, w)
	c.release(w)
	return err
}

// waited ends a Receive to which more than a value has come.
func (c *Chan[T]) waited(me *Tasklet, w *slot[T]) (v T, err error) {
	if w.done {
		c.s.raise(me)
		v, err = w.val, w.err
	} else {
		err = c.s.deliver(me)
	}
	c.release(w)
	return v, err
}

// receive receives. Without wait, it returns errAgain where it would wait.
func (c *Chan[T]) receive(wait bool) (T, error) {
	s := c.s
	me := s.enter()
	var v T
	if me.due != 0 {
		if err := s.deliver(me); err != nil {
			return v, err
		}
	}
again:
	head := c.line.head
	meets := head != nil && c.sending
	if head != nil && (c.mixed || head.guest != nil) {
		head = c.facing(false)
		meets = head != nil
	}
	if s.onChannel != nil {
		s.tell(c, me, false, !meets && c.buffer.n == 0)
	}
	if meets && head.guest != nil && !head.guest.claim() {
		goto again
	}
	switch {
	case c.buffer.n > 0:
		v, err := c.buffer.pop()
		if !meets {
			return v, err
		}
		w := head.of.(*slot[T])
		c.buffer.push(w.val, w.err)
		head.take()
		s.insertOrTell(head)
		return v, err
	case meets:
		if s.switchTrap != 0 && head.guest == nil && (c.all || c.pref == PreferSender) {
			return v, ErrSwitchTrap
		}
		w := head.of.(*slot[T])
		v, failure := w.val, w.err
		c.meet(me, head, PreferSender)
		return v, failure
	case c.closing:
		return v, c.refuse(me)
	case !wait:
		return v, errAgain
	}
	c.sending = false
	w := c.slot()
	err := c.wait(me, w)
	if err == nil {
		v, err = w.val, w.err
	}
	c.release(w)
	return v, err
}

// meet ends the waiting of the one at head, and lets the right one go on. switches is the preference that makes me
// switch.
func (c *Chan[T]) meet(me *Tasklet, head *node, switches Preference) {
	s := c.s
	head.take()
	switch t := head.t; {
	case t == nil:
		head.guest.tell()
	case c.all:
		s.insert(t)
		s.resume(s.choose(me.next))
		if me.due != 0 {
			s.raise(me)
		}
	case c.pref == switches:
		s.insertNext(t)
		s.resume(t)
		if me.due != 0 {
			s.raise(me)
		}
	default:
		s.insert(t)
	}
}

// wait parks me in w.
func (c *Chan[T]) wait(me *Tasklet, w *slot[T]) error {
	s := c.s
	n := &w.node
	n.t, n.done, n.sending, c.mixed = me, false, c.sending, false
	c.line.push(n)
	me.on = n
	f, err := s.depart(me)
	if err != nil {
		me.unblock()
		return err
	}
	if f != nil { // cross, by hand
		self := s.mark.Running
		_, err := f.Switch(none{})
		s.mark.Running = self
		if err != nil || s.rare != 0 {
			s.back(me, err)
		}
	}
	if n.done {
		if me.due != 0 {
			s.raise(me)
		}
		return nil
	}
	return s.deliver(me)
}

// refuse returns why me, which would have to wait in a closing channel, must not.
func (c *Chan[T]) refuse(me *Tasklet) error {
	if me.blockTrap && !c.wake {
		return ErrBlockTrap // as in Stackless, where the trap comes first
	}
	return ErrClosed
}

// slot returns a fresh slot.
func (c *Chan[T]) slot() *slot[T] {
	w := c.free
	if w == nil {
		w = &slot[T]{}
		w.of = w
		return w
	}
	c.free = w.free
	return w
}

// release takes back a slot that is in no line.
func (c *Chan[T]) release(w *slot[T]) {
	var zero T
	w.val, w.err, w.t = zero, nil, nil
	w.free, c.free = c.free, w
}

// insertOrTell makes the one in n runnable, who may be a stranger.
func (s *Scheduler) insertOrTell(n *node) {
	if n.t == nil {
		n.guest.tell()
		return
	}
	s.insert(n.t)
}

// tell calls the channel callback.
func (s *Scheduler) tell(c Channel, me *Tasklet, sending, blocks bool) {
	if me != nil {
		me.shown = true
	}
	s.onChannel(ChannelEvent{Channel: c, Tasklet: me, Sending: sending, WillBlock: blocks})
}
