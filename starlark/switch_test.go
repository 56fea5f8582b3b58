package starlark_test

import "testing"

func TestShapeOfWhatArrives(t *testing.T) {
	check(t, []scriptTest{
		{"at a switch that waits", `
def f():
    while True: print(main.switch())
g = greenlet(f)
g.switch()
g.switch()
g.switch(1)
g.switch(None)
g.switch((1, 2))
g.switch(())
g.switch(1, 2)
g.switch(k=3)
g.switch(1, k=3)
g.switch(1, 2, k=3, j=4)
g.switch(*[], **{})
g.switch(**{})
`, `
()
1
None
(1, 2)
()
(1, 2)
{"k": 3}
((1,), {"k": 3})
((1, 2), {"k": 3, "j": 4})
()
()
`},
		{"at the start", `
def f(*a, **k): print(a, k)
greenlet(f).switch()
greenlet(f).switch((1, 2))
greenlet(f).switch(1, 2, k=3)
`, `
() {}
((1, 2),) {}
(1, 2) {"k": 3}
`},
		{"at the end", `
print(greenlet(lambda: (1, 2)).switch())
print(greenlet(lambda: None).switch())
`, `
(1, 2)
None
`},
		{"to itself", `
print(main.switch(), main.switch(1), main.switch(1, k=2))
`, `
() 1 ((1,), {"k": 2})
`},
		{"to a dead one", `
g = greenlet(lambda: 1)
g.switch()
print(g.switch(), g.switch(25), g.switch(1, 2))
`, `
() 25 (1, 2)
`},
		{"through catch", `
print(catch(main.switch, 1, k=2))
`, `
(((1,), {"k": 2}), None)
`},
	})
}

func TestOrder(t *testing.T) {
	check(t, []scriptTest{
		{"siblings switch to each other directly", `
def a():
    print("a1"); B.switch(); print("a2"); B.switch()
def b():
    print("b1"); A.switch(); print("b2")
A, B = greenlet(a), greenlet(b)
A.switch()
print(A, B)
`, `
a1
b1
a2
b2
<greenlet 2 (a) suspended active started> <greenlet 3 (b) dead>
`},
		{"out of nested calls", `
def down(n): return main.switch(n) if n == 0 else down(n - 1) + 1
g = greenlet(down)
print(g.switch(20), g.switch(100))
`, `
0 120
`},
		{"a result goes to the parent, not to the starter", `
def p():
    c = greenlet(lambda: "result")
    print("p got", main.switch(c))
g = greenlet(p)
c = g.switch()
print(c.switch())
`, `
p got result
None
`},
	})
}

func TestDeath(t *testing.T) {
	check(t, []scriptTest{
		{"the parent is dead", `
p = greenlet(lambda: 1)
c = greenlet(lambda: "c", parent=p)
p.switch()
print(c.switch())
`, `
c
`},
		{"the parent is unstarted", `
p = greenlet(lambda x: ("p", x))
c = greenlet(lambda: "c", p)
print(c.switch(), p.dead)
`, `
("p", "c") True
`},
		{"a dead one with an unstarted parent", `
d = greenlet(lambda: 1)
d.switch()
d.parent = greenlet(lambda *a, **k: (a, k))
print(d.switch(1, k=2))
`, `
((1,), {"k": 2})
`},
		{"the unstarted parent takes no argument", `
p = greenlet(lambda: 1)
c = greenlet(lambda: "c", p)
print(catch(c.switch), p.dead)
`, `
(None, "function lambda accepts no arguments (1 given)") True
`},
		{"an error goes past an unstarted parent, which dies", `
p = greenlet(lambda *a: print("never"))
c = greenlet(lambda: raise_("e"), p)
print(catch(c.switch), c, p)
`, `
(None, "e") <greenlet 3 (lambda) dead> <greenlet 2 (lambda) dead>
`},
		{"the parent has nothing to run", `
p = greenlet()
print(catch(greenlet(lambda: 1, p).switch), catch(greenlet(lambda: raise_("e"), p).switch), p)
`, `
(None, "run") (None, "run") <greenlet 2 pending>
`},
		{"an error arrives as the same value", `
e = ["e"]
def f(): raise_(e)
_, got = catch(greenlet(f).switch)
got.append(1)
print(e)
`, `
["e", 1]
`},
		{"GreenletExit that leaves run is its result", `
print(greenlet(lambda: raise_(GreenletExit)).switch())
bye = GreenletExit("bye")
print(greenlet(lambda: raise_(bye)).switch() == bye, bye.args, bye)
`, `
GreenletExit
True ("bye",) GreenletExit("bye")
`},
		{"GreenletExit to an unstarted parent", `
p = greenlet(lambda x: ("p", x))
print(greenlet(lambda: raise_(GreenletExit), p).switch())
`, `
("p", GreenletExit)
`},
	})
}

func TestThrow(t *testing.T) {
	check(t, []scriptTest{
		{"into a suspended one", `
def f():
    print(catch(main.switch, 1))
    return "after"
g = greenlet(f)
g.switch()
print(g.throw("e"), g.dead)
`, `
(None, "e")
after True
`},
		{"GreenletExit by default", `
def f(): main.switch()
g = greenlet(f)
g.switch()
print(g.throw(), g.dead, g.throw())
`, `
GreenletExit True GreenletExit
`},
		{"GreenletExit can be caught", `
def f():
    print(catch(main.switch))
    return main.switch("still here")
g = greenlet(f)
g.switch()
print(g.throw(), g.dead)
`, `
(None, GreenletExit)
still here False
`},
		{"into an unstarted one", `
g = greenlet(lambda: print("never"))
h = greenlet(lambda: print("never"))
bye = GreenletExit("bye")
print(g.throw(bye) == bye, g, catch(h.throw, e=(1, 2)), h)
`, `
True <greenlet 2 (lambda) dead> (None, (1, 2)) <greenlet 3 (lambda) dead>
`},
		{"into a dead one", `
g = greenlet(lambda: 1)
g.switch()
print(g.throw(), catch(g.throw, "e"))
`, `
GreenletExit (None, "e")
`},
		{"into itself", `
print(catch(main.throw), catch(main.throw, "e"))
`, `
(None, GreenletExit) (None, "e")
`},
		{"the value goes to the parent, not to the thrower", `
def p(): return "p got " + str(main.switch())
P = greenlet(p)
P.switch()
C = greenlet(lambda: main.switch(), P)
C.switch()
print(C.throw())
`, `
p got GreenletExit
`},
		{"one that has nothing to run", `
g = greenlet()
print(catch(g.throw), catch(g.throw, "e"), g)
`, `
(None, "run") (None, "run") <greenlet 2 pending>
`},
		{"None is a value to raise", `
print(catch(raise_, None), catch(main.throw, None))
`, `
(None, None) (None, None)
`},
	})
}
