// Command mutants puts faults into a copy of the repository, one at a time, and tells whether the random programs of
// package conformance notice each. It fails if one survives, or can no longer be put in.
package main

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

var (
	root     = flag.String("root", ".", "the repository")
	programs = flag.Int("programs", 2000, "how many programs may be needed")
	only     = flag.String("only", "", "only the faults whose name contains this")
)

func main() {
	flag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run() error {
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := copyRepository(dir); err != nil {
		return err
	}
	const format = "%-56s%-22s%-22s%s\n"
	fmt.Printf(format, "fault", "file", "noticed by", "after programs")
	o, err := try(dir)
	if err != nil {
		return err
	}
	if !o.passed {
		return fmt.Errorf("without any fault the programs do not pass:\n%s", o.output)
	}
	fmt.Printf(format, "none", "", "nobody, as it should", fmt.Sprint(*programs))
	survived, tried := 0, 0
	for _, m := range mutants {
		if !strings.Contains(m.name, *only) {
			continue
		}
		tried++
		restore, err := m.apply(dir)
		if err != nil {
			return err
		}
		o, err := try(dir)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		if o.passed {
			survived++
		}
		fmt.Printf(format, m.name, m.file, o.by, o.after)
		if err := restore(); err != nil {
			return err
		}
	}
	if survived > 0 {
		return fmt.Errorf("%d of %d faults were not noticed", survived, tried)
	}
	fmt.Printf("all %d faults were noticed\n", tried)
	return nil
}

// copyRepository copies the whole workspace to dir, but for what nothing is compiled from.
func copyRepository(dir string) error {
	return filepath.WalkDir(*root, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(*root, path)
		switch {
		case err != nil:
			return err
		case d.IsDir() && (slices.Contains([]string{"docs", "bin", "testdata"}, d.Name()) || rel != "." && d.Name()[0] == '.'):
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(dir, rel), 0o755)
		case !d.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, rel), text, 0o644)
	})
}

// A mutant is a fault: in file, old becomes new.
type mutant struct{ name, file, old, new string }

// apply puts m into the copy in dir, and returns a function that takes it out again.
func (m mutant) apply(dir string) (restore func() error, err error) {
	path := filepath.Join(dir, m.file)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if n := strings.Count(string(text), m.old); n != 1 {
		return nil, fmt.Errorf("%s: what is to be changed occurs %d times in %s, not once; adapt mutants/table.go:\n%s", m.name, n, m.file, m.old)
	}
	changed := strings.Replace(string(text), m.old, m.new, 1)
	return func() error { return os.WriteFile(path, text, 0o644) }, os.WriteFile(path, []byte(changed), 0o644)
}

// An outcome is what the programs said.
type outcome struct {
	passed    bool
	by, after string
	output    []byte
}

var (
	failedAfter = regexp.MustCompile(`(?:failed|panic) after (\d+) tests`)
	noticedBy   = regexp.MustCompile(`(?m)^\s*(greenlet run|package greenlet)$`)
)

// try compiles and compares.
func try(dir string) (outcome, error) {
	module := filepath.Join(dir, "conformance")
	binary := filepath.Join(dir, "conformance.test")
	build := exec.Command("go", "test", "-c", "-o", binary, ".")
	build.Dir = module
	if out, err := build.CombinedOutput(); err != nil {
		return outcome{}, fmt.Errorf("it does not compile: %w\n%s", err, out)
	}
	test := exec.Command(binary, "-test.v", "-test.run", "^TestRandomPrograms$", "-test.timeout", "20m", "-programs", fmt.Sprint(*programs),
		"-rapid.shrinktime", "0s", "-rapid.nofailfile", "-rapid.seed", "1")
	test.Dir = module
	out, err := test.CombinedOutput()
	switch {
	case strings.Contains(string(out), "NOT COMPARED"):
		return outcome{}, fmt.Errorf("there is nothing to compare with:\n%s", out)
	case err == nil:
		return outcome{passed: true, by: "NOBODY", after: fmt.Sprint(*programs)}, nil
	}
	after := failedAfter.FindSubmatch(out)
	if after == nil && !strings.Contains(string(out), "fatal error: ") {
		return outcome{}, fmt.Errorf("the programs did not come to an end: %w\n%s", err, out)
	}
	o := outcome{by: "a crash", after: "fewer", output: out}
	if after != nil {
		o.after = string(after[1])
	}
	if by := noticedBy.FindSubmatch(out); by != nil {
		o.by = string(by[1])
	} else if strings.Contains(string(out), "program hangs") {
		o.by = "a hang"
	}
	return o, nil
}
