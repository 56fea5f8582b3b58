package starlark_test

import "testing"

// What run, the callbacks and the watchdog do: the tables 1.4 to 1.6 of the tests of Stackless.

func TestStackless_NestedRun(t *testing.T) {
	checkAllStackless(t, []scriptTest{
		{"the innermost returns first", `
def child(): print("child")
def inner():
    tasklet(child)()
    run()
    print("inner after run", getruncount())
def other():
    for i in range(2):
        print("other", i)
        schedule()
tasklet(inner)()
tasklet(other)()
run()
print("outer")
`, `
other 0
child
other 1
inner after run 1
outer
`},
		{"the innermost gets the failure", `
def bad(): raise_("boom")
def inner():
    tasklet(bad)()
    print("inner:", catch(run))
tasklet(inner)()
print("outer:", run())
`, `
inner: (None, "boom")
outer: None
`},
		{"main gets it from schedule and from receive", `
def bad(): raise_("boom")
c = channel()
for f in [schedule, schedule_remove, c.receive]:
    tasklet(bad)()
    print(catch(f), c.balance)
`, `
(None, "boom") 0
(None, "boom") 0
(None, "boom") 0
`},
	})
}

func TestStackless_SwitchTrap(t *testing.T) {
	checkAllStackless(t, []scriptTest{
		{"everything that would switch", `
def st(t): return " ".join([n for n in ["alive", "scheduled", "blocked", "paused", "is_current", "is_main"] if getattr(t, n)])
c = channel()
def f(): c.receive()
blocked = tasklet(f)()
run()
t = tasklet(print)("ran")
print(switch_trap(1), switch_trap())
for g in [schedule, schedule_remove, run, t.run, t.switch, c.receive, lambda: c.send(1), lambda: t.throw("E"), lambda: blocked.throw("E"), t.kill, blocked.switch]:
    print(catch(g)[1])
print(main.run(), main.switch(), c.balance, st(t), st(blocked))
print(switch_trap(-1))
c.send(1)
run()
print(st(t), st(blocked))
`, `
0 1
switch_trap
switch_trap
switch_trap
switch_trap
switch_trap
switch_trap
switch_trap
switch_trap
switch_trap
switch_trap
You cannot run a blocked tasklet
None None -1 alive scheduled alive blocked
1
ran
 
`},
	})
}

func TestStackless_ErrorHandler(t *testing.T) {
	checkAllStackless(t, []scriptTest{
		{"in place of run", `
def bad(): raise_("boom")
def wrong(): fail("wrong")
def dead():
    t = tasklet()
    t.throw("E")
print(set_error_handler(lambda *args: print(*args)))
for f in [bad, wrong, dead]: tasklet(f)()
run()
def handler(*args): raise_("failed too")
print(type(set_error_handler(handler)))
tasklet(bad)()
print(catch(run)[1], set_error_handler(None) == handler, catch(set_error_handler, 3)[1])
`, `
None
str boom Traceback (most recent call last):
  in tasklet 2 (bad):
    test.star:3:18: in bad
Error: boom

Error fail: wrong Traceback (most recent call last):
  in tasklet 3 (wrong):
    test.star:4:18: in wrong
Error: fail: wrong

RuntimeError You cannot throw to a dead tasklet Traceback (most recent call last):
  in tasklet 4 (dead):
    test.star:7:12: in dead
RuntimeError: You cannot throw to a dead tasklet

function
failed too True parameter must be callable or None
`},
	})
}

func TestStackless_Atomic(t *testing.T) {
	checkAllStackless(t, []scriptTest{
		{"restored however it ends", `
def f(x):
    print(x, getcurrent().atomic)
    return x
print(atomic(f, 1), catch(atomic, raise_, "E"), main.atomic, main.set_atomic(True), atomic(f, 2), main.set_atomic(False))
t = tasklet(lambda: print(getcurrent().atomic))
print(t.set_atomic(True), t.atomic, t.set_ignore_nesting(True), t.set_ignore_nesting(False), t.ignore_nesting)
t()
main.set_atomic(True)
tasklet(lambda: print(getcurrent().atomic))()
run()
main.set_atomic(False)
print(catch(atomic)[1])
`, `
1 True
2 True
1 (None, "E") False False 2 True
False True False True False
True
False
atomic: missing argument for f
`},
	})
}

func TestStackless_Callbacks(t *testing.T) {
	checkAllStackless(t, []scriptTest{
		{"they may not switch", `
c = channel()
def on_channel(*args):
    print(catch(schedule)[1], args[1:])
    raise_("failed")
print(set_channel_callback(on_channel), get_channel_callback() == on_channel)
print(catch(c.send, 1)[1], c.balance, catch(c.receive)[1])
print(set_channel_callback(None) == on_channel, get_channel_callback())
`, `
None True
Recursive channel call due to callbacks! (<tasklet main current>, True, True)
Recursive channel call due to callbacks! (<tasklet main current>, False, True)
failed 0 failed
True None
`},
		{"current is who goes", `
def st(t): return " ".join([n for n in ["alive", "scheduled", "blocked", "paused", "is_current", "is_main"] if getattr(t, n)])
def on_schedule(prev, next): print(prev == getcurrent(), st(prev), "->", st(next))
print(set_schedule_callback(on_schedule), get_schedule_callback() == on_schedule)
tasklet(print)("t")
run()
set_schedule_callback(None)
`, `
None True
True alive paused is_current is_main -> alive scheduled
t
True is_current -> alive scheduled is_main
`},
		{"what the schedule callback fails with goes to who comes next", `
def on_schedule(prev, next):
    print(catch(schedule)[1], catch(greenlet.greenlet(print).switch)[1])
    raise_("failed")
set_schedule_callback(on_schedule)
tasklet(print)("t")
print(catch(run))
set_schedule_callback(None)
`, `
Recursive channel call due to callbacks! Recursive channel call due to callbacks!
t
Recursive channel call due to callbacks! Recursive channel call due to callbacks!
(None, "failed")
`},
	})
}

