package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Every relative link of every page leads to a page, and each that names an anchor of the reference, to that.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	if err := newSite("../..", dir).write(); err != nil {
		t.Fatal(err)
	}
	read := func(file string) string {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
		}
		return string(text)
	}
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		for _, l := range linksIn(read(file)) {
			to, anchor, _ := strings.Cut(l, "#")
			if strings.Contains(to, ":") {
				continue
			}
			target := file
			if to != "" {
				target = filepath.Join(filepath.Dir(file), filepath.FromSlash(to))
			}
			in := read(target)
			isReference := strings.HasPrefix(in, "# Package ")
			if anchor != "" && isReference && !strings.Contains(in, "{#"+anchor+"}") && !strings.Contains(in, `<a id="`+anchor+`">`) {
				t.Errorf("%s: no %s", file, l)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		"index.md":                                "(reference/index.md)",
		"reference/greenlet.md":                   "### Greenlet.Switch {#Greenlet.Switch}",
		"reference/generator.md":                  "(greenlet.md#PanicError)",
		"reference/cmd-greenlet.md":               "go install github.com/go-greenlet/greenlet/cmd/greenlet@latest",
		"source/examples/pingpong/main.go.md":     "package main",
		"howto/http.md":                           "(../tutorial-io.md#_5-a-graceful-end)",
		"howto/starlark.md":                       "```go\npackage main",
		"reference/starlark.md":                   "::: details Example",
		"source/examples/permutations/main.go.md": "search: false",
	} {
		if !strings.Contains(read(filepath.Join(dir, filepath.FromSlash(file))), want) {
			t.Errorf("%s has no %s", file, want)
		}
	}
}

func TestList(t *testing.T) {
	s := newSite("../..", t.TempDir())
	text, err := s.list("examples/pingpong")
	if err != nil {
		t.Fatal(err)
	}
	if want := "- [main.go]("; !strings.Contains(text, want) {
		t.Errorf("no %s in\n%s", want, text)
	}
}

func TestCheckAnchors(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"index.html": `<h2 id="here">x</h2> <a class="y" href="#here">good</a> <a href="sub/a.html#there">good</a>
			<a href="https://example.org/#any">elsewhere</a> <a href="/sub/#top">good</a> <a href="#gone">bad</a>`,
		"sub/a.html":     `<p id="there"> <a href="../index.html#there">bad</a> <a href="/index.html#here">good</a>`,
		"sub/index.html": `<p id="top">`,
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	wrong, err := checkAnchors(dir)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(wrong)
	if len(wrong) != 2 || !strings.Contains(wrong[0], "#gone") || !strings.Contains(wrong[1], "../index.html#there") {
		t.Errorf("found: %q", wrong)
	}
	if _, err := checkAnchors(t.TempDir()); err == nil {
		t.Error("an empty folder is fine")
	}
}
