package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// start starts greenlet with a script that it reads from a file.
func start(t *testing.T, script string) (cmd *exec.Cmd, stderr *strings.Builder) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("signals and pipes of Unix")
	}
	file := t.TempDir() + "/test.star"
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	stderr = new(strings.Builder)
	cmd = exec.Command("greenlet", "run", file)
	cmd.Stderr = stderr
	return cmd, stderr
}

func TestInterrupt(t *testing.T) {
	tests := map[string]struct{ script, input string }{
		"waiting for input":       {"print('ready')\nread_line()\nread_line()", ""},
		"waiting under catch":     {"print('ready')\nread_line()\ngreenlet.catch(read_line)\nprint('never')", ""},
		"busy in main":            {"print('ready')\nread_line()\nwhile True: pass", "go\n"},
		"busy in a greenlet":      {"def f():\n  print('ready')\n  read_line()\n  while True: greenlet.catch(f2)\ndef f2():\n  while True: pass\ngreenlet.greenlet(f).switch()", "go\n"},
		"busy between greenlets":  {"def f():\n  while True: greenlet.getcurrent().parent.switch()\nprint('ready')\nread_line()\ng = greenlet.greenlet(f)\nwhile True: g.switch()", "go\n"},
		"busy in a generator":     {"def f(Yield):\n  while True: greenlet.catch(Yield, 1)\nprint('ready')\nread_line()\nfor x in generator(f): pass", "go\n"},
		"asleep in main":          {"print('ready')\nread_line()\ngreen.spawn(green.sleep, 1000)\ngreenlet.catch(green.sleep, 1000)\nprint('never')", "go\n"},
		"asleep in a task":        {"def f():\n  print('ready')\n  read_line()\n  green.sleep(1000)\ngreen.spawn(f)", "go\n"},
		"with suspended greenlet": {"def f():\n  while True: print(greenlet.catch(greenlet.getcurrent().parent.switch))\ngreenlet.greenlet(f).switch()\nprint('ready')\nread_line()\nwhile True: pass", "go\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			cmd, stderr := start(t, test.script)
			stdin, err := cmd.StdinPipe()
			check(t, err)
			stdout, err := cmd.StdoutPipe()
			check(t, err)
			check(t, cmd.Start())
			out := bufio.NewReader(stdout)
			if line, err := out.ReadString('\n'); line != "ready\n" {
				t.Fatalf("it printed %q; %v", line, err)
			}
			// What follows may or may not have begun when the signal arrives.
			_, err = io.WriteString(stdin, test.input)
			check(t, err)
			check(t, cmd.Process.Signal(os.Interrupt))
			rest, _ := io.ReadAll(out)
			err = cmd.Wait()
			if cmd.ProcessState.ExitCode() != statusInterrupted || stderr.String() != "greenlet: interrupted\n" || len(rest) > 0 {
				t.Errorf("it ended with %v, said %q and printed %q", err, stderr, rest)
			}
		})
	}
}

func TestInterruptWhileTheOutputWaits(t *testing.T) {
	cmd, stderr := start(t, "def f():\n  while True: print('x' * 100)\ngreenlet.greenlet(f).switch()")
	file := t.TempDir() + "/out.json"
	cmd.Args = slices.Insert(cmd.Args, 2, "--trace", file)
	r, w, err := os.Pipe()
	check(t, err)
	defer r.Close()
	cmd.Stdout = w
	check(t, cmd.Start())
	defer cmd.Process.Kill()
	w.Close()
	_, err = io.ReadFull(r, make([]byte, 10))
	check(t, err)
	time.Sleep(50 * time.Millisecond) // for the pipe to fill; before that it is another test that passes
	check(t, cmd.Process.Signal(os.Interrupt))
	err = cmd.Wait()
	if cmd.ProcessState.ExitCode() != statusInterrupted || stderr.String() != "greenlet: interrupted\n" {
		t.Errorf("it ended with %v and said %q", err, stderr)
	}
	if text, err := os.ReadFile(file); err != nil || !json.Valid(text) {
		t.Errorf("the trace is %q; %v", text, err)
	}
}

