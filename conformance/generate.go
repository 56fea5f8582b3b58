package conformance

import (
	"fmt"
	"math/bits"

	"pgregory.net/rapid"
)

// A mix says how often each statement occurs, relative to the others. The first are what a failing program shrinks to.
type mix []struct {
	op     Op
	weight int
}

// everyday is the mix of most programs.
var everyday = mix{
	{opStates, 2}, {opSwitch, 18}, {opThrow, 8}, {opNew, 8}, {opSpawn, 8}, {opSetParent, 6}, {opSetRun, 2}, {opGetRun, 1},
	{opSetTrace, 2}, {opGetTrace, 1}, {opCall, 2}, {opBump, 3}, {opTouch, 2}, {opRaise, 2}, {opReturn, 2}, {opLoop, 2}, {opIf, 3},
	{opDef, 5},
}

// tracerKinds are the indexes of tracers as often as they are drawn. Those that switch are rare, since they end the
// comparison with greenlet 2.
var tracerKinds = []int{0, 1, 1, 1, 2, 2, 2, 3, 3, 5, 5, 6, 6, 1, 1, 4}

// A maker draws the parts of one program.
type maker struct {
	*rapid.T
	p      *Program
	within *Func // what is being written
	depth  int   // of blocks
	defs   int
	ops    []Op
}

// Programs returns a generator of programs.
func Programs() *rapid.Generator[*Program] {
	var ops []Op
	for _, m := range everyday {
		for range m.weight {
			ops = append(ops, m.op)
		}
	}
	return rapid.Custom(func(t *rapid.T) *Program {
		m := &maker{T: t, p: &Program{}, ops: ops}
		for i := range m.below(3, "functions") + 2 {
			m.p.Funcs = append(m.p.Funcs, &Func{Name: fmt.Sprintf("f%d", i)})
		}
		for _, f := range m.p.Funcs {
			m.within = f
			f.Body = append(m.stmts(7), &Stmt{Op: opReturn, Val: m.expr(1)})
		}
		m.p.Main = &Func{Name: "main"}
		m.within = m.p.Main
		for range m.below(6, "greenlets") {
			s := &Stmt{Op: opNew, Caught: true}
			m.made(s, true)
			m.p.Main.Body = append(m.p.Main.Body, s)
		}
		m.p.Main.Body = append(m.p.Main.Body, m.stmts(16)...)
		m.p.Main.Body = append(m.p.Main.Body, &Stmt{Op: opStates})
		return m.p
	})
}

// below draws a number from 0 to n-1, each about as often; rapid itself prefers small ones. It shrinks to 0.
func (m *maker) below(n int, label string) int {
	v := 0
	for range bits.Len(uint(n-1)) + 2 {
		v *= 2
		if bit.Draw(m.T, label) {
			v++
		}
	}
	return v % n
}

var bit = rapid.Bool()

// among draws one of some, each about as often.
func among[T any](m *maker, some []T, label string) T { return some[m.below(len(some), label)] }

// oneIn says yes once in n times.
func (m *maker) oneIn(n int, label string) bool { return m.below(n, label) == n-1 }

func (m *maker) stmts(n int) []*Stmt {
	one := rapid.Custom(func(t *rapid.T) *Stmt {
		in := *m
		in.T = t
		s := in.stmt()
		m.defs = in.defs
		return s
	})
	return rapid.SliceOfN(one, 1, n).Draw(m.T, "body")
}

func (m *maker) stmt() *Stmt {
	s := &Stmt{Op: among(m, m.ops, "op"), Caught: true}
	switch s.Op {
	case opLoop, opIf, opDef:
		if m.depth == 2 {
			s.Op = opSwitch
		}
	case opCall:
		// Only later functions, so that there is no recursion without a switch.
		if s.Func = m.callee(); s.Func == nil {
			s.Op = opSwitch
		}
	case opReturn, opRaise:
		if m.within == m.p.Main {
			s.Op = opSpawn
		}
	}
	if m.within != m.p.Main {
		s.Caught = m.below(2, "caught") == 0
	}
	switch s.Op {
	case opSwitch:
		s.To, s.Args = m.ref(), m.args()
	case opThrow:
		s.To, s.Val = m.ref(), m.thrown()
	case opNew:
		m.made(s, true)
	case opSpawn:
		m.made(s, false)
		s.Args = m.args()
	case opSetParent:
		s.To, s.Val = m.ref(), m.parent()
		s.Caught = s.Caught || !m.oneIn(3, "uncaught")
	case opSetRun:
		s.To, s.Run = m.ref(), m.run(false)
	case opGetRun:
		s.To, s.Caught = m.ref(), true
	case opSetTrace:
		s.Tracer = Tracer{Kind: among(m, tracerKinds, "tracer"), After: m.below(5, "after") + 1, N: m.below(8, "greenlet")}
	case opCall:
		s.Args = m.args()
	case opTouch:
		s.Val = m.expr(0)
	case opRaise:
		if s.Val = m.thrown(); s.Val == nil {
			s.Val = &Expr{Kind: exprExitClass}
		}
	case opReturn:
		s.Val = m.expr(1)
	case opLoop:
		s.Count = m.below(3, "rounds") + 1
		s.Body = m.inner().stmts(3)
	case opIf:
		s.Cond = Cond{m.below(len(conditions), "condition"), m.below(2, "greenlet")}
		s.Body = m.inner().stmts(3)
	case opDef:
		m.nested(s)
	}
	return s
}

