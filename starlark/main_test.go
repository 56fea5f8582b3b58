package starlark_test

import (
	"strings"
	"testing"

	greenlets "github.com/go-greenlet/greenlet/starlark"
	"go.starlark.net/starlark"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// prelude is the first line of every script.
const prelude = `load("greenlet", "greenlet", "getcurrent", "settrace", "gettrace", "GreenletExit", "raise_", "catch"); main = getcurrent()` + "\n"

// execute runs script and returns what it printed.
func execute(script string, opts ...greenlets.Option) (string, error) {
	var out strings.Builder
	thread := &starlark.Thread{
		Load:  greenlets.Load(nil),
		Print: func(_ *starlark.Thread, line string) { out.WriteString(line + "\n") },
	}
	err := greenlets.Run(thread, func(*greenlets.Tree) error {
		_, err := starlark.ExecFileOptions(greenlets.FileOptions(), thread, "test.star", prelude+script, greenlets.Predeclared())
		return err
	}, opts...)
	return out.String(), err
}

// A scriptTest is a script with what it prints.
type scriptTest struct{ name, script, want string }

func check(t *testing.T, tests []scriptTest) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Helper()
			got, err := execute(test.script)
			if err != nil {
				t.Fatalf("%s%s", got, greenlets.Traceback(err))
			}
			if want := strings.TrimPrefix(test.want, "\n"); got != want {
				t.Errorf("it printed\n%s\nand should have printed\n%s", got, want)
			}
		})
	}
}
