package starlark_test

import (
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	greenlets "github.com/go-greenlet/greenlet/starlark"
	"github.com/go-greenlet/greenlet/tasklet"
	"go.starlark.net/starlark"
)

// runGreen runs script on a clock of its own and returns what it printed.
func runGreen(script string, opts ...greenlets.Option) (string, error) {
	var out strings.Builder
	thread := &starlark.Thread{
		Load:  greenlets.Load(nil),
		Print: func(_ *starlark.Thread, line string) { out.WriteString(line + "\n") },
	}
	clock := greenlets.GreenOptions(green.WithWorld(tasklet.NewClock(time.Unix(1000, 0))))
	err := greenlets.Run(thread, func(t *greenlets.Tree) error {
		_, err := starlark.ExecFileOptions(greenlets.FileOptions(), thread, "test.star", script, t.Predeclared())
		return err
	}, append([]greenlets.Option{clock}, opts...)...)
	return out.String(), err
}

func checkGreen(t *testing.T, tests []scriptTest) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Helper()
			got, err := runGreen(test.script)
			if err != nil {
				t.Fatalf("%s%s", got, greenlets.Traceback(err))
			}
			if want := strings.TrimPrefix(test.want, "\n"); got != want {
				t.Errorf("it printed\n%s\nand should have printed\n%s", got, want)
			}
		})
	}
}

func TestGreen_Tasks(t *testing.T) {
	checkGreen(t, []scriptTest{
		{"take turns", `
def f(name):
    for i in range(2):
        print(name, i)
        green.sleep()
green.spawn(f, "a"); green.spawn(f, name="b")
print("main")
`, "\nmain\na 0\nb 0\na 1\nb 1\n"},
		{"have results", `
t = green.spawn(lambda a, b: a + b, 1, b=2)
print(t, t.ready, t.started, t.value, bool(t))
print(t.get(), t.ready, t.started, t.value, t.exception, t.name, bool(t))
t.join()
`, "\n<task 2 (lambda)> False False None True\n3 True True 3 None lambda False\n"},
		{"fail in who gets the result", `
def f(): green.raise_(("what", 1))
t = green.spawn(f)
print(green.catch(t.get), t.exception)
t = green.spawn(lambda: 1 // 0)
print(green.catch(t.get)[1], t.value)
`, "\n(None, (\"what\", 1)) (\"what\", 1)\nfloored division by zero None\n"},
		{"are killed", `
def f():
    print(green.catch(green.sleep, 10))
    green.sleep(2) # a kill arrives once
    print("goes on")
t = green.spawn(f)
green.sleep()
t.kill(block=False)
green.sleep(20)
print(t.ready, t.exception, green.now())
t = green.spawn(f)
green.sleep()
green.spawn_later(1, t.kill)
t.join()
print(green.catch(t.get), green.now())
t = green.spawn(f)
t.kill()
print(t.started, green.catch(t.get))
`, `
(None, GreenletExit)
goes on
True None 1020.0
(None, GreenletExit)
goes on
(None, None) 1023.0
False (None, GreenletExit)
`},
		{"kill themselves", `
def f():
    green.getcurrent().kill()
    print("never")
t = green.spawn(f)
print(green.catch(t.get))
print(green.catch(green.getcurrent().kill))
`, "\n(None, GreenletExit)\n(None, GreenletExit)\n"},
		{"start later", `
def f(): print(green.now())
green.spawn_later(2.5, f)
green.spawn_later(0.5, f)
f()
`, "\n1000.0\n1000.5\n1002.5\n"},
		{"know themselves", `
def f(): return green.getcurrent()
t = green.spawn(f)
print(t.get() == t, green.getcurrent())
print(green.catch(green.getcurrent().join)[1])
`, "\nTrue <main greenlet>\na task cannot wait for its own end\n"},
		{"are joined together", `
def f(n):
    green.sleep(n)
    if n == 2: green.raise_("two")
    return n
ts = [green.spawn(f, n) for n in (3, 1, 2)]
print(green.catch(green.joinall, ts), green.now())
print(green.catch(green.joinall, ts, timeout=0.5), [t.value for t in ts])
green.joinall([ts[0], ts[1]])
print(green.wait(*ts) == ts[0], green.now())
`, "\n(None, \"two\") 1002.0\n(None, \"two\") [None, 1, None]\nTrue 1003.0\n"},
		{"have greenlets, generators and tasklets of their own", `
def inner(Yield):
    for i in range(2):
        green.sleep(1)
        Yield(i)
def f(name):
    for i in generator(inner): print(name, i)
    g = greenlet.greenlet(lambda x: greenlet.getcurrent().parent.switch(green.sleep(1) or x))
    print(name, g.switch("switched"))
    c = stackless.channel()
    stackless.tasklet(lambda: c.send(green.sleep(1) or "sent"))()
    print(name, c.receive(), green.now())
green.spawn(f, "a")
f("main")
`, `
main 0
a 0
main 1
a 1
main switched
a switched
main sent 1004.0
a sent 1004.0
`},
	})
}

