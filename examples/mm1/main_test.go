package main

import (
	"math"
	"os"
	"strings"
	"testing"
)

func Example() {
	run(nil, os.Stdout, os.Stderr)
	// Output:
	// 200000 customers in 69h38m0s
	// mean wait: 3.97 s; the formula says 4.00 s
}

// The seeds are fixed, so this says the same each time: no luck is needed.
func TestMeanIsNearTheFormula(t *testing.T) {
	const customers, formula = 40_000, 4.0
	sum := 0.0
	for seed := range uint64(4) {
		r, err := simulate(customers, seed)
		if err != nil {
			t.Fatal(err)
		}
		mean := r.waited.Seconds() / customers
		sum += mean
		if math.Abs(mean-formula) > 0.15*formula {
			t.Errorf("seed %d: customers wait %.2f s", seed, mean)
		}
	}
	if mean := sum / 4; math.Abs(mean-formula) > 0.05*formula {
		t.Errorf("over all seeds customers wait %.2f s", mean)
	}
}

func TestSeedDecides(t *testing.T) {
	var results []result
	for _, seed := range []uint64{7, 7, 8} {
		r, err := simulate(1000, seed)
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, r)
	}
	if results[0] != results[1] || results[0] == results[2] {
		t.Errorf("got %v", results)
	}
}

func TestRun(t *testing.T) {
	for _, c := range []struct {
		args   []string
		status int
		stdout string
		stderr string
	}{
		{[]string{"1"}, 0, "mean wait: 0.00 s", ""}, // nobody is before the first one
		{[]string{"0"}, 2, "", `"0" is no number of customers`},
		{[]string{"9", "-1"}, 2, "", "SEED is one number"},
		{[]string{"9", "1", "2"}, 2, "", usage},
	} {
		var stdout, stderr strings.Builder
		status := run(c.args, &stdout, &stderr)
		if status != c.status || !strings.Contains(stdout.String(), c.stdout) || !strings.Contains(stderr.String(), c.stderr) {
			t.Errorf("%q: status %d\n%s%s", c.args, status, stdout.String(), stderr.String())
		}
	}
}
