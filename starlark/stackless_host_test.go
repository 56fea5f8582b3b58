package starlark_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet"
	greenlets "github.com/go-greenlet/greenlet/starlark"
	"go.starlark.net/starlark"
)

// embed executes script with the functions of a host.
func embed(thread *starlark.Thread, script string, host starlark.StringDict, opts ...greenlets.Option) error {
	thread.Load = greenlets.Load(nil)
	return greenlets.Run(thread, func(t *greenlets.Tree) error {
		names := t.Predeclared()
		names["cancel"] = starlark.NewBuiltin("cancel", func(
			*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple,
		) (starlark.Value, error) {
			t.Cancel("enough")
			return starlark.None, nil
		})
		for name, v := range host {
			names[name] = v
		}
		_, err := starlark.ExecFileOptions(greenlets.FileOptions(), thread, "test.star", stacklessPrelude+script, names)
		return err
	}, opts...)
}

// hostFunction makes a function without arguments and result.
func hostFunction(f func()) starlark.Value {
	return starlark.NewBuiltin("f", func(
		*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple,
	) (starlark.Value, error) {
		f()
		return starlark.None, nil
	})
}

// Whatever tasklets do when the script comes to its end, nothing of them runs any more, and nothing is left.
func TestStackless_EndOfScript(t *testing.T) {
	ran := false
	err := embed(&starlark.Thread{}, `
def wait(f):
    print(catch(f))
    ran()
def gen(Yield):
    Yield(1)
    wait(schedule)
def loop():
    for _ in generator(gen): pass
    ran()
def over():
    for _ in c: ran()
def deep(n):
    g = greenlet.greenlet(deep if n else wait)
    g.switch(n - 1) if n else g.switch(c.receive)
    ran()
def spin():
    while True: pass
c = channel()
tasklet(spin)()
victim = run(100)
for f in [c.receive, schedule, schedule_remove]: tasklet(wait)(f)
tasklet(loop)()
tasklet(over)()
tasklet(deep)(3)
schedule()
tasklet(ran)()
tasklet(ran, ())
`, starlark.StringDict{"ran": hostFunction(func() { ran = true })})
	if err != nil || ran {
		t.Errorf("ran: %v, error: %v", ran, err)
	}
}

func TestStackless_Cancel(t *testing.T) {
	ran := false
	for name, script := range map[string]string{
		"in a tasklet": `
def f():
    print(catch(cancel))
    ran()
tasklet(f)()
catch(run)
ran()
`,
		"of those that wait": `
def f():
    catch(schedule)
    ran()
tasklet(f)()
schedule()
cancel()
ran()
`,
		"in a generator of a tasklet": `
def gen(Yield):
    cancel()
    Yield(1)
def f():
    for _ in generator(gen): ran()
tasklet(f)()
run()
`,
	} {
		t.Run(name, func(t *testing.T) {
			err := embed(&starlark.Thread{}, script, starlark.StringDict{"ran": hostFunction(func() { ran = true })})
			if err == nil || !strings.Contains(err.Error(), "enough") || ran {
				t.Errorf("ran: %v, error: %v", ran, err)
			}
		})
	}
}

func TestStackless_HostPanic(t *testing.T) {
	boom := errors.New("boom")
	defer func() {
		e, ok := recover().(*greenlet.PanicError)
		if !ok || !errors.Is(e, boom) {
			t.Errorf("panic: %v", e)
		}
	}()
	err := embed(&starlark.Thread{}, `
def gen(Yield): crash()
def f(): list(generator(gen))
tasklet(f)()
print(catch(run))
`, starlark.StringDict{"crash": hostFunction(func() { panic(boom) })})
	t.Errorf("no panic, but the error %v", err)
}