func TestGreen_Timeouts(t *testing.T) {
	checkGreen(t, []scriptTest{
		{"end what blocks", `
def f(x):
    green.sleep(x)
    return "done"
print(green.timeout(2, f, 1), green.timeout(None, f, x=1), green.now())
print(green.catch(green.timeout, 0.5, f, 1), green.now())
`, "\ndone done 1002.0\n(None, Timeout(0.5)) 1002.5\n"},
		{"of operations", `
q, e, s = green.queue(1), green.event(), green.semaphore(0)
t = green.spawn(green.sleep, 100)
for f in [q.get, e.wait, s.acquire, t.join, t.get]:
    print(green.catch(f, timeout=1)[1])
q.put(1)
print(green.catch(q.put, 2, timeout=1)[1], q.size, green.now())
t.kill()
`, "\n" + strings.Repeat("Timeout(1)\n", 5) + "Timeout(1) 1 1006.0\n"},
		{"can be told apart", `
def inner():
    v, e = green.catch(green.timeout, 5, green.sleep, 10)
    print("inner", e, type(e))
    green.sleep(1)
print(green.catch(green.timeout, 2, inner)[1].args, green.now())
`, "\ninner Timeout(2) Timeout\n(2,) 1002.0\n"},
	})
}

func TestGreen_Groups(t *testing.T) {
	checkGreen(t, []scriptTest{
		{"wait for their tasks", `
def work(n):
    green.sleep(n)
    print("worked", n)
def body(g, a):
    ts = [g.spawn(work, n) for n in a]
    print("spawned", g)
    return "result"
print(green.group(body, [2, 1]), green.now())
`, "\nspawned <group of 2 tasks>\nworked 1\nworked 2\nresult 1002.0\n"},
		{"end when one fails", `
def bad():
    green.sleep(1)
    green.raise_("bad")
def good():
    print("good", green.catch(green.sleep, 10))
def body(g):
    g.spawn(bad)
    g.spawn(good)
    print("body", green.catch(green.sleep, 10))
    green.sleep(10)
print(green.catch(green.group, body), green.now())
`, "\nbody (None, Canceled)\ngood (None, GreenletExit)\n(None, \"bad\") 1001.0\n"},
		{"end when their block fails", `
def body(g):
    g.spawn(green.sleep, 10)
    green.sleep()
    return [][0]
print(green.catch(green.group, body)[1], green.now())
`, "\nindex 0 out of range: empty list 1000.0\n"},
		{"are cancelled and end", `
kept = []
def body(g):
    kept.append(g)
    g.spawn(green.sleep, 10)
    g.cancel()
print(green.catch(green.group, body), green.now())
print(green.catch(kept[0].spawn, print)[1])
`, "\n(None, None) 1000.0\nthe group has ended\n"},
	})
}

