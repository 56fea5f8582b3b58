//go:build unix

package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// dumps starts a script with --dump that prints ready and then reads a line, gives it input, and returns its standard
// error.
func dumps(t *testing.T, script, input string) (*exec.Cmd, io.Reader) {
	t.Helper()
	cmd, _ := start(t, script)
	cmd.Args = slices.Insert(cmd.Args, 2, "--dump")
	cmd.Stderr = nil
	stdin, err := cmd.StdinPipe()
	check(t, err)
	stdout, err := cmd.StdoutPipe()
	check(t, err)
	stderr, err := cmd.StderrPipe()
	check(t, err)
	check(t, cmd.Start())
	t.Cleanup(func() {
		cmd.Process.Kill()
		stdin.Close()
	})
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "ready\n" {
		t.Fatalf("it printed %q; %v", line, err)
	}
	_, err = io.WriteString(stdin, input)
	check(t, err)
	return cmd, stderr
}

// Every SIGQUIT is answered by a table, wherever the script is, and the script goes on.
func TestQuit(t *testing.T) {
	tests := map[string]struct {
		script, input string
		greenlets     int
		want          string // of the table, in the end
	}{
		"waiting for input": {"print('ready')\nread_line()", "", 1,
			`\n1 +running .*<toplevel> \(.*test.star:2\)`},
		"busy in main": {"print('ready')\nread_line()\nwhile True: len(args)", "go\n", 1,
			`\n1 +running .*<toplevel> \(.*test.star:3\)`},
		"busy in a greenlet": {"def f():\n  print('ready')\n  read_line()\n  while True: len(args)\ngreenlet.greenlet(f).switch()", "go\n", 2,
			`\n1 +suspended .*test.star:5.*\n2 +f +running .* f \(.*test.star:4\)`},
		"busy between greenlets": {"def f():\n  while True: greenlet.getcurrent().parent.switch()\ng = greenlet.greenlet(f)\ng.switch()\nprint('ready')\nread_line()\nwhile True: g.switch()", "go\n", 2,
			`\n1 .*test.star:7.*\n2 +f .* f \(.*test.star:2\)`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			cmd, stderr := dumps(t, test.script, test.input)
			// What follows the input may not have begun at the first signal, but will have at some later one.
			errs, want := bufio.NewReader(stderr), regexp.MustCompile(test.want)
			deadline := time.Now().Add(time.Minute)
			for table := ""; !want.MatchString(table); {
				if time.Now().After(deadline) {
					t.Fatalf("after a minute the table is still\n%s", table)
				}
				table = ""
				check(t, cmd.Process.Signal(syscall.SIGQUIT))
				for range 1 + test.greenlets {
					line, err := errs.ReadString('\n')
					check(t, err)
					table += line
				}
			}
			check(t, cmd.Process.Signal(os.Interrupt))
			rest, _ := io.ReadAll(errs)
			err := cmd.Wait()
			// There is one more table at the end.
			if !regexp.MustCompile(`\AID .*\n1 (.*\n)+greenlet: interrupted\n\z`).Match(rest) || cmd.ProcessState.ExitCode() != statusInterrupted {
				t.Errorf("it ended with %v and said %q", err, rest)
			}
		})
	}
}

// With tasks their table follows, also while all of them wait.
func TestQuit_Tasks(t *testing.T) {
	cmd, stderr := dumps(t, "def f():\n  green.sleep(1000)\ngreen.spawn(f)\ngreen.spawn_later(1000, f)\nprint('ready')\nread_line()\ngreen.sleep(1000)", "go\n")
	lines := make(chan string)
	go func() {
		defer close(lines)
		for in := bufio.NewScanner(stderr); in.Scan(); {
			lines <- in.Text()
		}
	}()
	want := regexp.MustCompile(`(?m)^ID .*
1 .*<toplevel> \(.*test.star:7\).*
3 tasks, .*
task 1 "main": waits for a timer for .*
    <toplevel> .*test.star:7
  task 2 "f": waits for a timer for .*
      f .*test.star:2
  task 3 "f": pending
`)
	// It may not have come to where it sleeps at the first signal, but will have at some later one.
	said := ""
	for deadline := time.After(time.Minute); !want.MatchString(said); {
		check(t, cmd.Process.Signal(syscall.SIGQUIT))
		pause := time.After(50 * time.Millisecond)
	table:
		for {
			select {
			case line, more := <-lines:
				if said += line + "\n"; !more {
					t.Fatalf("it ended and said\n%s", said)
				}
			case <-pause:
				break table
			case <-deadline:
				t.Fatalf("after a minute it has said\n%s", said)
			}
		}
	}
	check(t, cmd.Process.Signal(os.Interrupt))
	for range lines {
	}
	if _ = cmd.Wait(); cmd.ProcessState.ExitCode() != statusInterrupted {
		t.Errorf("it ended with %v", cmd.ProcessState)
	}
}

func TestTraceOfInterruptedScript(t *testing.T) {
	cmd, _ := start(t, "def f():\n  print('ready')\n  read_line()\ngreenlet.greenlet(f).switch()")
	file := t.TempDir() + "/out.json"
	cmd.Args = slices.Insert(cmd.Args, 2, "--trace", file)
	_, err := cmd.StdinPipe()
	check(t, err)
	stdout, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	defer cmd.Process.Kill()
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "ready\n" {
		t.Fatalf("it printed %q; %v", line, err)
	}
	check(t, cmd.Process.Signal(os.Interrupt))
	_ = cmd.Wait()
	text, err := os.ReadFile(file)
	check(t, err)
	if !regexp.MustCompile(`"error":"[^"]*interrupted`).Match(text) || cmd.ProcessState.ExitCode() != statusInterrupted {
		t.Errorf("it ended with %v and wrote\n%s", cmd.ProcessState, text)
	}
}

// The table at the end shows no call for the main task when that has none, whichever task ran last.
func TestDumpAtTheEnd(t *testing.T) {
	// ready arrives when all wait.
	cmd, stderr := dumps(t, "def work(n):\n  green.sleep(n)\nfor _ in range(3): green.spawn(work, 1000)\nprint('ready')", "")
	check(t, cmd.Process.Signal(syscall.SIGTERM))
	table, _ := io.ReadAll(stderr)
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != statusTerminated {
		t.Errorf("it ended with %v", err)
	}
	if want := "\ntask 1 \"main\": running\n  task 2 \"work\": waits for a timer"; !strings.Contains(string(table), want) {
		t.Errorf("the table is\n%s", table)
	}
}
