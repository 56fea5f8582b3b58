package tasklet_test

import (
	"fmt"
	"slices"
	"strings"
)

// block puts the current tasklet in q and parks it.
func (m *mworld) block(s mstep, q *mqueue) {
	q.list = append(q.list, m.cur)
	m.cur.queue = q
	m.park(s, parkedQueue)
}

// park is how the current tasklet blocks.
func (m *mworld) park(s mstep, kind mkind) {
	switch {
	case m.cur.trap:
		m.unblock(m.cur)
		m.sent(s, "blocktrap")
	case m.trapped:
		m.unblock(m.cur)
		m.sent(s, "switchtrap")
	default:
		m.leave(s, kind)
	}
}

// leave is park without the traps.
func (m *mworld) leave(s mstep, kind mkind) {
	me := m.cur
	me.wait = mwait{step: s, kind: kind, val: me.wait.val, err: me.wait.err, sent: me.wait.sent}
	m.unring(me)
	next, err := m.pick(me)
	if err == noErr {
		m.goTo(next)
		return
	}
	m.ring = append(m.ring, me)
	m.unblock(me)
	m.sent(s, err)
}

// goTo makes next the current one, which goes on.
func (m *mworld) goTo(next *mtask) {
	m.switched(m.cur, next)
	m.front(next)
	m.cur = next
	m.arrived()
}

func (m *mworld) switched(prev, next *mtask) {
	if m.callbacks && prev != next && !m.ending {
		m.logf("  %s > %s", prev.name(), next.name())
	}
}

// front turns the ring so that t is first.
func (m *mworld) front(t *mtask) {
	at := slices.Index(m.ring, t)
	m.ring = append(slices.Clone(m.ring[at:]), m.ring[:at]...)
}

// arrived is what the current tasklet does when it has its turn.
func (m *mworld) arrived() {
	t := m.cur
	if m.ending && t.n == 0 {
		return
	}
	if !t.started {
		t.started, t.body = true, false
		if err := m.deliver(t); err != noErr {
			m.end(err)
			return
		}
		if t.brief {
			m.logf("brief")
			m.end(noErr)
			return
		}
		m.logf("t%d starts", t.n)
		m.see()
		return
	}
	m.settle(t)
	w := t.wait
	if w.step.op == mSendSeq {
		m.sent(w.step, w.err)
		return
	}
	m.complete(w.step, w.val, w.err)
}

// settle finds out what the operation of t returns.
func (m *mworld) settle(t *mtask) {
	w := &t.wait
	if w.kind == parkedMet || w.kind == parkedQueue && w.done {
		if len(t.thrown) > 0 && t.thrown[0].escaped && strings.HasPrefix(t.thrown[0].err, "panic") {
			w.err = m.deliver(t) // a panic is not put off
		}
		return
	}
	if w.kind == parkedRun {
		m.watchers = slices.DeleteFunc(m.watchers, func(o *mtask) bool { return o == t })
	}
	w.val, w.err = 0, m.deliver(t)
	if w.kind == parkedQueue && w.err == noErr {
		panic("the model woke a tasklet for nothing")
	}
	w.kind = parkedElse
}

// unblock takes t out of what it waits in.
func (m *mworld) unblock(t *mtask) {
	if q := t.queue; q != nil {
		q.list = slices.DeleteFunc(q.list, func(o *mtask) bool { return o == t })
		t.queue = nil
	}
	if t.asleep {
		t.asleep = false
		m.timers = slices.DeleteFunc(m.timers, func(o *mtimer) bool { return o.sleeper == t })
	}
}

// pick is who runs next when the current one has left the ring, or the error if nobody ever will.
func (m *mworld) pick(blocking *mtask) (*mtask, string) {
	for len(m.ring) == 0 {
		if slices.ContainsFunc(m.timers, func(t *mtimer) bool { // else only callers of Run have deadlines
			return t.scope == nil || !slices.Contains(m.watchers, t.scope.owner)
		}) {
			m.now = max(m.now, m.timers[0].when)
			m.fire()
			continue
		}
		w := m.watcher()
		if w.blocked() || w.dead {
			return nil, m.deadlock(blocking)
		}
		m.ring = append(m.ring, w)
		return w, noErr
	}
	return m.choose(m.ring[0]), noErr
}

// choose is the policy.
func (m *mworld) choose(next *mtask) *mtask {
	if m.policy == 0 || m.ending {
		return next
	}
	for _, t := range m.ring {
		if policyKey(m.policy, t.id, len(m.program)) < policyKey(m.policy, next.id, len(m.program)) {
			next = t
		}
	}
	return next
}

// policyKey orders runnables by chance, another way at every step. No two IDs have the same key.
func policyKey(seed, id, step int) int {
	return int((int64(id)*2654435761+int64(step)*40503*int64(seed))%8191)*1000 + id
}

func (m *mworld) watcher() *mtask {
	if last := len(m.watchers) - 1; last >= 0 {
		return m.watchers[last]
	}
	return m.ts[0]
}

func (m *mworld) deadlock(blocking *mtask) string {
	reason := "Deadlock: the last runnable tasklet cannot be blocked."
	if blocking == nil {
		blocking = m.ts[0]
		switch blocking.wait.step.op {
		case mSend, mSendError, mSendSeq:
			reason = "the main tasklet is sending without a receiver available."
		case mReceive:
			reason = "the main tasklet is receiving without a sender available."
		default:
			reason = "the main tasklet waits and nobody is left to wake it."
		}
	}
	all := []*mtask{blocking}
	if main := m.ts[0]; main.blocked() && main != blocking {
		all = append(all, main)
	}
	for _, t := range slices.Backward(m.living) {
		if t.blocked() && t != blocking {
			all = append(all, t)
		}
	}
	return reason + " " + names(all)
}

