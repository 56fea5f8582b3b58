package starlark_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet"
	greenlets "github.com/go-greenlet/greenlet/starlark"
	"go.starlark.net/lib/json"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// A bound ends a script that goes on for too long, all greenlets together, or takes too much memory.
type bound struct {
	tree  *greenlets.Tree
	steps int
	over  bool // of the memory, which is not the same in every run
}

// look is how many steps of a greenlet pass until somebody looks at the bound. A script can double a string in
// hardly less.
const look = 5

func (b *bound) watch(thread *starlark.Thread) {
	thread.OnMaxSteps = func(thread *starlark.Thread) {
		thread.SetMaxExecutionSteps(thread.ExecutionSteps() + look)
		heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(heap)
		b.over = b.over || heap[0].Value.Uint64() > 1<<28
		if b.steps -= look; b.steps < 0 || b.over {
			b.tree.Cancel("enough")
		}
	}
	b.steps -= look // a greenlet that makes no step must count, too
	thread.SetMaxExecutionSteps(look)
}

// A run is what executing a script came to.
type run struct {
	out, traceback string
	over           bool
}

// runBounded executes script. If watch is true, a host watches the switches, which must be plausible.
func runBounded(t *testing.T, script string, watch bool) *run {
	t.Helper()
	b := &bound{steps: 5000}
	r := &run{}
	var out strings.Builder
	thread := &starlark.Thread{
		Load:  greenlets.Load(nil),
		Print: func(_ *starlark.Thread, line string) { out.WriteString(line + "\n") },
	}
	names := greenlets.Predeclared()
	names["json"] = json.Module
	names["args"] = starlark.NewList(nil)
	names["read_line"] = starlark.NewBuiltin("read_line", func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
		return starlark.None, nil
	})
	opts := []greenlets.Option{greenlets.OnThread(b.watch)}
	if watch {
		began := map[uint64]bool{1: true}
		running := uint64(1)
		opts = append(opts, greenlets.OnSwitch(func(e greenlets.Event) {
			from, to := e.From, e.To
			if from.ID() != running || !bool(to.Truth()) || e.End == bool(from.Truth()) || e.Start == began[to.ID()] ||
				(e.Kind == greenlet.KindThrow) != (e.Err != nil) || (e.Err == nil) != (e.Value != nil) {
				t.Errorf("%d runs, and then %+v, from %v to %v", running, e, from, to)
			}
			running = to.ID()
			began[running] = true
			for _, i := range b.tree.Inspect() {
				if (i.State == greenlet.Running) != (i.ID == running) || !began[i.ID] {
					t.Errorf("while %d runs, %d is %v", running, i.ID, i.State)
				}
			}
		}))
	}
	err := greenlets.Run(thread, func(tree *greenlets.Tree) error {
		b.tree = tree
		b.watch(thread)
		_, err := starlark.ExecFileOptions(greenlets.FileOptions(), thread, "test.star", prelude+script, names)
		return err
	}, opts...)
	if list := b.tree.Inspect(); list != nil {
		t.Errorf("after the end there is %v", list)
	}
	if err != nil {
		if r.traceback = greenlets.Traceback(err); strings.TrimSpace(r.traceback) == "" || !strings.HasSuffix(r.traceback, "\n") {
			t.Errorf("the traceback of %v is %q", err, r.traceback)
		}
	}
	r.out, r.over = out.String(), b.over
	return r
}

// costly says whether n may take much memory or time in a single step.
func costly(n syntax.Node) bool {
	found := false
	syntax.Walk(n, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Literal:
			i, isInt := n.Value.(int64)
			_, isFloat := n.Value.(float64)
			s, _ := n.Value.(string)
			found = found || n.Token == syntax.INT && (!isInt || i > 1000) || isFloat || len(s) > 1000
		case *syntax.BinaryExpr:
			found = found || n.Op == syntax.STAR || n.Op == syntax.LTLT
		case *syntax.AssignStmt:
			found = found || n.Op == syntax.STAR_EQ || n.Op == syntax.LTLT_EQ
		}
		return true
	})
	return found
}

