package main

import (
	"os"
	"strings"
	"testing"
)

func Example() {
	run(nil, os.Stdout, os.Stderr)
	// Output:
	// 360ms the reader is done; it waited 260ms for room
	//  510ms the writer is done; never more than 2 records waited
}

// Without a bound the reader is done early, and everything piles up.
func TestSizes(t *testing.T) {
	for size, want := range map[string]string{
		"100": "100ms the reader is done; it waited 0s",
		"0":   "never more than 0 records",
	} {
		var stdout, stderr strings.Builder
		if status := run([]string{size}, &stdout, &stderr); status != 0 || !strings.Contains(stdout.String(), want) {
			t.Errorf("size %s: status %d\n%s%s", size, status, &stdout, &stderr)
		}
	}
}

func TestUsage(t *testing.T) {
	var stdout, stderr strings.Builder
	if status := run([]string{"x"}, &stdout, &stderr); status != 2 || !strings.Contains(stderr.String(), "usage") {
		t.Errorf("status %d\n%s", status, stderr.String())
	}
}
