package starlark_test

import (
	"errors"
	"strings"
	"testing"

	greenlets "github.com/go-greenlet/greenlet/starlark"
	"go.starlark.net/starlark"
)

// A script that is cancelled while something else fails, which its catch would have caught, fails with both.
func TestCancelWhileSomethingFails(t *testing.T) {
	for name, script := range map[string]string{
		"plain":                   "work()",
		"catch":                   "catch(work)",
		"twice":                   "catch(lambda: catch(work))",
		"in a sort":               "catch(lambda: sorted([2, 1], key=lambda _: work()))",
		"greenlet":                "greenlet.greenlet(lambda: catch(work)).switch()",
		"caught switch":           "catch(greenlet.greenlet(work).switch)",
		"thrown":                  "def f():\n    catch(greenlet.getcurrent().parent.switch)\n    work()\ng = greenlet.greenlet(f)\ng.switch()\ncatch(g.throw, 'oops')",
		"tracer":                  "greenlet.settrace(lambda *_: work())\ncatch(greenlet.greenlet(lambda: None).switch)",
		"generator":               "def gen(Yield): work()\ndef f():\n    for _ in generator(gen): pass\ncatch(f)",
		"end of a generator":      "def gen(Yield):\n    catch(Yield)\n    work()\ndef f():\n    for _ in generator(gen): break\ncatch(f)",
		"raised":                  "catch(lambda: [catch(work), raise_('oops')])",
		"tasklet":                 "stackless.tasklet(lambda: catch(work))()\ncatch(stackless.run)",
		"failing tasklet":         "stackless.tasklet(work)()\ncatch(stackless.run)",
		"watched tasklet":         "stackless.tasklet(work)()\ncatch(stackless.run, 100)",
		"channel":                 "c = stackless.channel()\nstackless.tasklet(lambda: catch(lambda: c.send(work())))()\ncatch(c.receive)",
		"killed tasklet":          "def f():\n    catch(stackless.schedule)\n    work()\nt = stackless.tasklet(f)()\nt.run()\ncatch(t.kill)",
		"error handler":           "stackless.set_error_handler(lambda *_: None)\nstackless.tasklet(work)()\ncatch(stackless.run)",
		"callback":                "stackless.set_schedule_callback(lambda *_: work())\nstackless.tasklet(lambda: None)()\ncatch(stackless.run)",
		"atomic":                  "catch(stackless.atomic, work)",
		"task":                    "green.spawn(lambda: catch(work)).get()",
		"failing task":            "catch(green.spawn(work).get)",
		"task that is waited for": "catch(green.wait, green.spawn(work))\ngreen.sleep(0)",
		"joinall":                 "catch(green.joinall, [green.spawn(work)])",
		"group":                   "catch(green.group, lambda g: g.spawn(work))",
		"body of a group":         "catch(green.group, lambda g: work())",
		"timeout":                 "catch(green.timeout, 1000, work)",
		"timeout that passes":     "catch(green.timeout, 0, lambda: [catch(work), green.sleep(1000)])",
		"pool":                    "catch(green.pool(2).map, lambda _: work(), [1, 2])",
		"task of a pool":          "catch(green.pool(2).spawn(work).get)",
		"when main is over":       "green.spawn(lambda: catch(work))",
	} {
		t.Run(name, func(t *testing.T) {
			gone := errors.New("no such file")
			thread := &starlark.Thread{Load: greenlets.Load(nil)}
			err := greenlets.Run(thread, func(tree *greenlets.Tree) error {
				names := tree.Predeclared()
				names["catch"], names["raise_"] = greenlets.Module.Members["catch"], greenlets.Module.Members["raise_"]
				names["after"] = hostFunction(func() {
					if name != "when main is over" {
						t.Error("the script goes on")
					}
				})
				names["work"] = starlark.NewBuiltin("work", func(
					*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple,
				) (starlark.Value, error) {
					tree.Cancel("enough")
					return nil, gone
				})
				_, err := starlark.ExecFileOptions(greenlets.FileOptions(), thread, "test.star",
					script+"\nafter()\n", names)
				if err != nil && name != "when main is over" && name != "plain" && !strings.Contains(err.Error(), "enough") {
					t.Errorf("the interpreter returns %v", err)
				}
				return err
			})
			if err == nil || !strings.Contains(err.Error(), "enough") {
				t.Fatalf("it failed with %v", err)
			}
			if text := greenlets.Traceback(err); !strings.Contains(text, "cancelled: enough") {
				t.Errorf("the traceback is\n%s", text)
			}
		})
	}
}

// Tasklets that run each other without end fail as greenlets do that start each other, and soon.
func TestStackless_NestedRunIsBounded(t *testing.T) {
	const want = "Starlark stack overflow: too many greenlets start each other"
	for name, script := range map[string]string{
		"run":              "def nest(n):\n    tasklet(nest)(n + 1)\n    run()\n    n // 0\nnest(0)",
		"run with a limit": "def nest(n):\n    tasklet(nest)(n + 1)\n    run(1000000)\n    n // 0\nnest(0)",
		"run in greenlets": "def nest(n):\n    tasklet(lambda: greenlet.greenlet(nest).switch(n + 1))()\n    run()\n    n // 0\nnest(0)",
		"caught":           "def nest(n):\n    tasklet(nest)(n + 1)\n    v, e = catch(run)\n    raise_(e)\nnest(0)",
	} {
		t.Run(name, func(t *testing.T) {
			err := embed(&starlark.Thread{}, script, nil)
			if err == nil || err.Error() != want {
				t.Fatalf("it failed with %.300v", err)
			}
			if text := greenlets.Traceback(err); strings.Count(text, "\n") > 200 {
				t.Errorf("the traceback has %d lines", strings.Count(text, "\n"))
			}
		})
	}
	// What has ended does not count.
	err := embed(&starlark.Thread{}, `
def nest(n):
    if n == 0: return
    tasklet(nest)(n - 1)
    run()
for _ in range(10): nest(2000)
`, nil)
	if err != nil {
		t.Error(err)
	}
}
