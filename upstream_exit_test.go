package greenlet_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet"
)

// exitCase says in the environment which of processes a program that a test has started is to be.
const exitCase = "GREENLET_TEST_EXIT"

// A process is a program that ends with greenlets still there.
type process struct {
	run    func()
	code   int
	stdout string
	stderr []string // what is there among the rest; none: nothing is there
}

// say prints to standard output, and so tells of what it is deferred to if that happens.
func say(s string) { fmt.Println("said:", s) }

var processes = map[string]process{
	"an active one": {run: func() {
		main := greenlet.Main[int]()
		g := main.New(func(int) (int, error) { defer say("never"); return main.Switch(5) })
		fmt.Println(g.Switch(0))
	}, stdout: "5 <nil>"},
	"several": {run: func() {
		main := greenlet.Main[int]()
		for i := range 10 {
			fmt.Print(first(main.New(parks(main)).Switch(i)))
		}
		fmt.Println()
	}, stdout: "0123456789"},
	"nested": {run: func() {
		main := greenlet.Main[string]()
		g := main.New(func(string) (string, error) {
			outer := main.Current()
			inner := outer.New(func(string) (string, error) { return outer.Switch("inner done") })
			fmt.Println(first(inner.Switch("")))
			return main.Switch("outer done")
		})
		fmt.Println(first(g.Switch("")))
	}, stdout: "inner done\nouter done"},
	"of several goroutines": {run: func() {
		results := make([]*gl, 3)
		goes(len(results), func(i int) {
			main := greenlet.Main[int]()
			results[i] = main.New(parks(main))
			results[i].Switch(i)
		})
		fmt.Println(len(results), results[0].Dead())
	}, stdout: "3 false"},
	"many with deferred calls": {run: func() {
		main := greenlet.Main[int]()
		for i := range 50 {
			main.New(func(v int) (int, error) {
				defer say("cleanup")
				return main.Switch(v)
			}).Switch(i)
		}
		fmt.Println("50 are left")
	}, stdout: "50 are left"},
	"many that main closes": {run: func() {
		n := 0
		greenlet.Run(func(main *gl) error {
			for i := range 50 {
				main.New(func(v int) (int, error) {
					defer func() { n++ }()
					return main.Switch(v)
				}).Switch(i)
			}
			return nil
		})
		fmt.Println(n, "are closed")
	}, stdout: "50 are closed"},
	"deeply nested": {run: func() {
		main := greenlet.Main[int]()
		var level func(depth int) (int, error)
		level = func(depth int) (int, error) {
			me := main.Current()
			if depth < 10 {
				me.New(level).Switch(depth + 1)
			}
			return me.Parent().Switch(depth)
		}
		fmt.Println(first(main.New(level).Switch(0)))
	}, stdout: "0"},
	"one that panics": {run: func() {
		main := greenlet.Main[int]()
		g := main.New(func(v int) (int, error) {
			defer main.Switch(8) // while the panic is on its way
			panic("never comes out")
		})
		fmt.Println(first(g.Switch(0)))
	}, stdout: "8"},
	"os.Exit in a greenlet": {run: func() {
		main := greenlet.Main[int]()
		main.New(parks(main)).Switch(0)
		main.New(func(int) (int, error) { defer say("never"); os.Exit(3); return 0, nil }).Switch(0)
	}, code: 3},
	"an unhandled panic": {run: func() {
		alone(func() {
			main := greenlet.Main[int]()
			main.New(func(int) (int, error) { panic(fmt.Sprint("no error, ", 5)) }).Switch(0)
		})
	}, code: 2, stderr: []string{"panic in greenlet 2: no error, 5"}},
	"an unhandled panic with an error": {run: func() {
		alone(func() {
			main := greenlet.Main[int]()
			outer := main.New(func(int) (int, error) {
				return main.Current().New(func(int) (int, error) { panic(errors.New("an error")) }).Switch(0)
			})
			outer.Switch(0)
		})
	}, code: 2, stderr: []string{"panic in greenlet 3: an error"}},
	"an unhandled panic of the runtime": {run: func() {
		alone(func() {
			main := greenlet.Main[int]()
			g := main.New((*indexer)(nil).run)
			g.SetName("culprit")
			g.Switch(0)
		})
	}, code: 2, stderr: []string{`panic in greenlet 2 "culprit": runtime error: invalid memory address or nil pointer dereference`, "indexer"}},
}

type indexer struct{ values []int }

func (x *indexer) run(v int) (int, error) { return x.values[v], nil }

func first[V any](v V, _ error) V { return v }

// alone runs f, which panics, where no test would recover from that, and never returns.
func alone(f func()) {
	go f()
	select {}
}

// TestUpstream_ProcessExit runs this program once more for each of processes.
func TestUpstream_ProcessExit(t *testing.T) {
	if p, ok := processes[os.Getenv(exitCase)]; ok {
		p.run()
		return
	}
	for name, p := range processes {
		t.Run(name, func(t *testing.T) {
			c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestUpstream_ProcessExit$", "-test.timeout=60s")
			c.Env = append(os.Environ(), exitCase+"="+name, "GOTRACEBACK=single")
			var stdout, stderr bytes.Buffer
			c.Stdout, c.Stderr = &stdout, &stderr
			err := c.Run()
			if c.ProcessState == nil {
				t.Fatal(err)
			}
			equal(t, "exit code", c.ProcessState.ExitCode(), p.code)
			if !strings.HasPrefix(stdout.String(), p.stdout) || strings.Contains(stdout.String(), "said:") {
				t.Errorf("standard output is\n%s", &stdout)
			}
			for _, want := range p.stderr {
				if !strings.Contains(stderr.String(), want) {
					t.Errorf("standard error lacks %q:\n%s", want, &stderr)
				}
			}
			if p.stderr == nil && stderr.Len() > 0 {
				t.Errorf("standard error is\n%s", &stderr)
			}
		})
	}
}
