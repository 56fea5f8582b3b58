package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// packageNames returns the exported names of the package in dir: "Run" of functions and the like, "Scheduler.Run" of
// methods.
func packageNames(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				names[receiver(d)+d.Name.Name] = true
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						names[spec.Name.Name] = true
					case *ast.ValueSpec:
						for _, name := range spec.Names {
							names[name.Name] = true
						}
					}
				}
			}
		}
	}
	return names
}

// receiver returns the type that d is a method of, with a dot; "" if it is none.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	switch generic := typ.(type) {
	case *ast.IndexExpr:
		typ = generic.X
	case *ast.IndexListExpr:
		typ = generic.X
	}
	return typ.(*ast.Ident).Name + "."
}

// Every name of ours in the tables of names in from-stackless.md exists, and every name of Stackless has one, or a reason
// why not.
func TestStacklessNames(t *testing.T) {
	_, tables, found := strings.Cut(pages(t)["from-stackless.md"], "\n## Every name\n")
	if !found {
		t.Fatal("no section with the names")
	}
	names := packageNames(t, "../tasklet")
	types := map[string]string{"s": "Scheduler.", "t": "Tasklet.", "c": "Chan."}
	ours := regexp.MustCompile("`(?:([stc])\\.)?([A-Z]\\w*)`")
	rows := 0
	for line := range strings.Lines(tables) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 4 || strings.HasPrefix(cells[1], "---") || strings.TrimSpace(cells[2]) == "here" {
			continue
		}
		rows++
		mentioned := ours.FindAllStringSubmatch(cells[2], -1)
		if len(mentioned) == 0 && !regexp.MustCompile(`^ none: \w+`).MatchString(cells[2]) {
			t.Errorf("neither a name nor a reason for%s", cells[1])
		}
		for _, m := range mentioned {
			if !names[types[m[1]]+m[2]] {
				t.Errorf("package tasklet has no %s, which is said to stand for%s", types[m[1]]+m[2], cells[1])
			}
		}
	}
	if rows < 70 {
		t.Errorf("only %d rows found", rows)
	}
}
