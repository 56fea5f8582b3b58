package conformance_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/conformance"
	"pgregory.net/rapid"
)

// usual is how many programs a test run compares.
var usual = 3000

var programs = flag.Int("programs", 0, "how many programs to compare; 0: as many as suit a test run")

func TestMain(m *testing.M) {
	flag.Parse()
	if *programs == 0 {
		*programs = usual
		if testing.Short() {
			*programs = min(usual, 200)
		}
	}
	const checks = "rapid.checks"
	if flag.Lookup(checks).Value.String() == flag.Lookup(checks).DefValue {
		if err := flag.Set(checks, fmt.Sprint(*programs)); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// startOracle starts the original, or skips the test.
func startOracle(t *testing.T) *conformance.Oracle {
	t.Helper()
	o, err := conformance.StartOracle()
	if err != nil {
		t.Skipf("NOT COMPARED with the original: %v", err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Logf("greenlet %s on Python %s", o.Greenlet, o.Python)
	return o
}

// TestRandomPrograms compares what random programs print with Python's greenlet, in Starlark and on package greenlet.
// A failing program is shrunk and printed.
func TestRandomPrograms(t *testing.T) {
	o := startOracle(t)
	var seen conformance.Features
	listed := map[string]int{}
	const patience = 20 * time.Second // for one program, which takes milliseconds
	rapid.Check(t, func(t *rapid.T) {
		p := conformance.Programs().Draw(t, "program")
		original, err := o.Run(p.Text())
		if err != nil {
			t.Fatal(err)
		}
		seen.Add(strings.Split(original, "\n"))
		watchdog := time.AfterFunc(patience, func() { panic(fmt.Sprintf("program hangs, failed after %d tests", seen.Programs)) })
		defer watchdog.Stop()
		for _, v := range o.Check(p, original) {
			switch {
			case v.Listed != "":
				listed[v.Listed]++
			case v.Diff != "":
				t.Logf("%s\n\n%s", v.Diff, p.Reproduction())
				t.Fatal("the logs differ") // always the same words, by which rapid knows that a smaller program fails alike
			}
		}
	})
	if t.Failed() {
		return
	}
	var table strings.Builder
	seen.Print(&table)
	t.Logf("no difference but the listed ones: %v\n%s", listed, &table)
	if missing := seen.Missing(); *programs >= 2000 && len(missing) > 0 {
		t.Errorf("in no program: %s", strings.Join(missing, ", "))
	}
}

// TestCommand compares some programs as they are executed by the command.
func TestCommand(t *testing.T) {
	o := startOracle(t)
	dir := t.TempDir()
	command := filepath.Join(dir, "greenlet")
	build := exec.Command("go", "build", "-o", command, "github.com/go-greenlet/greenlet/cmd/greenlet")
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("the command is not built outside of the workspace: %v\n%s", err, out)
	}
	script := filepath.Join(dir, "program.star")
	for seed := range 20 {
		p := conformance.Programs().Example(seed)
		text := p.Text()
		original, err := o.Run(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(command, "run", script).Output()
		if err != nil {
			t.Fatal(err)
		}
		if v := conformance.Compare(original, "greenlet run", string(out)); v.Diff != "" && o.Check(p, original)[0].Listed == "" {
			t.Fatalf("seed %d: %s", seed, v.Diff)
		}
	}
}

// TestScriptsAndPackage compares Starlark and package greenlet with each other, also where there is no Python.
func TestScriptsAndPackage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := conformance.Programs().Draw(t, "program")
		if v := p.CheckOurs(); v.Diff != "" && v.Listed == "" {
			t.Logf("%s\n\n%s", v.Diff, p.Reproduction())
			t.Fatal("the logs differ")
		}
	})
}
