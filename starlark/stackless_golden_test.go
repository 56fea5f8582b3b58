package starlark_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// testdata/stackless.jsonl is what Stackless Python did: programs with the log of what they ran in which order. The same
// programs, written in Starlark, must write the same logs.

// A golden is one line of the file.
type golden struct {
	Name        string
	Log         []string
	Preference  int
	ScheduleAll int `json:"schedule_all"`
	Order       []string
	N           int
	Balance     int `json:"balance_after_drain"`
	Pending     bool
	State       string
}

func (g golden) String() string {
	s := g.Name
	if strings.HasPrefix(s, "channel_") || s == "main_sends" || s == "callbacks" {
		s += fmt.Sprintf(" %d all=%d %s", g.Preference, g.ScheduleAll, strings.Join(g.Order, ""))
	}
	if g.State != "" {
		s += fmt.Sprintf(" %s pending=%v", g.State, g.Pending)
	}
	return s
}

// parameters are what the scripts know of g.
func (g golden) parameters() string {
	truth := map[bool]string{true: "True", false: "False"}
	return fmt.Sprintf("PREFERENCE, ALL, ORDER, N, BALANCE, PENDING, STATE = %d, %d, %q, %d, %d, %s, %q\n",
		g.Preference, g.ScheduleAll, strings.Join(g.Order, ""), g.N, g.Balance, truth[g.Pending], g.State)
}

