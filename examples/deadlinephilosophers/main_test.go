package main

import (
	"os"
	"strings"
	"testing"
)

func Example() {
	run(nil, os.Stdout, os.Stderr)
	// Output:
	// 162ms  Aristotle has eaten, at try 2
	//  182ms  Hypatia has eaten, at try 2
	//  282ms  Diogenes has eaten, at try 2
	//  283ms  Plato has eaten, at try 2
	//  384ms  Zeno has eaten, at try 3
}

func TestUsage(t *testing.T) {
	var stdout, stderr strings.Builder
	if status := run([]string{"x"}, &stdout, &stderr); status != 2 || !strings.Contains(stderr.String(), "usage") {
		t.Errorf("status %d\n%s", status, stderr.String())
	}
}
