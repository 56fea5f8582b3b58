package starlark

import (
	"fmt"

	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
	"go.starlark.net/syntax"
)

// Module is the module that scripts know as greenlet. It holds no state: what a script does with it concerns the
// tree of the thread that executes the script, and any number of threads may share the module.
var Module = &starlarkstruct.Module{
	Name: "greenlet",
	Members: starlark.StringDict{
		"greenlet":     starlark.NewBuiltin("greenlet", makeGreenlet),
		"getcurrent":   starlark.NewBuiltin("getcurrent", getcurrent),
		"settrace":     starlark.NewBuiltin("settrace", settrace),
		"gettrace":     starlark.NewBuiltin("gettrace", gettrace),
		"GreenletExit": greenletExit,
		"raise_":       starlark.NewBuiltin("raise_", raise),
		"catch":        starlark.NewBuiltin("catch", catch),
	},
}

// Generator is the function that scripts know as generator.
var Generator = starlark.NewBuiltin("generator", makeGenerator)

func init() { Module.Freeze() }

var methods = map[string]*starlark.Builtin{
	"switch": starlark.NewBuiltin("switch", switchMethod),
	"throw":  starlark.NewBuiltin("throw", throwMethod),
}

// Predeclared returns a new dictionary with what scripts find predeclared: [Module] as greenlet, [Stackless] as
// stackless, [Green] as green and [Generator] as generator.
func Predeclared() starlark.StringDict {
	return starlark.StringDict{
		Module.Name: Module, stacklessName: Stackless, Green.Name: Green, Generator.Name(): Generator,
	}
}

// Predeclared is the function of the same name with the module stackless of this tree, see [Tree.Stackless].
func (t *Tree) Predeclared() starlark.StringDict {
	names := Predeclared()
	names[stacklessName] = t.Stackless()
	return names
}

// FileOptions returns the dialect of Starlark in which greenlets are of most use: with while, recursion, sets, and
// if, for and reassignment at the top level.
func FileOptions() *syntax.FileOptions {
	return &syntax.FileOptions{Set: true, While: true, TopLevelControl: true, GlobalReassign: true, Recursion: true}
}

// Load returns a function for starlark.Thread's field Load with which scripts can say
// load("greenlet", "greenlet", "getcurrent"). Other modules are left to next, if that is not nil.
func Load(next func(*starlark.Thread, string) (starlark.StringDict, error)) func(*starlark.Thread, string) (starlark.StringDict, error) {
	return func(thread *starlark.Thread, module string) (starlark.StringDict, error) {
		switch {
		case module == Module.Name:
			return Module.Members, nil
		case module == stacklessName:
			return loadStackless(thread), nil
		case module == Green.Name:
			return Green.Members, nil
		case next != nil:
			return next(thread, module)
		}
		return nil, fmt.Errorf("no such module")
	}
}

// makeGreenlet is greenlet(run=None, parent=None). A run of None that is passed counts, one that is left out does not.
func makeGreenlet(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	f, err := fiberOf(thread, b.Name())
	if err != nil {
		return nil, err
	}
	var run, parent starlark.Value
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "run?", &run, "parent?", &parent); err != nil {
		return nil, err
	}
	g := f.tree.newGreenlet(run, f.tree.cur)
	if parent != nil && parent != starlark.None {
		if err := g.setParent(parent); err != nil {
			return nil, err
		}
	}
	return g, nil
}

func getcurrent(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	f, err := fiberOf(thread, b.Name())
	if err != nil {
		return nil, err
	}
	if err := starlark.UnpackPositionalArgs(b.Name(), args, kwargs, 0); err != nil {
		return nil, err
	}
	return f.tree.cur, nil
}

// switchMethod is g.switch(*args, **kwargs).
func switchMethod(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	// Starlark leaves it to whoever is called to refuse a name that is given twice, and a suspended greenlet cannot.
	if len(kwargs) > 1 {
		seen := make(map[starlark.Value]bool, len(kwargs))
		for _, pair := range kwargs {
			if seen[pair[0]] {
				return nil, typeError("switch() got multiple values for keyword argument %s", pair[0])
			}
			seen[pair[0]] = true
		}
	}
	return deliver(thread, b, mail{args: args, kwargs: kwargs})
}

// throwMethod is g.throw(e=GreenletExit). From a dead greenlet a GreenletExit goes on as a value.
func throwMethod(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var e starlark.Value = greenletExit
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "e?", &e); err != nil {
		return nil, err
	}
	if b.Receiver().(*Greenlet).state == dead && isExit(e) {
		return deliver(thread, b, one(e))
	}
	return deliver(thread, b, mail{err: &Raised{e}})
}

// deliver switches to the receiver of b with m and returns what comes back.
func deliver(thread *starlark.Thread, b *starlark.Builtin, m mail) (starlark.Value, error) {
	f, err := fiberOf(thread, b.Name())
	if err != nil {
		return nil, err
	}
	m, err = f.transfer(b.Receiver().(*Greenlet), m)
	if err != nil {
		return nil, err
	}
	return m.value(), nil
}

// raise is raise_(e).
func raise(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var e starlark.Value
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "e", &e); err != nil {
		return nil, err
	}
	return nil, &Raised{e}
}

// catch is catch(f, *args, **kwargs). The end of the greenlet or of the whole script is not caught.
func catch(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	f, err := fiberOf(thread, b.Name())
	if err != nil {
		return nil, err
	}
	if len(args) == 0 {
		return nil, fmt.Errorf("catch: missing argument for f")
	}
	v, err := f.call(args[0], args[1:], kwargs)
	switch {
	case err == nil:
		return starlark.Tuple{v, starlark.None}, nil
	case f.ended || f.tree.cancelled.Load() != nil:
		return nil, err
	}
	return starlark.Tuple{starlark.None, message(err)}, nil
}
