package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTable checks that every fault can be put in. Whether the programs notice it is what `make mutants` tells.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range mutants {
		text, err := os.ReadFile(filepath.Join("..", "..", m.file))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), m.old); n != 1 {
			t.Errorf("%s: what is to be changed occurs %d times in %s, not once; adapt conformance/mutants/table.go", m.name, n, m.file)
		}
		if seen[m.name] {
			t.Errorf("two faults are named %q", m.name)
		}
		seen[m.name] = true
	}
	if len(mutants) < 20 {
		t.Errorf("only %d faults", len(mutants))
	}
}

// TestCopy checks that the programs compile in the copy.
func TestCopy(t *testing.T) {
	*root = filepath.Join("..", "..")
	defer func() { *root = "." }()
	dir := t.TempDir()
	if err := copyRepository(dir); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("go", "test", "-run", "^$", "./conformance")
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
