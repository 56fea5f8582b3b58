package conformance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-greenlet/greenlet"
)

// The values of a program that is interpreted: nil for None, int, string, and these.
type (
	value    any
	tuple    []value
	sequence struct{ elems []value } // a list
	dict     map[string]value
	exit     struct{ args tuple } // a GreenletExit, or the class, which nothing here tells from one
	function func(tuple, dict) (value, error)
)

// A mail is what travels with a switch; a nil one came of a GreenletExit.
type mail struct {
	args  tuple
	named dict
}

func one(v value) *mail { return &mail{args: tuple{v}} }

// value is what a switch returns that m arrives in.
func (m *mail) value() value {
	switch {
	case m == nil:
		return &exit{}
	case len(m.named) == 0 && len(m.args) == 1:
		return m.args[0]
	case len(m.named) == 0:
		return m.args
	case len(m.args) == 0:
		return m.named
	}
	return tuple{m.args, m.named}
}

// A raised is a value on its way as an error.
type raised struct{ value value }

func (r *raised) Error() string { return fmt.Sprint("raised ", r.value) }

// Unwrap makes a GreenletExit an ErrExit.
func (r *raised) Unwrap() error {
	if _, ok := r.value.(*exit); ok {
		return greenlet.ErrExit
	}
	return nil
}

// fail is the error of a mistake, which is caught as its text.
func fail(format string, args ...any) error { return &raised{fmt.Sprintf(format, args...)} }

var errCall = fail("bad argument")

// show is the prelude's.
func (w *world) show(v value, depth int) string {
	if depth == 4 {
		return ".."
	}
	each := func(elems []value) string {
		var texts []string
		for _, e := range elems {
			texts = append(texts, w.show(e, depth+1))
		}
		return strings.Join(texts, ",")
	}
	switch v := v.(type) {
	case nil:
		return "None"
	case string:
		if strings.Contains(v, "argument") {
			return "bad call"
		}
		return `"` + v + `"`
	case *handle:
		return w.name(v)
	case *exit:
		return "GreenletExit" + w.show(v.args, 0)
	case tuple:
		return "(" + each(v) + ")"
	case *sequence:
		return "[" + each(v.elems) + "]"
	case dict:
		var pairs []string
		for k, x := range v {
			pairs = append(pairs, k+":"+w.show(x, depth+1))
		}
		slices.Sort(pairs)
		return "{" + strings.Join(pairs, ",") + "}"
	case function, *tracer:
		return "function"
	}
	return fmt.Sprint(v)
}

// typeName is Python's name of v's type.
func typeName(v value) string {
	switch v.(type) {
	case nil:
		return "NoneType"
	case int:
		return "int"
	}
	return fmt.Sprintf("%T", v)
}
