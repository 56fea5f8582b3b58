package docs_test

import (
	"flag"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what greenlet prints into the pages")

const module = "github.com/go-greenlet/greenlet"

// greenlet returns the path of the command greenlet, which it builds.
func greenlet(t *testing.T) string {
	t.Helper()
	if !inWorkspace(t) {
		t.Skip("the command is in a module of its own: this needs the workspace")
	}
	return compile(t, []string{"build", module + "/cmd/greenlet"})["greenlet"]
}

func TestScripts(t *testing.T) {
	command := greenlet(t)
	for _, b := range blocks(t) {
		if b.lang != "starlark" {
			continue
		}
		t.Run(b.at(), func(t *testing.T) {
			if b.output == nil {
				t.Fatal("no output block follows")
			}
			file := filepath.Join(t.TempDir(), "script.star")
			if err := os.WriteFile(file, []byte(b.text), 0o666); err != nil {
				t.Fatal(err)
			}
			b.check(t, command, "run", file)
		})
	}
}

// shBlocks returns the sh blocks of the pages, of README.md and of CONTRIBUTING.md.
func shBlocks(t *testing.T) []*block {
	t.Helper()
	texts := pages(t)
	for _, name := range []string{"../README.md", "../CONTRIBUTING.md"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = strings.ReplaceAll(string(text), "\r\n", "\n")
	}
	return slices.DeleteFunc(blocksOf(t, texts), func(b *block) bool { return b.lang != "sh" })
}

// commands returns the words of each command of b.
func (b *block) commands() [][]string {
	var all [][]string
	text := strings.ReplaceAll(b.text, "\\\n", " ")
	for command := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune("\n;|&", r) }) {
		command, _, _ = strings.Cut(command, "#")
		words := strings.Fields(command)
		for len(words) > 0 && regexp.MustCompile(`^[A-Z_]+=`).MatchString(words[0]) {
			words = words[1:]
		}
		if len(words) > 0 {
			all = append(all, words)
		}
	}
	return all
}

// replaceOutput puts text in the place of the output of b, in its page.
func (b *block) replaceOutput(t *testing.T, text string) {
	t.Helper()
	page, err := os.ReadFile(b.page)
	if err != nil {
		t.Fatal(err)
	}
	before, after, found := strings.Cut(string(page), b.text+"```\n\n```output\n"+b.output.text)
	if !found {
		t.Fatal("the output block is not right behind")
	}
	if err := os.WriteFile(b.page, []byte(before+b.text+"```\n\n```output\n"+text+after), 0o666); err != nil {
		t.Fatal(err)
	}
}

// What greenlet is said to print, it prints.
func TestCommandOutput(t *testing.T) {
	command := greenlet(t)
	for _, b := range shBlocks(t) {
		if b.output == nil {
			continue
		}
		t.Run(b.at(), func(t *testing.T) {
			got := ""
			for _, words := range b.commands() {
				if words[0] != "greenlet" {
					t.Fatalf("%s: only the output of greenlet can be checked", words[0])
				}
				c := exec.CommandContext(t.Context(), command, words[1:]...)
				c.Dir = ".."
				out, err := c.CombinedOutput()
				if err != nil {
					t.Fatalf("%v: %v\n%s", words, err, out)
				}
				got += string(out)
			}
			if want := tidy(b.output.text); tidy(got) != want {
				if *update {
					b.replaceOutput(t, tidy(got)+"\n")
					return
				}
				t.Errorf("go test ./docs -update writes it. Got:\n%s\nwant:\n%s", tidy(got), want)
			}
		})
	}
}

func TestCommands(t *testing.T) {
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	targets := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^([\w-]+):`).FindAllStringSubmatch(string(makefile), -1) {
		targets[m[1]] = true
	}
	for _, b := range shBlocks(t) {
		for _, words := range b.commands() {
			args := slices.DeleteFunc(slices.Clone(words[1:]), func(w string) bool { return strings.HasPrefix(w, "-") })
			switch words[0] {
			case "make":
				for _, a := range args {
					if !targets[a] && !strings.Contains(a, "=") {
						t.Errorf("%s: make has no target %s", b.at(), a)
					}
				}
			case "sh", "bash", "cd", "greenlet", "go":
				for _, a := range args {
					if missing(words[0], a) {
						t.Errorf("%s: %q: there is no %s", b.at(), strings.Join(words, " "), a)
					}
				}
			}
		}
	}
}

// missing says whether arg, of command, names a file or a package that should exist and does not.
func missing(command, arg string) bool {
	arg, _, _ = strings.Cut(arg, "@")
	in, ours := strings.CutPrefix(arg, module)
	switch {
	case ours:
	case strings.HasPrefix(arg, "./"), strings.HasPrefix(arg, "examples/"), strings.HasPrefix(arg, "ci/"):
		in = arg
	case command == "sh" || command == "bash" || command == "cd":
		in = arg
	default:
		return false
	}
	in = strings.TrimSuffix(in, "...")
	_, err := os.Stat(filepath.Join("..", filepath.FromSlash(in)))
	return err != nil
}

// The index of the reference leads to every package that others may import, and to every command.
func TestReference(t *testing.T) {
	text := pages(t)["reference/README.md"]
	linked := map[string]bool{}
	for _, m := range link.FindAllStringSubmatch(prose(text), -1) {
		linked[path.Join("docs/reference", m[1])] = true
	}
	modules := []string{"./..."}
	if inWorkspace(t) {
		modules = append(modules, "./starlark/...", "./cmd/...", "./green/http/...", "./green/watch/...", "./green/db/...")
	}
	list := exec.Command("go", append([]string{"list", "-f", "{{if .GoFiles}}{{.ImportPath}} {{.Name}}{{end}}"}, modules...)...)
	list.Dir = ".."
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	private := regexp.MustCompile(`^docs/|(^|/)(examples|internal)/`)
	found := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		name, kind, _ := strings.Cut(strings.TrimSpace(line), " ")
		dir := path.Join(".", strings.TrimPrefix(strings.TrimPrefix(name, module), "/"))
		if private.MatchString(dir) || kind == "main" && !strings.HasPrefix(dir, "cmd/") {
			continue
		}
		found[dir] = true
	}
	for _, dir := range slices.Sorted(maps.Keys(found)) {
		if !linked[dir] {
			t.Errorf("reference/README.md has no link to %s", dir)
		}
	}
	if len(found) < 2 {
		t.Errorf("only %v was found", found)
	}
}
