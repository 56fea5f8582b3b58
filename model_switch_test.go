package greenlet_test

import "strings"

// Where control goes in the model: switches, arrivals, endings, tracers.

// transfer parks the current greenlet in s and sends msg to the greenlet to. It returns false, with nothing done, if
// there is nobody who could take it.
func (m *model) transfer(s step, to *modelGreenlet, msg message) bool {
	target, msg, ok := m.route(to, msg, false)
	if !ok {
		return false
	}
	from := m.me()
	from.wait = s
	if target != from && from.parked == 0 {
		m.parks++
		from.parked = m.parks
	}
	m.arrive(from, target, msg)
	return true
}

// route finds where msg arrives. Somebody who is dying has to find a place for it.
func (m *model) route(to *modelGreenlet, msg message, dying bool) (*modelGreenlet, message, bool) {
	for {
		switch {
		case to.life == dead:
			if msg.kind == failure && isExitName(msg.err) {
				msg = message{kind: value, err: none}
			}
		case to.life == alive || to.hasRun:
			return to, msg, true
		case !dying:
			return nil, msg, false
		case msg.kind == value:
			msg = message{kind: failure, err: "norun"}
		case msg.kind == failure && !strings.HasSuffix(strings.TrimRight(msg.err, ")"), "norun"):
			msg.err = joinNames([]string{msg.err, "norun"})
		}
		to = m.gs[to.parent]
	}
}

// arrive makes to current, with what the tracers make of msg.
func (m *model) arrive(from, to *modelGreenlet, msg message) {
	m.cur = to.id
	start := to.life == pending
	to.life = alive
	msg = m.announce(from, to, msg, start)
	if !start {
		m.settle(to, to.wait, msg)
		return
	}
	if msg.kind != value {
		to.out = msg
		m.die(to)
		return
	}
	m.logf("g%d starts with %d", to.id, msg.val)
}

// settle ends the operation s of me with the message that arrived.
func (m *model) settle(me *modelGreenlet, s step, msg message) {
	d := me.victim
	me.victim = nil
	switch msg.kind {
	case panicking:
		if !s.recover || s.val == -1 {
			m.unwind(me, msg)
			return
		}
		m.logf("g%d recovered %s", me.id, msg.err)
		m.stepped(me)
		return
	case goexiting:
		m.unwind(me, msg)
		return
	}
	err := msg.err
	if d != nil {
		if d.ended {
			err = bothNames(d.err, err)
		}
		if s.val == -1 {
			d.err = err
			return // closeTree goes on
		}
		if s.op == opDrop {
			if err != none && err != "exit" { // an exit is what came to me instead: I am being closed
				m.logf("unraisable in g%d: %s", s.to, err)
			}
			m.logf("g%d reaped", me.id)
		} else {
			m.logf("g%d Close: %s", me.id, err)
		}
	} else {
		m.logf("g%d got %d %s", me.id, msg.val, err)
		if err != none && s.propagate && me.id != 0 && !me.deferred {
			m.leave(me, message{kind: failure, val: msg.val, err: err})
			return
		}
	}
	m.stepped(me)
}

// end is the end of a greenlet whose body ran.
func (m *model) end(me *modelGreenlet) {
	m.logf("g%d unwound", me.id)
	m.die(me)
}

// die sends to the parent of me what its end amounts to.
func (m *model) die(me *modelGreenlet) {
	msg := me.out
	if msg.kind == failure && (msg.err == none || isExitName(msg.err)) {
		msg.kind, msg.err = value, none
	}
	parent := me.parent
	if d := me.closing; d != nil {
		if msg.kind == goexiting {
			msg = message{kind: value, err: none}
		}
		if d.by >= 0 {
			parent = d.by
			if d.ended = true; m.gs[d.by].life != dead {
				d.err = msg.err
				msg = message{kind: value, err: none}
			}
		}
	}
	me.life, me.deferred = dead, false
	to, msg, _ := m.route(m.gs[parent], msg, true)
	m.arrive(me, to, msg)
}

// announce shows msg to the tracers.
func (m *model) announce(from, to *modelGreenlet, msg message, start bool) message {
	for _, tr := range append([]*modelTracer(nil), m.tracers...) {
		if !tr.active {
			continue
		}
		kind, err := "throw", msg.err
		switch msg.kind {
		case value:
			kind = "switch"
		case goexiting:
			err = "goexit"
		}
		m.logf("tracer %d: %s g%d to g%d: %d %s start=%v", tr.id, kind, from.id, to.id, msg.val, err, start)
		if tr.left--; tr.left != -1 {
			continue
		}
		m.untrace(tr)
		const fault = "fault"
		switch msg.kind {
		case value:
			msg = message{kind: failure, err: fault}
		case failure:
			msg.err = joinNames([]string{msg.err, fault})
		default:
			m.logf("unraisable in g%d: %s", to.id, fault)
		}
	}
	return msg
}

func (m *model) untrace(tr *modelTracer) {
	tr.active = false
	var left []*modelTracer
	for _, t := range m.tracers {
		if t != tr {
			left = append(left, t)
		}
	}
	m.tracers = left
}

// bothNames names what Close makes of what a greenlet failed with and of what came with its end.
func bothNames(a, b string) string {
	switch {
	case a == none:
		return b
	case b == none:
		return a
	}
	return joinNames([]string{a, b})
}

// joinNames names what errors.Join makes of the errors of these names.
func joinNames(errs []string) string {
	if len(errs) == 0 {
		return none
	}
	return "join(" + strings.Join(errs, ",") + ")"
}
