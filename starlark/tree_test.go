package starlark_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	greenlets "github.com/go-greenlet/greenlet/starlark"
	"go.starlark.net/starlark"
)

func TestScriptEndsWithSuspendedGreenlets(t *testing.T) {
	out, err := execute(`
def f():
    while True: print("f", catch(main.switch))
def g(Yield):
    while True: print("g", catch(Yield, 1))
def h():
    for x in generator(g): main.switch()
fs = [greenlet(f) for _ in range(10)] + [greenlet(h)]
for x in fs: x.switch()
print("end")
`)
	if err != nil || out != "end\n" {
		t.Errorf("got %q and %v; no code of a script may run when the tree is closed", out, err)
	}
}

func TestAbandonedGreenletsAreFreed(t *testing.T) {
	const enough = 5000
	made := 0
	thread := &starlark.Thread{}
	names := greenlets.Predeclared()
	names["collected"] = starlark.NewBuiltin("collected", func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
		made++
		runtime.GC()
		return starlark.Bool(made >= 40 && runtime.NumGoroutine() < made/2 || made == enough), nil
	})
	err := greenlets.Run(thread, func(*greenlets.Tree) error {
		_, err := starlark.ExecFileOptions(greenlets.FileOptions(), thread, "test.star", `
main = greenlet.getcurrent()
def f():
    greenlet.catch(main.switch)
    fail("no code of an abandoned greenlet may run")
while not collected():
    greenlet.greenlet(f).switch()
`, names)
		return err
	})
	if err != nil {
		t.Fatal(greenlets.Traceback(err))
	}
	if made == enough {
		t.Errorf("of %d abandoned greenlets most were never freed", made)
	}
}

func TestCancel(t *testing.T) {
	scripts := map[string]string{
		"in main":          `while True: tick()`,
		"in a greenlet":    "def f():\n    while True: tick()\ngreenlet(f).switch()",
		"under catch":      "def f():\n    while True: catch(lambda: tick())\ngreenlet(lambda: [catch(f), print('never')]).switch()",
		"between switches": "def f():\n    while True: main.switch()\ng = greenlet(f)\nwhile True:\n    g.switch()\n    tick()",
		"in a generator":   "def f(Yield):\n    while True: catch(Yield, tick())\nfor x in generator(f): pass",
	}
	for name, script := range scripts {
		t.Run(name, func(t *testing.T) {
			began, done := make(chan bool, 1), make(chan bool)
			var out strings.Builder
			thread := &starlark.Thread{Load: greenlets.Load(nil), Print: func(_ *starlark.Thread, s string) { out.WriteString(s) }}
			names := greenlets.Predeclared()
			names["tick"] = starlark.NewBuiltin("tick", func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
				select {
				case began <- true:
				default:
				}
				return starlark.None, nil
			})
			err := greenlets.Run(thread, func(tree *greenlets.Tree) error {
				go func() {
					defer close(done)
					<-began
					tree.Cancel("enough")
					tree.Cancel("another reason")
				}()
				_, err := starlark.ExecFileOptions(greenlets.FileOptions(), thread, "test.star", prelude+script, names)
				return err
			})
			<-done
			if err == nil || !strings.Contains(err.Error(), "cancelled: enough") || out.Len() > 0 {
				t.Errorf("got %v and the output %q", err, out.String())
			}
		})
	}
}

func TestOnThread(t *testing.T) {
	const key = "host"
	names := greenlets.Predeclared()
	names["local"] = starlark.NewBuiltin("local", func(thread *starlark.Thread, _ *starlark.Builtin, _ starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		return starlark.String(fmt.Sprint(thread.Name, ": ", thread.Local(key))), nil
	})
	var out string
	thread := &starlark.Thread{Name: "main", Print: func(_ *starlark.Thread, s string) { out += s }}
	thread.SetLocal(key, "mine")
	err := greenlets.Run(thread, func(*greenlets.Tree) error {
		_, err := starlark.ExecFileOptions(greenlets.FileOptions(), thread, "test.star", `print(local(), greenlet.greenlet(local).switch())`, names)
		return err
	}, greenlets.OnThread(func(th *starlark.Thread) { th.SetLocal(key, "theirs") }))
	if want := "main: mine greenlet 2 (local): theirs"; err != nil || out != want {
		t.Errorf("got %q and %v, want %q", out, err, want)
	}
}

func TestWithoutTree(t *testing.T) {
	thread := &starlark.Thread{}
	for _, script := range []string{"greenlet.getcurrent()", "greenlet.greenlet()", "greenlet.catch(print)", "generator(print)", "greenlet.settrace(None)", "greenlet.gettrace()"} {
		_, err := starlark.EvalOptions(greenlets.FileOptions(), thread, "test.star", script, greenlets.Predeclared())
		if err == nil || !strings.HasSuffix(err.Error(), "this thread has no greenlets; the host must execute it within Run") {
			t.Errorf("%s: %v", script, err)
		}
	}
}

