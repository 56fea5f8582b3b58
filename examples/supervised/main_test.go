package main

import (
	"os"
	"strings"
	"testing"
)

func Example() {
	run(nil, os.Stdout, os.Stderr)
	// Output:
	// 0s  the clock starts
	//    0s  the feed connects
	//    2s  feed failed: the connection is lost
	//    3s  the feed connects
	//    5s  tick
	//    5s  feed failed: the connection is lost
	//    7s  the feed connects
	//    9s  feed failed: the connection is lost
	//   10s  tick
	//   13s  the feed connects
	//   15s  tick
	//   15s  feed failed: the connection is lost
	//   19s  the feed connects
	//   20s  tick
	//   21s  the clock is put away
	//   21s  given up after 4 restarts: the connection is lost
}

func TestUsage(t *testing.T) {
	var stdout, stderr strings.Builder
	if status := run([]string{"x"}, &stdout, &stderr); status != 2 || !strings.Contains(stderr.String(), "usage") {
		t.Errorf("status %d\n%s", status, stderr.String())
	}
}
