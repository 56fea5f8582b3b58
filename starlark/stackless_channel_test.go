package starlark_test

import "testing"

// What channels do: the table 1.2 of the tests of Stackless.

func TestStackless_ChannelAttributes(t *testing.T) {
	checkAllStackless(t, []scriptTest{
		{"preference and schedule_all", `
c = channel()
def assign(name, v):
    if name == "preference": c.preference = v
    elif name == "schedule_all": c.schedule_all = v
    else: c.balance = v
for v in [5, -9, 0, True]:
    c.preference = v
    print(c.preference)
for v in [3, False, True]:
    c.schedule_all = v
    print(c.schedule_all)
print(catch(assign, "preference", "x")[1], "|", catch(assign, "balance", 1)[1])
print(dir(c))
`, `
1
-1
0
1
1
0
1
an integer is required (got type str) | attribute 'balance' of 'channel' objects is not writable
["balance", "close", "closed", "closing", "open", "preference", "queue", "receive", "schedule_all", "send", "send_exception", "send_sequence", "send_throw"]
`},
		{"queue", `
c = channel()
def f(): c.receive()
a, b = tasklet(f)(), tasklet(f)()
print(c.queue, c)
run()
print(c.queue == a, a.next == b, b.next, b.prev == a, a.prev, a._channel == c, main._channel, c.balance)
c.send(1)
c.send(1)
`, `
None <channel 1 balance 0>
True True None True None True None -2
`},
		{"those that are killed leave the queue", `
c = channel()
def f(name): print(name, catch(c.receive))
ts = {name: tasklet(f)(name) for name in "abcd".elems()}
run()
ts["a"].kill()
ts["c"].throw("E", pending=True)
print(c.queue == ts["b"], c.balance)
for v in range(2): c.send(v)
run()
for i in range(100):
    tasklet(c.receive)().run()
    c.queue.kill()
print(c.queue, c.balance)
`, `
a (None, TaskletExit)
True -2
b (0, None)
c (None, "E")
d (1, None)
None 0
`},
	})
}

func TestStackless_Close(t *testing.T) {
	checkAllStackless(t, []scriptTest{
		{"does not wake who waits", `
def st(t): return " ".join([n for n in ["alive", "scheduled", "blocked", "paused", "is_current", "is_main"] if getattr(t, n)])
c = channel()
def loop():
    for v in c: print(v)
    print("end", c.balance)
tasklet(loop)()
run()
c.send(1)
c.close()
run()
print(c.balance, c.closing, c.closed)
if c.balance < 0: c.send_exception(StopIteration)
print(c.closed)
print(catch(c.send, 1)[1], catch(c.receive)[1], list(c))
c.open()
print(c.closing, catch(c.receive)[1])
`, `
1
-1 True False
end 0
True
Send/receive operation on a closed channel Send/receive operation on a closed channel []
False Deadlock: the last runnable tasklet cannot be blocked.
`},
		{"who waits already is still met", `
c = channel()
tasklet(lambda: print(c.receive()))()
run()
c.close()
c.send("met")
`, `
met
`},
	})
}

func TestStackless_SendException(t *testing.T) {
	checkAllStackless(t, []scriptTest{
		{"of all kinds", `
c = channel()
def f(): print(catch(c.receive))
for send in [lambda: c.send_exception("E"), lambda: c.send_exception(lambda m: "made " + m, "x"), lambda: c.send_exception(TaskletExit),
             lambda: c.send_throw(TaskletExit, ("a", "b")), lambda: c.send_throw("E", None, None)]:
    tasklet(f)()
    schedule()
    send()
print(catch(c.send_exception)[1])
print(catch(c.send_throw, "E", None, 1)[1])
`, `
(None, "E")
(None, "made x")
(None, TaskletExit())
(None, TaskletExit("a", "b"))
(None, "E")
channel.send_exception needs Exception or string subclass as first parameter
throw() third argument must be a traceback object
`},
		{"from one that waits to send", `
c = channel()
tasklet(lambda: c.send_exception("sent"))()
schedule()
print(catch(c.receive))
`, `
(None, "sent")
`},
	})
}

func TestStackless_SendSequence(t *testing.T) {
	checkAllStackless(t, []scriptTest{
		{"of an iterable, until it fails", `
c = channel()
def f():
    for v in c: print(v)
t = tasklet(f)()
print(c.send_sequence(range(3)), c.send_sequence([]))
def gen(Yield):
    for i in range(2): Yield("generated")
print(c.send_sequence(generator(gen)))
t.kill()
print(catch(c.send_sequence, [1])[1])
`, `
0
1
2
3 0
generated
generated
2
Deadlock: the last runnable tasklet cannot be blocked.
`},
	})
}

func TestStackless_BlockTrap(t *testing.T) {
	checkAllStackless(t, []scriptTest{
		{"of main and another", `
c = channel()
def f():
    getcurrent().block_trap = True
    print(catch(c.receive)[1])
    print(c.send("somebody waits"))
    schedule()
def g(): print(c.receive())
tasklet(g)()
t = tasklet(f)()
run()
print(t.block_trap, main.block_trap)
main.block_trap = True
print(catch(c.send, 1)[1])
c.close()
print(catch(c.send, 1)[1])
main.block_trap = False
print(catch(c.send, 1)[1])
`, `
this tasklet does not like to be blocked.
somebody waits
None
True False
this tasklet does not like to be blocked.
this tasklet does not like to be blocked.
Send/receive operation on a closed channel
`},
	})
}

func TestStackless_Deadlock(t *testing.T) {
	checkAllStackless(t, []scriptTest{
		{"main and a tasklet on channels of their own", `
def f():
    e = catch(channel().receive)[1]
    print("tasklet:", e)
    raise_(e)
tasklet(f)()
print("main:", catch(channel().receive)[1])
`, `
tasklet: Deadlock: the last runnable tasklet cannot be blocked.
main: Deadlock: the last runnable tasklet cannot be blocked.
`},
		{"main sends and the last one ends", `
tasklet(print)("t")
print(catch(channel().send, 1)[1])
`, `
t
the main tasklet is sending without a receiver available.
`},
	})
}

func TestStackless_FailureInLoop(t *testing.T) {
	checkAllStackless(t, []scriptTest{
		{"over a channel", `
c = channel()
def loop():
    for v in c: print(v)
def f(): print(catch(loop))
t = tasklet(f)()
schedule()
c.send(1)
c.send_exception("E")
main_loop = catch(lambda: [v for v in c])
print(main_loop)
`, `
1
(None, "E")
(None, "Deadlock: the last runnable tasklet cannot be blocked.")
`},
	})
}
