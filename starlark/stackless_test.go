package starlark_test

import (
	"strings"
	"testing"

	greenlets "github.com/go-greenlet/greenlet/starlark"
	"go.starlark.net/starlark"
)

// stacklessPrelude is the first line of every script about tasklets.
const stacklessPrelude = `load("stackless", "tasklet", "channel", "schedule", "schedule_remove", "run", "getcurrent", "getmain", ` +
	`"getruncount", "getcurrentid", "getthreads", "get_thread_info", "set_channel_callback", "get_channel_callback", ` +
	`"set_schedule_callback", "get_schedule_callback", "switch_trap", "set_error_handler", "atomic", "TaskletExit", ` +
	`"StopIteration", "raise_", "catch", "main", "current", "runcount", "threads")` + "\n"

// executeStackless runs script and returns what it printed.
func executeStackless(script string, opts ...greenlets.Option) (string, error) {
	var out strings.Builder
	thread := &starlark.Thread{
		Load:  greenlets.Load(nil),
		Print: func(_ *starlark.Thread, line string) { out.WriteString(line + "\n") },
	}
	err := greenlets.Run(thread, func(t *greenlets.Tree) error {
		_, err := starlark.ExecFileOptions(greenlets.FileOptions(), thread, "test.star", stacklessPrelude+script, t.Predeclared())
		return err
	}, opts...)
	return out.String(), err
}

func checkStackless(t *testing.T, script, want string) {
	t.Helper()
	got, err := executeStackless(script)
	if err != nil {
		t.Fatalf("%s%s", got, greenlets.Traceback(err))
	}
	if want = strings.TrimPrefix(want, "\n"); got != want {
		t.Errorf("it printed\n%s\nand should have printed\n%s", got, want)
	}
}

func checkAllStackless(t *testing.T, tests []scriptTest) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Helper()
			checkStackless(t, test.script, test.want)
		})
	}
}
