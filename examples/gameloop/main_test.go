package main

import (
	"os"
	"strings"
	"testing"
)

func Example() {
	run(nil, os.Stdout, os.Stderr)
	// Output:
	// frame 1: the guard walks to the gate
	// frame 1: the merchant's apples: 3
	// frame 2: the guard walks to the tower
	// frame 3: the guard walks to the gate
	// frame 3: the wolf howls
	// frame 3: the merchant's apples: 2
	// frame 4: the guard walks to the tower
	// frame 5: the guard walks to the gate
	// frame 5: the wolf attacks
	// frame 5: the guard's lantern falls to the ground
	// frame 5: the merchant's apples: 1
	// frame 6: the merchant packs up
}

func TestRun(t *testing.T) {
	for _, c := range []struct {
		args   []string
		status int
		stderr string
	}{
		{[]string{"0"}, 0, ""},
		{[]string{"x"}, 2, "usage"},
		{[]string{"-1"}, 2, "0 or more"},
		{[]string{"1", "2"}, 2, "usage"},
	} {
		var stdout, stderr strings.Builder
		status := run(c.args, &stdout, &stderr)
		if status != c.status || stdout.Len() > 0 || !strings.Contains(stderr.String(), c.stderr) {
			t.Errorf("%q: status %d\n%s%s", c.args, status, stdout.String(), stderr.String())
		}
	}
}

func TestEveryRunIsTheSame(t *testing.T) {
	var first, second strings.Builder
	for _, out := range []*strings.Builder{&first, &second} {
		if err := play(20, out); err != nil {
			t.Fatal(err)
		}
	}
	if first.String() != second.String() || !strings.Contains(first.String(), "goes home") {
		t.Errorf("got\n%s\nand\n%s", &first, &second)
	}
}
