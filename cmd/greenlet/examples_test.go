package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const examples = "../../examples/scripts"

// Every example runs without arguments and without input, and prints what its file in testdata has.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(examples, "*.star"))
	check(t, err)
	if len(files) == 0 {
		t.Fatal("there are no examples")
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".star")
		t.Run(name, func(t *testing.T) {
			want, err := os.ReadFile(filepath.Join(examples, "testdata", name+".txt"))
			check(t, err)
			example(t, "", string(want), name)
		})
	}
}

func TestExamplesWithInput(t *testing.T) {
	t.Run("tutorial", func(t *testing.T) {
		example(t, "add 2\nadd x\ntotal\nquit\ny\nadd 1\n", `> add 2
> add x
Say add NUMBER, total or quit.
> total
The total is 2.
> quit
Really? y or n
> y
The dialogue is over; it returned 2.
> add 1
`, "tutorial", "-")
		example(t, "add 1", `> add 1
No more keys; the dialogue waits for ever, and nobody minds.
`, "tutorial", "-")
	})
	t.Run("pipeline", func(t *testing.T) {
		example(t, "b a b\n# b a\n\nA? b!", "3 b\n2 a\n", "pipeline")
	})
	t.Run("permutations", func(t *testing.T) {
		example(t, "", "ab\nba\n2 orders\nonce more, the first: ab\n", "permutations", "ab")
	})
	t.Run("samefringe", func(t *testing.T) {
		example(t, "", "[[1], 2]\n[1, [[2]]]\n  the same 2 leaves\n", "samefringe", "[[1], 2]", "[1, [[2]]]")
	})
	t.Run("pingpong", func(t *testing.T) {
		example(t, "", "ping hits ball 1\npong hits ball 2\nping has the ball at the end\nping is over; pong is suspended\n", "pingpong", "1")
	})
}

// example runs the example name with args and input, and expects it to print want.
func example(t *testing.T, input, want, name string, args ...string) {
	t.Helper()
	cmd := exec.Command("greenlet", append([]string{"run", filepath.Join(examples, name+".star")}, args...)...)
	cmd.Stdin = strings.NewReader(input)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil || stderr.Len() > 0 {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	if got := stdout.String(); got != want {
		t.Errorf("it printed\n%s\nand should have printed\n%s", got, want)
	}
}
