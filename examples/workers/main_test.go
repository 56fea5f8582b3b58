package main

import (
	"os"
	"strings"
	"testing"
)

func Example() {
	run(nil, os.Stdout, os.Stderr)
	// Output:
	// [######              ]  6 of 20
	// [##########          ] 10 of 20
	// [############        ] 12 of 20
	// [###############     ] 15 of 20
	// [#################   ] 17 of 20
	// [################### ] 19 of 20
	// [####################] 20 of 20
	// the results add up to 2870
}

// However many do the jobs, each is done once.
func TestWorkers(t *testing.T) {
	for _, workers := range []string{"1", "20", "100"} {
		var stdout, stderr strings.Builder
		status := run([]string{workers}, &stdout, &stderr)
		if status != 0 || !strings.HasSuffix(stdout.String(), "20 of 20\nthe results add up to 2870\n") {
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
