// Command site writes the Markdown that the documentation site is made of into a folder, and checks the anchors of what
// was made of it:
//
//	go run ./docs/site write OUT
//	go run ./docs/site check HTML
//
// It copies the pages of docs, and follows their links out of docs. A linked file becomes a page that shows it, a
// linked folder becomes the reference of the Go package in it, or else a list of what is there. So a page is plain
// Markdown whose links also work where the repository is browsed.
package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"
)

func main() {
	log.SetFlags(0)
	args := os.Args[1:]
	switch {
	case len(args) == 2 && args[0] == "write":
		s := newSite(".", args[1])
		if err := s.write(); err != nil {
			log.Fatal(err)
		}
		fmt.Println(len(s.page), "pages")
	case len(args) == 2 && args[0] == "check":
		wrong, err := checkAnchors(args[1])
		if err != nil {
			log.Fatal(err)
		}
		if len(wrong) > 0 {
			log.Fatal(strings.Join(wrong, "\n"))
		}
	default:
		log.Fatal("usage, in the root folder of the repository: go run ./docs/site write OUT | check HTML")
	}
}

// A site is what is to be written. Paths are relative to the root of the repository, and have slashes.
type site struct {
	root, out string
	page      map[string]string // where in out the file or folder at a path is shown
	todo      []string          // keys of page still to be written
	pkgs      map[string]*pkg   // by folder
}

func newSite(root, out string) *site {
	return &site{root: root, out: out, page: map[string]string{}, pkgs: map[string]*pkg{}}
}

// write writes the pages of docs and all that they lead to.
func (s *site) write() error {
	err := filepath.WalkDir(filepath.Join(s.root, "docs"), func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(s.root, file)
		if err != nil {
			return err
		}
		if rel = filepath.ToSlash(rel); rel == "docs/site" {
			return fs.SkipDir
		}
		if path.Ext(rel) == ".md" {
			_, err = s.want(rel)
		}
		return err
	})
	for err == nil && len(s.todo) > 0 {
		next := s.todo[0]
		s.todo = s.todo[1:]
		err = s.show(next)
	}
	return err
}

// want returns the page of the file or folder at name, which it has written later.
func (s *site) want(name string) (string, error) {
	if page, ok := s.page[name]; ok {
		return page, nil
	}
	if !fs.ValidPath(name) {
		return "", fmt.Errorf("%s is not in the repository", name)
	}
	info, err := os.Stat(filepath.Join(s.root, filepath.FromSlash(name)))
	if err != nil {
		return "", err
	}
	in, isDoc := strings.CutPrefix(name, "docs/")
	var page string
	switch {
	case isDoc && path.Base(in) == "README.md":
		page = path.Join(path.Dir(in), "index.md")
	case isDoc && path.Ext(in) == ".md":
		page = in
	case path.Ext(name) == ".md":
		page = "source/" + name
	case !info.IsDir():
		page = "source/" + name + ".md"
	case s.isPublic(name):
		page = "reference/" + strings.ReplaceAll(packageName(name), "/", "-") + ".md"
	default:
		page = path.Join("source", name, "index.md")
	}
	s.page[name] = page
	s.todo = append(s.todo, name)
	return page, nil
}

