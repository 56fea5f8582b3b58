package main

import (
	"io"
	"os"
	"strings"
	"testing"
)

func Example() {
	run(nil, os.Stdout, os.Stderr)
	// Output:
	// Everybody begins on the left:
	//   Deadlock: the last runnable tasklet cannot be blocked.
	//   Hume waits for channel "fork 1"
	//   main waits for join of tasklet 2 "Plato"
	//   Arendt waits for channel "fork 5"
	//   Kant waits for channel "fork 4"
	//   Hypatia waits for channel "fork 3"
	//   Plato waits for channel "fork 2"
	// One begins on the right:
	//   Plato eats
	//   Hume eats
	//   Arendt eats
	//   Kant eats
	//   Hypatia eats
}

func TestErrorSaysWhere(t *testing.T) {
	err := dine(false, io.Discard)
	if err == nil {
		t.Fatal("no deadlock")
	}
	for _, want := range append([]string{"main.go:", "fork 1", "fork 5"}, names...) {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in the report:\n%v", want, err)
		}
	}
}

func TestUsage(t *testing.T) {
	var stdout, stderr strings.Builder
	if status := run([]string{"x"}, &stdout, &stderr); status != 2 || !strings.Contains(stderr.String(), "usage") {
		t.Errorf("status %d\n%s", status, stderr.String())
	}
}
