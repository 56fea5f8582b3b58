package trace_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/trace"
)

type badString struct{}

func (badString) String() string { panic("no text") }

type node struct{ next *node }

type chain struct{ inner any }

// deep is n values in each other, the innermost of which is 1.
func deep(n int) (v any) {
	v = 1
	for range n {
		v = chain{v}
	}
	return v
}

// shown returns the text that a trace has of v.
func shownValue(t *testing.T, v any, opts ...trace.Option) string {
	t.Helper()
	var text string
	err := greenlet.Run(func(main *greenlet.Greenlet[any]) error {
		rec := trace.Attach(main, opts...)
		g := main.New(func(any) (any, error) { return nil, nil })
		if _, err := g.Switch(v); err != nil {
			return err
		}
		rec.Stop()
		if err := rec.WriteHTML(new(bytes.Buffer)); err != nil {
			return err
		}
		for _, e := range chrome(t, rec).phase("X") {
			if s, ok := e.Args["value"].(string); ok {
				text = s
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// A value that contains itself, or is very large or deep, is shown as far as there is room, and does not end the
// process.
func TestValueIsBounded(t *testing.T) {
	slice := []any{1, nil}
	slice[1] = slice
	dict := map[string]any{}
	dict["m"] = dict
	type pair struct {
		name string
		all  []any
	}
	inStruct := &pair{"pair", []any{nil}}
	inStruct.all[0] = *inStruct
	for i := range inStruct.all {
		inStruct.all[i] = inStruct.all
	}
	array := [1]any{nil}
	list := []any{&array}
	array[0] = list
	huge := make([]int, 50_000_000)
	wide := map[int]int{}
	for i := range 5000 {
		wide[i] = i
	}
	tests := []struct {
		name  string
		v     any
		begin string
	}{
		{"slice", slice, "[1 [1 [1 "},
		{"pointer to slice", &slice, "&[1 [1 [1 "},
		{"map", dict, "map[m:map[m:"},
		{"struct", inStruct, "&{pair [[["},
		{"huge slice", huge, "[0 0 0 "},
		{"huge slices in it", []any{"x", huge, huge}, "[x [0 0 "},
		{"wide map", wide, "map["},
		{"deep", deep(1000), "{{{"},
		{"text", []string{strings.Repeat("a", 1<<20)}, "[aaaa"},
	}
	for _, test := range tests {
		for _, opts := range [][]trace.Option{nil, {trace.Snapshot()}} {
			text := shownValue(t, test.v, opts...)
			if !strings.HasPrefix(text, test.begin) || !strings.Contains(text, "…") || len(text) > 600 {
				t.Errorf("%s is shown as %.600s", test.name, text)
			}
		}
	}
}

// Everything else is shown as package fmt has it.
func TestValueIsThatOfFmt(t *testing.T) {
	n := &node{}
	n.next = n
	one := 1
	var noError *os.PathError
	for _, v := range []any{
		1, 2.5, true, 'x', []byte("ab"), []any{nil, 1, "two", []int{3}}, map[string]int{"b": 2, "a": 1}, n, *n, &one,
		struct {
			a int
			b any
		}{1, &one},
		badString{}, []any{badString{}}, error(noError), fmt.Errorf("wrong: %w", os.ErrExist), []error{os.ErrClosed},
		[2]bool{true, false}, &[]int{1}, &map[int]string{1: "x"}, deep(10), complex(1, 2), uintptr(7), (*node)(nil),
	} {
		if got, want := shownValue(t, v), fmt.Sprint(v); got != want {
			t.Errorf("%T is shown as %q, and not as %q", v, got, want)
		}
	}
}
