package main

import (
	"os"
	"strings"
	"testing"
)

func Example() {
	run([]string{"2"}, os.Stdout, os.Stderr)
	// Output:
	// ping hits ball 1
	// pong hits ball 2
	// ping hits ball 3
	// pong hits ball 4
	// ping has the ball at the end
	// 4 hits; ping is dead, pong is suspended
}

func TestRun(t *testing.T) {
	for _, c := range []struct {
		args   []string
		status int
		lines  int
		stderr string
	}{
		{nil, 0, 8, ""},
		{[]string{"0"}, 0, 2, ""},
		{[]string{"1000"}, 0, 2002, ""},
		{[]string{"-1"}, 2, 0, "0 or more"},
		{[]string{"x"}, 2, 0, usage},
		{[]string{"1", "2"}, 2, 0, usage},
	} {
		var stdout, stderr strings.Builder
		status := run(c.args, &stdout, &stderr)
		if status != c.status || strings.Count(stdout.String(), "\n") != c.lines || !strings.Contains(stderr.String(), c.stderr) {
			t.Errorf("%q: status %d\n%s%s", c.args, status, stdout.String(), stderr.String())
		}
	}
}
