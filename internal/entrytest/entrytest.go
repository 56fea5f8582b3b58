// Package entrytest shows that what belongs to a hub refuses to be used from elsewhere: it calls every exported method
// of the values that it is given from a goroutine on which the hub does not run. No list of methods can forget a new
// one.
package entrytest

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/internal/owner"
)

// A Table is what a package has that belongs to a hub, or to a scheduler.
type Table struct {
	Package string         // as messages call it: "green/net"
	Made    string         // file and line where the hub was started: see Line
	Values  []any          // one of each exported type, alive
	Funcs   map[string]any // the functions of the package that take a hub, by their names
	// Anywhere has why other goroutines may call a method or function, by its name: "Queue.Len". It must say so in its
	// doc comment, or be of no effect and without anything that changes.
	Anywhere map[string]string
	Args     []any // what is passed to parameters of these very types; all others get something empty
}

// Constant is why anybody may call what returns something that never changes. It is called, and must not panic.
const Constant = "never changes"

// Line returns file and line of the call of it, moved by some lines.
func Line(move int) string {
	_, file, line, _ := runtime.Caller(1)
	return fmt.Sprintf("%s:%d", file, line+move)
}

// Run calls all of the table from another goroutine, while the hub stands still. It must be called on the hub's.
// Nothing that is called has an effect: of a function that is passed, being called is noted as one.
func (tb Table) Run(t *testing.T) {
	if !owner.Exact {
		t.Skip("wrong goroutines are not noticed on " + runtime.GOARCH)
	}
	var calls []call
	for name, f := range tb.Funcs {
		calls = append(calls, call{nil, name, reflect.ValueOf(f)})
	}
	for _, v := range tb.Values {
		v := reflect.ValueOf(v)
		if v.Type().Elem().Kind() != reflect.Struct {
			t.Fatalf("%v is no struct", v.Type().Elem())
		}
		for i := range v.NumMethod() {
			name := v.Type().Method(i).Name
			calls = append(calls, call{names(v.Type().Elem(), name), name, v.Method(i)})
		}
	}
	for name := range tb.Anywhere {
		if !slices.ContainsFunc(calls, func(c call) bool { return slices.Contains(c.names(), name) }) {
			t.Errorf("%s may be called from anywhere, and there is no such thing", name)
		}
	}
	for _, c := range calls {
		name := c.names()[0]
		reason := ""
		for _, n := range c.names() {
			reason = cmp.Or(reason, tb.Anywhere[n])
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			switch reason {
			case "":
				tb.expect(t, c)
			case Constant:
				defer func() {
					if p := recover(); p != nil {
						t.Errorf("%s from another goroutine: %v", name, p)
					}
				}()
				c.f.Call(tb.args(c.f.Type(), new(bool)))
			}
		}()
		select {
		case <-done:
		case <-time.After(time.Minute):
			t.Errorf("%s from another goroutine hangs", name)
		}
	}
}

func (tb Table) what() string {
	if tb.Package == "tasklet" {
		return "scheduler made"
	}
	return "hub started"
}

// A call is a method, or a function if there are no types.
type call struct {
	types []string
	name  string
	f     reflect.Value
}

// names are those under which messages may know the call.
func (c call) names() []string {
	if c.types == nil {
		return []string{c.name}
	}
	all := slices.Clone(c.types)
	for i := range all {
		all[i] += "." + c.name
	}
	return all
}

// names are under which types a method of *of can be known: its own, or what is embedded and has the method.
func names(of reflect.Type, method string) []string {
	all := []string{typeName(of)}
	for i := range of.NumField() {
		f := of.Field(i)
		in := f.Type
		if in.Kind() == reflect.Pointer {
			in = in.Elem()
		}
		if _, has := reflect.PointerTo(in).MethodByName(method); has && f.Anonymous && f.IsExported() && in.Kind() == reflect.Struct {
			all = append(all, names(in, method)...)
		}
	}
	return all
}

func typeName(of reflect.Type) string {
	name, _, _ := strings.Cut(of.Name(), "[")
	return name
}

// expect calls f, and reports what differs from what is to be: a panic that names everything.
func (tb Table) expect(t *testing.T, c call) {
	name, f := c.names()[0], c.f
	var ran bool
	args := tb.args(f.Type(), &ran)
	var at string
	how := func() (how any) {
		defer func() { how = recover() }()
		at = Line(1)
		out := f.Call(args)
		for _, v := range out {
			if v.Kind() == reflect.Func && v.Type().NumIn() == 1 && v.Type().In(0).Kind() == reflect.Func {
				at = Line(1)
				v.Call([]reflect.Value{function(v.Type().In(0), &ran)})
			}
		}
		return nil
	}()
	text := fmt.Sprint(how)
	rest, named := text, false
	for _, n := range c.names() {
		if after, is := strings.CutPrefix(text, tb.Package+": "+n+" called on goroutine "); is {
			rest, named = after, true
		}
	}
	where := fmt.Sprintf(" (%s), but the %s at %s runs elsewhere; use ", at, tb.what(), tb.Made)
	if !named || !strings.Contains(rest, where) {
		t.Errorf("%s from another goroutine: %s; want its name, and %q", name, text, where)
	}
	if ran {
		t.Errorf("%s from another goroutine called a function that it was given", name)
	}
}

func (tb Table) args(f reflect.Type, ran *bool) (args []reflect.Value) {
	for i := range f.NumIn() {
		in := f.In(i)
		if f.IsVariadic() && i == f.NumIn()-1 {
			break
		}
		args = append(args, tb.arg(in, ran))
	}
	return args
}

func (tb Table) arg(in reflect.Type, ran *bool) reflect.Value {
	for _, v := range tb.Args {
		if reflect.TypeOf(v) == in || in.Kind() == reflect.Interface && in.NumMethod() > 0 && reflect.TypeOf(v).Implements(in) {
			return reflect.ValueOf(v)
		}
	}
	switch {
	case in == reflect.TypeFor[context.Context]():
		return reflect.ValueOf(context.Background())
	case in == reflect.TypeFor[io.Writer]():
		return reflect.ValueOf(io.Discard)
	case in.Kind() == reflect.Func:
		return function(in, ran)
	}
	return reflect.Zero(in)
}

// function returns a function of type f that notes that it was called.
func function(f reflect.Type, ran *bool) reflect.Value {
	return reflect.MakeFunc(f, func([]reflect.Value) (out []reflect.Value) {
		*ran = true
		for i := range f.NumOut() {
			out = append(out, reflect.Zero(f.Out(i)))
		}
		return out
	})
}
