package conformance

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-greenlet/greenlet"
)

// A world is a program that is interpreted on package greenlet, with the functions of its prelude.
type world struct {
	out     strings.Builder
	main    *greenlet.Greenlet[*mail]
	gs      []*handle
	byCore  map[*greenlet.Greenlet[*mail]]*handle
	fuel    int
	objects *sequence
	tracer  *tracer
	stop    func()
	over    bool   // the program has ended, and what is suspended is unwound
	listed  string // a difference that has happened
}

// A handle is a greenlet as the program knows it.
type handle struct {
	core *greenlet.Greenlet[*mail]
	run  value
	none bool // it has no run
}

// errOver unwinds the greenlets that are left.
var errOver = errors.New("the program has ended")

// Core interprets p on package greenlet and returns what it prints, and the name of a listed difference if one
// happened.
func (p *Program) Core() (log, listed string) {
	w := &world{main: greenlet.Main[*mail](), fuel: 40}
	w.byCore = map[*greenlet.Greenlet[*mail]]*handle{}
	w.add(&handle{core: w.main})
	w.objects = &sequence{[]value{&sequence{[]value{"a"}}, &sequence{[]value{"b"}}}}
	defer func() {
		w.over = true
		// What was thrown into a greenlet whose start a tracer left is an error here, and nobody's.
		var p *greenlet.PanicError
		if err := w.main.Close(); errors.As(err, &p) {
			log += fmt.Sprintln("Close:", err)
		}
	}()
	_, err := w.attempt(func() (value, error) { return w.call(p.Main, nil, nil, nil) })
	if err == nil {
		_, err = w.setTrace(nil)
	}
	w.states()
	if err != nil {
		fmt.Fprintln(&w.out, "uncaught", err)
	}
	return w.out.String(), w.listed
}

func (w *world) add(h *handle) {
	w.gs = append(w.gs, h)
	w.byCore[h.core] = h
}

func (w *world) current() *handle { return w.byCore[w.main.Current()] }

func (w *world) at(i int) *handle { return w.gs[i%len(w.gs)] }

func (w *world) name(h *handle) string {
	for i, g := range w.gs {
		if g == h {
			return fmt.Sprintf("g%d", i)
		}
	}
	return "g?"
}

func (w *world) say(words ...string) {
	if !w.over {
		fmt.Fprintln(&w.out, w.name(w.current()), strings.Join(words, " "))
	}
}

func (w *world) state(h *handle) string {
	if s := h.core.State(); s != greenlet.Running {
		return s.String()
	}
	return "current"
}

func (w *world) spend() bool {
	w.fuel--
	return w.fuel >= 0
}

func (w *world) got(v value) value {
	w.say("got", w.show(v, 0))
	return v
}

// attempt is the prelude's.
func (w *world) attempt(f func() (value, error)) (value, error) {
	v, err := f()
	if err == nil {
		return w.got(v), nil
	}
	if w.over {
		return nil, err
	}
	e := caught(err)
	if e == nil {
		return w.got(nil), nil
	}
	w.say("caught", w.show(e, 0))
	return e, nil
}

// caught is what a program gets that catches err. Of joined errors the last one counts, as in Python.
func caught(err error) value {
	for {
		joined, ok := err.(interface{ Unwrap() []error })
		if !ok {
			break
		}
		all := joined.Unwrap()
		err = all[len(all)-1]
	}
	var r *raised
	switch {
	case errors.As(err, &r):
		return r.value
	case errors.Is(err, greenlet.ErrExit):
		return &exit{}
	}
	if text, ok := texts[err]; ok {
		return text
	}
	return err.Error()
}

// texts are Python's words for the errors of package greenlet.
var texts = map[error]string{
	greenlet.ErrNoRun:      "run",
	greenlet.ErrStarted:    "run cannot be set after the start of the greenlet",
	greenlet.ErrCycle:      "cyclic parent chain",
	greenlet.ErrMainParent: "cannot set the parent of a main greenlet",
}

// start tells that f starts, and how.
func (w *world) start(f string, a tuple, k dict) tuple {
	if len(a) == 1 {
		if _, ok := a[0].(*exit); ok {
			a = nil
		}
	}
	w.say("start", f, w.show(a, 0), w.show(k, 0))
	return a
}

