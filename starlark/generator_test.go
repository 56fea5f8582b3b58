package starlark_test

import (
	"errors"
	"strings"
	"testing"

	greenlets "github.com/go-greenlet/greenlet/starlark"
	"go.starlark.net/starlark"
)

func TestGenerator(t *testing.T) {
	check(t, []scriptTest{
		{"yields from any depth", `
def walk(Yield, tree):
    def visit(x):
        if type(x) == "list":
            for y in x: visit(y)
        else:
            Yield(x)
    visit(tree)
print(list(generator(walk, [1, [2, [3], 4]])), type(generator(walk)), generator(walk))
`, `
[1, 2, 3, 4] generator <generator walk>
`},
		{"nothing runs before the first value is asked for, and each value only when it is", `
def f(Yield):
    print("begin")
    for i in range(3):
        print("yield", i)
        Yield(i)
    print("end")
g = generator(f)
print("made")
for x in g: print("got", x)
`, `
made
begin
yield 0
got 0
yield 1
got 1
yield 2
got 2
end
`},
		{"each loop runs the function anew", `
def f(Yield): Yield(1); Yield(2)
g = generator(f)
print([(a, b) for a in g for b in g], zip(g, g))
`, `
[(1, 1), (1, 2), (2, 1), (2, 2)] [(1, 1), (2, 2)]
`},
		{"arguments", `
def f(Yield, *a, **k): Yield((a, k)); Yield(); Yield(value=3)
print(list(generator(f, 1, 2, k=3)))
`, `
[((1, 2), {"k": 3}), None, 3]
`},
		{"recursive generators", `
def hanoi(Yield, n, a, b, c):
    if n:
        for move in generator(hanoi, n - 1, a, c, b): Yield(move)
        Yield(a + c)
        for move in generator(hanoi, n - 1, b, a, c): Yield(move)
print(*generator(hanoi, 3, "A", "B", "C"))
`, `
AC AB CB AC BA BC AC
`},
		{"Yield in a greenlet that the generator starts", `
def f(Yield):
    def inner():
        Yield(1)
        Yield(2)
        return 3
    Yield(greenlet(inner).switch())
print(list(generator(f)))
`, `
[1, 2, 3]
`},
		{"the function sees the loop's greenlet as its parent", `
def f(Yield): Yield(getcurrent().parent == main)
print(list(generator(f)), greenlet(lambda: list(generator(f))).switch())
`, `
[True] [False]
`},
		{"a loop that stops early raises GreenletExit in it", `
def f(Yield):
    print(catch(Yield, 1))
    return "ignored"
def loop():
    for x in generator(f): return x
print(loop())
for x in generator(f): break
print(catch(lambda: [fail("in the loop") for x in generator(f)]))
`, `
(None, GreenletExit)
1
(None, GreenletExit)
(None, GreenletExit)
(None, "fail: in the loop")
`},
		{"GreenletExit ends it", `
def f(Yield):
    Yield(1)
    raise_(GreenletExit)
print(list(generator(f)))
`, `
[1]
`},
		{"an error in it fails the loop", `
def f(Yield):
    Yield(1)
    raise_(["e"])
def loop():
    for x in generator(f): print(x)
    print("never")
print(catch(loop), catch(list, generator(f)), catch(greenlet(lambda: list(generator(f))).switch))
print(greenlet(lambda: catch(list, generator(f))).switch(), catch(greenlet(list).switch, generator(f)))
print(catch(max, generator(f)), catch(lambda: main.switch(*generator(f))))
print("and the thread goes on")
`, `
1
(None, ["e"]) (None, ["e"]) (None, ["e"])
(None, ["e"]) (None, ["e"])
(None, ["e"]) (None, ["e"])
and the thread goes on
`},
		{"an error in nested ones ends the outer one well", `
def outer(Yield):
    _, e = catch(Yield, 1)
    print("outer", e)
def inner(Yield): fail("inner")
def loop():
    for x in generator(outer):
        for y in generator(inner): pass
print(catch(loop))
`, `
outer GreenletExit
(None, "fail: inner")
`},
		{"one that goes on after the loop has ended", `
def f(Yield):
    while True: catch(Yield, 1)
def loop():
    for x in generator(f): break
print(catch(loop))
`, `
(None, "generator ignored GreenletExit")
`},
		{"an error while it is stopped", `
def f(Yield):
    catch(Yield, 1)
    fail("cleanup")
def loop():
    for x in generator(f): break
    print("never")
print(catch(loop))
`, `
(None, "fail: cleanup")
`},
		{"Yield without a loop", `
kept = []
def f(Yield):
    kept.append(Yield)
    Yield(1)
for x in generator(f): pass
print(catch(kept[0], 2))
`, `
(None, "Yield: no loop waits for a value")
`},
		{"somebody else switches to the loop", `
def f(Yield): main.switch("astray")
print(catch(list, generator(f)))
def f(Yield): main.throw("astray")
print(catch(list, generator(f)))
`, `
(None, "generator: something other than the generator switched to the greenlet with the loop")
(None, "astray")
`},
		{"while tracing", `
def f(Yield): Yield(1); fail("f")
names = {main: "main"}
settrace(lambda event, who: print(event, *[names.get(g, "g") for g in who]))
def loop():
    for x in generator(f): pass
print(catch(loop))
`, `
switch main g
switch g main
switch main g
throw g main
(None, "fail: f")
`},
		{"something that cannot be called", `
print(catch(generator, 3), catch(generator))
`, `
(None, "'int' object is not callable") (None, "generator: missing argument for f")
`},
	})
}

func TestGeneratorFailsTheScript(t *testing.T) {
	_, err := execute(`
def f(Yield):
    Yield(1)
    fail("in f")
for x in generator(f): pass
`)
	var eval *starlark.EvalError
	if !errors.As(err, &eval) || eval.Msg != "fail: in f" || !strings.Contains(eval.Backtrace(), "test.star:6:1: in <toplevel>") {
		t.Errorf("got %v", err)
	}
	want := `Traceback (most recent call last):
  in main greenlet:
    test.star:6:1: in <toplevel>
  in greenlet 2 (f):
    test.star:5:9: in f
Error: fail: in f
`
	if got := greenlets.Traceback(err); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
