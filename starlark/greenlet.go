package starlark

import (
	"fmt"

	"github.com/go-greenlet/greenlet"
	"go.starlark.net/starlark"
)

// A Greenlet is the Starlark value of a greenlet: what greenlet.greenlet(run) makes. Greenlets are equal only to
// themselves, can be keys of a dictionary, and are true while active. Freezing one changes nothing: it can still be
// switched to by the thread it belongs to.
type Greenlet struct {
	tree   *Tree
	core   *greenlet.Greenlet[mail] // nil until it starts
	id     uint64
	state  state
	name   string         // of its run function, from the start
	run    starlark.Value // until the start; nil: none
	parent *Greenlet      // nil: main
	depth  int            // the calls beneath it when it started
	fiber  *fiber         // from its start to its end
}

// A state is where a greenlet is in its life.
type state uint8

const (
	pending state = iota
	started
	dead
)

var (
	_ starlark.HasAttrs    = (*Greenlet)(nil)
	_ starlark.HasSetField = (*Greenlet)(nil)
)

// newGreenlet makes an unstarted greenlet.
func (t *Tree) newGreenlet(run starlark.Value, parent *Greenlet) *Greenlet {
	t.lastID++
	return &Greenlet{tree: t, id: t.lastID, run: run, parent: parent}
}

// runName returns the name of g's run function, if that has one.
func (g *Greenlet) runName() string {
	if c, ok := g.run.(starlark.Callable); ok {
		return c.Name()
	}
	return g.name
}

// label names g in messages: its number and the name of its run function.
func (g *Greenlet) label() string {
	if g.parent == nil {
		return mainLabel
	}
	if name := g.runName(); name != "" {
		return fmt.Sprintf("greenlet %d (%s)", g.id, name)
	}
	return fmt.Sprintf("greenlet %d", g.id)
}

const mainLabel = "main greenlet"

// ID returns the number of g, which no other greenlet of its tree has or had; main is 1.
func (g *Greenlet) ID() uint64 { return g.id }

// Name returns the name of g's run function, or "" if there is none.
func (g *Greenlet) Name() string { return g.runName() }

// Parent returns the greenlet to which g's result goes, or nil for a main greenlet.
func (g *Greenlet) Parent() *Greenlet { return g.parent }

// String returns the number of g, the name of its run function and the words with which greenlet describes a state:
// <greenlet 3 (reader) suspended active started>.
func (g *Greenlet) String() string {
	s := fmt.Sprintf("<greenlet %d", g.id)
	if name := g.runName(); name != "" {
		s += " (" + name + ")"
	}
	switch {
	case g.isDead():
		return s + " dead>"
	case g.state == pending:
		return s + " pending>"
	case g == g.tree.cur:
		s += " current"
	default:
		s += " suspended"
	}
	s += " active started"
	if g.parent == nil {
		s += " main"
	}
	return s + ">"
}

// Type returns "greenlet".
func (g *Greenlet) Type() string { return "greenlet" }

// Freeze does nothing.
func (g *Greenlet) Freeze() {}

// Truth says whether g is active: it has started and is not dead.
func (g *Greenlet) Truth() starlark.Bool {
	return starlark.Bool(g.state == started && !g.isDead())
}

// Hash never fails.
func (g *Greenlet) Hash() (uint32, error) { return uint32(g.id), nil }

func (g *Greenlet) isDead() bool { return g.state == dead || g.tree.closed }

// Attr returns a method or an attribute of g.
func (g *Greenlet) Attr(name string) (starlark.Value, error) {
	switch name {
	case "switch", "throw":
		return methods[name].BindReceiver(g), nil
	case "dead":
		return starlark.Bool(g.isDead()), nil
	case "parent":
		if g.parent == nil {
			return starlark.None, nil
		}
		return g.parent, nil
	case "run":
		switch {
		case g.parent == nil:
			return nil, errMainRun
		case g.state != pending || g.run == nil:
			return nil, errNoRun
		}
		return g.run, nil
	}
	return nil, nil
}

// AttrNames lists what Attr knows; run is there only until g starts.
func (g *Greenlet) AttrNames() []string {
	names := []string{"dead", "parent", "run", "switch", "throw"}
	if g.state != pending || g.run == nil {
		names = append(names[:2], names[3:]...)
	}
	return names
}

// SetField sets run, until g starts, or the parent.
func (g *Greenlet) SetField(name string, v starlark.Value) error {
	switch name {
	case "run":
		return g.setRun(v)
	case "parent":
		return g.setParent(v)
	case "dead", "switch", "throw":
		return attributeError("attribute '%s' of 'greenlet' objects is not writable", name)
	}
	return starlark.NoSuchAttrError(fmt.Sprintf("can't assign to .%s field of greenlet", name))
}

func (g *Greenlet) setRun(run starlark.Value) error {
	switch {
	case g.parent == nil:
		return errMainRun
	case g.state != pending:
		return attributeError("run cannot be set after the start of the greenlet")
	}
	g.run = run
	return nil
}

func (g *Greenlet) setParent(v starlark.Value) error {
	if g.parent == nil {
		return attributeError("cannot set the parent of a main greenlet")
	}
	p, err := asGreenlet(v)
	if err != nil {
		return err
	}
	if p.tree != g.tree {
		return valueError("parent cannot be on a different thread")
	}
	for a := p; a != nil; a = a.parent {
		if a == g {
			return valueError("cyclic parent chain")
		}
	}
	g.parent = p
	if g.fiber != nil {
		g.fiber.parent = p.id
	}
	return nil
}

func asGreenlet(v starlark.Value) (*Greenlet, error) {
	g, ok := v.(*Greenlet)
	if !ok {
		return nil, typeError("GreenletChecker: Expected any type of greenlet, not %s", typeName(v))
	}
	return g, nil
}
