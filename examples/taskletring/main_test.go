package main

import (
	"os"
	"strings"
	"testing"
)

func Example() {
	run(nil, os.Stdout, os.Stderr)
	// Output:
	// round 1: 1000
	// round 2: 2000
	// round 3: 3000
}

func TestRun(t *testing.T) {
	for _, c := range []struct {
		args   []string
		status int
		stdout string
		stderr string
	}{
		{[]string{"1", "1"}, 0, "round 1: 1\n", ""},
		{[]string{"7"}, 0, "round 1: 7\nround 2: 14\nround 3: 21\n", ""},
		{[]string{"0"}, 2, "", `"0" is no number of 1 or more`},
		{[]string{"7", "x"}, 2, "", usage},
		{[]string{"1", "2", "3"}, 2, "", "3 arguments are too many"},
	} {
		var stdout, stderr strings.Builder
		status := run(c.args, &stdout, &stderr)
		if status != c.status || stdout.String() != c.stdout || !strings.Contains(stderr.String(), c.stderr) {
			t.Errorf("%q: status %d\n%s%s", c.args, status, stdout.String(), stderr.String())
		}
	}
}