// A script does not get rid of the host's limit of steps by a watchdog of its own.
func TestStackless_HostLimit(t *testing.T) {
	const script = `
def spin():
    while True: pass
t = tasklet(spin)()
while True:
    victim = run(%s)
    if victim: victim.insert()
`
	for _, timeout := range []string{"0", "50", "1000000000"} {
		t.Run(timeout, func(t *testing.T) {
			limit := func(thread *starlark.Thread) { thread.SetMaxExecutionSteps(2000) }
			thread := &starlark.Thread{}
			limit(thread)
			err := embed(thread, strings.ReplaceAll(script, "%s", timeout), nil, greenlets.OnThread(limit))
			if err == nil || !strings.Contains(err.Error(), "too many steps") {
				t.Errorf("error: %v", err)
			}
		})
	}
	t.Run("that moves on", func(t *testing.T) {
		calls := 0
		watch := func(thread *starlark.Thread) {
			thread.OnMaxSteps = func(thread *starlark.Thread) {
				calls++
				thread.SetMaxExecutionSteps(thread.ExecutionSteps() + 100)
			}
			thread.SetMaxExecutionSteps(100)
		}
		err := embed(&starlark.Thread{}, `
def spin(n):
    while n > 0: n -= 1
tasklet(spin)(1000)
victim = run(70)
while victim:
    victim.insert()
    victim = run(70)
`, nil, greenlets.OnThread(watch))
		if err != nil || calls < 20 {
			t.Errorf("%d calls, error %v", calls, err)
		}
	})
}

func TestStackless_Module(t *testing.T) {
	thread := &starlark.Thread{}
	eval := func(names starlark.StringDict, expr string) string {
		v, err := starlark.EvalOptions(greenlets.FileOptions(), thread, "test.star", expr, names)
		if err != nil {
			return err.Error()
		}
		return v.String()
	}
	for _, test := range []struct{ expr, bound, free string }{
		{"stackless.current == stackless.main", "True", "the host has not said of which thread"},
		{"(stackless.runcount, stackless.threads)", "(1, [1])", "the host has not said of which thread"},
		{"stackless.getcurrent() == stackless.getmain()", "True", "True"},
		{"stackless.tasklet(len)('abc')", "<tasklet 2 (len) scheduled>", "<tasklet 3 (len) scheduled>"},
		{"[n for n in dir(stackless) if n in ('main', 'run')]", `["main", "run"]`, `["run"]`},
		{"stackless.nothing", "no .nothing", "no .nothing"},
	} {
		err := greenlets.Run(thread, func(tree *greenlets.Tree) error {
			if got := eval(tree.Predeclared(), test.expr); !strings.Contains(got, test.bound) {
				t.Errorf("%s of a thread is %s, want %s", test.expr, got, test.bound)
			}
			if got := eval(greenlets.Predeclared(), test.expr); !strings.Contains(got, test.free) {
				t.Errorf("%s of all threads is %s, want %s", test.expr, got, test.free)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	if got := eval(greenlets.Predeclared(), "stackless.schedule()"); !strings.Contains(got, "were closed") {
		t.Errorf("after the end: %s", got)
	}
}

func TestStackless_Traceback(t *testing.T) {
	_, err := executeStackless(`
def bad(): c.receive()[0]
c = channel()
def other(): c.send(())
tasklet(bad)()
tasklet(other)()
def go(): run()
go()
`)
	const want = `Traceback (most recent call last):
  in main greenlet:
    test.star:9:3: in <toplevel>
    test.star:8:14: in go
  in tasklet 2 (bad):
    test.star:3:23: in bad
Error: index 0 out of range: empty tuple
`
	if got := greenlets.Traceback(err); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// The tasklets of one thread are none of another's.
func TestStackless_TwoThreads(t *testing.T) {
	one, two := &starlark.Thread{}, &starlark.Thread{}
	err := greenlets.Run(one, func(a *greenlets.Tree) error {
		names := a.Predeclared()
		globals, err := starlark.ExecFileOptions(greenlets.FileOptions(), one, "one.star",
			"t, c = stackless.tasklet(print), stackless.channel()", names)
		if err != nil {
			return err
		}
		return greenlets.Run(two, func(b *greenlets.Tree) error {
			for _, f := range []string{"t(1)", "c.receive()", "c.send(1)", "t.kill()"} {
				names := b.Predeclared()
				names["t"], names["c"] = globals["t"], globals["c"]
				_, err := starlark.EvalOptions(greenlets.FileOptions(), two, "two.star", f, names)
				if err == nil || !strings.Contains(err.Error(), "belongs to another thread") {
					t.Errorf("%s: %v", f, err)
				}
			}
			return nil
		})
	})
	if err != nil {
		t.Error(err)
	}
}
