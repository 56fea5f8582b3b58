package main

import (
	"fmt"
	"iter"
	"os"
	"strings"
	"testing"
)

func Example() {
	run(nil, os.Stdout, os.Stderr)
	// Output:
	// Ann bids 10
	// Bob bids 20
	// Ann bids 30
	// Bob leaves
	// Cid bids 40
	// Ann bids 50
	// Cid bids 60
	// Ann leaves
	// sold to Cid for 60
	// 9 switches, 1 of them to the auctioneer
}

func TestRun(t *testing.T) {
	for _, c := range []struct {
		args   string
		status int
		end    string // of standard output
		stderr string
	}{
		{"Ann=100", 0, "Ann bids 10\nsold to Ann for 10\n2 switches, 1 of them to the auctioneer\n", ""},
		{"Ann=5 Bob=9", 0, "Ann leaves\nBob leaves\nnobody bids\n3 switches, 1 of them to the auctioneer\n", ""},
		{"Ann=5 Bob=10", 0, "Ann leaves\nBob bids 10\nsold to Bob for 10\n3 switches, 1 of them to the auctioneer\n", ""},
		{"Ann=1000 Bob=990", 0, "Ann bids 990\nBob leaves\nsold to Ann for 990\n101 switches, 1 of them to the auctioneer\n", ""},
		{"Ann=30 Bob=30 Cid=30 Dot=40", 0, "sold to Dot for 40\n8 switches, 1 of them to the auctioneer\n", ""},
		{"Ann", 2, "", `"Ann" is not a name and a limit`},
		{"=5", 2, "", "usage: symmetric"},
		{"Ann=x", 2, "", "usage: symmetric"},
	} {
		var stdout, stderr strings.Builder
		status := run(strings.Fields(c.args), &stdout, &stderr)
		if status != c.status || !strings.HasSuffix(stdout.String(), c.end) || !strings.Contains(stderr.String(), c.stderr) {
			t.Errorf("%s: status %d\n%s%s", c.args, status, stdout.String(), stderr.String())
		}
	}
}

// The claim of the package's comment: a Pull cannot wake who waits for it.
func TestPullCannot(t *testing.T) {
	var nextAnn, nextBob func() (int, bool)
	var stopAnn, stopBob func()
	var got any
	nextAnn, stopAnn = iter.Pull(func(yield func(int) bool) { nextBob() })
	nextBob, stopBob = iter.Pull(func(yield func(int) bool) {
		defer func() { got = recover() }()
		nextAnn()
	})
	defer stopAnn()
	defer stopBob()
	nextAnn()
	if !strings.Contains(fmt.Sprint(got), "next called again before yield") {
		t.Errorf("got %v", got)
	}
}
