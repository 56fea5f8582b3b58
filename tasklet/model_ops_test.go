package tasklet_test

import (
	"slices"
	"strings"
)

// perform does one step of the current tasklet.
func (m *mworld) perform(s mstep) {
	me := m.cur
	var to *mtask
	if s.op != mReset && s.op != mExpire {
		to = m.ts[s.to]
	}
	switch s.op {
	case mGo, mNew, mSpawn, mBrief:
		m.create(s)
		m.complete(s, 0, noErr)
	case mBind:
		m.complete(s, 0, m.bind(to, s.arg%4 != 0))
	case mInsert:
		m.complete(s, 0, m.revive(to))
	case mRemove:
		err := noErr
		switch {
		case to.blocked():
			err = "blocked"
		case to == me:
			err = "current"
		default:
			m.unring(to)
		}
		m.complete(s, 0, err)
	case mRunIt, mSwitch:
		m.switchTo(s, to)
	case mSchedule:
		m.schedule(s)
	case mAdvance:
		m.now += s.arg % 4
		m.fire()
		m.schedule(s)
	case mLeave:
		if err := m.deliver(me); err != noErr {
			m.complete(s, 0, err)
			return
		}
		if m.trapped && len(m.ring) > 1 {
			m.complete(s, 0, "switchtrap")
			return
		}
		m.leave(s, parkedGiven)
	case mRun:
		m.supervise(s)
	case mSend, mSendError:
		m.send(s, s.num, s.err)
	case mSendSeq:
		me.wait.sent = 0
		m.send(s, s.num, noErr)
	case mReceive:
		m.receive(s)
	case mPreference:
		m.chans[s.ch].pref = max(-1, min(1, s.arg%5-2))
		m.complete(s, m.chans[s.ch].pref, noErr)
	case mScheduleAll:
		m.chans[s.ch].all = s.arg%2 == 0
		m.complete(s, 0, noErr)
	case mCloseChan, mClosing:
		m.closeChan(m.chans[s.ch], s)
		m.complete(s, 0, noErr)
	case mThrow, mKill:
		m.throwNow(s, to)
	case mThrowLater, mKillLater:
		m.throwLater(s, to)
	case mSleep:
		if err := m.deliver(me); err != noErr {
			m.complete(s, 0, err)
			return
		}
		me.asleep = true
		m.set(&mtimer{when: m.now + 1 + s.arg%4, sleeper: me})
		m.park(s, parkedElse)
	case mWithTimeout, mShield:
		m.open(s)
	case mScopeEnd:
		f := me.frames[len(me.frames)-1]
		me.frames = me.frames[:len(me.frames)-1]
		m.closeScope(f.scope)
		m.complete(f.step, 0, noErr)
	case mReset:
		m.reset(m.scopes[s.to], s.arg%4)
		m.complete(s, 0, noErr)
	case mExpire:
		if o := m.scopes[s.to]; !o.closed && !o.expired {
			o.err = s.err
			m.expire(o)
		}
		m.complete(s, 0, noErr)
	case mJoin:
		if to.dead {
			m.complete(s, 0, noErr)
			return
		}
		m.waitIn(s, &to.joiners)
	case mWait:
		m.waitIn(s, &m.line)
	case mWake:
		if len(m.line.list) > 0 {
			m.comes(m.line.list[0], 0, noErr)
		}
		m.complete(s, 0, noErr)
	case mWakeAll:
		for len(m.line.list) > 0 {
			m.comes(m.line.list[0], 0, noErr)
		}
		m.complete(s, 0, noErr)
	case mBlockTrap:
		to.trap = !to.trap
		m.complete(s, 0, noErr)
	case mSwitchTrap:
		m.trapped = !m.trapped
		m.complete(s, 0, noErr)
	case mReturn:
		if me.n == 0 {
			m.finished = true
			return
		}
		m.end(s.err)
	case mPanic:
		m.end(s.err)
	case mNop:
		m.complete(s, 0, noErr)
	}
}

func (m *mworld) create(s mstep) {
	m.lastID++
	t := &mtask{n: len(m.ts), id: m.lastID, body: true, named: s.op == mGo || s.op == mNew}
	if s.op == mBrief {
		t.n, t.brief = -1, true
	} else {
		m.ts = append(m.ts, t)
	}
	if s.op == mNew {
		t.body = s.arg%4 != 0
	} else {
		m.ring = append(m.ring, t)
	}
	if t.body {
		m.living = append(m.living, t)
	}
}

