// Package docs_test checks what the documentation says as far as a machine can.
//
//   - A go block that starts with package main is a complete program. An output block follows it, and is what it prints.
//   - A go block that starts with another package clause is a file of tests, which pass.
//   - Any other go block is an excerpt, line by line, of one of those on the same page or of a file in examples.
//   - A python block is a complete program, too, and is run where Python's greenlet is installed.
//   - A starlark block is a complete script. An output block follows it, and is what it prints.
//   - The commands of a sh block, which may be in README.md and CONTRIBUTING.md too, name make targets, packages and files
//     that exist. If an output block follows, they are commands greenlet, and it is what they print.
//   - Links lead somewhere, every page can be reached from README.md, and what is to be run from examples exists.
package docs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// A block is a fenced block of a page.
type block struct {
	page   string // its path from here
	line   int    // of the fence
	lang   string
	text   string
	output *block // the one that follows, if that is an output
}

func (b *block) at() string { return fmt.Sprintf("%s:%d", filepath.ToSlash(b.page), b.line) }

// id is the name of the package that b becomes.
func (b *block) id() string {
	name := strings.TrimSuffix(filepath.ToSlash(b.page), ".md")
	return fmt.Sprintf("%s_%d", strings.NewReplacer("/", "_", "-", "_").Replace(name), b.line)
}

func (b *block) isProgram() bool {
	return b.lang == "go" && strings.HasPrefix(b.text, "package main\n")
}
func (b *block) isTest() bool {
	return b.lang == "go" && strings.HasPrefix(b.text, "package ") && !b.isProgram()
}