// SIGTERM ends a script as an interrupt does: what it has printed arrives, and so does the trace.
func TestTerminate(t *testing.T) {
	for name, rest := range map[string]string{
		"busy": "while True: pass", "waiting for input": "read_line()", "asleep": "green.sleep(1000)",
		"asleep in a task": "green.spawn(green.sleep, 1000)",
	} {
		t.Run(name, func(t *testing.T) {
			// The connection tells when the script has printed, since nothing is to write that yet.
			l, err := net.Listen("tcp", "127.0.0.1:0")
			check(t, err)
			defer l.Close()
			cmd, stderr := start(t, fmt.Sprintf("print('printed')\nc = green.connect(%q)\n%s", l.Addr(), rest))
			file := t.TempDir() + "/out.json"
			cmd.Args = slices.Insert(cmd.Args, 2, "--trace", file)
			stdin, err := cmd.StdinPipe()
			check(t, err)
			defer stdin.Close()
			var stdout strings.Builder
			cmd.Stdout = &stdout
			check(t, cmd.Start())
			defer cmd.Process.Kill()
			c, err := l.Accept()
			check(t, err)
			defer c.Close()
			check(t, cmd.Process.Signal(syscall.SIGTERM))
			err = cmd.Wait()
			if cmd.ProcessState.ExitCode() != statusTerminated || stderr.String() != "greenlet: terminated\n" || stdout.String() != "printed\n" {
				t.Errorf("it ended with %v, said %q and printed %q", err, stderr, stdout.String())
			}
			if text, err := os.ReadFile(file); err != nil || !json.Valid(text) {
				t.Errorf("the trace is %q; %v", text, err)
			}
		})
	}
}

func TestOutputThatNobodyReads(t *testing.T) {
	cmd, stderr := start(t, "while True: print('x' * 100)")
	r, w, err := os.Pipe()
	check(t, err)
	cmd.Stdout = w
	check(t, cmd.Start())
	w.Close()
	_, err = io.ReadFull(r, make([]byte, 10))
	check(t, err)
	r.Close()
	err = cmd.Wait()
	if state := fmt.Sprint(err); stderr.Len() > 0 || state != "signal: broken pipe" {
		t.Errorf("it ended with %v and said %q", state, stderr)
	}
}

func TestOutputFails(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("there is no /dev/full")
	}
	check(t, err)
	defer full.Close()
	for _, script := range []string{"print(1)", "while True: print('x' * 100)"} {
		cmd, stderr := start(t, script)
		cmd.Stdout = full
		err = cmd.Run()
		if cmd.ProcessState.ExitCode() != statusFailed || stderr.String() != "greenlet: cannot write the output: no space left on device\n" {
			t.Errorf("it ended with %v and said %q", err, stderr)
		}
	}
}

// What was printed goes into a pipe when no task can run, and not only in the end.
func TestOutputWhileAllWait(t *testing.T) {
	for name, script := range map[string]string{
		"main":      "print('one')\ngreen.sleep(100000)",
		"a task":    "def f():\n  print('one')\n  green.event().wait(100000)\ngreen.spawn(f)",
		"a tasklet": "def f():\n  print('one')\n  green.sleep(100000)\nstackless.tasklet(f)()\nstackless.run()",
		"a server":  "l = green.listen('127.0.0.1:0')\nprint('one')\ngreen.serve(l, len)",
	} {
		t.Run(name, func(t *testing.T) {
			cmd, _ := start(t, script)
			stdout, err := cmd.StdoutPipe()
			check(t, err)
			check(t, cmd.Start())
			stop := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
			defer stop.Stop()
			line, err := bufio.NewReader(stdout).ReadString('\n')
			if line != "one\n" {
				t.Errorf("it printed %q; %v", line, err)
			}
			cmd.Process.Kill()
			cmd.Wait()
		})
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