func (m *maker) inner() *maker {
	in := *m
	in.depth++
	return &in
}

// nested makes s define a function within the one that is being written.
func (m *maker) nested(s *Stmt) {
	m.defs++
	s.Func = &Func{Name: fmt.Sprintf("%s_%d", m.within.Name, m.defs), Outer: m.within}
	in := *m
	in.depth, in.within = 2, s.Func
	s.Func.Body = append(in.stmts(4), &Stmt{Op: opReturn, Val: m.expr(1)})
	s.Run = &Run{Func: s.Func}
}

// callee draws a function that comes after the one that is being written, or nil.
func (m *maker) callee() *Func {
	from := 0
	for i, f := range m.p.Funcs {
		if f == m.within || m.within.Outer != nil {
			from = i + 1
		}
	}
	if from == len(m.p.Funcs) {
		return nil
	}
	return m.p.Funcs[from+m.below(len(m.p.Funcs)-from, "callee")]
}

// made draws how s makes a greenlet.
func (m *maker) made(s *Stmt, caught bool) {
	s.Run = m.run(true)
	if m.oneIn(3, "parent") {
		s.Parent = m.parent()
		s.Caught = s.Caught || caught
	}
}

// ref draws one of the forms of naming a greenlet.
func (m *maker) ref() Ref {
	kinds := []RefKind{refIndex, refIndex, refIndex, refIndex, refIndex, refIndex, refUp, refUp, refLast, refLast, refSelf}
	if m.depth > 0 && m.within.Outer == nil {
		kinds = append(kinds, refLoop, refLoop)
	}
	return Ref{among(m, kinds, "which"), m.below(9, "greenlet")}
}

// parent draws what is given as a parent.
func (m *maker) parent() *Expr {
	switch m.below(9, "parent kind") {
	case 8:
		return &Expr{Kind: exprNone}
	case 7:
		return &Expr{Kind: exprInt, N: 3}
	}
	return &Expr{Kind: exprRef, Ref: m.ref()}
}

// run draws what a greenlet runs.
func (m *maker) run(absent bool) *Run {
	r := &Run{N: m.below(9, "function"), Word: m.oneIn(4, "run=")}
	switch k := m.below(14, "run kind"); {
	case k == 13 && absent:
		r.Kind = runAbsent
	case k == 12:
		r.Kind = runNone
	case k == 11:
		r.Kind = runInt
	case k == 10:
		r.Kind = runRelay
	case k == 9:
		r.Kind = runPair
	}
	r.Func = m.p.Funcs[r.N%len(m.p.Funcs)]
	return r
}

// thrown draws what is raised; nil is a throw without arguments.
func (m *maker) thrown() *Expr {
	switch m.below(6, "thrown") {
	case 1:
		return &Expr{Kind: exprExit}
	case 2:
		return &Expr{Kind: exprExit, Elems: []*Expr{{Kind: exprInt, N: 5}}}
	case 3:
		return nil
	case 4:
		return &Expr{Kind: exprExitClass}
	case 5:
		return m.expr(1)
	}
	return &Expr{Kind: exprText, Text: "E"}
}

func (m *maker) args() Args {
	var a Args
	for range m.below(4, "positional") {
		a.Pos = append(a.Pos, m.expr(1))
	}
	if m.oneIn(3, "named") {
		for range m.below(2, "how many") + 1 {
			a.Named = append(a.Named, m.expr(0))
		}
	}
	return a
}

// expr draws an expression of at most that depth.
func (m *maker) expr(depth int) *Expr {
	kinds := []ExprKind{exprInt, exprNone, exprText, exprVar, exprVar, exprObject, exprRef, exprExit}
	if depth > 0 {
		kinds = append(kinds, exprTuple, exprTuple, exprList, exprDict)
	}
	e := &Expr{Kind: among(m, kinds, "expression"), N: m.below(2, "number"), Text: "s"}
	switch e.Kind {
	case exprRef:
		e.Ref = Ref{N: m.below(9, "greenlet")}
	case exprTuple, exprList, exprDict:
		for range m.below(3, "elements") {
			e.Elems = append(e.Elems, m.expr(depth-1))
		}
	}
	return e
}
