package starlark

import (
	"fmt"

	"github.com/go-greenlet/greenlet/green"
	"go.starlark.net/starlark"
)

// A greenEvent is the Starlark value of an event.
type greenEvent struct {
	hub *hub
	e   *green.Event
}

// makeEvent is event().
func makeEvent(c *greenCall) (starlark.Value, error) {
	if err := c.unpack(); err != nil {
		return nil, err
	}
	return &greenEvent{c.hub, c.hub.h.NewEvent()}, nil
}

func (e *greenEvent) of() *hub                 { return e.hub }
func (e *greenEvent) String() string           { return "<event>" }
func (e *greenEvent) Type() string             { return "event" }
func (e *greenEvent) Freeze()                  {}
func (e *greenEvent) Truth() starlark.Bool     { return true }
func (e *greenEvent) Hash() (uint32, error)    { return 0, fmt.Errorf("unhashable: %s", e.Type()) }
func (e *greenEvent) waitable() green.Waitable { return e.e }

var greenEventMethods map[string]*starlark.Builtin

func init() {
	greenEventMethods = byName(
		greenMethod("set", func(c *greenCall, e *greenEvent) (starlark.Value, error) {
			if err := c.unpack(); err != nil {
				return nil, err
			}
			e.e.Set()
			return starlark.None, nil
		}),
		greenMethod("clear", func(c *greenCall, e *greenEvent) (starlark.Value, error) {
			if err := c.unpack(); err != nil {
				return nil, err
			}
			e.e.Clear()
			return starlark.None, nil
		}),
		greenMethod("is_set", func(c *greenCall, e *greenEvent) (starlark.Value, error) {
			return starlark.Bool(e.e.IsSet()), c.unpack()
		}),
		greenMethod("wait", func(c *greenCall, e *greenEvent) (starlark.Value, error) {
			var p patience
			if err := c.unpack("timeout?", &p); err != nil {
				return nil, err
			}
			return starlark.None, c.wait(p, e.e.Wait)
		}),
	)
}

// Attr returns a method of e.
func (e *greenEvent) Attr(name string) (starlark.Value, error) {
	return attrOf(e, name, greenEventMethods, nil)
}

// AttrNames lists what Attr knows.
func (e *greenEvent) AttrNames() []string {
	return namesOf(greenEventMethods, map[string]starlark.Value(nil))
}

// A greenSemaphore is the Starlark value of a semaphore.
type greenSemaphore struct {
	hub *hub
	s   *green.Semaphore
}

// makeSemaphore is semaphore(n=1).
func makeSemaphore(c *greenCall) (starlark.Value, error) {
	n := 1
	if err := c.unpack("n?", &n); err != nil {
		return nil, err
	}
	if n < 0 {
		return nil, valueError("a semaphore cannot have fewer than 0 permits")
	}
	return &greenSemaphore{c.hub, c.hub.h.NewSemaphore(n)}, nil
}

func (s *greenSemaphore) of() *hub                 { return s.hub }
func (s *greenSemaphore) String() string           { return fmt.Sprintf("<semaphore with %d free>", s.s.Free()) }
func (s *greenSemaphore) Type() string             { return "semaphore" }
func (s *greenSemaphore) Freeze()                  {}
func (s *greenSemaphore) Truth() starlark.Bool     { return true }
func (s *greenSemaphore) Hash() (uint32, error)    { return 0, fmt.Errorf("unhashable: %s", s.Type()) }
func (s *greenSemaphore) waitable() green.Waitable { return s.s }

var greenSemaphoreAttrs = map[string]func(s *greenSemaphore) starlark.Value{
	"free":    func(s *greenSemaphore) starlark.Value { return starlark.MakeInt(s.s.Free()) },
	"waiting": func(s *greenSemaphore) starlark.Value { return starlark.MakeInt(s.s.Waiting()) },
}

var greenSemaphoreMethods map[string]*starlark.Builtin

func init() {
	greenSemaphoreMethods = byName(
		greenMethod("acquire", func(c *greenCall, s *greenSemaphore) (starlark.Value, error) {
			var p patience
			if err := c.unpack("timeout?", &p); err != nil {
				return nil, err
			}
			return starlark.None, c.wait(p, s.s.Acquire)
		}),
		greenMethod("try_acquire", func(c *greenCall, s *greenSemaphore) (starlark.Value, error) {
			if err := c.unpack(); err != nil {
				return nil, err
			}
			return starlark.Bool(s.s.TryAcquire()), nil
		}),
		greenMethod("release", func(c *greenCall, s *greenSemaphore) (starlark.Value, error) {
			if err := c.unpack(); err != nil {
				return nil, err
			}
			s.s.Release()
			return starlark.None, nil
		}),
		greenMethod("hold", holdSemaphore),
	)
}

// Attr returns a method or an attribute of s.
func (s *greenSemaphore) Attr(name string) (starlark.Value, error) {
	return attrOf(s, name, greenSemaphoreMethods, greenSemaphoreAttrs)
}

// AttrNames lists what Attr knows.
func (s *greenSemaphore) AttrNames() []string {
	return namesOf(greenSemaphoreMethods, greenSemaphoreAttrs)
}

// holdSemaphore is s.hold(f, *args, **kwargs), which calls f with a permit: Starlark has no with.
func holdSemaphore(c *greenCall, s *greenSemaphore) (starlark.Value, error) {
	fn, args, err := c.callee(c.args)
	if err != nil {
		return nil, err
	}
	if err := c.wait(patience{}, s.s.Acquire); err != nil {
		return nil, err
	}
	defer s.s.Release()
	return c.fiber.call(fn, args, c.kwargs)
}