// arrive is what a program sees of what a switch returned.
func (w *world) arrive(m *mail, err error) (value, error) {
	if w.over {
		return nil, errOver
	}
	if err != nil {
		return nil, err
	}
	return m.value(), nil
}

func (w *world) switchTo(h *handle, a tuple, k dict) (value, error) {
	if !w.spend() {
		return "dry", nil
	}
	w.say("switch", w.name(h), w.state(h), w.show(a, 0), w.show(k, 0))
	return w.arrive(h.core.Switch(&mail{a, k}))
}

// throw throws e, or by default, if that is missing, GreenletExit.
func (w *world) throw(h *handle, e value, missing bool) (value, error) {
	if !w.spend() {
		return "dry", nil
	}
	if missing {
		w.say("throw", w.name(h), w.state(h), "default")
		return w.arrive(h.core.Throw(nil))
	}
	w.say("throw", w.name(h), w.state(h), w.show(e, 0))
	return w.arrive(h.core.Throw(&raised{e}))
}

func (w *world) setParent(h *handle, p value) (value, error) {
	w.say("setparent", w.name(h), w.state(h), w.show(p, 0))
	parent, ok := p.(*handle)
	switch {
	case !ok && h == w.gs[0]:
		return nil, greenlet.ErrMainParent
	case !ok:
		return nil, errParent(p)
	}
	if err := h.core.SetParent(parent.core); err != nil {
		return nil, err
	}
	w.say("parent", w.show(w.parent(h), 0))
	return nil, nil
}

func errParent(p value) error {
	return fail("GreenletChecker: Expected any type of greenlet, not %s", typeName(p))
}

// parent returns h's parent, or nil.
func (w *world) parent(h *handle) value {
	if p := h.core.Parent(); p != nil {
		return w.byCore[p]
	}
	return nil
}

var errMainRun = fail("Main greenlets do not have a run attribute.")

func (w *world) setRun(h *handle, run value) (value, error) {
	w.say("setrun", w.name(h), w.state(h), w.show(run, 0))
	if h == w.gs[0] {
		return nil, errMainRun
	}
	if err := h.core.SetRun(w.body(run)); err != nil {
		return nil, err
	}
	h.run, h.none = run, false
	return nil, nil
}

func (w *world) getRun(h *handle) (value, error) {
	switch {
	case h == w.gs[0]:
		return nil, errMainRun
	case h.none || h.core.State() != greenlet.Pending:
		return nil, greenlet.ErrNoRun
	}
	return h.run, nil
}

// body makes a run function of what a program says a greenlet runs.
func (w *world) body(run value) func(*mail) (*mail, error) {
	return func(m *mail) (*mail, error) {
		if w.over {
			return nil, nil
		}
		f, ok := run.(function)
		if !ok {
			return nil, fail("'%s' object is not callable", typeName(run))
		}
		if m == nil {
			m = &mail{}
		}
		v, err := f(m.args, m.named)
		switch {
		case w.over:
			return nil, nil
		case err == nil:
			return one(v), nil
		}
		if e, ok := caught(err).(*exit); ok {
			return one(e), greenlet.ErrExit
		}
		return nil, err
	}
}

// create is the prelude's new. named are the arguments as the program wrote them.
func (w *world) create(a tuple, named dict, none bool, run value) (value, error) {
	if len(w.gs) > 15 {
		return w.gs[0], nil
	}
	cur := w.current()
	parent := cur
	switch p := named["parent"].(type) {
	case *handle:
		parent = p
	case nil:
	default:
		return nil, errParent(p)
	}
	h := &handle{run: run, none: none}
	if none {
		h.core = parent.core.New(nil)
	} else {
		h.core = parent.core.New(w.body(run))
	}
	w.add(h)
	w.say("new", w.name(h), w.show(a, 0), w.show(named, 0), w.show(w.parent(h), 0))
	return h, nil
}

func (w *world) states() {
	var words []string
	for _, h := range w.gs {
		active := "-"
		if s := h.core.State(); s == greenlet.Running || s == greenlet.Suspended {
			active = "+"
		}
		dead := ""
		if h.core.Dead() {
			dead = "dead"
		}
		words = append(words, w.state(h)+active+dead+":"+w.show(w.parent(h), 0))
	}
	w.say(append([]string{"states"}, words...)...)
}
