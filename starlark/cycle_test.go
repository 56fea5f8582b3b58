package starlark_test

import (
	"strings"
	"testing"

	greenlets "github.com/go-greenlet/greenlet/starlark"
	"go.starlark.net/starlark"
)

// An exception that contains itself has a text, as a list has that does.
func TestExceptionThatContainsItself(t *testing.T) {
	for _, make := range []string{
		"greenlet.GreenletExit", "green.TaskExit", "stackless.TaskletExit", "stackless.StopIteration", "green.Timeout",
		"green.Canceled", "green.ShutDown",
	} {
		var out strings.Builder
		thread := &starlark.Thread{Print: func(_ *starlark.Thread, s string) { out.WriteString(s + "\n") }}
		err := greenlets.Run(thread, func(tree *greenlets.Tree) error {
			_, err := starlark.ExecFileOptions(greenlets.FileOptions(), thread, "test.star", `
X = `+make+`
def check(text): print(text) if "(...)" not in text or len(text) > 200 else None
l, d, s = [], {}, set()
e = X(l)
l.append(e)
check(str(e))
check(str(l))
e = X(1, (d, 2))
d["e"] = [e]
check(str(e))
check(str(d))
l = []
one, two = X(l), X(l)
l.extend([one, two])
check(str(l))
check(str(two))
print(greenlet.catch(greenlet.raise_, one)[1] == one)

# Nothing else is changed.
same = [1, 2]
print(X(), X(1), X("a", 2), X([same, same]), X((X(same), X(same))), X({"k": same}, set([1])))
deep = X()
for _ in range(100): deep = X([deep])
print(len(str(deep)) > 100)
greenlet.raise_(one)
`, tree.Predeclared())
			return err
		})
		_, name, _ := strings.Cut(make, ".")
		if name == "TaskExit" {
			name = "GreenletExit"
		}
		want := "True\n" + strings.ReplaceAll(
			`X() X(1) X("a", 2) X([[1, 2], [1, 2]]) X((X([1, 2]), X([1, 2]))) X({"k": [1, 2]}, set([1]))`, "X", name) + "\nTrue\n"
		if out.String() != want {
			t.Errorf("%s: it printed\n%swant\n%s", make, &out, want)
		}
		if err == nil || !strings.Contains(greenlets.Traceback(err), name+"(...)") {
			t.Errorf("%s: %v", make, err)
		}
	}
}