// goroutinesBack fails t if there are more goroutines than there were, some time later.
func goroutinesBack(t *testing.T, before int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, %d before\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
		}
	}
}

// deeds are lines of a script that picked assembles. A and B are numbers.
var deeds = []string{
	`x = g(A).switch(x)`,
	`x = g(A).switch()`,
	`x = catch(g(A).switch, x, k=B)`,
	`x = g(A).throw()`,
	`x = g(A).throw(x)`,
	`x = catch(g(A).throw, [B])`,
	`x = main.switch(x, A)`,
	`gs.append(greenlet(fs[A]))`,
	`gs.append(greenlet(fs[A], g(B)))`,
	`gs.append(greenlet(run=g(A).switch))`,
	`gs.append(greenlet(parent=g(A)))`,
	`gs.pop()`,
	`print(catch(setparent, g(A), g(B)))`,
	`print(catch(setrun, g(A), fs[B]))`,
	`x = settrace(tracer)`,
	`x = settrace(None)`,
	`settrace(fs[A])`,
	`raise_(x)`,
	`raise_(GreenletExit)`,
	`fail("A")`,
	`return x`,
	`x = catch(fs[A], x)`,
	`x = fs[A](x, k=B)`,
	`for x in generator(fs[A], B): print(x)`,
	`for x in generator(fs[A], B): break`,
	`x = list(generator(fs[A]))`,
	`x = catch(max, generator(fs[A]), generator(fs[B]))`,
	`x = yields[A % len(yields)](x)`,
	`x = catch(yields[-1], A)`,
	`x = sorted([A, B], key=fs[B])`,
	`for i in range(A): x = g(i).switch(i)`,
	`print(x, gs, g(A), getcurrent())`,
}

// picked is a script of deeds, one for two bytes each, in four functions and beneath.
func picked(picks []byte) string {
	var bodies [5][]string
	for ; len(picks) >= 2; picks = picks[2:] {
		to := min(picks[0]>>5, 4)
		deed := deeds[int(picks[0])%len(deeds)]
		if to == 4 && strings.HasPrefix(deed, "return") {
			continue
		}
		deed = strings.ReplaceAll(deed, "A", fmt.Sprint(picks[1]%4))
		bodies[to] = append(bodies[to], strings.ReplaceAll(deed, "B", fmt.Sprint(picks[1]>>4%4)))
	}
	b := `
gs, yields, x = [main], [print], None
def g(i): return gs[i % len(gs)] if gs else main
def setparent(g, p): g.parent = p
def setrun(g, f): g.run = f
def tracer(event, who):
    print(event, who, getcurrent())
`
	for i, body := range bodies[:4] {
		b += fmt.Sprintf("def f%d(*a, **k):\n    x = a\n    if a and type(a[0]).startswith(\"builtin\"): yields.append(a[0])\n    ", i) +
			strings.Join(append(body, "return x"), "\n    ") + "\n"
	}
	return b + "fs = [f0, f1, f2, f3]\n" + strings.Join(bodies[4], "\n") + "\n"
}

