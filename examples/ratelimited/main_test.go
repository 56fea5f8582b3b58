package main

import (
	"os"
	"strings"
	"testing"
)

func Example() {
	run(nil, os.Stdout, os.Stderr)
	// Output:
	// 300ms  0: answered
	//  500ms  1: answered
	//  700ms  2: answered
	//   1.1s  4: answered
	//   1.3s  3: took too long
	//   1.3s  5: answered
	//   1.5s  6: answered
	//   1.9s  8: answered
	//   2.1s  7: took too long
	//   2.1s  9: answered
}

func TestUsage(t *testing.T) {
	var stdout, stderr strings.Builder
	if status := run([]string{"x"}, &stdout, &stderr); status != 2 || !strings.Contains(stderr.String(), "usage") {
		t.Errorf("status %d\n%s", status, stderr.String())
	}
}
