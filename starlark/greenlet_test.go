package starlark_test

import "testing"

func TestAttributes(t *testing.T) {
	check(t, []scriptTest{
		{"states", `
def f():
    print(main, bool(main))
    print(g, bool(g), g.dead)
    main.switch()
g = greenlet(f)
print(main, main.dead)
print(g, bool(g), g.dead)
g.switch()
print(g, bool(g), g.dead)
g.switch()
print(g, bool(g), g.dead)
`, `
<greenlet 1 current active started main> False
<greenlet 2 (f) pending> False False
<greenlet 1 suspended active started main> True
<greenlet 2 (f) current active started> True False
<greenlet 2 (f) suspended active started> True False
<greenlet 2 (f) dead> False True
`},
		{"identity", `
g, h = greenlet(), greenlet()
print(g == g, g == h, g in {g: 1, h: 2}, type(g), getcurrent() == main)
print(greenlet(getcurrent).switch() == main)
`, `
True False True greenlet True
False
`},
		{"parent", `
def f(): return getcurrent().parent
g = greenlet(f)
h = greenlet(f, g)
print(main.parent, g.parent == main, h.parent == g, greenlet(f, None).parent == main, greenlet(parent=h).parent == h)
h.parent = main
print(h.switch() == main)
print(greenlet(lambda: greenlet(f).parent == getcurrent()).switch())
`, `
None True True True True
True
True
`},
		{"parent can change while it runs and when it is dead", `
def f():
    getcurrent().parent = other
    return 1
other = greenlet(lambda x: ("other", x))
g = greenlet(f)
print(g.switch())
g.parent = main
print(g.switch(5))
`, `
("other", 1)
5
`},
		{"parent refused", `
g = greenlet()
h = greenlet(None, g)
def set(g, p): g.parent = p
for p in [None, 3, "s", g, h]: print(catch(set, g, p)[1])
print(catch(set, main, g)[1])
print(catch(greenlet, None, 1)[1])
`, `
GreenletChecker: Expected any type of greenlet, not NoneType
GreenletChecker: Expected any type of greenlet, not int
GreenletChecker: Expected any type of greenlet, not str
cyclic parent chain
cyclic parent chain
cannot set the parent of a main greenlet
GreenletChecker: Expected any type of greenlet, not int
`},
		{"run", `
def set(g, f): g.run = f
def get(g): return g.run
g = greenlet()
print(catch(get, g), hasattr(g, "run"), catch(g.switch), g)
g.run = None
print(catch(get, g), hasattr(g, "run"))
g.run = lambda: (catch(get, g), catch(set, g, 1), hasattr(g, "run"))
print(g.switch())
print(catch(get, g), catch(set, g, 1), catch(get, main), catch(set, main, 1))
print(greenlet(None).run, greenlet(run=5).run)
`, `
(None, "run") False (None, "run") <greenlet 2 pending>
(None, None) True
((None, "run"), (None, "run cannot be set after the start of the greenlet"), False)
(None, "run") (None, "run cannot be set after the start of the greenlet") (None, "Main greenlets do not have a run attribute.") (None, "Main greenlets do not have a run attribute.")
None 5
`},
		{"run that cannot be called", `
g = greenlet(None)
h = greenlet(5)
print(catch(g.switch), g.dead, catch(h.switch), h.dead)
`, `
(None, "'NoneType' object is not callable") True (None, "'int' object is not callable") True
`},
		{"no other attributes", `
def set(g): g.foo = 1
def kill(g): g.dead = True
print(catch(set, main)[1], "|", catch(kill, main)[1], "|", dir(greenlet()))
`, `
can't assign to .foo field of greenlet | attribute 'dead' of 'greenlet' objects is not writable | ["dead", "parent", "switch", "throw"]
`},
	})
}

