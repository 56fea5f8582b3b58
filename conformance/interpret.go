package conformance

// A frame is a call of a function.
type frame struct {
	x    value
	i    int
	cell *sequence
}

// call calls f, whose cell is that of the frame it was defined in, or its own.
func (w *world) call(f *Func, outer *frame, a tuple, k dict) (value, error) {
	fr := &frame{}
	if f.Outer != nil {
		fr.cell = outer.cell
	} else {
		fr.cell = &sequence{[]value{0}}
	}
	if f.Name != "main" {
		w.start(f.Name, a, k)
	}
	v, _, err := w.perform(f.Body, fr)
	return v, err
}

// perform performs body. returned says that it came to a return of v.
func (w *world) perform(body []*Stmt, fr *frame) (v value, returned bool, err error) {
	for _, s := range body {
		if v, returned, err = w.step(s, fr); returned || err != nil {
			return v, returned, err
		}
	}
	return nil, false, nil
}

func (w *world) step(s *Stmt, fr *frame) (v value, returned bool, err error) {
	switch s.Op {
	case opStates:
		w.states()
	case opBump:
		fr.cell.elems[0] = fr.cell.elems[0].(int) + 1
		w.say("cell", w.show(fr.cell, 0))
	case opTouch:
		v := w.eval(s.Val, fr)
		if l, ok := v.(*sequence); ok && len(l.elems) < 5 {
			l.elems = append(l.elems, 1)
		}
		w.say("touch", w.show(v, 0), w.show(w.objects, 0))
	case opGetTrace:
		fr.x = w.got(w.traced())
	case opReturn:
		return w.eval(s.Val, fr), true, nil
	case opLoop:
		for i := range s.Count {
			fr.i = i
			if !w.spend() {
				break
			}
			if v, returned, err = w.perform(s.Body, fr); returned || err != nil {
				return v, returned, err
			}
		}
	case opIf:
		if w.holds(s.Cond, fr) {
			return w.perform(s.Body, fr)
		}
	default:
		return nil, false, w.act(s, fr)
	}
	return nil, false, nil
}

// act performs a statement that calls something and keeps what it returns in x.
func (w *world) act(s *Stmt, fr *frame) error {
	f, err := w.action(s, fr)
	if err != nil {
		return err
	}
	var v value
	if s.Caught {
		v, err = w.attempt(f)
	} else if v, err = f(); err == nil {
		v = w.got(v)
	}
	if err == nil {
		fr.x = v
	}
	return err
}

// action evaluates the arguments of the call in s and returns the call.
func (w *world) action(s *Stmt, fr *frame) (func() (value, error), error) {
	switch s.Op {
	case opSwitch:
		h := w.ref(s.To, fr)
		a, k := w.args(s.Args, fr)
		return func() (value, error) { return w.switchTo(h, a, k) }, nil
	case opThrow:
		h, e := w.ref(s.To, fr), w.eval(s.Val, fr)
		return func() (value, error) { return w.throw(h, e, s.Val == nil) }, nil
	case opNew, opDef:
		return w.creation(s, fr), nil
	case opSpawn:
		v, err := w.creation(s, fr)()
		if err != nil {
			return nil, err
		}
		a, k := w.args(s.Args, fr)
		return func() (value, error) { return w.switchTo(v.(*handle), a, k) }, nil
	case opSetParent:
		h, p := w.ref(s.To, fr), w.eval(s.Val, fr)
		return func() (value, error) { return w.setParent(h, p) }, nil
	case opSetRun:
		h, run := w.ref(s.To, fr), w.runValue(s, fr)
		return func() (value, error) { return w.setRun(h, run) }, nil
	case opGetRun:
		h := w.ref(s.To, fr)
		return func() (value, error) { return w.getRun(h) }, nil
	case opSetTrace:
		var t *tracer
		if s.Tracer.Kind > 0 {
			t = &tracer{what: tracers[s.Tracer.Kind], left: s.Tracer.After, n: s.Tracer.N}
		}
		return func() (value, error) { return w.setTrace(t) }, nil
	case opCall:
		a, k := w.args(s.Args, fr)
		return func() (value, error) { return w.call(s.Func, nil, a, k) }, nil
	case opRaise:
		e := w.eval(s.Val, fr)
		return func() (value, error) { return nil, &raised{e} }, nil
	}
	panic("unknown statement")
}

