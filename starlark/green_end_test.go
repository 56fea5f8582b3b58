package starlark_test

import (
	"errors"
	"strings"
	"testing"

	greenlets "github.com/go-greenlet/greenlet/starlark"
	"go.starlark.net/starlark"
)

// When the script fails, nothing of its tasks runs any more.
func TestGreen_EndOfScript(t *testing.T) {
	out, err := runGreen(`
def wait(f, *args):
    print(green.catch(f, *args))
    print("ran on")
def gen(Yield):
    Yield(1)
    wait(green.sleep, 1)
def loop():
    for _ in generator(gen): pass
    print("looped")
def deep():
    greenlet.greenlet(wait).switch(green.sleep, 1)
    print("deep")
def tasklets():
    stackless.tasklet(wait)(green.sleep, 1)
    stackless.run()
    print("tasklets")
def items():
    for _ in green.queue(): pass
    print("items")
green.spawn(wait, green.sleep, 1)
for f in [loop, deep, tasklets, items]: green.spawn(f)
green.spawn(wait, green.group, lambda g: g.spawn(wait, green.sleep, 1) and green.sleep(1))
green.sleep()
green.sleep()
green.spawn(wait, print, "unstarted")
green.raise_("enough")
`)
	if out != "" || err == nil || err.Error() != "enough" {
		t.Errorf("it printed %q and failed with %v", out, err)
	}
}

func TestGreen_Cancel(t *testing.T) {
	for name, script := range map[string]string{
		"while all wait":    "green.spawn(wait); wait()",
		"when main is over": "green.spawn(wait)",
		"while main computes": `
green.spawn(wait)
green.sleep()
while True: pass`,
		"while a task computes": `
def spin():
    while True: pass
green.spawn(wait)
green.spawn(spin).join()`,
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			thread := &starlark.Thread{Print: func(_ *starlark.Thread, line string) { out.WriteString(line) }}
			err := greenlets.Run(thread, func(tree *greenlets.Tree) error {
				names := tree.Predeclared()
				names["cancel"] = hostFunction(func() { go tree.Cancel("enough") })
				_, err := starlark.ExecFileOptions(greenlets.FileOptions(), thread, "test.star",
					"def wait():\n    green.catch(green.sleep, 1000)\n    print('ran on')\ncancel()\n"+script, names)
				return err
			})
			if err == nil || !strings.Contains(err.Error(), "enough") || out.Len() > 0 {
				t.Errorf("it printed %q and failed with %v", &out, err)
			}
		})
	}
}

func TestGreen_HostPanic(t *testing.T) {
	boom := errors.New("boom")
	defer func() {
		if err, ok := recover().(error); !ok || !errors.Is(err, boom) {
			t.Errorf("panic: %v", err)
		}
	}()
	err := embed(&starlark.Thread{}, "green.spawn(crash)", starlark.StringDict{"crash": hostFunction(func() { panic(boom) })})
	t.Errorf("no panic, but the error %v", err)
}

// What belongs to one execution is of no use in another, nor without Run.
func TestGreen_TwoThreads(t *testing.T) {
	one, two := &starlark.Thread{}, &starlark.Thread{}
	err := greenlets.Run(one, func(a *greenlets.Tree) error {
		globals, err := starlark.ExecFileOptions(greenlets.FileOptions(), one, "one.star",
			"q, e, s, p, t = green.queue(), green.event(), green.semaphore(), green.pool(), green.spawn(print)\nt.kill()",
			a.Predeclared())
		if err != nil {
			return err
		}
		return greenlets.Run(two, func(b *greenlets.Tree) error {
			for _, f := range []string{
				"q.put(1)", "e.set()", "s.release()", "p.spawn(print)", "t.join()", "green.joinall([t])", "green.wait(q)",
			} {
				names := b.Predeclared()
				for name, v := range globals {
					names[name] = v
				}
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
	tree := greenlets.New(one)
	defer tree.Close()
	_, err = starlark.EvalOptions(greenlets.FileOptions(), one, "one.star", "green.now()", greenlets.Predeclared())
	if err == nil || !strings.Contains(err.Error(), "within Run") {
		t.Errorf("without Run: %v", err)
	}
}

// A host that has something set up for the script waits in f until the tasks have ended.
func TestGreen_Wait(t *testing.T) {
	open, ran := true, false
	thread := &starlark.Thread{}
	err := greenlets.Run(thread, func(tree *greenlets.Tree) error {
		defer func() { open = false }()
		names := tree.Predeclared()
		names["use"] = hostFunction(func() { ran = open })
		_, err := starlark.ExecFileOptions(greenlets.FileOptions(), thread, "test.star",
			"green.spawn(lambda: green.sleep() or use())", names)
		return errors.Join(err, tree.Wait())
	})
	if err != nil || !ran {
		t.Errorf("ran: %v, error: %v", ran, err)
	}
	tree := greenlets.New(thread)
	defer tree.Close()
	if err := tree.Wait(); err != nil {
		t.Errorf("without tasks: %v", err)
	}
}