// pages returns the text of every page.
func pages(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if path == "site" {
			return fs.SkipDir // what makes the site of the pages, and copies of them
		}
		if err != nil || filepath.Ext(path) != ".md" {
			return err
		}
		text, err := os.ReadFile(path)
		all[filepath.ToSlash(path)] = strings.ReplaceAll(string(text), "\r\n", "\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// blocks returns the blocks of all pages, in the order of each page.
func blocks(t *testing.T) []*block {
	t.Helper()
	return blocksOf(t, pages(t))
}

// blocksOf returns the blocks of texts, by the names of these.
func blocksOf(t *testing.T, texts map[string]string) []*block {
	t.Helper()
	var all []*block
	for _, page := range slices.Sorted(maps.Keys(texts)) {
		var open, last *block
		for i, line := range strings.Split(texts[page], "\n") {
			switch {
			case open == nil && strings.HasPrefix(line, "```"):
				open = &block{page: page, line: i + 1, lang: strings.TrimPrefix(line, "```")}
			case open == nil:
			case line == "```":
				if open.lang == "output" && last != nil {
					last.output = open
				}
				all = append(all, open)
				open, last = nil, open
			default:
				open.text += line + "\n"
			}
		}
		if open != nil {
			t.Errorf("%s is not closed", open.at())
		}
	}
	return all
}

// overlay gives the blocks to the go command as packages of this module, without writing to it. It returns the option to
// pass.
func overlay(t *testing.T, bs []*block) string {
	t.Helper()
	dir := t.TempDir()
	files := struct{ Replace map[string]string }{map[string]string{}}
	for _, b := range bs {
		base := "main.go"
		if b.isTest() {
			base = "x_test.go"
		}
		path := filepath.Join(dir, b.id()+".go")
		// The compiler's messages are to speak of the page.
		text := fmt.Sprintf("//line %s:%d\n%s", b.page, b.line+1, b.text)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		in, err := filepath.Abs(filepath.Join("blocks", b.id(), base))
		if err != nil {
			t.Fatal(err)
		}
		files.Replace[in] = path
	}
	text, err := json.Marshal(files)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
	return "-overlay=" + path
}

// inWorkspace says whether the nested modules can be imported.
func inWorkspace(t *testing.T) bool {
	out, err := exec.Command("go", "env", "GOWORK").Output()
	if err != nil {
		t.Fatal(err)
	}
	work := strings.TrimSpace(string(out))
	return work != "" && work != "off"
}

// nested matches imports of packages in modules of their own.
var nested = regexp.MustCompile(`greenlet/(starlark|green/(http|watch|db))"`)

// goBlocks returns the blocks that is chooses and that can be built here.
func goBlocks(t *testing.T, is func(*block) bool) (bs []*block, args []string) {
	workspace := inWorkspace(t)
	for _, b := range blocks(t) {
		switch {
		case !is(b):
		case nested.MatchString(b.text) && !workspace:
			t.Logf("%s is left out: it needs the workspace", b.at())
		default:
			bs = append(bs, b)
			args = append(args, "./blocks/"+b.id())
		}
	}
	if len(bs) == 0 {
		t.Fatal("none found")
	}
	return bs, args
}

func TestPrograms(t *testing.T) {
	bs, args := goBlocks(t, (*block).isProgram)
	bin := compile(t, append([]string{"build", "-ldflags=-w", overlay(t, bs)}, args...))
	for _, b := range bs {
		t.Run(b.at(), func(t *testing.T) {
			if b.output == nil {
				t.Fatal("no output block follows")
			}
			b.check(t, bin[b.id()])
		})
	}
}

func TestTestFiles(t *testing.T) {
	bs, args := goBlocks(t, (*block).isTest)
	bin := compile(t, append([]string{"test", "-c", "-vet=off", overlay(t, bs)}, args...))
	for _, b := range bs {
		t.Run(b.at(), func(t *testing.T) { b.check(t, bin[b.id()+".test"]) })
	}
}

// compile runs the go command and returns what that made, by name.
func compile(t *testing.T, args []string) map[string]string {
	t.Helper()
	dir := t.TempDir() + string(filepath.Separator)
	args = slices.Insert(args, 1, "-o="+dir)
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	files, err := filepath.Glob(dir + "*")
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]string{}
	for _, f := range files {
		made[strings.TrimSuffix(filepath.Base(f), ".exe")] = f
	}
	return made
}

// check runs a command, which is to succeed with the output of b if b has one.
func (b *block) check(t *testing.T, command ...string) {
	t.Helper()
	if command[0] == "" {
		t.Fatal("was not built")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, command[0], command[1:]...)
	c.Dir = t.TempDir()
	out, err := c.CombinedOutput()
	got := tidy(string(out))
	switch {
	case err != nil:
		t.Errorf("%v\n%s", err, got)
	case b.output != nil && got != tidy(b.output.text):
		t.Errorf("got:\n%s\nwant:\n%s", got, tidy(b.output.text))
	}
}

// tidy takes away the space at the ends of lines and of the whole.
func tidy(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t\r")
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

func TestExcerpts(t *testing.T) {
	examples := map[string]string{}
	files, err := filepath.Glob("../examples/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("../green/*/examples/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(files, more...) {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		examples[f] = flat(string(text))
	}
	all := blocks(t)
	for _, b := range all {
		if b.lang != "go" || b.isProgram() || b.isTest() {
			continue
		}
		found := false
		for _, o := range all {
			found = found || o.page == b.page && (o.isProgram() || o.isTest()) && strings.Contains(flat(o.text), flat(b.text))
		}
		for _, text := range examples {
			found = found || strings.Contains(text, flat(b.text))
		}
		if !found {
			t.Errorf("%s is no excerpt of anything that is tested", b.at())
		}
	}
}

// flat is s without the indentation of its lines, so that an excerpt may be moved to the left.
func flat(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return "\n" + strings.Join(lines, "\n") + "\n"
}

func TestPython(t *testing.T) {
	python := ""
	for _, p := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(p, "-c", "import greenlet").Run() == nil {
			python = p
			break
		}
	}
	if python == "" {
		t.Skip("Python's greenlet is not installed")
	}
	for _, b := range blocks(t) {
		if b.lang == "python" {
			t.Run(b.at(), func(t *testing.T) { b.check(t, python, "-c", b.text) })
		}
	}
}

var (
	fence   = regexp.MustCompile("(?ms)^```.*?^```$")
	code    = regexp.MustCompile("`[^`\n]*`")
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	run     = regexp.MustCompile(`\./((?:examples|cmd|bench)[\w./-]*)|(examples/scripts/\w+\.star)`)
)

// prose is text without code.
func prose(text string) string {
	return code.ReplaceAllString(fence.ReplaceAllString(text, ""), "")
}

// anchors returns what links into a page may name.
func anchors(text string) map[string]bool {
	all := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		slug := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(m[1]), "")
		all[strings.ReplaceAll(slug, " ", "-")] = true
	}
	return all
}

func TestLinks(t *testing.T) {
	all := pages(t)
	linked := map[string][]string{}
	for page, text := range all {
		for _, m := range link.FindAllStringSubmatch(prose(text), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			path, anchor, _ := strings.Cut(m[1], "#")
			target := page
			if path != "" {
				target = filepath.ToSlash(filepath.Join(filepath.Dir(page), path))
			}
			linked[page] = append(linked[page], target)
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", page, m[1])
			} else if anchor != "" && !anchors(all[target])[anchor] {
				t.Errorf("%s: the link to %s: no such heading", page, m[1])
			}
		}
		for _, m := range run.FindAllStringSubmatch(text, -1) {
			path := strings.TrimRight(m[1]+m[2], "./")
			if _, err := os.Stat(filepath.Join("..", path)); err != nil {
				t.Errorf("%s speaks of %s, which does not exist", page, path)
			}
		}
	}
	reach(all, linked, "README.md")
	for page := range all {
		t.Errorf("%s cannot be reached from README.md", page)
	}
}

// reach takes from all what can be reached from page.
func reach(all map[string]string, linked map[string][]string, page string) {
	if _, ok := all[page]; !ok {
		return
	}
	delete(all, page)
	for _, next := range linked[page] {
		reach(all, linked, next)
	}
}

func TestLength(t *testing.T) {
	for page, text := range pages(t) {
		if n := strings.Count(text, "\n"); n >= 500 {
			t.Errorf("%s has %d lines", page, n)
		}
	}
}