// creation evaluates the arguments with which s makes a greenlet, and returns the call.
func (w *world) creation(s *Stmt, fr *frame) func() (value, error) {
	var a tuple
	named := dict{}
	run := w.runValue(s, fr)
	switch {
	case s.Run.Kind == runAbsent:
	case s.Run.Word:
		named["run"] = run
	default:
		a = tuple{run}
	}
	if s.Parent != nil {
		named["parent"] = w.eval(s.Parent, fr)
	}
	return func() (value, error) { return w.create(a, named, s.Run.Kind == runAbsent, run) }
}

// runValue is what s gives a greenlet to run.
func (w *world) runValue(s *Stmt, fr *frame) value {
	switch s.Run.Kind {
	case runInt:
		return 3
	case runRelay:
		return function(func(a tuple, k dict) (value, error) {
			h := w.at(s.Run.N)
			return w.switchTo(h, w.start("relay", a, k), k)
		})
	case runPair:
		return function(func(a tuple, k dict) (value, error) {
			if len(a) != 2 || len(k) != 0 {
				return nil, errCall
			}
			w.start("pair", a, nil)
			return a[1], nil
		})
	case runFunc:
		f := s.Run.Func
		return function(func(a tuple, k dict) (value, error) { return w.call(f, fr, a, k) })
	}
	return nil
}

func (w *world) holds(c Cond, fr *frame) bool {
	switch c.Kind {
	case 0:
		return (w.fuel%2+2)%2 == c.N
	case 1:
		return fr.x == nil
	case 2:
		s := w.state(w.at(c.N))
		return s == "current" || s == "suspended"
	case 3:
		return w.at(c.N).core.Dead()
	}
	return w.tracer == nil
}

func (w *world) ref(r Ref, fr *frame) *handle {
	switch r.Kind {
	case refUp:
		if p, ok := w.parent(w.current()).(*handle); ok {
			return p
		}
		return w.gs[0]
	case refSelf:
		return w.current()
	case refLast:
		return w.gs[len(w.gs)-1]
	case refLoop:
		return w.at(fr.i + r.N)
	}
	return w.at(r.N)
}

func (w *world) args(a Args, fr *frame) (tuple, dict) {
	named := dict{}
	pos := w.evalAll(a.Pos, fr)
	for i, e := range a.Named {
		named[argNames[i]] = w.eval(e, fr)
	}
	return pos, named
}

func (w *world) evalAll(exprs []*Expr, fr *frame) tuple {
	var vs tuple
	for _, e := range exprs {
		vs = append(vs, w.eval(e, fr))
	}
	return vs
}

func (w *world) eval(e *Expr, fr *frame) value {
	if e == nil {
		return nil
	}
	switch e.Kind {
	case exprInt:
		return e.N
	case exprText:
		return e.Text
	case exprVar:
		return fr.x
	case exprObject:
		return w.objects.elems[e.N]
	case exprTuple:
		return w.evalAll(e.Elems, fr)
	case exprList:
		return &sequence{w.evalAll(e.Elems, fr)}
	case exprDict:
		d := dict{}
		for i, v := range e.Elems {
			d[argNames[i]] = w.eval(v, fr)
		}
		return d
	case exprRef:
		return w.ref(e.Ref, fr)
	case exprExit:
		return &exit{w.evalAll(e.Elems, fr)}
	case exprExitClass:
		return &exit{}
	}
	return nil
}
