package greenlet_test

import (
	"fmt"
	"slices"
	"strings"
)

// The model says what greenlets do without running any: it interprets a program of operations, each of which is
// done by whichever greenlet runs, and writes down what everybody sees. It knows no goroutines, no pools and no
// slots. While it goes it also decides what the next operation is, from raw random numbers, so that the program
// which comes out is one that makes sense; real_test.go performs that program on real greenlets.

// A step is one operation of a program. The greenlet that does it is named so that a real run which takes another
// way is noticed at once.
type step struct {
	who int
	op  opcode
	to  int // the target
	arg int // another greenlet, or a tracer
	val int
	err string // what is thrown, returned or panicked with

	propagate bool // an error that arrives is returned
	recover   bool // a panic that arrives is recovered
	deep      int  // how many calls lie between the body and the operation
}

type opcode int

const (
	opNop opcode = iota
	opNew
	opNewNoRun
	opSwitch
	opThrow
	opSetParent
	opSetRun
	opClose
	opDrop
	opStack
	opAll
	opTrace
	opUntrace
	opReturn // leave the body
	opPanic
	opGoexit
)

var opNames = [...]string{"nop", "New", "NewNoRun", "Switch", "Throw", "SetParent", "SetRun", "Close", "Drop", "Stack", "All",
	"Trace", "Untrace", "return", "panic", "Goexit"}

func (s step) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "g%d: %s to=g%d arg=%d val=%d err=%s", s.who, opNames[s.op], s.to, s.arg, s.val, s.err)
	if s.propagate {
		b.WriteString(" propagate")
	}
	if s.recover {
		b.WriteString(" recover")
	}
	return b.String()
}

type arrival int // what kind of thing arrives

const (
	value arrival = iota
	failure
	panicking
	goexiting
)

// A message is what arrives. Errors are names: see isExitName.
type message struct {
	kind arrival
	val  int
	err  string
}

const none = "-" // the name of the nil error

// isExitName reports whether the error of that name is ErrExit or wraps it alone.
func isExitName(err string) bool { return err == "exit" || strings.HasPrefix(err, "wrapped") }

type life int

const (
	pending life = iota
	alive
	dead
)

// A closing is the death of a greenlet that is being closed.
type closing struct {
	by    int // -1 if it closes itself
	ended bool
	err   string
}

type modelGreenlet struct {
	id, parent int
	life       life
	hasRun     bool
	parked     int      // when it first parked, counted from 1; 0 if never
	wait       step     // the operation in which it is parked
	victim     *closing // of a parked Close or Drop
	deferred   bool     // its body has ended with out, and its deferred call runs
	out        message
	closing    *closing
	dropped    bool
}

type modelTracer struct {
	id     int
	left   int // events until it fails; never if negative
	active bool
}

type model struct {
	raw      []rawStep
	program  []step
	log      []string
	gs       []*modelGreenlet
	cur      int
	parks    int
	tracers  []*modelTracer
	all      []*modelTracer // also those that were stopped
	finished bool
}

// A rawStep is a random operation before it means anything.
type rawStep struct {
	op         opcode
	a, b, c, d int
}

const (
	maxGreenlets = 9
	maxDrops     = 2
)

func runModel(raw []rawStep) *model {
	m := &model{raw: raw}
	m.gs = []*modelGreenlet{{id: 0, parent: -1, life: alive, parked: -1}}
	for !m.finished {
		m.perform(m.next())
	}
	m.raw = nil
	m.closeTree()
	return m
}

func (m *model) logf(format string, args ...any) {
	m.log = append(m.log, fmt.Sprintf(format, args...))
}

func (m *model) me() *modelGreenlet { return m.gs[m.cur] }

