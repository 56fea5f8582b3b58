package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const text = "the fox saw the hen\nthe cat slept\nthe hen saw the fox"

func notes(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestRun(t *testing.T) {
	file := notes(t, text)
	for _, c := range []struct {
		args   []string
		status int
		stdout string
		stderr string
	}{
		{[]string{"fox", file}, 0, "1: the fox saw the hen\n3: the hen saw the fox\n", ""},
		{[]string{"cat", file}, 0, "2: the cat slept\n", ""},
		{[]string{"dog", file}, 0, "", ""},
		{[]string{"fox", file + "x"}, 1, "", "open "},
		{[]string{"fox"}, 2, "", "usage"},
	} {
		var stdout, stderr strings.Builder
		status := run(c.args, &stdout, &stderr)
		if status != c.status || stdout.String() != c.stdout || !strings.Contains(stderr.String(), c.stderr) {
			t.Errorf("%q: status %d\n%s%s", c.args, status, stdout.String(), stderr.String())
		}
	}
}

func TestMoreLinesThanThePipesHold(t *testing.T) {
	const lines = 1000
	var stdout, stderr strings.Builder
	status := run([]string{"a", notes(t, strings.Repeat("a\r\n", lines))}, &stdout, &stderr)
	got := stdout.String()
	if status != 0 || strings.Count(got, "\n") != lines || !strings.HasSuffix(got, "\n1000: a\n") {
		t.Errorf("status %d, %d lines\n%s", status, strings.Count(got, "\n"), stderr.String())
	}
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Read([]byte) (int, error)  { return 0, errBroken }
func (broken) Write([]byte) (int, error) { return 0, errBroken }

func TestErrors(t *testing.T) {
	var stdout strings.Builder
	err := pipeline("the", io.MultiReader(strings.NewReader(text+"\n"), broken{}), &stdout)
	if err != errBroken || strings.Count(stdout.String(), "\n") != 3 {
		t.Errorf("the file breaks: got %v after\n%s", err, stdout.String())
	}
	if err := pipeline("the", strings.NewReader(text), broken{}); err != errBroken {
		t.Errorf("the output breaks: got %v", err)
	}
}
