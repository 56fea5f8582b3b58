package starlark_test

import "testing"

// What tasklets are and what their methods do: the table 1.1 of the tests of Stackless.

func TestStackless_Aliveness(t *testing.T) {
	checkAllStackless(t, []scriptTest{
		{"from unbound to dead", `
def st(t): return " ".join([n for n in ["alive", "scheduled", "blocked", "paused", "is_current", "is_main"] if getattr(t, n)])
def f(*args, **kwargs):
    print(args, kwargs, st(getcurrent()))
    schedule()
    schedule_remove()
    c.receive()
c = channel()
t = tasklet()
print(st(t), t)
t.bind(f)
print(st(t), t.tempval == f, t)
t.bind(None, (1,), {"k": 2})
print(st(t))
print(t.insert() == t, st(t))
t.run()
print(st(t))
run()
print(st(t))
t.run()
print(st(t))
c.send(None)
print(st(t), t)
`, `
 <tasklet 2 dead>
 True <tasklet 2 (f) dead>
alive paused
True alive scheduled
(1,) {"k": 2} alive scheduled is_current
alive scheduled
alive paused
alive blocked
 <tasklet 2 (f) dead>
`},
		{"of main", `
def st(t): return " ".join([n for n in ["alive", "scheduled", "blocked", "paused", "is_current", "is_main"] if getattr(t, n)])
print(st(main), main, getcurrent() == main, current == main)
def f(): print(st(main), st(getcurrent()), current == main, main.paused)
tasklet(f)()
run()
tasklet(f)()
schedule()
`, `
alive scheduled is_current is_main <tasklet main current> True True
alive paused is_main alive scheduled is_current True True
alive scheduled is_main alive scheduled is_current True False
`},
		{"where one is", `
def f():
    schedule()
t = tasklet(f)()
print(t.frame, t.recursion_depth, t.restorable, t.nesting_level, t.thread_id in threads)
t.run()
print(t.frame, t.recursion_depth)
run()
print(t.frame, t.recursion_depth)
`, `
None 0 False 0 True
test.star:4:13: in f 2
None 0
`},
		{"objects", `
t, u = tasklet(), tasklet()
c = channel()
print(t == t, t == u, len({t: 1, u: 2, c: 3}), type(t), type(c), bool(t), bool(c))
print(dir(t))
def assign(): t.alive = True
def assign2(): t.nothing = True
print(catch(assign)[1])
print(catch(assign2)[1])
`, `
True False 3 tasklet channel True True
["_channel", "alive", "atomic", "bind", "block_trap", "blocked", "frame", "ignore_nesting", "insert", "is_current", "is_main", "kill", "nesting_level", "next", "paused", "prev", "raise_exception", "recursion_depth", "remove", "restorable", "run", "scheduled", "set_atomic", "set_ignore_nesting", "setup", "switch", "tempval", "thread_id", "throw"]
attribute 'alive' of 'tasklet' objects is not writable
can't assign to .nothing field of tasklet
`},
	})
}

