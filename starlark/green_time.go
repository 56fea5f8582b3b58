package starlark

import (
	"math"
	"time"

	"github.com/go-greenlet/greenlet/green"
	startime "go.starlark.net/lib/time"
	"go.starlark.net/starlark"
)

// A patience is how long one waits, as an argument: a number of seconds, a duration of the library time, or None.
type patience struct {
	d       time.Duration
	limited bool
	given   starlark.Value
}

// Unpack is called by starlark.UnpackArgs.
func (p *patience) Unpack(v starlark.Value) error {
	p.given = v
	if v == starlark.None {
		p.limited = false
		return nil
	}
	p.limited = true
	if d, ok := v.(startime.Duration); ok {
		p.d = time.Duration(d)
		return nil
	}
	seconds, ok := starlark.AsFloat(v)
	if !ok || math.IsNaN(seconds) {
		return typeError("a number of seconds is required (got type %s)", typeName(v))
	}
	if ns := seconds * 1e9; ns < math.MaxInt64 {
		p.d = time.Duration(max(ns, 0))
	} else {
		p.d = math.MaxInt64
	}
	return nil
}

// timeout is what arrives when the time has passed. It is another one each time.
func (p *patience) timeout() *Raised {
	return &Raised{&exception{timeoutClass, starlark.Tuple{p.given}}}
}

// sleep is sleep(seconds=0).
func sleep(c *greenCall) (starlark.Value, error) {
	p := patience{limited: true}
	if err := c.unpack("seconds?", &p); err != nil {
		return nil, err
	}
	if !p.limited {
		return nil, typeError("a number of seconds is required (got type NoneType)")
	}
	return starlark.None, c.wait(patience{}, func() error { return c.hub.h.Sleep(p.d) })
}

// now is now(), in seconds since 1970.
func now(c *greenCall) (starlark.Value, error) {
	if err := c.unpack(); err != nil {
		return nil, err
	}
	t := c.hub.h.Now()
	return starlark.Float(float64(t.Unix()) + float64(t.Nanosecond())/1e9), nil
}

// runWithTimeout is timeout(seconds, f, *args, **kwargs).
func runWithTimeout(c *greenCall) (starlark.Value, error) {
	if len(c.args) == 0 {
		return nil, typeError("timeout() takes the seconds, a function and its arguments")
	}
	var p patience
	if err := p.Unpack(c.args[0]); err != nil {
		return nil, err
	}
	fn, args, err := c.callee(c.args[1:])
	if err != nil {
		return nil, err
	}
	if !p.limited {
		return c.fiber.call(fn, args, c.kwargs)
	}
	var v starlark.Value
	err = c.hub.h.WithTimeoutError(p.d, p.timeout(), func(*green.Timeout) (err error) {
		v, err = c.fiber.call(fn, args, c.kwargs)
		return err
	})
	return v, c.tree.orCancelled(err)
}
