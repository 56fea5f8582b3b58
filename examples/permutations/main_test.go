package main

import (
	"errors"
	"os"
	"strings"
	"testing"
)

func Example() {
	run(nil, os.Stdout, os.Stderr)
	// Output:
	// abc
	// acb
	// bac
	// bca
	// cba
	// cab
	// 6 orders
	// abc comes before acb
}

func TestRun(t *testing.T) {
	for _, c := range []struct {
		args   []string
		status int
		end    string
	}{
		{[]string{""}, 0, "\n1 orders\n"},
		{[]string{"x"}, 0, "x\n1 orders\n"},
		{[]string{"äöü"}, 0, "6 orders\näöü comes before äüö\n"},
		{[]string{"abcdefg"}, 0, "\n5040 orders\nabcdefg comes before abcdegf\n"},
		{[]string{"a", "b"}, 2, ""},
	} {
		var stdout, stderr strings.Builder
		status := run(c.args, &stdout, &stderr)
		if status != c.status || !strings.HasSuffix(stdout.String(), c.end) || (status == 0) != (stderr.Len() == 0) {
			t.Errorf("%q: status %d\n%s%s", c.args, status, stdout.String(), stderr.String())
		}
	}
}

func TestDistinct(t *testing.T) {
	seen := map[string]bool{}
	for order := range permutations("abcde").All() {
		seen[order] = true
	}
	if len(seen) != 120 {
		t.Errorf("%d orders", len(seen))
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWriteError(t *testing.T) {
	var stderr strings.Builder
	if status := run(nil, full{}, &stderr); status != 1 || stderr.String() != "permutations: no space left\n" {
		t.Errorf("status %d, %s", status, stderr.String())
	}
}
