package main

import (
	"os"
	"strings"
	"testing"
)

func Example() {
	run(nil, os.Stdout, os.Stderr)
	// Output:
	// all, in order:
	//     20
	//   30
	//       35
	//     40
	//       45
	// 50
	//     60
	//   70
	//     80
	// from 35 to 60: 35 40 45 50 60
	// from the top, but not below 30: 50 30 70 60 80
}

func TestRun(t *testing.T) {
	for _, c := range []struct {
		args   string
		status int
		stdout string
		stderr string
	}{
		{"5", 0, "all, in order:\n5\nfrom 35 to 60:\nfrom the top, but not below 30: 5\n", ""},
		{"30 40 -1", 0, "all, in order:\n  -1\n30\n  40\nfrom 35 to 60: 40\nfrom the top, but not below 30: 30\n", ""},
		{"1 x", 2, "", "treewalk: \"x\" is not a number\nusage: treewalk [NUMBER...]\n"},
	} {
		var stdout, stderr strings.Builder
		status := run(strings.Fields(c.args), &stdout, &stderr)
		if status != c.status || stdout.String() != c.stdout || stderr.String() != c.stderr {
			t.Errorf("%s: status %d\n%s%s", c.args, status, stdout.String(), stderr.String())
		}
	}
}

func TestDegenerate(t *testing.T) {
	var root *node
	for i := range 1000 {
		root = root.insert(i) // a list
	}
	want := 0
	for at := range walk(root, 0).All() {
		if at != (place{want, want}) {
			t.Fatalf("%d: %v", want, at)
		}
		want++
	}
	if want != 1000 {
		t.Errorf("%d values", want)
	}
}