func TestStackless_Watchdog(t *testing.T) {
	checkAllStackless(t, []scriptTest{
		{"a loop is interrupted again and again", `
def spin(n):
    while n > 0: n -= 1
    print("done")
t = tasklet(spin)(500)
n = 0
victim = run(300)
while victim:
    n += 1
    if victim != t: fail("another victim")
    victim.insert()
    victim = run(300)
print(n > 5, victim)
`, `
done
True None
`},
		{"a throw into the victim", `
def st(t): return " ".join([n for n in ["alive", "scheduled", "blocked", "paused", "is_current", "is_main"] if getattr(t, n)])
def spin():
    while True: pass
def f(): print(catch(spin))
tasklet(f)()
run(100).throw("stop")
tasklet(f)()
victim = run(100)
victim.throw("stop", pending=True)
run()
tasklet(f)()
victim = run(100)
victim.tempval = "of no use"
victim.kill()
print(st(victim))
`, `
(None, "stop")
(None, "stop")
(None, TaskletExit)

`},
		{"not while atomic", `
def st(t): return " ".join([n for n in ["alive", "scheduled", "blocked", "paused", "is_current", "is_main"] if getattr(t, n)])
def spin(n):
    while n > 0: n -= 1
    print("spun")
def f():
    atomic(spin, 1000)
    print("end")
t = tasklet(f)()
print(run(100) == t, st(t))
t.insert()
print(run(1000))
`, `
spun
True alive paused
end
None
`},
		{"per turn, or altogether", `
def st(t): return " ".join([n for n in ["alive", "scheduled", "blocked", "paused", "is_current", "is_main"] if getattr(t, n)])
def turns(n):
    for _ in range(n): schedule()
for _ in range(3): tasklet(turns)(100)
print(run(200))
for _ in range(3): tasklet(turns)(100)
victim = run(200, totaltimeout=True)
print(st(victim), getruncount())
victim.insert()
print(run(timeout=0))
`, `
None
alive paused 3
None
`},
		{"soft: at the next switch, whichever it is", `
def st(t): return " ".join([n for n in ["alive", "scheduled", "blocked", "paused", "is_current", "is_main"] if getattr(t, n)])
c = channel()
def spin(wait):
    n = 0
    while n < 200: n += 1
    wait()
    print("end")
for wait in [schedule, schedule_remove, c.receive, lambda: None]:
    t = tasklet(spin)(wait)
    other = tasklet(print)("other")
    print(run(100, soft=True), st(t), "|", st(other))
    run()
    if t.paused: t.run()
c.send(1)
`, `
None alive scheduled | alive scheduled
other
end
None alive paused | alive scheduled
other
end
None alive blocked | alive scheduled
other
end
None  | alive scheduled
other
end
`},
		{"only the outermost run counts", `
def spin():
    while True: pass
def inner():
    t = tasklet(spin)()
    print("inner:", run(10000000))
tasklet(inner)()
victim = run(1000)
print(victim.alive, getruncount())
victim.kill()
run()
`, `
True 1
`},
		{"in a generator and in a greenlet", `
def st(t): return " ".join([n for n in ["alive", "scheduled", "blocked", "paused", "is_current", "is_main"] if getattr(t, n)])
def gen(Yield):
    n = 0
    while n < 300: n += 1
    Yield(n)
    while True: pass
def f():
    for v in generator(gen): print(v)
tasklet(f)()
victim = run(300)
n = 0
while n < 30:
    victim.insert()
    victim = run(300)
    n += 1
print(st(victim))
victim.kill()
print(st(victim))
`, `
300
alive paused

`},
		{"a failing one", `
def f(): return 1 // 0
tasklet(f)()
print(catch(run, 100)[1])
print(run(100))
`, `
floored division by zero
None
`},
	})
}

func TestStackless_GreenletsInTasklets(t *testing.T) {
	checkAllStackless(t, []scriptTest{
		{"each has its own", `
c = channel()
def f():
    main_greenlet = greenlet.getcurrent()
    def g(x):
        y = main_greenlet.switch(c.receive() + x)
        c.send(y)
        return "over"
    g = greenlet.greenlet(g)
    print(g.switch(1), main_greenlet.parent)
    print(g.switch("y"), g.dead)
    return g
tasklet(f)()
run()
c.send(41)
print(c.receive())
run()
`, `
42 None
y
over True
`},
		{"those of another one", `
shared = []
def f():
    shared.append(greenlet.greenlet(print))
    schedule()
def g(): print(catch(shared[0].switch)[1])
tasklet(f)()
tasklet(g)()
run()
print(catch(shared[0].switch)[1])
`, `
Cannot switch to a different thread
Cannot switch to a different thread
`},
		{"a generator goes from one to another", `
def st(t): return " ".join([n for n in ["alive", "scheduled", "blocked", "paused", "is_current", "is_main"] if getattr(t, n)])
c = channel()
def gen(Yield):
    for _ in range(2): Yield(c.receive())
def f(g): print(list(g))
tasklet(f)(generator(gen))
run()
c.send(1)
c.send(2)
run()
`, `
[1, 2]
`},
		{"a greenlet acts for its tasklet", `
def g():
    print(getcurrent() == main, schedule("x"))
    return getruncount()
tasklet(print)("other")
print(greenlet.greenlet(g).switch())
`, `
other
True x
1
`},
	})
}