func (m *mworld) bind(t *mtask, body bool) string {
	switch {
	case t == m.cur || t.n == 0:
		return "current"
	case t.started && !t.dead || slices.Contains(m.ring, t) || body && t.body:
		return "alive"
	case body:
		*t = mtask{n: t.n, id: t.id, named: true, body: true, trap: t.trap, joiners: t.joiners}
		m.living = append(m.living, t)
	case t.body:
		t.body = false
		m.living = slices.DeleteFunc(m.living, func(o *mtask) bool { return o == t })
	}
	return noErr
}

func (m *mworld) revive(t *mtask) string {
	switch {
	case slices.Contains(m.ring, t):
	case t.blocked():
		return "blocked"
	case !t.alive():
		return "dead"
	default:
		m.ring = append(m.ring, t)
	}
	return noErr
}

func (m *mworld) unring(t *mtask) {
	m.ring = slices.DeleteFunc(m.ring, func(o *mtask) bool { return o == t })
}

func (m *mworld) ready(t *mtask) {
	if !slices.Contains(m.ring, t) {
		m.ring = append(m.ring, t)
	}
}

func (m *mworld) switchTo(s mstep, t *mtask) {
	err := m.deliver(m.cur)
	if err == noErr && t != m.cur {
		if err = "switchtrap"; !m.trapped {
			err = m.revive(t)
		}
		if err == noErr {
			if s.op == mSwitch {
				m.unring(m.cur)
			}
			m.cur.wait = mwait{step: s, kind: parkedElse}
			m.goTo(t)
			return
		}
	}
	m.complete(s, 0, err)
}

func (m *mworld) schedule(s mstep) {
	err := m.deliver(m.cur)
	if err == noErr {
		switch {
		case !m.trapped:
			m.cur.wait = mwait{step: s, kind: parkedElse}
			m.goTo(m.choose(m.after()))
			return
		case len(m.ring) > 1:
			err = "switchtrap"
		}
	}
	m.complete(s, 0, err)
}

// after is who comes after the current one.
func (m *mworld) after() *mtask { return m.ring[1%len(m.ring)] }

func (m *mworld) supervise(s mstep) {
	err := m.deliver(m.cur)
	if err == noErr && m.trapped && len(m.ring) > 1 {
		err = "switchtrap"
	}
	if err != noErr {
		m.complete(s, 0, err)
		return
	}
	m.watchers = append(m.watchers, m.cur)
	m.cur.wait = mwait{step: s, kind: parkedRun}
	m.unring(m.cur)
	next, _ := m.pick(m.cur)
	m.goTo(next)
}

func (m *mworld) throwNow(s mstep, t *mtask) {
	err := s.err
	if s.op == mKill {
		err = "exit"
	}
	switch {
	case t == m.cur:
	case !t.alive():
		err = noExit(err)
	case m.trapped:
		err = "switchtrap"
	default:
		m.throw(t, err, false)
		if err = noErr; t.shielded() {
			break
		}
		m.unblock(t)
		m.ready(t)
		m.cur.wait = mwait{step: s, kind: parkedElse}
		m.goTo(t)
		return
	}
	m.complete(s, 0, err)
}

func (m *mworld) throwLater(s mstep, t *mtask) {
	err := s.err
	if s.op == mKillLater {
		err = "exit"
	}
	if !t.alive() {
		m.complete(s, 0, noExit(err))
		return
	}
	m.throw(t, err, false)
	if !t.shielded() {
		m.unblock(t)
		m.ready(t)
	}
	m.complete(s, 0, noErr)
}

// noExit is what comes of throwing err into a dead tasklet.
func noExit(err string) string {
	if err == "exit" {
		return noErr
	}
	return "dead"
}

func (m *mworld) throw(t *mtask, err string, escaped bool) {
	t.thrown = append(t.thrown, mthrown{err, escaped})
}

func (t *mtask) shielded() bool {
	return slices.ContainsFunc(t.frames, func(f mframe) bool { return f.scope == nil })
}

// deliver is what an operation of t fails with before it blocks.
func (m *mworld) deliver(t *mtask) string {
	shielded := t.shielded()
	for i, e := range t.thrown {
		if !shielded || e.escaped {
			t.thrown = slices.Delete(t.thrown, i, i+1)
			return e.err
		}
	}
	if o := t.expired(); o != nil {
		return o.err
	}
	return noErr
}

// expired is the outermost scope of t that has expired, outside of shields left out.
func (t *mtask) expired() *mscope {
	var found *mscope
	for _, f := range t.frames {
		if f.scope == nil {
			found = nil
		} else if found == nil && f.scope.expired {
			found = f.scope
		}
	}
	return found
}