// FuzzScript executes anything, and deeds that make more sense. It comes to an end, without a panic of Go's and with no goroutine left, it does the same
// every time, and it does not notice whether a host watches it.
func FuzzScript(f *testing.F) {
	files, err := filepath.Glob("../examples/scripts/*.star")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), []byte{})
	}
	for _, picks := range []string{
		"\x87\x00\x87\x11\x87\x22\x00\x02\x06\x00\x06\x10\x20\x02\x26\x31\x43\x01\x80\x01\x80\x02\x82\x13\x9f\x00",
		"\x1b\x01\x1c\x02\x1b\x03\x37\x00\x3b\x01\x58\x01\x51\x00\x97\x00\x98\x01\x99\x02\x9a\x23\x95\x01\x9f\x01",
		"\x8e\x00\x87\x00\x88\x11\x06\x00\x25\x02\x2e\x00\x80\x01\x85\x01\x90\x02\x8d\x11\x8c\x12\x82\x01\x8f\x00\x83\x01\x84\x02",
		"\x16\x00\x36\x02\x5d\x11\x87\x01\x80\x01\x95\x00\x95\x02",
	} {
		f.Add("", []byte(picks))
	}
	for _, script := range []string{
		`print(greenlet(lambda *a, **k: (a, k)).switch(1, k=2))`,
		`
def f(x):
    while x: x = catch(main.switch, x)
g = greenlet(f)
print(g.switch(1), g.throw("e"), g.throw(), g.switch(k=[g]), bool(g), g.dead)
g.throw(GreenletExit(1, 2))
`,
		`
def f(Yield, n):
    for i in range(n):
        if catch(Yield, i)[1]: return
    fail("end")
print([(a, b) for a in generator(f, 2) for b in generator(f, 1)])
`,
		`
def f(Yield):
    kept.append(Yield)
    greenlet(Yield).switch(1)
    catch(Yield, 2)
    Yield(3)
kept = []
def loop():
    for x in generator(f): print(x); break
print(catch(loop), catch(kept[0]))
print(catch(max, generator(f)), catch(lambda: main.switch(*generator(f))))
`,
		`
seen = []
def tracer(event, who):
    seen.append(event)
    if len(seen) == 1: print(other.switch("a", k=1))
    if len(seen) > 5: raise_([event])
def echo(*a, **k):
    while True: a = main.switch(a, k)
other = greenlet(echo)
settrace(tracer)
print(main.switch(1, k=2), seen, gettrace() == tracer)
print(catch(other.throw, seen), settrace(None))
`,
		`
g, h = greenlet(), greenlet(None, getcurrent())
def set(g, p): g.parent = p
def run(g, f): g.run = f; return g.run
for p in [None, 3, "s", g, h, main]: print(catch(set, g, p), catch(set, main, p), catch(run, h, p))
set(g, h)
run(g, lambda: fail(getcurrent().parent))
print(catch(g.switch), catch(h.switch), dir(g), [g, h], {g: h})
`,
		`
def f(): return f()
def g(): return greenlet(g).switch()
def h(): return sorted([1], key=lambda _: h())
for x in [f, g, h]: print(catch(x))
`,
		`while True: greenlet(lambda: main.switch()).switch()`,
		`
def a(): b.switch(); fail("a")
def b(): a.throw(["b"])
a, b = greenlet(a), greenlet(b, greenlet(a))
a.switch()
`,
		`raise_(GreenletExit(getcurrent()))`,
		`greenlet(lambda: fail("deep")).switch(`,
		`x = "` + "\xff" + `"` + "\x00\n",
		`load("nothing", "x")`,
	} {
		f.Add(script, []byte{})
	}
	f.Fuzz(func(t *testing.T, script string, picks []byte) {
		if len(picks) > 0 {
			script += picked(picks)
		}
		if file, err := greenlets.FileOptions().Parse("test.star", script, 0); err == nil && costly(file) {
			t.Skip("may take too much memory")
		}
		before := runtime.NumGoroutine()
		first, second := runBounded(t, script, false), runBounded(t, script, true)
		goroutinesBack(t, before)
		if first.over || second.over {
			return
		}
		if first.out != second.out || first.traceback != second.traceback {
			t.Errorf("it printed\n%s%s\nand when it was watched\n%s%s", first.out, first.traceback, second.out, second.traceback)
		}
	})
}

