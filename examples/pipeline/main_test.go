package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const text = "the fox saw the hen\nthe hen saw the fox\nthe hen was faster\n"

func Example() {
	run([]string{"grep fox | number | head 2"}, strings.NewReader(text), os.Stdout, os.Stderr)
	// Output:
	// 1 the fox saw the hen
	// 2 the hen saw the fox
}

func TestRun(t *testing.T) {
	for _, c := range []struct {
		pipeline string
		status   int
		stdout   string
		stderr   string
	}{
		{"number | grep fox", 0, "1 the fox saw the hen\n2 the hen saw the fox\n", ""},
		{"number | grep hen | head 1", 0, "1 the fox saw the hen\n", ""},
		{"head 0", 0, "", ""},
		{"head 9 | grep faster | words", 0, "the\nhen\nwas\nfaster\n", ""},
		{"join | number", 0, "1 the fox saw the hen the hen saw the fox\n2 the hen was faster\n", ""},
		{"words | join | join | head 1", 0, "the fox saw the\n", ""},
		{"grep nothing", 0, "", ""},
		{"", 2, "", "a filter is missing"},
		{"number |", 2, "", "a filter is missing"},
		{"sort", 2, "", `"sort" is no filter`},
		{"grep", 2, "", `"grep" is no filter`},
		{"number 1", 2, "", `"number 1" is no filter`},
		{"head x", 2, "", `a number of lines, not "x"`},
		{"head -1", 2, "", `a number of lines, not "-1"`},
	} {
		var stdout, stderr strings.Builder
		status := run([]string{c.pipeline}, strings.NewReader(text), &stdout, &stderr)
		if status != c.status || stdout.String() != c.stdout || !strings.Contains(stderr.String(), c.stderr) {
			t.Errorf("%q: status %d\n%s%s", c.pipeline, status, stdout.String(), stderr.String())
		}
	}
}

func TestFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr strings.Builder
	if status := run([]string{"grep was", file}, nil, &stdout, &stderr); status != 0 || stdout.String() != "the hen was faster\n" {
		t.Errorf("status %d\n%s%s", status, stdout.String(), stderr.String())
	}
	for _, args := range [][]string{nil, {"number", file, file}} {
		if status := run(args, nil, &stdout, &stderr); status != 2 {
			t.Errorf("%q: status %d", args, status)
		}
	}
	stderr.Reset()
	if status := run([]string{"number", file + "x"}, nil, &stdout, &stderr); status != 1 || !strings.HasPrefix(stderr.String(), "pipeline: open ") {
		t.Errorf("status %d\n%s", status, stderr.String())
	}
}

// A source fails after some lines and says whether it was closed.
type source struct {
	io.Reader
	closed bool
}

func (s *source) Close() error {
	s.closed = true
	return nil
}

func TestEndings(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		pipeline string
		err      error
		count    int
	}{
		{"number | join | grep the", broken, 2},
		{"number | head 3", nil, 3},
		{"number | join | head 1", nil, 1},
	} {
		s := &source{Reader: io.MultiReader(strings.NewReader(text), failing{broken})}
		out, err := parse(c.pipeline, lines(func() (io.ReadCloser, error) { return s, nil }))
		if err != nil {
			t.Fatal(err)
		}
		count := 0
		for range out.All() {
			count++
		}
		if count != c.count || out.Err() != c.err || !s.closed {
			t.Errorf("%s: %d lines, %v, closed %v", c.pipeline, count, out.Err(), s.closed)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