func TestStackless_Bind(t *testing.T) {
	checkAllStackless(t, []scriptTest{
		{"refused", `
t = tasklet(print)("never")
print(catch(t.bind, print)[1])
print(catch(t.bind)[1])
print(catch(t.setup)[1])
print(catch(t)[1])
t.remove()
t.bind(print, ("rebound",))
t.insert()
def f(): schedule_remove()
g = tasklet(f)()
run()
print(catch(g.bind, print)[1])
print(catch(getcurrent().bind, print)[1])
print(catch(tasklet, 3)[1])
print(catch(tasklet())[1])
print(catch(tasklet, print, 3)[1], catch(tasklet, print, (), 3)[1])
tasklet(lambda: print(catch(main.bind)[1]))()
main_blocked = catch(channel().receive)[1]
`, `
tasklet is scheduled
tasklet is scheduled
tasklet is alive
tasklet is alive
rebound
tasklet has C state on its stack
can't (re)bind the current tasklet
tasklet function must be a callable or None
the tasklet was not bound to a function
argument 2 must be tuple, not int argument 3 must be dict, not int
tasklet is scheduled
`},
		{"again after the end", `
def st(t): return " ".join([n for n in ["alive", "scheduled", "blocked", "paused", "is_current", "is_main"] if getattr(t, n)])
t = tasklet(print)
for i in range(3):
    t.bind(print) if i else None
    t(i)
    run()
    print(st(t), catch(t.insert)[1])
`, `
0
 You cannot run an unbound(dead) tasklet
1
 You cannot run an unbound(dead) tasklet
2
 You cannot run an unbound(dead) tasklet
`},
		{"unbound", `
def st(t): return " ".join([n for n in ["alive", "scheduled", "blocked", "paused", "is_current", "is_main"] if getattr(t, n)])
t = tasklet(print, ("x",), {"sep": "-"})
print(st(t))
t.bind()
print(st(t), t.tempval, catch(t.insert)[1])
t.bind(print)
print(t.tempval == print, catch(t.run)[1])
t.bind(None, ("a", "b"), {"sep": "-"}).insert()
run()
`, `
alive paused
 None You cannot run an unbound(dead) tasklet
True You cannot run an unbound(dead) tasklet
a-b
`},
	})
}

func TestStackless_Ring(t *testing.T) {
	checkAllStackless(t, []scriptTest{
		{"next, prev and runcount", `
def st(t): return " ".join([n for n in ["alive", "scheduled", "blocked", "paused", "is_current", "is_main"] if getattr(t, n)])
ts = [tasklet(print)(i) for i in range(3)]
x, names = main, []
for _ in range(4):
    names.append(str(x))
    x = x.next
print(names, x == main, main.prev == ts[2], getruncount(), runcount)
print(ts[1].remove() == ts[1], getruncount(), st(ts[1]), ts[1].next, ts[1].remove() == ts[1])
run()
ts[1].run()
print(getruncount(), main.next == main)
`, `
["<tasklet main current>", "<tasklet 2 (print) scheduled>", "<tasklet 3 (print) scheduled>", "<tasklet 4 (print) scheduled>"] True True 4 1
True 3 alive paused None True
0
2
1
1 True
`},
		{"refused", `
def f(): c.receive()
c = channel()
t = tasklet(f)()
run()
for m in [t.insert, t.remove, t.run, t.switch, main.remove, tasklet().insert, tasklet(print).run]:
    print(catch(m)[1])
print(tasklet().remove())
`, `
You cannot run a blocked tasklet
You cannot remove a blocked tasklet.
You cannot run a blocked tasklet
You cannot run a blocked tasklet
The current tasklet cannot be removed.
You cannot run an unbound(dead) tasklet
You cannot run an unbound(dead) tasklet
<tasklet 3 dead>
`},
		{"threads", `
print(getthreads(), getcurrentid(), main.thread_id)
def f(): print(get_thread_info(1) == (main, getcurrent(), getruncount()), getcurrentid())
tasklet(f)()
run()
print(catch(get_thread_info, 2)[1])
`, `
[1] 2 1
True 3
Thread id not found
`},
	})
}

func TestStackless_Tempval(t *testing.T) {
	checkAllStackless(t, []scriptTest{
		{"what schedule returns", `
def f(x): print(x, schedule(*x))
t = tasklet(f)(("mine",))
schedule()
print(t.tempval)
t.tempval = "yours"
run()
tasklet(lambda: print(schedule() == getcurrent()))()
run()
print(schedule("x"), schedule() == main, schedule_remove(5), main.tempval)
`, `
mine
("mine",) yours
True
x True 5 None
`},
		{"what receive returns", `
c = channel()
c.preference = 1
def f(): print(c.receive())
t = tasklet(f)()
schedule()
c.send("sent")
print(t.tempval)
t.tempval = "changed"
run()
`, `
sent
changed
`},
	})
}