// next turns the next raw step into one for the current greenlet.
func (m *model) next() step {
	me := m.me()
	s := step{who: m.cur, err: none}
	n := len(m.program) + 1
	if len(m.raw) == 0 {
		s.op = opReturn
	} else {
		r := m.raw[0]
		m.raw = m.raw[1:]
		s.op, s.to, s.val = r.op, m.pick(r.a), n
		s.propagate, s.recover, s.deep = r.d&1 != 0, r.d&2 != 0 || me.id == 0, r.d>>2%4
		switch s.op {
		case opNew, opNewNoRun:
			if len(m.gs) >= maxGreenlets {
				s.op = opSwitch
			}
		case opThrow, opReturn:
			s.err = [...]string{none, "exit", fmt.Sprint("wrapped", n), fmt.Sprint("joined", n), fmt.Sprint("E", n)}[r.c%5]
		case opSetParent:
			s.arg = m.pick(r.b)
		case opPanic:
			s.err = fmt.Sprintf("panic%d", n)
		case opClose:
			// A second Close of one that is being closed, and the end of the tree, have tests of their own.
			if t := m.gs[s.to]; t.id != m.cur && t.closing != nil || t.id == m.cur && t.id == 0 {
				s.op = opNop
			}
		case opDrop:
			if !m.droppable(s.to) {
				s.op = opNop
			}
		case opTrace:
			s.arg, s.val = len(m.all), r.b%6-2
			if s.arg >= 3 {
				s.op = opNop
			}
		case opUntrace:
			if len(m.all) == 0 {
				s.op = opNop
			} else {
				s.arg = r.b % len(m.all)
			}
		}
		if me.id == 0 && (s.op == opReturn || s.op == opPanic || s.op == opGoexit) {
			s.op = opNop
		}
	}
	if me.deferred && s.op == opReturn {
		s.op = opNop
	}
	if s.op == opThrow && s.err == none {
		s.err = "exit" // what Throw(nil) means
	}
	m.program = append(m.program, s)
	return s
}

// pick chooses a greenlet of which the program still has the handle.
func (m *model) pick(n int) int {
	var kept []int
	for _, g := range m.gs {
		if !g.dropped {
			kept = append(kept, g.id)
		}
	}
	return kept[n%len(kept)]
}

// droppable reports whether the collector will find g once the program forgets its handle.
func (m *model) droppable(id int) bool {
	g := m.gs[id]
	if id == 0 || id == m.cur || g.life != alive || g.closing != nil || g.victim != nil {
		return false
	}
	drops := 0
	for _, o := range m.gs {
		if o.dropped {
			drops++
		}
		if o.life == alive && o.closing != nil {
			return false // it may be unwinding from a Switch to g, which then holds g
		}
		if o.parent == id || o.closing != nil && o.closing.by == id {
			return false
		}
	}
	return drops < maxDrops
}

// perform does one step of the current greenlet.
func (m *model) perform(s step) {
	me, to := m.me(), m.gs[s.to]
	switch s.op {
	case opNew, opNewNoRun:
		if me.closing != nil {
			m.logf("g%d New refused", me.id)
			break
		}
		g := &modelGreenlet{id: len(m.gs), parent: s.to, hasRun: s.op == opNew}
		m.gs = append(m.gs, g)
		m.logf("g%d made g%d", me.id, g.id)
	case opSwitch, opThrow:
		if me.closing != nil {
			if me.panics() {
				m.settle(me, s, message{kind: failure, err: "exit"})
			} else {
				m.unwind(me, message{kind: goexiting, err: none})
			}
			return
		}
		msg := message{kind: value, val: s.val, err: none}
		if s.op == opThrow {
			msg = message{kind: failure, err: s.err}
		}
		if !m.transfer(s, to, msg) {
			m.settle(me, s, message{kind: failure, err: "norun"})
		}
		return
	case opSetParent:
		m.logf("g%d SetParent: %s", me.id, m.setParent(to, s.arg))
	case opSetRun:
		if to.life == pending {
			to.hasRun = true
			m.logf("g%d SetRun: %s", me.id, none)
		} else {
			m.logf("g%d SetRun: started", me.id)
		}
	case opClose, opDrop:
		if m.close(s, me, to) {
			return
		}
	case opStack:
		m.logf("g%d Stack of g%d: %v", me.id, to.id, to.life == alive)
	case opAll:
		m.logf("g%d All: %s", me.id, m.list())
	case opTrace:
		tr := &modelTracer{id: s.arg, left: s.val, active: true}
		m.tracers = append(m.tracers, tr)
		m.all = append(m.all, tr)
	case opUntrace:
		m.untrace(m.all[s.arg])
	case opReturn:
		m.leave(me, message{kind: failure, val: s.val, err: s.err})
		return
	case opPanic:
		m.unwind(me, message{kind: panicking, err: s.err})
		return
	case opGoexit:
		m.unwind(me, message{kind: goexiting, err: none})
		return
	}
	m.stepped(me)
}

