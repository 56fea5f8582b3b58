package main

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/iotest"
)

func Example() {
	run([]string{"-demo"}, nil, os.Stdout, os.Stderr)
	// Output:
	// > add 30
	// > add 12
	// > total
	// The total is 42.
	// > help
	// Say add NUMBER, total or quit.
	// > quit
	// Really quit? y or n
	// > n
	// Then let us go on.
	// > add 8
	// > quit
	// Really quit? y or n
	// > y
	// Goodbye. The total was 50.
}

func TestRun(t *testing.T) {
	for _, c := range []struct {
		name   string
		args   []string
		stdin  string
		status int
		stdout string // its end
		stderr string // a part of it
	}{
		{"quit", nil, "add 2\nquit\ny\nadd 3\n", 0, "> quit\nReally quit? y or n\n> y\nGoodbye. The total was 2.\n", ""},
		{"Windows", nil, "add -5\r\ntotal\r\nquit\r\ny\r\n", 0, "Goodbye. The total was -5.\n", ""},
		{"the keys end", nil, "add 2\ntotal\n", 0, "The total is 2.\n> \nNo more keys.\n", ""},
		{"the keys end in a question", nil, "quit\n", 0, "Really quit? y or n\n> \nNo more keys.\n", ""},
		{"not a number", nil, "add two\n", 0, "\"two\" is not a number.\n> \nNo more keys.\n", ""},
		{"no input", nil, "", 0, "Goodbye. The total was 50.\n", ""},
		{"help", []string{"-h"}, "", 0, "", "-demo"},
		{"bad flag", []string{"-x"}, "", 2, "", "-demo"},
		{"bad argument", []string{"x"}, "", 2, "", `unexpected argument "x"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var stdout, stderr strings.Builder
			status := run(c.args, strings.NewReader(c.stdin), &stdout, &stderr)
			if status != c.status || !strings.HasSuffix(stdout.String(), c.stdout) || !strings.Contains(stderr.String(), c.stderr) {
				t.Errorf("status %d\n%s%s", status, stdout.String(), stderr.String())
			}
		})
	}
}

func TestReadError(t *testing.T) {
	var stdout, stderr strings.Builder
	status := run(nil, iotest.ErrReader(errors.New("keyboard unplugged")), &stdout, &stderr)
	if status != 1 || stderr.String() != "tutorial: keyboard unplugged\n" {
		t.Errorf("status %d, %s", status, stderr.String())
	}
}
