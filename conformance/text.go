package conformance

import (
	_ "embed"
	"fmt"
	"strings"
)

// Prelude is the beginning of every script.
//
//go:embed prelude.star
var Prelude string

// Text returns p as a script for both languages.
func (p *Program) Text() string {
	w := &writer{}
	for _, f := range p.Funcs {
		w.function(f)
	}
	w.function(p.Main)
	w.line("attempt(main)")
	w.line("settrace(None)")
	w.line("states()")
	return Prelude + w.String()
}

// Listing returns p without the prelude.
func (p *Program) Listing() string { return strings.TrimPrefix(p.Text(), Prelude) }

type writer struct {
	strings.Builder
	indent int
}

func (w *writer) line(format string, args ...any) {
	fmt.Fprintf(w, "%*s"+format+"\n", append([]any{4 * w.indent, ""}, args...)...)
}

func (w *writer) function(f *Func) {
	params := "*a, **k"
	if f.Name == "main" {
		params = ""
	}
	w.line("def %s(%s):", f.Name, params)
	w.indent++
	if f.Outer == nil {
		w.line("c = [0]")
	}
	w.line("x, i = None, 0")
	if params != "" {
		w.line("start(%q, a, k)", f.Name)
	}
	w.body(f.Body)
	w.indent--
	if w.indent == 0 {
		w.line("")
	}
}

func (w *writer) body(body []*Stmt) {
	for _, s := range body {
		w.stmt(s)
	}
}

func (w *writer) block(body []*Stmt) {
	w.indent++
	w.body(body)
	w.indent--
}

// call writes a call of f whose result becomes x.
func (w *writer) call(caught bool, f string, args ...string) {
	var kept []string
	for _, a := range args {
		if a != "" {
			kept = append(kept, a)
		}
	}
	if caught {
		w.line("x = attempt(%s)", strings.Join(append([]string{f}, kept...), ", "))
	} else {
		w.line("x = got(%s(%s))", f, strings.Join(kept, ", "))
	}
}

func (w *writer) stmt(s *Stmt) {
	switch s.Op {
	case opStates:
		w.line("states()")
	case opSwitch:
		w.call(s.Caught, "switch", s.To.text(), s.Args.text())
	case opThrow:
		w.call(s.Caught, "throw", s.To.text(), s.Val.text())
	case opNew:
		w.call(s.Caught, "new", s.newArgs())
	case opSpawn:
		w.call(s.Caught, "switch", "new("+s.newArgs()+")", s.Args.text())
	case opSetParent:
		w.call(s.Caught, "setparent", s.To.text(), s.Val.text())
	case opSetRun:
		w.call(s.Caught, "setrun", s.To.text(), s.Run.value())
	case opGetRun:
		w.call(s.Caught, "getrun", s.To.text())
	case opSetTrace:
		w.call(s.Caught, "settrace", s.Tracer.text())
	case opGetTrace:
		w.line("x = got(gettrace())")
	case opCall:
		w.call(s.Caught, s.Func.Name, s.Args.text())
	case opBump:
		w.line("c[0] += 1")
		w.line(`say("cell", show(c))`)
	case opTouch:
		w.line("touch(%s)", s.Val.text())
	case opRaise:
		w.call(s.Caught, "raise_", s.Val.text())
	case opReturn:
		w.line("return %s", s.Val.text())
	case opLoop:
		w.line("for i in range(%d):", s.Count)
		w.block(append([]*Stmt{{Op: -1}}, s.Body...))
	case -1:
		w.line("if not spend(): break")
	case opIf:
		cond := conditions[s.Cond.Kind]
		if strings.Contains(cond, "%") {
			cond = fmt.Sprintf(cond, s.Cond.N)
		}
		w.line("if %s:", cond)
		w.block(s.Body)
	case opDef:
		w.function(s.Func)
		w.call(s.Caught, "new", s.newArgs())
	}
}

// newArgs are the arguments with which s makes a greenlet.
func (s *Stmt) newArgs() string {
	var args []string
	if s.Run.Kind != runAbsent {
		if s.Run.Word {
			args = append(args, "run="+s.Run.value())
		} else {
			args = append(args, s.Run.value())
		}
	}
	if s.Parent != nil {
		args = append(args, "parent="+s.Parent.text())
	}
	return strings.Join(args, ", ")
}

func (r *Run) value() string {
	switch r.Kind {
	case runInt:
		return "3"
	case runRelay:
		return fmt.Sprintf("relay(%d)", r.N)
	case runPair:
		return "pair"
	case runFunc:
		return r.Func.Name
	}
	return "None"
}

func (r Ref) text() string {
	switch r.Kind {
	case refUp:
		return "up()"
	case refSelf:
		return "getcurrent()"
	case refLast:
		return "gs[-1]"
	case refLoop:
		return fmt.Sprintf("G(i + %d)", r.N)
	}
	return fmt.Sprintf("G(%d)", r.N)
}

// text returns e's text, or "" for none.
func (e *Expr) text() string {
	if e == nil {
		return ""
	}
	switch e.Kind {
	case exprInt:
		return fmt.Sprint(e.N)
	case exprText:
		return fmt.Sprintf("%q", e.Text)
	case exprVar:
		return "x"
	case exprObject:
		return fmt.Sprintf("objects[%d]", e.N)
	case exprTuple:
		if len(e.Elems) == 1 {
			return "(" + e.Elems[0].text() + ",)"
		}
		return "(" + list(e.Elems) + ")"
	case exprList:
		return "[" + list(e.Elems) + "]"
	case exprDict:
		var pairs []string
		for i, v := range e.Elems {
			pairs = append(pairs, fmt.Sprintf("%q: %s", argNames[i], v.text()))
		}
		return "{" + strings.Join(pairs, ", ") + "}"
	case exprRef:
		return e.Ref.text()
	case exprExit:
		return "GreenletExit(" + list(e.Elems) + ")"
	case exprExitClass:
		return "GreenletExit"
	}
	return "None"
}

func list(elems []*Expr) string {
	var texts []string
	for _, e := range elems {
		texts = append(texts, e.text())
	}
	return strings.Join(texts, ", ")
}

func (a Args) text() string {
	var texts []string
	for _, e := range a.Pos {
		texts = append(texts, e.text())
	}
	for i, e := range a.Named {
		texts = append(texts, argNames[i]+"="+e.text())
	}
	return strings.Join(texts, ", ")
}

func (t Tracer) text() string {
	if t.Kind == 0 {
		return "None"
	}
	return fmt.Sprintf("tracer(%q, %d, %d)", tracers[t.Kind], t.After, t.N)
}
