package starlark_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/green"
	greenlets "github.com/go-greenlet/greenlet/starlark"
	"github.com/go-greenlet/greenlet/tasklet"
	"go.starlark.net/starlark"
)

// hosted executes a script with a function look, and returns what events the host saw. look calls f.
func hosted(t *testing.T, script string, f func(*greenlets.Tree)) string {
	t.Helper()
	var seen strings.Builder
	var tree *greenlets.Tree
	thread := &starlark.Thread{Load: greenlets.Load(nil)}
	names := greenlets.Predeclared()
	names["look"] = starlark.NewBuiltin("look", func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
		f(tree)
		return starlark.None, nil
	})
	err := greenlets.Run(thread, func(t *greenlets.Tree) error {
		tree = t
		_, err := starlark.ExecFileOptions(greenlets.FileOptions(), thread, "test.star", prelude+script, names)
		return err
	}, greenlets.OnSwitch(func(e greenlets.Event) {
		fmt.Fprintf(&seen, "%v %d %d %v %v %v %v\n", e.Kind, e.From.ID(), e.To.ID(), e.Value, e.Err, e.Start, e.End)
	}))
	if err != nil {
		t.Fatal(greenlets.Traceback(err))
	}
	return seen.String()
}

func TestOnSwitch(t *testing.T) {
	got := hosted(t, `
def f(x, y): return main.switch(x + y)
g = greenlet(f)
g.switch(1, y=2)
catch(lambda: g.throw("oops"))
greenlet(lambda: None).throw()
settrace(lambda event, who: raise_("traced"))
catch(main.switch)
def gen(Yield): Yield("v")
for x in generator(gen): pass
`, nil)
	want := `switch 1 2 ((1,), {"y": 2}) <nil> true false
switch 2 1 3 <nil> false false
throw 1 2 <nil> oops false false
throw 2 1 <nil> oops false true
throw 1 3 <nil> GreenletExit true false
switch 3 1 GreenletExit <nil> false true
switch 1 1 () <nil> false false
switch 1 4 None <nil> true false
switch 4 1 "v" <nil> false false
switch 1 4 None <nil> false false
switch 4 1 None <nil> false true
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestInspect(t *testing.T) {
	var dumps []string
	var closed *greenlets.Tree
	hosted(t, `
def inner(): main.switch()
def f(): inner()
def g():
    look()
    main.switch()
a = greenlet(f)
a.switch()
b = greenlet(g)
b.switch()
a.parent = b
b = greenlet(lambda: 1)
b.switch()
look()
`, func(tree *greenlets.Tree) {
		closed = tree
		var b bytes.Buffer
		if err := greenlet.WriteDump(&b, tree.Inspect()); err != nil {
			t.Error(err)
		}
		_, table, _ := strings.Cut(b.String(), "\n")
		dumps = append(dumps, strings.Join(strings.Fields(table), " "))
	})
	want := []string{
		"1 suspended 1 <toplevel> (test.star:11) - 2 f suspended 1 1 inner (test.star:3) - 3 g running 1 1 g (test.star:6) -",
		"1 running 3 <toplevel> (test.star:15) - 2 f suspended 1 3 inner (test.star:3) - 3 g suspended 1 1 g (test.star:7) -",
	}
	for i, d := range dumps {
		if i >= len(want) || d != want[i] {
			t.Errorf("table %d is\n%s", i, d)
		}
	}
	if len(dumps) != len(want) {
		t.Errorf("%d tables, want %d", len(dumps), len(want))
	}
	if list := closed.Inspect(); list != nil {
		t.Errorf("after the end there are %v", list)
	}
}

// OnTransfer tells of every switch of a script: from task to task, tasklet to tasklet, and between the greenlets of
// each.
func TestOnTransfer(t *testing.T) {
	for _, test := range []struct{ name, script, want string }{
		{"tasks", `
def f(n): green.sleep(n)
green.spawn(f, 1)
green.spawn(f, 2)
green.sleep(1.5)
`, `
main -> task 2 (f): "a timer" start
task 2 (f) -> task 3 (f): "a timer" start
idle
task 3 (f) -> task 2 (f): "a timer"
idle
task 2 (f) -> main: <nil> end
idle
main -> task 3 (f): <nil>
task 3 (f) -> main: <nil> end
`},
		{"tasklets", `
c = stackless.channel()
def f(): print(c.receive())
stackless.tasklet(f)()
stackless.run()
c.send(1)
stackless.run()
`, `
main -> tasklet 2 (f): <nil> start
tasklet 2 (f) -> main: "channel"
main -> tasklet 2 (f): <nil>
tasklet 2 (f) -> main: <nil> end
`},
		{"greenlets in them", `
def inner():
    green.sleep(0)
    return 5
def f(): return greenlet.greenlet(inner).switch()
green.spawn(f).get()
stackless.tasklet(lambda: greenlet.greenlet(len).switch("abc"))()
stackless.run()
`, `
main -> task 2 (f): "the end of task 2 \"f\"" start
task 2 (f) -> greenlet 2 (inner) of task 2 (f): () start
greenlet 2 (inner) of task 2 (f) -> task 2 (f): 5 end
task 2 (f) -> main: <nil> end
main -> tasklet 2 (lambda): <nil> start
tasklet 2 (lambda) -> greenlet 3 (len) of tasklet 2 (lambda): "abc" start
greenlet 3 (len) of tasklet 2 (lambda) -> tasklet 2 (lambda): 3 end
tasklet 2 (lambda) -> main: <nil> end
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var seen strings.Builder
			ids := map[uint64]string{}
			label := func(g *greenlets.Greenlet) string {
				track := g.Track()
				name := track.Label
				if track.ID == 1 {
					name = "main"
				}
				if old, known := ids[track.ID]; known && old != name {
					t.Errorf("%s and %s have the number %d", old, name, track.ID)
				}
				ids[track.ID] = name
				return name
			}
			thread := &starlark.Thread{}
			err := greenlets.Run(thread, func(tree *greenlets.Tree) error {
				_, err := starlark.ExecFileOptions(greenlets.FileOptions(), thread, "test.star", test.script, tree.Predeclared())
				return err
			}, greenlets.OnTransfer(func(e greenlets.Event) {
				value := "<nil>"
				if e.Value != nil {
					value = e.Value.String()
				}
				fmt.Fprintf(&seen, "%s -> %s: %s", label(e.From), label(e.To), value)
				if e.Start {
					seen.WriteString(" start")
				}
				if e.End {
					seen.WriteString(" end")
				}
				seen.WriteString("\n")
			}), greenlets.OnIdle(func() { seen.WriteString("idle\n") }),
				greenlets.GreenOptions(green.WithWorld(tasklet.NewClock(time.Unix(0, 0)))))
			if err != nil {
				t.Fatal(greenlets.Traceback(err))
			}
			if got, want := seen.String(), strings.TrimPrefix(test.want, "\n"); got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
		})
	}
}
