package greenlet_test

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet"
)

type (
	gl    = greenlet.Greenlet[int]
	event = greenlet.Event[int]
)

// A real performs a program of the model on greenlets and writes down what it sees.
type real struct {
	program  []step
	log      []string
	gs       []*gl
	main     *gl
	stops    []func()
	errs     map[string]error
	panics   map[string]*greenlet.PanicError
	diverged bool
}

var errFault = errors.New("fault")

func runReal(program []step) *real {
	r := &real{program: program, errs: map[string]error{}, panics: map[string]*greenlet.PanicError{}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.main = greenlet.Main[int](greenlet.OnUnraisable(func(i greenlet.Info, err error) {
			r.logf("unraisable in g%d: %s", i.ID-1, r.name(err))
		}))
		r.gs = []*gl{r.main}
		defer func() { r.logf("tree closed: %s", r.name(r.main.Close())) }()
		r.body(0)
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		buf := make([]byte, 1<<20)
		panic("a program hangs:\n" + strings.Join(r.log, "\n") + "\n" + string(buf[:runtime.Stack(buf, true)]))
	}
	return r
}

func (r *real) logf(format string, args ...any) {
	r.log = append(r.log, fmt.Sprintf(format, args...))
}

// next is the next step, if it is one for me.
func (r *real) next(me int) (step, bool) {
	if r.diverged || len(r.program) == 0 {
		return step{}, false
	}
	s := r.program[0]
	if s.who != me {
		r.logf("g%d runs, and the model has %v", me, s)
		r.diverged = true
		return step{}, false
	}
	r.program = r.program[1:]
	return s, true
}

func (r *real) run(me int) func(int) (int, error) {
	return func(v int) (int, error) {
		r.logf("g%d starts with %d", me, v)
		defer r.logf("g%d unwound", me)
		defer r.deferred(me)
		return r.body(me)
	}
}

func (r *real) deferred(me int) {
	s, ok := r.next(me)
	if !ok {
		return
	}
	switch s.op {
	case opPanic:
		panic(s.err)
	case opGoexit:
		runtime.Goexit()
	}
	r.perform(me, s)
	r.logf("g%d sees %s", me, r.states())
}

func (r *real) body(me int) (int, error) {
	for {
		s, ok := r.next(me)
		if !ok {
			return 0, nil
		}
		switch s.op {
		case opReturn:
			return s.val, r.err(s.err)
		case opPanic:
			panic(s.err)
		case opGoexit:
			runtime.Goexit()
		}
		if v, err := r.perform(me, s); err != nil && s.propagate && me != 0 {
			return v, err
		}
		r.logf("g%d sees %s", me, r.states())
	}
}

// perform does s, and returns what arrived if s was a Switch or Throw.
func (r *real) perform(me int, s step) (v int, err error) {
	if s.recover {
		defer func() {
			if p := recover(); p != nil {
				r.logf("g%d recovered %s", me, r.panicName(p))
			}
		}()
	}
	v, err, moved := r.deep(s.deep, me, s)
	if moved {
		r.logf("g%d got %d %s", me, v, r.name(err))
	}
	return v, err
}

func (r *real) deep(n, me int, s step) (int, error, bool) {
	if n > 0 {
		return r.deep(n-1, me, s)
	}
	return r.do(me, s)
}

func (r *real) do(me int, s step) (v int, err error, moved bool) {
	switch s.op {
	case opSwitch:
		v, err = r.gs[s.to].Switch(s.val)
		return v, err, true
	case opThrow:
		v, err = r.gs[s.to].Throw(r.err(s.err))
		return v, err, true
	case opNew, opNewNoRun:
		r.create(me, s)
	case opSetParent:
		r.logf("g%d SetParent: %s", me, r.name(r.gs[s.to].SetParent(r.gs[s.arg])))
	case opSetRun:
		r.logf("g%d SetRun: %s", me, r.name(r.gs[s.to].SetRun(r.run(s.to))))
	case opClose:
		r.close(me, s)
	case opDrop:
		r.drop(me, s)
	case opStack:
		r.logf("g%d Stack of g%d: %v", me, s.to, len(r.gs[s.to].Stack()) > 0)
	case opAll:
		var b strings.Builder
		for i := range r.main.All() {
			fmt.Fprintf(&b, " g%d<g%d", int(i.ID)-1, int(i.Parent)-1)
		}
		r.logf("g%d All: %s", me, b.String())
	case opTrace:
		r.trace(s.arg, s.val)
	case opUntrace:
		r.stops[s.arg]()
	}
	return 0, nil, false
}

func (r *real) create(me int, s step) {
	defer func() {
		if p := recover(); p != nil {
			if !strings.HasPrefix(fmt.Sprint(p), "greenlet: New in a greenlet that is being closed") {
				panic(p)
			}
			r.logf("g%d New refused", me)
		}
	}()
	var run func(int) (int, error)
	id := len(r.gs)
	if s.op == opNew {
		run = r.run(id)
	}
	r.gs = append(r.gs, r.gs[s.to].New(run))
	r.logf("g%d made g%d", me, int(r.gs[id].ID())-1)
}