// show writes the page of the file or folder at name.
func (s *site) show(name string) error {
	page := s.page[name]
	file := filepath.Join(s.root, filepath.FromSlash(name))
	var text string
	var err error
	switch {
	case strings.HasPrefix(page, "reference/") && !strings.HasPrefix(name, "docs/"):
		text, err = s.reference(name)
	case path.Base(page) == "index.md" && !strings.HasPrefix(name, "docs/"):
		text, err = s.list(name)
	default:
		var b []byte
		b, err = os.ReadFile(file)
		text = strings.ReplaceAll(string(b), "\r\n", "\n")
		if path.Ext(name) == ".md" {
			text, err = s.relink(name, text)
		} else {
			text = source(name, text)
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	to := filepath.Join(s.out, filepath.FromSlash(page))
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	return os.WriteFile(to, []byte(text), 0o666)
}

// aside is how pages begin that show what is in the repository: they are not searched.
const aside = "---\nsearch: false\naside: false\nprev: false\nnext: false\n---\n\n"

// source is the page of the file name, which is not Markdown.
func source(name, text string) string {
	lang := strings.TrimPrefix(path.Ext(name), ".")
	switch {
	case lang == "star":
		lang = "starlark"
	case lang != "go" && lang != "py" && lang != "sh":
		lang = "txt"
	}
	return fmt.Sprintf("%s# `%s`\n\n%s\n", aside, name, fenced(lang, text))
}

// fenced is text as a block of the language lang.
func fenced(lang, text string) string {
	marks := "```"
	for strings.Contains(text, marks) {
		marks += "`"
	}
	return fmt.Sprintf("%s%s\n%s\n%[1]s\n", marks, lang, strings.TrimRight(text, "\n"))
}

// list is the page of the folder name: what is in it.
func (s *site) list(name string) (string, error) {
	dir := filepath.Join(s.root, filepath.FromSlash(name))
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("%s# `%s`\n\n", aside, name)
	for _, e := range entries {
		if e.Name() == "testdata" || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if !e.IsDir() {
			b, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				return "", err
			}
			if bytes.IndexByte(b, 0) >= 0 || !utf8.Valid(b) {
				continue // what a build left behind
			}
		}
		to, err := s.want(path.Join(name, e.Name()))
		if err != nil {
			return "", err
		}
		text += fmt.Sprintf("- [%s](%s)\n", e.Name(), between(s.page[name], to))
	}
	return text, nil
}

var (
	code = regexp.MustCompile("`[^`\n]*`")
	link = regexp.MustCompile(`\]\(([^)\s]+)\)`)
)

// codeSpans returns where code is in the lines of text.
func codeSpans(text string) [][]int { return code.FindAllStringIndex(text, -1) }

// codeBlocks returns where the blocks of code are in text. A block ends with a line of no fewer backticks than it
// begins with, which no regular expression can say.
func codeBlocks(text string) (all [][]int) {
	at, begin, marks := 0, -1, 0
	for line := range strings.Lines(text) {
		rest := strings.TrimLeft(line, "`")
		switch n := len(line) - len(rest); {
		case begin < 0 && n >= 3 && !strings.Contains(rest, "`"):
			begin, marks = at, n
		case begin >= 0 && n >= marks && strings.TrimSpace(rest) == "":
			all = append(all, []int{begin, at + len(line)})
			begin = -1
		}
		at += len(line)
	}
	if begin >= 0 {
		all = append(all, []int{begin, at})
	}
	return all
}

// relink returns text, the Markdown of the file name, with its links changed to lead to the pages of the site.
func (s *site) relink(name, text string) (string, error) {
	var failed error
	prose := func(text string) string {
		return link.ReplaceAllStringFunc(text, func(l string) string {
			target, anchor, hasAnchor := strings.Cut(link.FindStringSubmatch(l)[1], "#")
			switch {
			case strings.Contains(target, ":"):
				return l
			case target == "":
				return "](#" + idOf(s.page[name], anchor) + ")"
			}
			page, err := s.want(path.Join(path.Dir(name), target))
			if err != nil {
				failed = err
				return l
			}
			l = between(s.page[name], page)
			if hasAnchor {
				l += "#" + idOf(page, anchor)
			}
			return "](" + l + ")"
		})
	}
	text = outside(codeBlocks, text, func(text string) string { return outside(codeSpans, text, prose) })
	return text, failed
}

// idOf returns the id that VitePress gives to what is called anchor where the repository is browsed: a heading that
// begins with a digit gets a _ before it. The reference, which we write, has its own ids.
func idOf(page, anchor string) string {
	if anchor != "" && '0' <= anchor[0] && anchor[0] <= '9' && !strings.HasPrefix(page, "reference/") {
		return "_" + anchor
	}
	return anchor
}

// outside returns text with f done to all that find does not find.
func outside(find func(string) [][]int, text string, f func(string) string) string {
	var b strings.Builder
	at := 0
	for _, m := range find(text) {
		b.WriteString(f(text[at:m[0]]) + text[m[0]:m[1]])
		at = m[1]
	}
	return b.String() + f(text[at:])
}

// between is the link from one page to another.
func between(from, to string) string {
	rel, err := filepath.Rel(filepath.FromSlash(path.Dir(from)), filepath.FromSlash(to))
	if err != nil {
		panic(err) // both are relative
	}
	return filepath.ToSlash(rel)
}
