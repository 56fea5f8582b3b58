package main

import (
	"os"
	"strings"
	"testing"
)

func Example() {
	run(nil, os.Stdout, os.Stderr)
	// Output:
	// Bob: the account is overdrawn; it is opened anew
	// Ann has 70
	// Bob has 30
	// 1 tasklet is left
}

func TestUsage(t *testing.T) {
	var stdout, stderr strings.Builder
	if status := run([]string{"x"}, &stdout, &stderr); status != 2 || !strings.Contains(stderr.String(), "usage") {
		t.Errorf("status %d\n%s", status, stderr.String())
	}
}
