package starlark

import (
	"fmt"

	"github.com/go-greenlet/greenlet/green"
	"go.starlark.net/starlark"
)

// A greenQueue is the Starlark value of a queue.
type greenQueue struct {
	hub *hub
	q   *green.Queue[starlark.Value]
}

var _ starlark.Iterable = (*greenQueue)(nil)

// makeQueue is queue(maxsize=None, lifo=False, name="").
func makeQueue(c *greenCall) (starlark.Value, error) {
	var maxsize starlark.Value = starlark.None
	lifo, name := false, ""
	if err := c.unpack("maxsize?", &maxsize, "lifo?", &lifo, "name?", &name); err != nil {
		return nil, err
	}
	size, err := toSize(maxsize)
	if err != nil {
		return nil, err
	}
	q := &greenQueue{hub: c.hub}
	if lifo {
		q.q = green.NewLIFOQueue[starlark.Value](c.hub.h, size)
	} else {
		q.q = green.NewQueue[starlark.Value](c.hub.h, size)
	}
	q.q.SetName(name)
	return q, nil
}

func (q *greenQueue) of() *hub                 { return q.hub }
func (q *greenQueue) String() string           { return "<" + q.q.String() + ">" }
func (q *greenQueue) Type() string             { return "queue" }
func (q *greenQueue) Freeze()                  {}
func (q *greenQueue) Truth() starlark.Bool     { return true }
func (q *greenQueue) Hash() (uint32, error)    { return 0, fmt.Errorf("unhashable: %s", q.Type()) }
func (q *greenQueue) waitable() green.Waitable { return q.q }

var greenQueueAttrs = map[string]func(q *greenQueue) starlark.Value{
	"size":       func(q *greenQueue) starlark.Value { return starlark.MakeInt(q.q.Len()) },
	"unfinished": func(q *greenQueue) starlark.Value { return starlark.MakeInt(q.q.Unfinished()) },
	"closed":     func(q *greenQueue) starlark.Value { return starlark.Bool(q.q.Closed()) },
	"name":       func(q *greenQueue) starlark.Value { return starlark.String(q.q.Name()) },
}

var greenQueueMethods map[string]*starlark.Builtin

func init() {
	greenQueueMethods = byName(
		greenMethod("put", putInQueue),
		greenMethod("try_put", func(c *greenCall, q *greenQueue) (starlark.Value, error) {
			var v starlark.Value
			if err := c.unpack("value", &v); err != nil {
				return nil, err
			}
			return starlark.Bool(q.q.TryPut(v)), nil
		}),
		greenMethod("get", getFromQueue),
		greenMethod("try_get", func(c *greenCall, q *greenQueue) (starlark.Value, error) {
			if err := c.unpack(); err != nil {
				return nil, err
			}
			v, ok := q.q.TryGet()
			if !ok {
				v = starlark.None
			}
			return starlark.Tuple{v, starlark.Bool(ok)}, nil
		}),
		greenMethod("task_done", func(c *greenCall, q *greenQueue) (starlark.Value, error) {
			if err := c.unpack(); err != nil {
				return nil, err
			}
			if q.q.Unfinished() == 0 {
				return nil, valueError("task_done() called too many times")
			}
			q.q.TaskDone()
			return starlark.None, nil
		}),
		greenMethod("join", func(c *greenCall, q *greenQueue) (starlark.Value, error) {
			var p patience
			if err := c.unpack("timeout?", &p); err != nil {
				return nil, err
			}
			return starlark.None, c.wait(p, q.q.Join)
		}),
		greenMethod("shutdown", func(c *greenCall, q *greenQueue) (starlark.Value, error) {
			if err := c.unpack(); err != nil {
				return nil, err
			}
			q.q.Shutdown()
			return starlark.None, nil
		}),
	)
}

// Attr returns a method or an attribute of q.
func (q *greenQueue) Attr(name string) (starlark.Value, error) {
	return attrOf(q, name, greenQueueMethods, greenQueueAttrs)
}

// AttrNames lists what Attr knows.
func (q *greenQueue) AttrNames() []string { return namesOf(greenQueueMethods, greenQueueAttrs) }

// putInQueue is q.put(value, timeout=None).
func putInQueue(c *greenCall, q *greenQueue) (starlark.Value, error) {
	var v starlark.Value
	var p patience
	if err := c.unpack("value", &v, "timeout?", &p); err != nil {
		return nil, err
	}
	if q.q.TryPut(v) {
		return starlark.None, nil
	}
	return starlark.None, c.wait(p, func() error { return q.q.Put(v) })
}

// getFromQueue is q.get(timeout=None).
func getFromQueue(c *greenCall, q *greenQueue) (starlark.Value, error) {
	var p patience
	if err := c.unpack("timeout?", &p); err != nil {
		return nil, err
	}
	return c.get(q, p)
}

func (c *greenCall) get(q *greenQueue, p patience) (v starlark.Value, err error) {
	if v, ok := q.q.TryGet(); ok {
		return v, nil
	}
	err = c.wait(p, func() (err error) {
		v, err = q.q.Get()
		return err
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}

// Iterate begins a loop that gets items until the queue was shut down and is empty.
func (q *greenQueue) Iterate() starlark.Iterator { return &getting{q} }

// A getting is one loop over a queue.
type getting struct{ q *greenQueue }

// Next gets an item. A failure ends the loop and fails the thread with the loop.
func (g *getting) Next(p *starlark.Value) bool {
	b := g.q.hub
	f := b.root.running.Load()
	if f.ended || f.failed != nil || b.closed {
		return false
	}
	c := &greenCall{&call{fiber: f, st: f.tree.stackless}, b}
	v, err := c.get(g.q, patience{})
	switch {
	case err == nil:
		*p = v
		return true
	case !f.ended && !shutDown.is(raised(err)):
		f.fail(err)
	}
	return false
}

// Done does nothing.
func (g *getting) Done() {}