func (m *mworld) send(s mstep, val int, failure string) {
	me, c := m.cur, m.chans[s.ch]
	if err := m.deliver(me); err != noErr {
		m.sent(s, err)
		return
	}
	meets := len(c.list) > 0 && !c.sending
	m.tell(s, true, !meets && len(c.buffer) == c.size)
	switch {
	case meets:
		if m.trapped && (c.all || c.pref == -1) {
			m.sent(s, "switchtrap")
			return
		}
		m.meet(s, c, val, failure, -1, 0, noErr)
	case c.closing:
		m.sent(s, m.refusal(c))
	case len(c.buffer) < c.size:
		c.buffer = append(c.buffer, mitem{val, failure})
		m.sent(s, noErr)
	default:
		c.sending = true
		me.wait.val, me.wait.err = val, failure
		m.block(s, &c.mqueue)
	}
}

// sent is the end of one sending; SendSeq goes on with the next.
func (m *mworld) sent(s mstep, err string) {
	if s.op != mSendSeq {
		m.complete(s, 0, err)
		return
	}
	if err == noErr {
		m.cur.wait.sent++
		if m.cur.wait.sent <= s.arg%3 {
			m.send(s, s.num+1000*m.cur.wait.sent, noErr)
			return
		}
	}
	m.complete(s, m.cur.wait.sent, err)
}

func (m *mworld) receive(s mstep) {
	me, c := m.cur, m.chans[s.ch]
	if err := m.deliver(me); err != noErr {
		m.complete(s, 0, err)
		return
	}
	meets := len(c.list) > 0 && c.sending
	m.tell(s, false, !meets && len(c.buffer) == 0)
	switch {
	case len(c.buffer) > 0:
		it := c.buffer[0]
		c.buffer = slices.Delete(c.buffer, 0, 1)
		if meets {
			w := c.list[0]
			c.buffer = append(c.buffer, mitem{w.wait.val, w.wait.err})
			m.comes(w, 0, noErr)
		}
		m.complete(s, received(it.val, it.err), it.err)
	case meets:
		if m.trapped && (c.all || c.pref == 1) {
			m.complete(s, 0, "switchtrap")
			return
		}
		w := c.list[0].wait
		m.meet(s, c, 0, noErr, 1, received(w.val, w.err), w.err)
	case c.closing:
		m.complete(s, 0, m.refusal(c))
	default:
		c.sending = false
		m.block(s, &c.mqueue)
	}
}

// refusal is why the current tasklet must not wait in c, which is closing.
func (m *mworld) refusal(c *mchan) string {
	if m.cur.trap && !c.wake {
		return "blocktrap"
	}
	return "closed"
}

// received is the value that comes with an error: none.
func received(val int, err string) int {
	if err != noErr {
		return 0
	}
	return val
}

// meet gives val and failure to the first in c, and myVal and myErr to me. At the preference switches, I give way.
func (m *mworld) meet(s mstep, c *mchan, val int, failure string, switches, myVal int, myErr string) {
	me, t := m.cur, c.list[0]
	m.take(t, received(val, failure), failure)
	me.wait = mwait{step: s, kind: parkedMet, val: myVal, err: myErr, sent: me.wait.sent}
	switch {
	case c.all:
		m.ring = append(m.ring, t)
		m.goTo(m.choose(m.after()))
	case c.pref == switches:
		m.ring = slices.Insert(m.ring, 1, t)
		m.goTo(t)
	default:
		m.ring = append(m.ring, t)
		m.arrived()
	}
}

// take takes t out of what it waits in, because that has come.
func (m *mworld) take(t *mtask, val int, err string) {
	t.queue.list = slices.DeleteFunc(t.queue.list, func(o *mtask) bool { return o == t })
	t.queue = nil
	t.wait.done = true
	if t.wait.step.op == mReceive {
		t.wait.val, t.wait.err = val, err
	} else {
		t.wait.val, t.wait.err = 0, noErr
	}
}

// comes is take, and t is runnable.
func (m *mworld) comes(t *mtask, val int, err string) {
	m.take(t, val, err)
	m.ring = append(m.ring, t)
}

func (m *mworld) closeChan(c *mchan, s mstep) {
	if s.op == mClosing {
		c.closing, c.wake = s.arg%2 == 0, false
		return
	}
	c.closing, c.wake = true, true
	for !c.sending && len(c.list) > 0 {
		m.comes(c.list[0], 0, "closed")
	}
}

// tell is the channel callback.
func (m *mworld) tell(s mstep, sending, blocks bool) {
	if m.callbacks {
		m.logf("  c%d: %s sending=%v block=%v", s.ch, m.cur.name(), sending, blocks)
	}
}

func (m *mworld) waitIn(s mstep, q *mqueue) {
	if err := m.deliver(m.cur); err != noErr {
		m.complete(s, 0, err)
		return
	}
	m.block(s, q)
}

// isExitName says whether the error of that name is ErrExit or wraps it alone.
func isExitName(err string) bool { return err == "exit" || strings.HasPrefix(err, "wrapped") }