func TestGreen_Objects(t *testing.T) {
	checkGreen(t, []scriptTest{
		{"queue", `
q = green.queue(1, name="jobs")
def producer():
    for i in range(3):
        q.put(i)
        print("put", i)
    q.shutdown()
green.spawn(producer)
for v in q: print("got", v)
print(q, q.closed, q.name, green.catch(q.get), green.catch(q.put, 1), q.try_put(1), q.try_get())
`, `
put 0
put 1
got 0
got 1
got 2
put 2
<queue "jobs" (0 of 1 items)> True jobs (None, ShutDown) (None, ShutDown) False (None, False)
`},
		{"queue of jobs", `
q = green.queue()
def worker(name):
    for job in q:
        green.sleep(job)
        print(name, job, green.now())
        q.task_done()
for name in "ab".elems(): green.spawn(worker, name)
for job in [3, 1, 1]: q.put(job)
q.join()
print(q.unfinished, green.catch(q.task_done)[1])
q.shutdown()
`, "\nb 1 1001.0\nb 1 1002.0\na 3 1003.0\n0 task_done() called too many times\n"},
		{"lifo and rendezvous", `
q = green.queue(lifo=True)
for i in range(3): q.put(i)
print([q.try_get() for i in range(4)])
c = green.queue(0)
print(c.try_put(1))
t = green.spawn(c.get)
c.put("hand")
print(t.get())
`, "\n[(2, True), (1, True), (0, True), (None, False)]\nFalse\nhand\n"},
		{"event", `
e = green.event()
def f(name):
    e.wait()
    print(name, e.is_set())
green.spawn(f, "a"); green.spawn(f, "b")
green.sleep(1)
e.set()
e.wait()
green.sleep()
e.clear()
print(e.is_set(), e)
`, "\na True\nb True\nFalse <event>\n"},
		{"semaphore", `
s = green.semaphore(2)
def f(name):
    green.sleep(1)
    print(name, green.now(), s.free, s.waiting)
    if name == "b": green.raise_("b")
ts = [green.spawn(s.hold, f, name) for name in "abc".elems()]
for t in ts: green.catch(t.get)
print(s, s.try_acquire(), s.try_acquire(), s.try_acquire())
s.release()
s.acquire()
`, "\na 1001.0 0 1\nb 1001.0 0 0\nc 1002.0 1 0\n<semaphore with 0 free> True True False\n"},
		{"pool", `
p = green.pool(2)
def f(n):
    green.sleep(n)
    print(n, green.now(), p.running, p.free)
    return -n
for n in [3, 1, 1]: t = p.spawn(f, n)
p.join()
print(p.map(f, [2, 1]), t.value, green.catch(p.map, lambda x: 1 // x, [1, 0])[1])
p.spawn(f, 10)
p.kill()
print(p.running, green.now())
`, `
1 1001.0 2 0
1 1002.0 2 0
3 1003.0 1 1
1 1004.0 2 0
2 1005.0 1 1
[-2, -1] -1 floored division by zero
0 1005.0
`},
		{"first of several", `
e, q = green.event(), green.queue()
green.spawn_later(1, q.put, "x")
print(green.wait(e, q) == q, green.catch(green.wait, e, timeout=1), green.now())
`, "\nTrue (None, Timeout(1)) 1002.0\n"},
	})
}

func TestGreen_Misuse(t *testing.T) {
	for script, want := range map[string]string{
		"green.spawn()":                        "missing argument for f",
		"green.spawn(1)":                       "'int' object is not callable",
		"green.sleep('x')":                     "a number of seconds is required",
		"green.sleep(None)":                    "a number of seconds is required",
		"green.spawn_later()":                  "takes the seconds",
		"green.timeout(1)":                     "missing argument for f",
		"green.timeout()":                      "takes the seconds",
		"green.joinall([1])":                   "takes tasks",
		"green.joinall([green.getcurrent()])":  "its own end",
		"green.wait()":                         "something to wait for",
		"green.wait(1)":                        "takes tasks, queues",
		"green.queue(-1)":                      "cannot be negative",
		"green.queue('x')":                     "a size is a number",
		"green.pool(-1)":                       "cannot be negative",
		"green.semaphore(-1)":                  "fewer than 0",
		"{green.queue(): 1}":                   "unhashable",
		"green.queue().nothing":                "no .nothing",
		"load('green', 'spawn'); spawn(green)": "not callable",
	} {
		_, err := runGreen(script)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", script, err, want)
		}
	}
}

func TestGreen_WhoIsStuck(t *testing.T) {
	_, err := runGreen(`
jobs = green.queue(name="jobs")
def worker():
    for job in jobs: print(job)
def other(e):
    green.group(lambda g: g.spawn(e.wait) and None)
green.spawn(worker)
green.spawn(other, green.event())
print("main ends")
`)
	const want = `DeadlockError: nobody is left to wake those who wait
  task 4 (wait) waits for an event
  task 3 (other) waits for the tasks of a group at test.star:6:16
  task 2 (worker) waits for an item of queue "jobs" (0 items) at test.star:4:5
`
	if got := greenlets.Traceback(err); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	_, err = runGreen(`
def f(): return green.queue().get()
t = green.spawn(green.queue(name="never").get)
print(f())
`)
	const inMain = `Traceback (most recent call last):
  in main greenlet:
    test.star:4:8: in <toplevel>
    test.star:2:34: in f
DeadlockError: nobody is left to wake those who wait
`
	if got := greenlets.Traceback(err); !strings.HasPrefix(got, inMain[:30]) || !strings.Contains(got, `queue "never"`) {
		t.Errorf("got\n%s", got)
	}
}

func TestGreen_Traceback(t *testing.T) {
	out, err := runGreen(`
def bad(n):
    green.sleep(n)
    return [][n]
green.spawn(bad, 1)
green.spawn(bad, 2)
green.spawn(print, "others go on")
`)
	const want = `Traceback (most recent call last):
  in task 2 (bad):
    test.star:4:14: in bad
Error: index 1 out of range: empty list
Traceback (most recent call last):
  in task 3 (bad):
    test.star:4:14: in bad
Error: index 2 out of range: empty list
`
	if got := greenlets.Traceback(err); got != want || out != "others go on\n" {
		t.Errorf("got\n%s%s\nwant\n%s", out, got, want)
	}
}
