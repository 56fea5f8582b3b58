package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// grow makes a tree of files, each given as path=contents, and returns its directory.
func grow(t *testing.T, files ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, f := range files {
		path, contents, _ := strings.Cut(f, "=")
		path = filepath.Join(root, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(contents), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestRun(t *testing.T) {
	big := strings.Repeat("x", 100_000)
	for _, c := range []struct {
		name           string
		a, b           []string
		status         int // without -contents
		statusContents int
		stdout         string // a part of it, without -contents
	}{
		{"flat and deep", []string{"a", "b", "c"}, []string{"1/2/a", "1/b", "2/c"}, 0, 0, "the same 3 leaves\n"},
		{"both empty", nil, nil, 0, 0, "the same 0 leaves\n"},
		{"names", []string{"a", "b"}, []string{"x/a", "x/c"}, 1, 1, "different: leaf 2 is "},
		{"shorter", []string{"a", "b"}, []string{"a"}, 1, 1, "there\n"},
		{"longer", []string{"a"}, []string{"a", "z/b"}, 1, 1, "leaf 2 is no more here"},
		{"the order counts", []string{"1/b", "2/a"}, []string{"a", "b"}, 1, 1, "leaf 1"},
		{"contents", []string{"a=1", "b=2"}, []string{"1/a=1", "b=3"}, 0, 1, "the same 2 leaves\n"},
		{"same contents", []string{"a=" + big}, []string{"x/a=" + big}, 0, 0, "the same 1 leaves\n"},
		{"one byte more", []string{"a=" + big}, []string{"a=" + big + "y"}, 0, 1, "the same 1 leaves\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := grow(t, c.a...), grow(t, c.b...)
			var stdout, stderr strings.Builder
			if status := run([]string{a, b}, &stdout, &stderr); status != c.status || !strings.Contains(stdout.String(), c.stdout) {
				t.Errorf("status %d\n%s%s", status, stdout.String(), stderr.String())
			}
			stdout.Reset()
			if status := run([]string{"-contents", a, b}, &stdout, &stderr); status != c.statusContents || stderr.Len() > 0 {
				t.Errorf("-contents: status %d\n%s%s", status, stdout.String(), stderr.String())
			}
		})
	}
}

func TestSingleFile(t *testing.T) {
	root := grow(t, "a=1", "deep/down/a=1")
	var stdout, stderr strings.Builder
	status := run([]string{"-contents", filepath.Join(root, "a"), filepath.Join(root, "deep")}, &stdout, &stderr)
	if status != same || stdout.String() != "the same 1 leaves\n" {
		t.Errorf("status %d\n%s%s", status, stdout.String(), stderr.String())
	}
}

func TestLinks(t *testing.T) {
	a, b, c := grow(t), grow(t), grow(t)
	for dir, target := range map[string]string{a: "here", b: "here", c: "there"} {
		if err := os.Symlink(target, filepath.Join(dir, "link")); err != nil {
			t.Skip("no symbolic links here:", err)
		}
	}
	for _, x := range []struct {
		dir    string
		status int
	}{{b, same}, {c, different}, {grow(t, "link"), different}} {
		var stdout, stderr strings.Builder
		if status := run([]string{"-contents", a, x.dir}, &stdout, &stderr); status != x.status {
			t.Errorf("status %d, not %d\n%s%s", status, x.status, stdout.String(), stderr.String())
		}
	}
}

func TestTrouble(t *testing.T) {
	root := grow(t, "a")
	for _, c := range []struct {
		args   []string
		status int
		stderr string
	}{
		{nil, trouble, "two trees to compare, please, not 0\nusage:"},
		{[]string{root}, trouble, "not 1\nusage:"},
		{[]string{"-x", root, root}, trouble, "usage:"},
		{[]string{"-h"}, same, "usage:"},
		{[]string{root, filepath.Join(root, "nowhere")}, trouble, "nowhere"},
	} {
		var stdout, stderr strings.Builder
		if status := run(c.args, &stdout, &stderr); status != c.status || !strings.Contains(stderr.String(), c.stderr) {
			t.Errorf("%q: status %d\n%s%s", c.args, status, stdout.String(), stderr.String())
		}
	}
}

// A directory is read when the walk comes to it, not before.
func TestLazy(t *testing.T) {
	root := grow(t, "1/a", "2/b")
	f := fringe(root)
	defer f.Close()
	if l, ok := f.Next(); !ok || l.name() != "a" {
		t.Fatalf("got %v, %v", l, ok)
	}
	if err := os.RemoveAll(filepath.Join(root, "2")); err != nil {
		t.Fatal(err)
	}
	f.Next() // 2 is an entry of what was read already
	if err := f.Err(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
