package starlark

import (
	"fmt"

	"github.com/go-greenlet/greenlet/green"
	"go.starlark.net/starlark"
)

// A greenGroup is the Starlark value of a group.
type greenGroup struct {
	hub  *hub
	g    *green.Group
	over bool
}

// runGroup is group(f, *args, **kwargs), which calls f with the group and args.
func runGroup(c *greenCall) (starlark.Value, error) {
	fn, args, err := c.callee(c.args)
	if err != nil {
		return nil, err
	}
	c.me().at = c.fiber
	var v starlark.Value
	err = c.hub.h.Group(func(g *green.Group) (err error) {
		one := &greenGroup{hub: c.hub, g: g}
		defer func() { one.over = true }()
		v, err = c.fiber.call(fn, append(starlark.Tuple{one}, args...), c.kwargs)
		c.me().at = c.fiber
		return err
	})
	if err = c.hub.back(c.fiber, err); err != nil {
		return nil, err
	}
	return v, nil
}

func (g *greenGroup) of() *hub              { return g.hub }
func (g *greenGroup) String() string        { return fmt.Sprintf("<group of %d tasks>", g.g.Len()) }
func (g *greenGroup) Type() string          { return "group" }
func (g *greenGroup) Freeze()               {}
func (g *greenGroup) Truth() starlark.Bool  { return true }
func (g *greenGroup) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: %s", g.Type()) }

var greenGroupMethods map[string]*starlark.Builtin

func init() {
	greenGroupMethods = byName(
		greenMethod("spawn", func(c *greenCall, g *greenGroup) (starlark.Value, error) {
			if g.over && g.g.Len() == 0 {
				return nil, runtimeError("the group has ended")
			}
			return c.spawn(g.g, patience{}, c.args)
		}),
		greenMethod("cancel", func(c *greenCall, g *greenGroup) (starlark.Value, error) {
			if err := c.unpack(); err != nil {
				return nil, err
			}
			g.g.Cancel()
			return starlark.None, nil
		}),
	)
}

// Attr returns a method of g.
func (g *greenGroup) Attr(name string) (starlark.Value, error) {
	return attrOf(g, name, greenGroupMethods, nil)
}

// AttrNames lists what Attr knows.
func (g *greenGroup) AttrNames() []string {
	return namesOf(greenGroupMethods, map[string]starlark.Value(nil))
}

// A greenPool is the Starlark value of a pool.
type greenPool struct {
	hub *hub
	p   *green.Pool
}

// makePool is pool(size=None).
func makePool(c *greenCall) (starlark.Value, error) {
	size, err := c.size("size?")
	if err != nil {
		return nil, err
	}
	return &greenPool{c.hub, green.NewPool(c.hub.h, size)}, nil
}

// size takes the one argument of a function, a size or None.
func (c *greenCall) size(name string) (int, error) {
	var v starlark.Value = starlark.None
	if err := c.unpack(name, &v); err != nil {
		return 0, err
	}
	return toSize(v)
}

func toSize(v starlark.Value) (int, error) {
	if v == starlark.None {
		return green.Unbounded, nil
	}
	n, err := starlark.AsInt32(v)
	if err != nil {
		return 0, typeError("a size is a number or None (got %s)", v)
	}
	if n < 0 {
		return 0, valueError("a size cannot be negative")
	}
	return n, nil
}

func (p *greenPool) of() *hub                 { return p.hub }
func (p *greenPool) String() string           { return "<" + p.p.String() + ">" }
func (p *greenPool) Type() string             { return "pool" }
func (p *greenPool) Freeze()                  {}
func (p *greenPool) Truth() starlark.Bool     { return true }
func (p *greenPool) Hash() (uint32, error)    { return 0, fmt.Errorf("unhashable: %s", p.Type()) }
func (p *greenPool) waitable() green.Waitable { return p.p }

var greenPoolAttrs = map[string]func(p *greenPool) starlark.Value{
	"running": func(p *greenPool) starlark.Value { return starlark.MakeInt(p.p.Len()) },
	"free":    func(p *greenPool) starlark.Value { return starlark.MakeInt(p.p.Free()) },
}

var greenPoolMethods map[string]*starlark.Builtin

func init() {
	greenPoolMethods = byName(
		greenMethod("spawn", spawnInPool),
		greenMethod("map", mapInPool),
		greenMethod("join", func(c *greenCall, p *greenPool) (starlark.Value, error) {
			var limit patience
			if err := c.unpack("timeout?", &limit); err != nil {
				return nil, err
			}
			return starlark.None, c.wait(limit, p.p.Join)
		}),
		greenMethod("kill", func(c *greenCall, p *greenPool) (starlark.Value, error) {
			if err := c.unpack(); err != nil {
				return nil, err
			}
			return starlark.None, c.wait(patience{}, p.p.Kill)
		}),
	)
}

// Attr returns a method or an attribute of p.
func (p *greenPool) Attr(name string) (starlark.Value, error) {
	return attrOf(p, name, greenPoolMethods, greenPoolAttrs)
}

// AttrNames lists what Attr knows.
func (p *greenPool) AttrNames() []string { return namesOf(greenPoolMethods, greenPoolAttrs) }

// spawnInPool is p.spawn(f, *args, **kwargs), which waits for a place.
func spawnInPool(c *greenCall, p *greenPool) (starlark.Value, error) {
	fn, args, err := c.callee(c.args)
	if err != nil {
		return nil, err
	}
	t := c.hub.newTask(fn)
	err = c.wait(patience{}, func() error {
		job, err := green.SpawnIn(p.p, func() (starlark.Value, error) { return t.live(fn, args, c.kwargs) })
		if err == nil {
			t.adopt(job)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// mapInPool is p.map(f, items), which returns the list of the results.
func mapInPool(c *greenCall, p *greenPool) (starlark.Value, error) {
	var fn starlark.Callable
	var items starlark.Iterable
	if err := c.unpack("f", &fn, "items", &items); err != nil {
		return nil, err
	}
	var results []starlark.Value
	err := c.wait(patience{}, func() (err error) {
		results, err = green.Map(p.p, starlark.Elements(items), func(v starlark.Value) (starlark.Value, error) {
			return c.hub.newTask(fn).live(fn, starlark.Tuple{v}, nil)
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return starlark.NewList(results), nil
}