func TestTrace(t *testing.T) {
	const tracer = `
names = {main: "main"}
def tracer(event, who): print(event, *[names.get(g, "g") for g in who])
`
	check(t, []scriptTest{
		{"every way that control goes", tracer + `
print(settrace(tracer), gettrace() == tracer)
g = greenlet(lambda: 1)
g.switch()
g.switch()
g.throw()
catch(g.throw, "e")
catch(greenlet(lambda: raise_("e")).switch)
greenlet(lambda: 1).throw()
catch(greenlet(lambda: 1).throw, "e")
main.switch()
print(settrace(None) == tracer, gettrace())
main.switch()
`, `
None True
switch main g
switch g main
switch main main
switch main main
throw main main
switch main g
throw g main
throw main g
switch g main
throw main g
throw g main
switch main main
True None
`},
		{"it is called in the greenlet that control came to", `
def tracer(event, who): print(who[1] == getcurrent())
settrace(tracer)
greenlet(lambda: 1).switch()
`, `
True
True
`},
		{"an error in it arrives instead, and removes it", `
def f(): return catch(main.switch)
g = greenlet(f)
g.switch()
settrace(lambda event, who: raise_("traced"))
print(g.switch("lost"), gettrace())
`, `
(None, "traced") None
`},
		{"an error in it at a start: run never runs", `
def tracer(event, who): raise_(["traced", event])
for deed in ["switch", "throw"]:
    g = greenlet(lambda: print("never"))
    settrace(tracer)
    print(catch(g.switch if deed == "switch" else lambda: g.throw("lost")), g.dead)
`, `
(None, ["traced", "switch"]) True
(None, ["traced", "throw"]) True
`},
		{"GreenletExit from it at a start", `
settrace(lambda event, who: raise_(GreenletExit))
print(greenlet(lambda: print("never")).switch())
`, `
GreenletExit
`},
		{"it can switch, which is traced, and what was sent is not lost", `
seen = []
def tracer(event, who):
    seen.append(event)
    if len(seen) == 1: print("other says", other.switch("a", k=1))
def echo(*a, **k):
    while True: a = main.switch(a, k)
other = greenlet(echo)
settrace(tracer)
print(main.switch(1, k=2), seen)
`, `
other says (("a",), {"k": 1})
((1,), {"k": 2}) ["switch", "switch", "switch"]
`},
		{"something that cannot be called", `
settrace(3)
print(catch(main.switch, 1), gettrace())
`, `
(None, "'int' object is not callable") None
`},
	})
}

func TestCatch(t *testing.T) {
	check(t, []scriptTest{
		{"results", `
print(catch(lambda: 1), catch(lambda *a, **k: (a, k), 1, 2, k=3), catch(lambda: None))
`, `
(1, None) (((1, 2), {"k": 3}), None) (None, None)
`},
		{"values raised anywhere beneath", `
def f(x): return g(x)
def g(x): return sorted([2, 1], key=lambda _: raise_(x))
print(catch(f, {"a": 1}), catch(f, GreenletExit))
`, `
(None, {"a": 1}) (None, GreenletExit)
`},
		{"errors of Starlark's own", `
print(catch(lambda: 1 // 0), catch(fail, "a", 1), catch(lambda: {}["k"]), catch(5))
`, `
(None, "floored division by zero") (None, "fail: a 1") (None, "key \"k\" not in dict") (None, "'int' object is not callable")
`},
		{"one that was caught can be raised again, elsewhere", `
_, e = catch(raise_, ["e"])
def f(): return catch(main.switch)
g = greenlet(f)
g.switch()
print(g.throw(e)[1] == e, catch(raise_, e)[1] == e)
`, `
True True
`},
	})
}

// deep says whether tests may go as deep as the interpreter lets them.
var deep = true

func TestRunawayRecursion(t *testing.T) {
	if !deep {
		t.Skip("takes gigabytes under the race detector")
	}
	check(t, []scriptTest{
		{"of calls", `
def f(): return f()
print(catch(f)[1])
def g(): return catch(g)[1] or 1
print(g())
def h(): return sorted([1], key=lambda _: h())
print(catch(h)[1])
`, `
Starlark stack overflow
1
Starlark stack overflow
`},
		{"of greenlets that start each other", `
def f(): return greenlet(f).switch()
print(catch(f)[1])
`, `
Starlark stack overflow: too many greenlets start each other
`},
		{"of generators", `
def f(Yield):
    for x in generator(f): Yield(x)
print(catch(list, generator(f))[1])
`, `
Starlark stack overflow: too many greenlets start each other
`},
	})
}