// stepped is what follows an operation of me that is over.
func (m *model) stepped(me *modelGreenlet) {
	m.logf("g%d sees %s", me.id, m.states())
	if me.deferred {
		m.end(me)
	}
}

// leave ends the body of me with out; its deferred call is next.
func (m *model) leave(me *modelGreenlet, out message) {
	switch {
	case me.id == 0:
		m.finished = true
	case me.deferred:
		m.end(me)
	default:
		me.deferred, me.out = true, out
	}
}

// panics reports whether a panic runs the deferred call of me. While me is closed, such a panic is not to be lost.
func (g *modelGreenlet) panics() bool { return g.deferred && g.out.kind == panicking }

// unwind is leave by a panic or Goexit, which replaces what a deferred call interrupts.
func (m *model) unwind(me *modelGreenlet, out message) {
	me.out = out
	m.leave(me, out)
}

func (m *model) setParent(g *modelGreenlet, p int) string {
	if g.id == 0 {
		return "mainparent"
	}
	for a := p; a >= 0; a = m.gs[a].parent {
		if a == g.id {
			return "cycle"
		}
	}
	g.parent = p
	return none
}

// close does Close, and Drop with what follows. It reports whether control went elsewhere.
func (m *model) close(s step, me, to *modelGreenlet) bool {
	switch {
	case to.life == dead:
		m.logf("g%d Close: %s", me.id, none)
	case to.life == pending:
		to.life = dead
		m.logf("g%d Close: %s", me.id, none)
	case to.id == 0:
		m.logf("g%d Close: refused", me.id)
	case to == me:
		if me.closing == nil {
			me.closing = &closing{by: -1}
		}
		if me.panics() {
			m.logf("g%d Close: exit", me.id)
			return false
		}
		m.unwind(me, message{kind: goexiting, err: none})
		return true
	default:
		to.dropped = s.op == opDrop
		to.closing = &closing{by: me.id, err: none}
		me.victim = to.closing
		m.transfer(s, to, message{kind: failure, err: "exit"})
		return true
	}
	return false
}

// closeTree is Close of main.
func (m *model) closeTree() {
	m.finished = false
	var errs []string
	for {
		var last *modelGreenlet
		for _, g := range m.gs {
			if g.life == alive && g.id != 0 && (last == nil || g.parked > last.parked) {
				last = g
			}
		}
		if last == nil {
			break
		}
		last.closing = &closing{by: 0, err: none}
		m.gs[0].victim = last.closing
		m.transfer(step{op: opClose, val: -1}, last, message{kind: failure, err: "exit"})
		for m.cur != 0 {
			m.perform(m.next())
		}
		if e := last.closing.err; e != none {
			errs = append(errs, e)
		}
	}
	m.logf("tree closed: %s", joinNames(errs))
}

// list is what All yields.
func (m *model) list() string {
	var live []*modelGreenlet
	for _, g := range m.gs {
		if g.life == alive && g.parked != 0 {
			live = append(live, g)
		}
	}
	slices.SortFunc(live, func(a, b *modelGreenlet) int { return a.parked - b.parked })
	if m.me().parked == 0 {
		live = append(live, m.me())
	}
	var b strings.Builder
	for _, g := range live {
		fmt.Fprintf(&b, " g%d<g%d", g.id, m.parentOf(g))
	}
	return b.String()
}

func (m *model) parentOf(g *modelGreenlet) int {
	if g.life == alive && g.closing != nil && g.closing.by >= 0 {
		return g.closing.by
	}
	return g.parent
}

// states is what the handles that the program has say of their greenlets.
func (m *model) states() string {
	var b strings.Builder
	fmt.Fprintf(&b, "g%d current;", m.cur)
	for _, g := range m.gs {
		if g.dropped {
			continue
		}
		state := [...]string{"pending", "suspended", "dead"}[g.life]
		if g.id == m.cur {
			state = "running"
		}
		fmt.Fprintf(&b, " g%d<g%d %s", g.id, m.parentOf(g), state)
	}
	return b.String()
}