func TestStackless_Goldens(t *testing.T) {
	f, err := os.Open("testdata/stackless.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	lines := bufio.NewScanner(f)
	for ; lines.Scan(); n++ {
		var g golden
		if err := json.Unmarshal(lines.Bytes(), &g); err != nil {
			t.Fatal(err)
		}
		t.Run(g.String(), func(t *testing.T) {
			script, ok := goldenScripts[g.Name]
			if !ok {
				t.Fatalf("no script for %q", g.Name)
			}
			checkStackless(t, g.parameters()+goldenPrelude+script, strings.Join(g.Log, "\n")+"\n")
		})
	}
	if err := lines.Err(); err != nil || n == 0 {
		t.Errorf("%d programs, %v", n, err)
	}
}

// goldenPrelude is what several scripts use.
const goldenPrelude = `
def channel_():
    c = channel()
    c.preference = PREFERENCE
    c.schedule_all = ALL
    return c
def drain():
    while getruncount() > 1: schedule()
def turns(name, n, end=True):
    for i in range(n):
        print("%s%d" % (name, i))
        schedule()
    if end: print(name + ".end")
`

var goldenScripts = map[string]string{
	"channel_pref":     goldenChannel + "drain()\nif c.balance != BALANCE: fail(c.balance)\n",
	"channel_pref_run": goldenChannel + "run()\nif c.balance != BALANCE: fail(c.balance)\n",
	"main_sends": `
c = channel_()
def r():
    for i in range(3):
        print("r%d" % i)
        print("got%d" % c.receive())
    print("r.end")
tasklet(r)()
tasklet(turns)("x", 4, False)
for i in range(3):
    print("m%d" % i)
    c.send(i)
    print("M%d" % i)
drain()
print("m.end")
`,
	"round_robin_run": `
for name in "abc".elems(): tasklet(turns)(name, 3)
run()
print("main")
`,
	"round_robin_main_schedule": `
for name in "abc".elems(): tasklet(turns)(name, 3)
turns("m", 3, False)
drain()
print("m.end")
`,
	"tasklet_run_middle": `
b = [tasklet(turns)(name, 3) for name in "abc".elems()][1]
print("m")
b.run()
print("m after b.run")
drain()
print("m.end")
`,
	"tasklet_switch_from_tasklet": `
def fa():
    print("a0")
    t["c"].switch()
    print("a1")
    schedule()
    print("a2")
def fc():
    print("c0")
    schedule()
    print("c1 a.paused=%s a.scheduled=%s" % (t["a"].paused, t["a"].scheduled))
    t["a"].insert()
    print("c2")
    schedule()
    print("c3")
t = {"a": tasklet(fa)()}
tasklet(turns)("b", 3)
t["c"] = tasklet(fc)()
tasklet(turns)("d", 3)
run()
`,
	"spawn_in_tasklet": `
def p():
    for name in ["x", "y"]:
        print("p spawn " + name)
        tasklet(turns)(name, 2)
    print("p sched")
    schedule()
    print("p.end")
tasklet(p)()
tasklet(turns)("q", 2)
run()
`,
	"throw": `
def wait(c):
    if STATE == "scheduled_running": schedule()
    elif STATE == "paused": schedule_remove()
    else: c.receive()
def v(c):
    print("v0")
    _, e = catch(wait, c)
    print("v TaskletExit" if e == TaskletExit else "v caught %s()" % e)
    print("v fin")
def o():
    print("o")
    schedule()
    print("o2")
for E in ["E", TaskletExit]:
    print("==", E)
    c = channel()
    t = tasklet(v)(c)
    if STATE != "new": schedule()
    if STATE == "dead":
        t.kill()
        print("alive=%s" % t.alive)
    tasklet(o)()
    print("throw")
    _, e = catch(t.throw, E, pending=PENDING)
    if e: print("throw raised", "E: " if e == "E" else "RuntimeError: " + e)
    else: print("throw returned alive=%s scheduled=%s balance=%d" % (t.alive, t.scheduled, c.balance))
    drain()
    print("drained alive=%s" % t.alive)
`,
	"uncaught_in_run": `
def ok():
    print("ok0")
    schedule()
    print("ok1")
def bad():
    print("bad")
    raise_("boom")
for f in [ok, bad, ok]: tasklet(f)()
print("run raised %s rc=%d" % (catch(run)[1], getruncount()))
run()
print("run2 returned rc=%d" % getruncount())
`,
	"deadlock_main_receive": `
print("RuntimeError:", catch(channel().receive)[1])
`,
	"deadlock_main_receive_after_tasklet_ends": `
tasklet(print)("t")
print("RuntimeError:", catch(channel().receive)[1])
`,
	"run_with_tasklet_blocked_is_not_deadlock": `
c = channel()
def f():
    print("t")
    c.receive()
tasklet(f)()
run()
print("run returned balance=%d" % c.balance)
c.send(1)
print("balance=%d" % c.balance)
schedule_remove()
print("returned")
`,
	"close_with_pending_senders": `
c = channel()
def s(i):
    print("s%d" % i)
    c.send(i)
    print("S%d" % i)
for i in range(3): tasklet(s)(i)
run()
print("balance=%d" % c.balance)
c.close()
print("closing=%s closed=%s" % (c.closing, c.closed))
for v in c: print("r%d bal=%d closed=%s" % (v, c.balance, c.closed))
print("iter end")
drain()
print("drained")
`,
	"send_sequence": `
c = channel()
def r():
    for i in range(5): print("r%d=%s" % (i, c.receive()))
tasklet(r)()
n = c.send_sequence("abcde".elems())
drain()
print("n=%d" % n)
`,
	"block_trap": `
c = channel()
def f():
    getcurrent().block_trap = True
    print(catch(c.send, 1)[1])
    print(catch(c.receive)[1])
tasklet(f)()
run()
`,
	"callbacks": `
c = channel_()
def r():
    for _ in range(2): c.receive()
def s():
    for i in range(2): c.send(i)
names = {getmain(): "main", tasklet(r)(): "r", tasklet(s)(): "s"}
set_schedule_callback(lambda prev, next: print("sw %s->%s" % (names[prev], names[next])))
def on_channel(ch, t, sending, willblock):
    print("cb", names[t], "send" if sending else "recv", "block" if willblock else "go")
set_channel_callback(on_channel)
run()
set_schedule_callback(None)
set_channel_callback(None)
`,
	"watchdog_hard": `
def loop():
    n = 0
    while True: n += 1
tasklet(turns)("a", 3, False)
spin = tasklet(loop)()
tasklet(turns)("b", 3, False)
victim = run(1000)
print("victim is spin=%s alive=%s scheduled=%s paused=%s rc=%d" % (
    victim == spin, victim.alive, victim.scheduled, victim.paused, getruncount()))
victim.kill()
run(1000)
print("end")
`,
	"watchdog_soft": `
def loop():
    n = 0
    while n < 1000: n += 1
    schedule()
    print("spin done")
spin = tasklet(loop)()
victim = run(100, soft=True)
print("soft -> %s runcount=%d spin alive=%s scheduled=%s" % (victim, getruncount(), spin.alive, spin.scheduled))
run()
`,
}

const goldenChannel = `
c = channel_()
def r():
    for i in range(N):
        print("r%d" % i)
        print("R%d=%d" % (i, c.receive()))
    if ENDS: print("r.end")
def s():
    for i in range(N):
        print("s%d" % i)
        c.send(i)
        print("S%d" % i)
    if ENDS: print("s.end")
def t(): turns("t", N, False)
ENDS = N == 4 # the programs that are driven by run() don't say when they end
for name in ORDER.elems(): tasklet({"r": r, "s": s, "t": t}[name])()
`