func TestStackless_Throw(t *testing.T) {
	checkAllStackless(t, []scriptTest{
		{"at once and pending, into one that is blocked, runnable, paused", `
def st(t): return " ".join([n for n in ["alive", "scheduled", "blocked", "paused", "is_current", "is_main"] if getattr(t, n)])
def f():
    for wait in [c.receive, schedule, schedule_remove, lambda: c.send(1)]: print(catch(wait))
c = channel()
t = tasklet(f)()
t.run()
print(c.balance)
t.throw("into receive", pending=True)
print(c.balance, st(t))
schedule()
t.throw("into schedule")
t.throw("into schedule_remove", pending=True)
print(st(t))
schedule()
print(c.balance)
t.raise_exception(lambda *args: args, 1, 2)
print(c.balance, st(t))
`, `
-1
0 alive scheduled
(None, "into receive")
(None, "into schedule")
alive scheduled
(None, "into schedule_remove")
1
(None, (1, 2))
0 
`},
		{"into a new one", `
def st(t): return " ".join([n for n in ["alive", "scheduled", "blocked", "paused", "is_current", "is_main"] if getattr(t, n)])
t = tasklet(print)("never")
print(catch(t.throw, "now")[1], st(t))
t = tasklet(print)("never")
print(catch(t.throw, "later", pending=True)[1], st(t), catch(schedule)[1], st(t))
`, `
now 
None alive scheduled later 
`},
		{"into oneself", `
def f():
    t = getcurrent()
    print(catch(t.throw, "self"), catch(t.kill), catch(t.throw, TaskletExit, "a", pending=True), catch(t.raise_exception, "x"))
tasklet(f)()
run()
`, `
(None, "self") (None, TaskletExit) (None, TaskletExit("a")) (None, "x")
`},
		{"into a dead one", `
t = tasklet()
for pending in [False, True]: print(catch(t.throw, "E", pending=pending)[1], catch(t.throw, TaskletExit, pending=pending), t.kill(pending))
`, `
You cannot throw to a dead tasklet (None, None) None
You cannot throw to a dead tasklet (None, None) None
`},
		{"refused", `
for args in [(), ("E", "v"), ("E", None, 3)]: print(catch(main.throw, *args)[1])
print(catch(main.raise_exception)[1])
print(catch(main.raise_exception, "E", 1)[1])
`, `
exceptions must derive from BaseException, not NoneType
instance exception may not have a separate value
throw() third argument must be a traceback object
raise_exception() takes an exception and its arguments
instance exception may not have a separate value
`},
		{"takes the place of what was received", `
c = channel()
c.preference = 1
t = tasklet(lambda: print(catch(c.receive)))()
schedule()
c.send("lost")
t.throw("instead")
`, `
(None, "instead")
`},
	})
}

func TestStackless_Kill(t *testing.T) {
	checkAllStackless(t, []scriptTest{
		{"ends without a word", `
def st(t): return " ".join([n for n in ["alive", "scheduled", "blocked", "paused", "is_current", "is_main"] if getattr(t, n)])
def f():
    print(catch(schedule))
    raise_(TaskletExit)
t = tasklet(f)()
schedule()
t.kill()
print(st(t))
t = tasklet(f)()
schedule()
t.kill(pending=True)
print(st(t))
run()
print(st(t))
t = tasklet(f)()
t.kill()
print(st(t))
t = tasklet(f)()
t.kill(pending=True)
print(st(t))
run()
print(st(t))
def g(): raise_(TaskletExit("with", "arguments"))
tasklet(g)()
run()
`, `
(None, TaskletExit)

alive scheduled
(None, TaskletExit)


alive scheduled

`},
		{"main", `
def f(): main.kill()
tasklet(f)()
print(catch(schedule))
`, `
(None, TaskletExit)
`},
	})
}
