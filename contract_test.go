package greenlet_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet"
)

// TestContract_Complete compares the clauses of docs/contract.md with the tests that are named for them.
func TestContract_Complete(t *testing.T) {
	text, err := os.ReadFile("docs/contract.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^- \*\*(C\d+)\.\*\*`).FindAllStringSubmatch(string(text), -1) {
		if _, twice := tests[m[1]]; twice {
			t.Errorf("docs/contract.md has two clauses %s", m[1])
		}
		tests[m[1]] = 0
	}
	if len(tests) == 0 {
		t.Fatal("docs/contract.md has no clauses")
	}
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !strings.HasPrefix(f.Name.Name, "TestContract_C") || f.Name.Name == "TestContract_Complete" {
				continue
			}
			clause := strings.Split(f.Name.Name, "_")[1]
			if _, known := tests[clause]; !known {
				t.Errorf("%s: %s names a clause that docs/contract.md does not have", file, f.Name.Name)
			}
			tests[clause]++
		}
	}
	for clause, n := range tests {
		if n == 0 {
			t.Errorf("clause %s has no test", clause)
		}
	}
}

// counted has the running tests that check the number of goroutines at their end.
var counted = map[testing.TB]bool{}

// newTree makes a tree that is closed at the end of the test, which must leave no goroutine.
func newTree(t testing.TB, opts ...greenlet.Option) *gl {
	if !counted[t] {
		counted[t] = true
		before := runtime.NumGoroutine()
		t.Cleanup(func() { // after all others
			delete(counted, t)
			goroutinesBack(t, before)
		})
	}
	main := greenlet.Main[int](opts...)
	t.Cleanup(func() { main.Close() })
	return main
}

func equal[V comparable](t testing.TB, what string, got, want V) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// arrives fails t unless what a Switch or Throw returned is v and err.
func arrives(t testing.TB, what string, v int, err error) func(int, error) {
	t.Helper()
	return func(gotV int, gotErr error) {
		t.Helper()
		if gotV != v || gotErr != err {
			t.Errorf("%s: got (%v, %v), want (%v, %v)", what, gotV, gotErr, v, err)
		}
	}
}

// recovered returns what f panicked with.
func recovered(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

// panics fails t unless f panics with a text that has all of parts.
func panics(t testing.TB, f func(), parts ...string) {
	t.Helper()
	v := recovered(f)
	text, ok := v.(string)
	if !ok {
		t.Fatalf("panic with %v, want a text", v)
	}
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("panic with %q, which lacks %q", text, p)
		}
	}
}

// apart runs f on a goroutine of its own and returns when that has ended, however it did.
func apart(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

func identity(v int) (int, error) { return v, nil }

// parks is a body that hands every value back to main until an error arrives, which it returns.
func parks(main *gl) func(int) (int, error) {
	return func(v int) (int, error) {
		for {
			var err error
			if v, err = main.Switch(v); err != nil {
				return v, err
			}
		}
	}
}
