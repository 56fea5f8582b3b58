package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/build"
	"go/doc"
	"go/doc/comment"
	"go/format"
	"go/parser"
	"go/printer"
	"go/token"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const module = "github.com/go-greenlet/greenlet"

// packageName is how the package in the folder dir is spoken of.
func packageName(dir string) string {
	if dir == "." {
		return path.Base(module)
	}
	return dir
}

// isPublic says whether in the folder dir there is a package or a command to be used by others.
func (s *site) isPublic(dir string) bool {
	p, err := build.ImportDir(filepath.Join(s.root, filepath.FromSlash(dir)), 0)
	return err == nil && !strings.HasPrefix(dir, "internal/") && (p.Name != "main" || strings.HasPrefix(dir, "cmd/"))
}

// A pkg is a package whose reference is written.
type pkg struct {
	*doc.Package
	site *site
	dir  string
	fset *token.FileSet
	ids  map[string]bool // the anchors of its page, but for headings
	out  bytes.Buffer
	err  error
}

// reference is the page of the package in the folder dir, made of its doc comments.
func (s *site) reference(dir string) (string, error) {
	p, err := s.load(dir)
	if err != nil {
		return "", err
	}
	p.page()
	return p.out.String(), p.err
}

// load reads the package in the folder dir.
func (s *site) load(dir string) (*pkg, error) {
	if p := s.pkgs[dir]; p != nil {
		return p, nil
	}
	p := &pkg{site: s, dir: dir, fset: token.NewFileSet(), ids: map[string]bool{}}
	in := filepath.Join(s.root, filepath.FromSlash(dir))
	found, err := build.ImportDir(in, 0)
	if err != nil {
		return nil, err
	}
	var files []*ast.File
	for _, name := range slices.Concat(found.GoFiles, found.CgoFiles, found.TestGoFiles, found.XTestGoFiles) {
		f, err := parser.ParseFile(p.fset, filepath.Join(in, name), nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	p.Package, err = doc.NewFromFiles(p.fset, files, path.Join(module, dir))
	if err != nil {
		return nil, err
	}
	values, funcs := slices.Concat(p.Consts, p.Vars), p.Funcs
	for _, t := range p.Types {
		p.ids[t.Name] = true
		values = slices.Concat(values, t.Consts, t.Vars)
		funcs = slices.Concat(funcs, t.Funcs, t.Methods)
	}
	for _, v := range values {
		for _, name := range v.Names {
			p.ids[name] = true
		}
	}
	for _, f := range funcs {
		p.ids[id(f)] = true
	}
	s.pkgs[dir] = p
	return p, nil
}

// id is the anchor of f.
func id(f *doc.Func) string {
	if f.Recv == "" {
		return f.Name
	}
	recv, _, _ := strings.Cut(strings.TrimPrefix(f.Recv, "*"), "[")
	return recv + "." + f.Name
}

// page writes the whole page.
func (p *pkg) page() {
	if p.Name == "main" {
		fmt.Fprintf(&p.out, "# Command %s\n\n```sh\ngo install %s@latest\n```\n\n", path.Base(p.dir), p.ImportPath)
		p.comment(p.Doc)
		return
	}
	fmt.Fprintf(&p.out, "# Package %s\n\n```go\nimport %q\n```\n\n", p.Name, p.ImportPath)
	p.comment(p.Doc)
	p.examples(p.Examples)
	p.values("Constants", p.Consts)
	p.values("Variables", p.Vars)
	if len(p.Funcs) > 0 {
		p.out.WriteString("## Functions\n\n")
		p.funcs(p.Funcs)
	}
	for _, t := range p.Types {
		fmt.Fprintf(&p.out, "## type %s {#%[1]s}\n\n", t.Name)
		p.decl(t.Decl)
		p.comment(t.Doc)
		p.examples(t.Examples)
		p.values("", t.Consts)
		p.values("", t.Vars)
		p.funcs(t.Funcs)
		p.funcs(t.Methods)
	}
}

// values writes constants or variables.
func (p *pkg) values(title string, vs []*doc.Value) {
	if title != "" && len(vs) > 0 {
		fmt.Fprintf(&p.out, "## %s\n\n", title)
	}
	for _, v := range vs {
		for _, name := range v.Names {
			if name != "_" {
				fmt.Fprintf(&p.out, "<a id=%q></a>", name)
			}
		}
		p.out.WriteString("\n\n")
		p.decl(v.Decl)
		p.comment(v.Doc)
	}
}

// funcs writes functions or methods.
func (p *pkg) funcs(fs []*doc.Func) {
	for _, f := range fs {
		fmt.Fprintf(&p.out, "### %s {#%[1]s}\n\n", id(f))
		p.decl(f.Decl)
		p.comment(f.Doc)
		p.examples(f.Examples)
	}
}

func (p *pkg) decl(d ast.Decl) { p.out.WriteString(fenced("go", p.source(d)) + "\n") }

// source is what gofmt makes of node.
func (p *pkg) source(node any) string {
	var b bytes.Buffer
	if err := format.Node(&b, p.fset, node); err != nil {
		p.err = err
	}
	return b.String()
}

// comment writes a doc comment, with the code in it as Go where it is that.
func (p *pkg) comment(text string) {
	pr := p.Printer()
	pr.HeadingLevel = 2
	pr.DocLinkURL = p.link
	d := p.Parser().Parse(text)
	for _, b := range d.Content {
		if c, ok := b.(*comment.Code); ok {
			lang := "txt"
			if _, err := format.Source([]byte(c.Text)); err == nil {
				lang = "go"
			}
			p.out.WriteString(fenced(lang, c.Text))
		} else {
			p.out.Write(pr.Markdown(&comment.Doc{Content: []comment.Block{b}, Links: d.Links}))
		}
		p.out.WriteByte('\n')
	}
}

// link is where a name in a doc comment leads to: to a page of the site if it is of this project.
func (p *pkg) link(l *comment.DocLink) string {
	of, page := p, ""
	if l.ImportPath != "" {
		dir, ours := strings.CutPrefix(l.ImportPath, module)
		if dir = path.Join(".", strings.TrimPrefix(dir, "/")); !ours || !p.site.isPublic(dir) {
			return l.DefaultURL("https://pkg.go.dev")
		}
		to, err := p.site.want(dir)
		if err == nil {
			of, err = p.site.load(dir)
		}
		if err != nil {
			p.err = err
			return ""
		}
		page = between(p.site.page[p.dir], to)
	}
	switch full := l.Recv + "." + l.Name; {
	case l.Recv == "" && l.Name == "":
		return page
	case l.Recv == "":
		return page + "#" + l.Name
	case of.ids[full]:
		return page + "#" + full
	}
	return page + "#" + l.Recv // for a field, the type
}

// outputComment is the end of an example that says what it prints.
var outputComment = regexp.MustCompile(`(?is)\n[\t ]*// (unordered )?output:.*`)

// examples writes examples to be unfolded, each with its output.
func (p *pkg) examples(es []*doc.Example) {
	for _, e := range es {
		title := "Example"
		if e.Suffix != "" {
			title += " (" + strings.ToLower(e.Suffix[:1]) + e.Suffix[1:] + ")"
		}
		fmt.Fprintf(&p.out, "::: details %s\n", title)
		p.comment(e.Doc)
		text := p.source(&printer.CommentedNode{Node: e.Code, Comments: e.Comments})
		if _, isBlock := e.Code.(*ast.BlockStmt); isBlock {
			text = strings.Trim(strings.TrimSuffix(strings.TrimPrefix(text, "{"), "}"), "\n")
			text = strings.TrimPrefix(strings.ReplaceAll("\n"+text, "\n\t", "\n"), "\n")
		}
		p.out.WriteString(fenced("go", outputComment.ReplaceAllString(text, "")) + "\n")
		if e.Output != "" {
			p.out.WriteString(fenced("output", e.Output))
		}
		p.out.WriteString(":::\n\n")
	}
}