// FuzzArguments passes arguments as a script may write them. A run function gets from a switch what it gets from a call,
// a suspended greenlet gets the same in its shape, and what is thrown is what is caught.
func FuzzArguments(f *testing.F) {
	for _, args := range []string{
		"", "1", "None", "1, 2", "()", "(1,)", "[]", "{}", `k="v"`, `1, [2], k={"j": None}, j=(3,)`, "*[1, 2], **{'k': 1}", "*[], **{}",
		"k=1, **{'k': 2}", "**{'': 1, 'a b': 2}", "**{1: 2}", "e=3", "e=1, **{'e': 2}", "*5", "x for x in [1]", "lambda: 1", "-1, not 1",
		"*[[x] for x in range(3)]", "1 // 0", "'\\xff', b'\\xff'", "'%s' % [1]", "run=1, parent=2", "1,", ")", "f(1)", "f=1",
	} {
		f.Add(args)
	}
	f.Fuzz(func(t *testing.T, args string) {
		expr, err := greenlets.FileOptions().ParseExpr("args", "f("+args+"\n)", 0)
		call, ok := expr.(*syntax.CallExpr)
		if err != nil || !ok || costly(expr) {
			t.Skip("no arguments, or costly ones")
		}
		if fn, ok := call.Fn.(*syntax.Ident); !ok || fn.Name != "f" {
			t.Skip("more than arguments")
		}
		for _, a := range call.Args {
			syntax.Walk(a, func(n syntax.Node) bool {
				if id, ok := n.(*syntax.Ident); ok && id.Name == "f" {
					t.Skip("a second call")
				}
				return true
			})
		}
		before := runtime.NumGoroutine()
		passArguments(t, expr)
		goroutinesBack(t, before)
	})
}

// receivers are the functions that arguments are passed to.
const receivers = `
def called(*a, **k): return (a, k)
started = greenlet(called).switch
def echo():
    x = main.switch()
    while True: x = main.switch(x)
suspended = greenlet(echo)
suspended.switch()
suspended = suspended.switch
def thrown(e=GreenletExit): return e
def catching():
    e = None
    while True: e = catch(main.switch, e)[1]
caught = greenlet(catching)
caught.switch()
caught = caught.throw
thrown_at_start = greenlet(lambda: 1).throw
`

// passArguments evaluates expr, a call of f, for several f.
func passArguments(t *testing.T, expr syntax.Expr) {
	t.Helper()
	b := &bound{steps: 5000}
	thread := &starlark.Thread{Load: greenlets.Load(nil)}
	err := greenlets.Run(thread, func(tree *greenlets.Tree) error {
		b.tree = tree
		b.watch(thread)
		to, err := starlark.ExecFileOptions(greenlets.FileOptions(), thread, "test.star", prelude+receivers, nil)
		if err != nil {
			return err
		}
		pass := func(name string) (starlark.Value, error) {
			v, err := starlark.EvalExprOptions(greenlets.FileOptions(), thread, expr, starlark.StringDict{"f": to[name]})
			if err == nil && v == nil {
				return nil, fmt.Errorf("%s returned nothing", name)
			}
			return v, err
		}
		same := func(name string, v starlark.Value, err error, wanted starlark.Value, wantErr error) {
			t.Helper()
			if (err == nil) != (wantErr == nil) || err == nil && v.String() != wanted.String() {
				t.Errorf("%s: got %v, %v; want %v, %v", name, v, err, wanted, wantErr)
			}
		}

		want, wantErr := pass("called")
		got, err := pass("started")
		same("a run function", got, err, want, wantErr)

		if wantErr == nil {
			want = shape(want.(starlark.Tuple))
		}
		got, err = pass("suspended")
		same("a suspended greenlet", got, err, want, wantErr)

		want, wantErr = pass("thrown")
		got, err = pass("caught")
		same("what is caught", got, err, want, wantErr)

		got, err = pass("thrown_at_start")
		if wantErr == nil && want.Type() != "GreenletExit" {
			if err == nil {
				t.Errorf("what is thrown at the start, %v, becomes %v", want, got)
			}
		} else {
			same("an exit at the start", got, err, want, wantErr)
		}
		return nil
	}, greenlets.OnThread(b.watch))
	if err != nil {
		t.Error(greenlets.Traceback(err))
	}
}

// shape is what a switch returns that args arrive at: positional and named ones, of which either may be missing.
func shape(args starlark.Tuple) starlark.Value {
	pos, named := args[0].(starlark.Tuple), args[1].(*starlark.Dict)
	switch {
	case named.Len() == 0 && len(pos) == 1:
		return pos[0]
	case named.Len() == 0:
		return pos
	case len(pos) == 0:
		return named
	}
	return args
}