func TestAfterClose(t *testing.T) {
	thread := &starlark.Thread{}
	var g starlark.Value
	eval := func(expr string) (starlark.Value, error) {
		names := greenlets.Predeclared()
		if g != nil {
			names["g"] = g
		}
		return starlark.EvalOptions(greenlets.FileOptions(), thread, "test.star", expr, names)
	}
	for range 2 {
		err := greenlets.Run(thread, func(tree *greenlets.Tree) (err error) {
			g, err = eval("greenlet.greenlet(print)")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := eval("(g.dead, bool(g), str(g))"); err != nil || got.String() != `(True, False, "<greenlet 2 (print) dead>")` {
			t.Errorf("got %v and %v", got, err)
		}
		if _, err := eval("g.switch()"); err == nil || err.Error() != "switch: the greenlets of this thread were closed" {
			t.Errorf("got %v", err)
		}
	}
}

func TestTwoTrees(t *testing.T) {
	one, two := &starlark.Thread{}, &starlark.Thread{}
	err := greenlets.Run(one, func(*greenlets.Tree) error {
		return greenlets.Run(two, func(*greenlets.Tree) error {
			g, err := starlark.EvalOptions(greenlets.FileOptions(), one, "one.star", "greenlet.greenlet(lambda: 1)", greenlets.Predeclared())
			if err != nil {
				return err
			}
			names := greenlets.Predeclared()
			names["g"] = g
			_, err = starlark.ExecFileOptions(greenlets.FileOptions(), two, "two.star", `
def check(f, want):
    if greenlet.catch(f)[1] != want: fail(greenlet.catch(f)[1])
def set(g, p): g.parent = p
check(g.switch, "Cannot switch to a different thread")
check(lambda: set(greenlet.greenlet(), g), "parent cannot be on a different thread")
`, names)
			return err
		})
	})
	if err != nil {
		t.Error(err)
	}
}

func TestHostPanics(t *testing.T) {
	names := greenlets.Predeclared()
	names["crash"] = starlark.NewBuiltin("crash", func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
		panic(errors.New("host"))
	})
	names["guard"] = starlark.NewBuiltin("guard", func(thread *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (v starlark.Value, err error) {
		defer func() {
			if p, _ := recover().(error); p != nil {
				v = starlark.Bool(strings.HasPrefix(p.Error(), "panic in greenlet"))
			}
		}()
		return starlark.Call(thread, args[0], nil, nil)
	})
	var out string
	thread := &starlark.Thread{Print: func(_ *starlark.Thread, s string) { out += s + "\n" }}
	err := greenlets.Run(thread, func(*greenlets.Tree) error {
		_, err := starlark.ExecFileOptions(greenlets.FileOptions(), thread, "test.star", `
main = greenlet.getcurrent()
p = greenlet.greenlet(lambda: print("never"))
g = greenlet.greenlet(crash, p)
print(guard(g.switch), g, p, greenlet.getcurrent())
def inner():
    h = greenlet.greenlet(crash)
    return (guard(h.switch), h, greenlet.getcurrent() != main)
print(greenlet.greenlet(inner).switch())
def gen(Yield): Yield(1)
print(list(generator(gen)))
`, names)
		return err
	})
	want := `True <greenlet 3 (crash) dead> <greenlet 2 (lambda) dead> <greenlet 1 current active started main>
(True, <greenlet 5 (crash) dead>, True)
[1]
`
	if err != nil || out != want {
		t.Errorf("got %v and\n%swant\n%s", err, out, want)
	}
}

func TestGoexitInGreenlet(t *testing.T) {
	names := greenlets.Predeclared()
	names["goexit"] = starlark.NewBuiltin("goexit", func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
		runtime.Goexit()
		return nil, nil
	})
	done := make(chan bool)
	go func() {
		defer close(done)
		thread := &starlark.Thread{}
		greenlets.Run(thread, func(*greenlets.Tree) error {
			starlark.ExecFileOptions(greenlets.FileOptions(), thread, "test.star", `
def f(): greenlet.greenlet(goexit).switch()
greenlet.greenlet(f).switch()
`, names)
			t.Error("came back")
			return nil
		})
		t.Error("came back from Run")
	}()
	<-done
}

func TestLoad(t *testing.T) {
	thread := &starlark.Thread{Load: greenlets.Load(func(_ *starlark.Thread, module string) (starlark.StringDict, error) {
		return starlark.StringDict{"name": starlark.String(module)}, nil
	})}
	err := greenlets.Run(thread, func(*greenlets.Tree) error {
		globals, err := starlark.ExecFileOptions(greenlets.FileOptions(), thread, "test.star", `
load("other", "name")
load("greenlet", exit="GreenletExit")
same = exit == greenlet.GreenletExit and name == "other"
`, greenlets.Predeclared())
		if err == nil && globals["same"] != starlark.True {
			err = errors.New("wrong values")
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := execute(`load("other", "x")`); err == nil || !strings.Contains(err.Error(), "cannot load other: no such module") {
		t.Errorf("got %v", err)
	}
}
