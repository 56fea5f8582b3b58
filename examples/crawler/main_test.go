package main

import (
	"os"
	"strings"
	"testing"
)

func Example() {
	run(nil, os.Stdout, os.Stderr)
	// Output:
	// 8 pages with 3 workers in 600ms
	// broken: /shop/old
}

// More workers take less time, until they wait for the slowest.
func TestWorkers(t *testing.T) {
	for workers, want := range map[string]string{"1": "in 1.2s", "2": "in 700ms", "8": "in 600ms"} {
		var stdout, stderr strings.Builder
		if status := run([]string{workers}, &stdout, &stderr); status != 0 || !strings.Contains(stdout.String(), want) {
			t.Errorf("%s workers: status %d\n%s%s", workers, status, &stdout, &stderr)
		}
	}
}

func TestUsage(t *testing.T) {
	var stdout, stderr strings.Builder
	if status := run([]string{"x"}, &stdout, &stderr); status != 2 || !strings.Contains(stderr.String(), "usage") {
		t.Errorf("status %d\n%s", status, stderr.String())
	}
}
