package starlark_test

import "testing"

// What tests of Python's greenlet show of the shapes of arguments, attributes and messages, where no other test here does.
// docs/conformance.md in the root module has the whole list.

func TestUpstream_SwitchKwargs(t *testing.T) {
	check(t, []scriptTest{
		{"to run", `
def run(a, b): return (a, b)
print(greenlet(run).switch(a=4, b=2), catch(greenlet(run).switch, a=4)[1])
`, `
(4, 2) function run missing 1 argument (b)
`},
		{"to the parent", `
def run(x):
    main.switch(x=x)
    main.switch(2, x=3)
    return x, x * x
g = greenlet(run)
print(g.switch(3), g.switch(), g.switch())
`, `
{"x": 3} ((2,), {"x": 3}) (3, 9)
`},
	})
}

func TestUpstream_InstanceDict(t *testing.T) {
	check(t, []scriptTest{
		{"a dictionary beside it stands in for attributes", `
attributes = {}
def f(): attributes[getcurrent()] = 42
def set(): g.test = 42
g = greenlet(f)
g.switch()
print(attributes[g], catch(set)[1], hasattr(g, "test"), hasattr(g, "__dict__"))
`, `
42 can't assign to .test field of greenlet False False
`},
	})
}

func TestUpstream_SetParentWrongTypes(t *testing.T) {
	check(t, []scriptTest{
		{"before the start, while it runs, and when it is dead", `
def set(g, p): g.parent = p
def wrong(g): return [catch(set, g, p)[1].split(", ")[1] for p in [None, 1, [], "42"]]
def bg():
    print(wrong(getcurrent()))
    main.switch()
g = greenlet(bg)
print(wrong(g))
g.switch()
print(bool(g), wrong(g))
g.switch()
print(g.dead, wrong(g), g.parent == main)
`, `
["not NoneType", "not int", "not list", "not str"]
["not NoneType", "not int", "not list", "not str"]
True ["not NoneType", "not int", "not list", "not str"]
True ["not NoneType", "not int", "not list", "not str"] True
`},
	})
}

func TestUpstream_ReentrantSwitchThreeGreenlets(t *testing.T) {
	check(t, []scriptTest{
		{"a tracer switches in a start that then fails", `
armed = [True]
log = []
def tracer(event, who):
    log.append(event)
    if armed:
        armed.clear()
        g2.switch("from the tracer")
def g1_run(): log.append("never")
def g2_run(x):
    log.append(x)
    main.switch("from g2")
g1, g2 = greenlet(g1_run), greenlet(g2_run)
settrace(tracer)
print(g1.switch(1), g1, g2)
print(catch(g1.switch, 2), g1.dead)
settrace(None)
print(log)
`, `
from g2 <greenlet 2 (g1_run) suspended active started> <greenlet 3 (g2_run) suspended active started>
(None, "function g1_run accepts no arguments (1 given)") True
["switch", "switch", "from the tracer", "switch", "switch", "throw"]
`},
	})
}

func TestUpstream_ThrowArguments(t *testing.T) {
	check(t, []scriptTest{
		{"refused", `
for args in [("a", "b"), ("a", "b", "c")]: print(catch(main.throw, *args)[1])
print(catch(main.throw, typ="a")[1])
g = greenlet(lambda: 1)
print(catch(g.throw, "a", "b")[1], g)
`, `
throw: got 2 arguments, want at most 1
throw: got 3 arguments, want at most 1
throw: unexpected keyword argument "typ"
throw: got 2 arguments, want at most 1 <greenlet 2 (lambda) pending>
`},
		{"any value can be thrown", `
print([catch(main.throw, e)[1] for e in ["abc", 5, None, (1, 2), {"k": []}]])
`, `
["abc", 5, None, (1, 2), {"k": []}]
`},
	})
}

func TestUpstream_SetSameTracerTwice(t *testing.T) {
	check(t, []scriptTest{
		{"it is called once", `
seen = []
def tracer(event, who): seen.append(event)
print(settrace(tracer), settrace(tracer) == tracer, gettrace() == tracer)
main.switch()
print(settrace(None) == tracer, gettrace(), seen)
`, `
None True True
True None ["switch"]
`},
	})
}