func (r *real) close(me int, s step) {
	if s.to == 0 {
		defer func() {
			if p := recover(); p == nil || !strings.HasPrefix(fmt.Sprint(p), "greenlet: Close of the main greenlet") {
				panic(p)
			}
			r.logf("g%d Close: refused", me)
		}()
	}
	r.logf("g%d Close: %s", me, r.name(r.gs[s.to].Close()))
}

// drop forgets the handle of a greenlet and waits until the collector has noticed.
func (r *real) drop(me int, s step) {
	r.gs[s.to] = nil
	for deadline := time.Now().Add(10 * time.Second); ; runtime.Gosched() {
		runtime.GC()
		if n := r.main.Reap(); n == 1 {
			r.logf("g%d reaped", me)
			return
		} else if n > 1 || time.Now().After(deadline) {
			r.logf("g%d reaped %d", me, n)
			return
		}
	}
}

func (r *real) trace(id, left int) {
	r.stops = append(r.stops, r.main.Trace(func(e event) error {
		r.logf("tracer %d: %v g%d to g%d: %d %s start=%v", id, e.Kind, e.From.ID()-1, e.To.ID()-1, e.Value, r.name(e.Err), e.Start)
		if left--; left == -1 {
			return errFault
		}
		return nil
	}))
}

func (r *real) states() string {
	var b strings.Builder
	fmt.Fprintf(&b, "g%d current;", r.main.Current().ID()-1)
	for i, g := range r.gs {
		if g == nil {
			continue
		}
		parent := -1
		if p := g.Parent(); p != nil {
			parent = int(p.ID()) - 1
		}
		fmt.Fprintf(&b, " g%d<g%d %v", i, parent, g.State())
	}
	return b.String()
}

// err is the error of that name.
func (r *real) err(name string) error {
	if name == none {
		return nil
	}
	if name == "exit" {
		return greenlet.ErrExit
	}
	err := r.errs[name]
	if err == nil {
		switch {
		case strings.HasPrefix(name, "wrapped"):
			err = fmt.Errorf("%s: %w", name, greenlet.ErrExit)
		case strings.HasPrefix(name, "joined"):
			err = errors.Join(greenlet.ErrExit, errors.New(name))
		default:
			err = errors.New(name)
		}
		r.errs[name] = err
	}
	return err
}

// name is the name of an error. It goes by identity: a copy would not do.
func (r *real) name(err error) string {
	known := map[error]string{nil: none, errFault: "fault", greenlet.ErrExit: "exit", greenlet.ErrNoRun: "norun",
		greenlet.ErrStarted: "started", greenlet.ErrCycle: "cycle", greenlet.ErrMainParent: "mainparent"}
	if n, ok := known[err]; ok {
		return n
	}
	for n, e := range r.errs {
		if e == err {
			return n
		}
	}
	switch e := err.(type) {
	case *greenlet.PanicError:
		return r.panicName(e)
	case interface{ Unwrap() []error }:
		var names []string
		for _, e := range e.Unwrap() {
			names = append(names, r.name(e))
		}
		return joinNames(names)
	}
	if strings.Contains(err.Error(), "Goexit") {
		return "goexit"
	}
	return "unknown error " + err.Error()
}

// panicName is the name of a panic, which must be carried by one pointer all the way.
func (r *real) panicName(p any) string {
	e, ok := p.(*greenlet.PanicError)
	if !ok {
		return fmt.Sprintf("panic without PanicError: %v", p)
	}
	name := fmt.Sprint(e.Value)
	if first := r.panics[name]; first == nil {
		r.panics[name] = e
	} else if first != e {
		return "another pointer for " + name
	}
	return name
}

// compare fails t where the logs part, with what led there.
func compare(t interface {
	Fatalf(string, ...any)
	Helper()
}, m *model, r *real) {
	t.Helper()
	if slices.Equal(m.log, r.log) {
		return
	}
	i := 0
	for i < len(m.log) && i < len(r.log) && m.log[i] == r.log[i] {
		i++
	}
	line := func(log []string) string {
		if i < len(log) {
			return log[i]
		}
		return "nothing more"
	}
	var program strings.Builder
	for n, s := range m.program {
		fmt.Fprintf(&program, "%3d %v\n", n+1, s)
	}
	t.Fatalf("the program\n%s\nwent like this\n%s\n\nmodel: %s\nreal:  %s", program.String(), strings.Join(m.log[:i], "\n"), line(m.log), line(r.log))
}

// goroutinesBack fails t if there are more goroutines than there were, some time later.
func goroutinesBack(t testing.TB, before int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, %d before\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
		}
	}
}
