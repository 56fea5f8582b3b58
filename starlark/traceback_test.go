package starlark_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	greenlets "github.com/go-greenlet/greenlet/starlark"
)

func TestTraceback(t *testing.T) {
	tests := []struct{ name, script, want string }{
		{"of main", `
def f(): raise_("boom")
f()`, `
Traceback (most recent call last):
  in main greenlet:
    test.star:4:2: in <toplevel>
    test.star:3:16: in f
Error: boom
`},
		{"through greenlets", `
def deep(): raise_(("boom", 1))
def inner(): deep()
def outer(): greenlet(inner).switch()
greenlet(outer).switch()`, `
Traceback (most recent call last):
  in main greenlet:
    test.star:6:23: in <toplevel>
  in greenlet 2 (outer):
    test.star:5:36: in outer
  in greenlet 3 (inner):
    test.star:4:18: in inner
    test.star:3:19: in deep
Error: ("boom", 1)
`},
		{"thrown into one", `
def f(): main.switch()
g = greenlet(f)
g.switch()
g.throw("boom")`, `
Traceback (most recent call last):
  in main greenlet:
    test.star:6:8: in <toplevel>
  in greenlet 2 (f):
    test.star:3:21: in f
Error: boom
`},
		{"thrown into an unstarted one", `
greenlet(print).throw("boom")`, `
Traceback (most recent call last):
  in main greenlet:
    test.star:3:22: in <toplevel>
Error: boom
`},
		{"an exception of Python's", `
greenlet().switch()`, `
Traceback (most recent call last):
  in main greenlet:
    test.star:3:18: in <toplevel>
AttributeError: run
`},
		{"GreenletExit in main", `
main.throw()`, `
Traceback (most recent call last):
  in main greenlet:
    test.star:3:11: in <toplevel>
GreenletExit
`},
		{"of a tracer", `
settrace(lambda event, who: fail("traced"))
main.switch()`, `
Traceback (most recent call last):
  in main greenlet:
    test.star:4:12: in <toplevel>
    test.star:3:33: in lambda
Error: fail: traced
`},
		{"long ones are cut", `
def f(n): return f(n - 1) if n else fail()
f(100)`, `
Traceback (most recent call last):
  in main greenlet:
    test.star:4:2: in <toplevel>
` + strings.Repeat("    test.star:3:19: in f\n", 9) + `    ... 82 more calls ...
` + strings.Repeat("    test.star:3:19: in f\n", 9) + `    test.star:3:41: in f
Error: fail: 
`},
		{"and so is a long way through greenlets", `
def f(n): return greenlet(f).switch(n - 1) if n else fail()
f(100)`, `
Traceback (most recent call last):
  in main greenlet:
    test.star:4:2: in <toplevel>
    test.star:3:36: in f
` + greenletsIn(2, 10) + `  ... in 81 more ...
` + greenletsIn(92, 100) + `  in greenlet 101 (f):
    test.star:3:58: in f
Error: fail: 
`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := execute(test.script)
			if got, want := greenlets.Traceback(err), strings.TrimPrefix(test.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// greenletsIn is the part of a traceback for the greenlets from to to of a script that nests them.
func greenletsIn(from, to int) (text string) {
	for i := from; i <= to; i++ {
		text += fmt.Sprintf("  in greenlet %d (f):\n    test.star:3:36: in f\n", i)
	}
	return text
}

func TestRaisedValueReachesTheHost(t *testing.T) {
	_, err := execute(`greenlet(lambda: greenlet(lambda: raise_(42)).switch()).switch()`)
	var r *greenlets.Raised
	if !errors.As(err, &r) || r.Value.String() != "42" {
		t.Errorf("got %v", err)
	}
}