// end ends the current tasklet, whose body has returned err.
func (m *mworld) end(err string) {
	t := m.cur
	panicked := strings.HasPrefix(err, "panic")
	if isExitName(err) {
		err = noErr
	}
	t.dead, t.started = true, false
	for _, f := range t.frames {
		m.closeScope(f.scope)
	}
	t.frames = nil
	m.unring(t)
	m.living = slices.DeleteFunc(m.living, func(o *mtask) bool { return o == t })
	joined := len(t.joiners.list) > 0
	for len(t.joiners.list) > 0 {
		m.comes(t.joiners.list[0], 0, noErr)
	}
	next, fault := (*mtask)(nil), noErr
	if err != noErr && (!joined || panicked) {
		fault = m.handled(t, err)
	}
	if fault == noErr {
		next, fault = m.pick(nil)
	}
	if fault != noErr {
		next = m.escape(fault)
	}
	m.switched(t, next)
	m.front(next)
	m.cur = next
	m.arrived()
}

// handled is what the error handler leaves of an error.
func (m *mworld) handled(t *mtask, err string) string {
	switch {
	case m.ending:
		m.errs = append(m.errs, err)
		return noErr
	case m.handler == 0:
		return err
	}
	m.logf("  handler: %s %s", t.name(), err)
	if m.handler == 1 {
		return noErr
	}
	return err
}

// escape takes err to the innermost Run, or main.
func (m *mworld) escape(err string) *mtask {
	t := m.watcher()
	m.throw(t, err, true)
	m.unblock(t)
	m.ready(t)
	m.front(t)
	return t
}

func (m *mworld) set(t *mtimer) {
	m.seq++
	t.seq = m.seq
	m.timers = append(m.timers, t)
	slices.SortStableFunc(m.timers, func(a, b *mtimer) int { return a.when - b.when })
}

// fire fires the timers whose time has come.
func (m *mworld) fire() {
	for len(m.timers) > 0 && m.timers[0].when <= m.now {
		t := m.timers[0]
		m.timers = m.timers[1:]
		if t.scope != nil {
			m.expire(t.scope)
			continue
		}
		t.sleeper.asleep = false
		m.ring = append(m.ring, t.sleeper)
	}
}

func (m *mworld) open(s mstep) {
	f := mframe{step: s}
	if s.op == mWithTimeout {
		f.scope = &mscope{id: len(m.scopes), owner: m.cur, ours: isOurs(s)}
		m.scopes = append(m.scopes, f.scope)
		m.cur.frames = append(m.cur.frames, f)
		m.reset(f.scope, s.arg%5)
	} else {
		m.cur.frames = append(m.cur.frames, f)
	}
	m.logf("t%d %c#%d opens", s.who, s.op, s.num)
	m.see()
}

// isOurs says whether the scope of s is made by StartTimeout.
func isOurs(s mstep) bool { return s.num%2 == 0 }

func (m *mworld) untime(o *mscope) {
	m.timers = slices.DeleteFunc(m.timers, func(t *mtimer) bool { return t.scope == o })
}

// reset gives o the deadline after from now.
func (m *mworld) reset(o *mscope, after int) {
	if o.closed || o.expired && m.cur != o.owner {
		return
	}
	o.expired, o.after = false, after
	o.err = timeoutName(after)
	m.untime(o)
	if after == 0 {
		m.expire(o)
	} else {
		m.set(&mtimer{when: m.now + after, scope: o})
	}
}

func (m *mworld) expire(o *mscope) {
	m.untime(o)
	o.expired = true
	t := o.owner
	given := !slices.Contains(m.ring, t) && (t.wait.kind == parkedGiven || t.wait.kind == parkedRun)
	if t.expired() != nil && (t.blocked() || given) {
		m.unblock(t)
		m.ready(t)
	}
}

func (m *mworld) closeScope(o *mscope) {
	if o != nil {
		o.closed = true
		m.untime(o)
	}
}

// closeAll is Close of the scheduler.
func (m *mworld) closeAll() {
	m.ending, m.trapped, m.watchers = true, false, nil
	m.finished = false
	main := m.ts[0]
	// main is told nothing any more: that is how Close works.
	for _, f := range main.frames {
		m.closeScope(f.scope)
	}
	main.frames = []mframe{{}}
	for _, t := range slices.Backward(m.living) {
		t.trap = false
		m.throw(t, "exit", false)
		if !t.shielded() {
			m.unblock(t)
			m.ready(t)
		}
	}
	for {
		if len(m.ring) == 1 {
			if len(m.timers) == 0 {
				break
			}
			m.now = max(m.now, m.timers[0].when)
			m.fire()
			continue
		}
		m.goTo(m.ring[1])
		for m.cur != main {
			m.perform(m.next())
		}
	}
	for _, e := range main.thrown {
		if e.escaped {
			m.errs = append(m.errs, e.err) // it came too late for every operation of main
		}
	}
	for _, t := range m.living { // shielded, and nobody comes
		t.frames = nil
		m.settle(t)
		w := t.wait
		if w.step.op == mSendSeq && w.err == noErr && w.sent+1 <= w.step.arg%3 {
			w.err = m.deliver(t)
		}
		m.late = append(m.late, fmt.Sprintf("t%d %s", t.n, w.err))
		m.stuck = append(m.stuck, t.n)
	}
	slices.Sort(m.late)
	m.logf("closed: %s; left %v", strings.Join(m.errs, ", "), m.late)
}

func timeoutName(ms int) string { return fmt.Sprint("timeout", ms) }
