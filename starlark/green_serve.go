package starlark

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/go-greenlet/greenlet/green"
	greennet "github.com/go-greenlet/greenlet/green/net"
	"go.starlark.net/starlark"
)

// A listener is the Starlark value of a listener.
type listener struct {
	hub    *hub
	l      *greennet.Listener
	closed bool
}

// listen is listen(address): port 0 is a free one.
func listen(c *greenCall) (starlark.Value, error) {
	var address string
	if err := c.unpack("address", &address); err != nil {
		return nil, err
	}
	return c.listenOn(address)
}

func (c *greenCall) listenOn(address string) (*listener, error) {
	l := &listener{hub: c.hub}
	err := c.onNet(patience{}, func() (err error) {
		l.l, err = greennet.Listen(c.hub.h, "tcp", address)
		return err
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

func (l *listener) of() *hub              { return l.hub }
func (l *listener) String() string        { return fmt.Sprintf("<listener on %s>", l.l.Addr()) }
func (l *listener) Type() string          { return "listener" }
func (l *listener) Freeze()               {}
func (l *listener) Truth() starlark.Bool  { return starlark.Bool(!l.closed) }
func (l *listener) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: %s", l.Type()) }

var listenerAttrs = map[string]func(l *listener) starlark.Value{
	"address": func(l *listener) starlark.Value { return starlark.String(l.l.Addr().String()) },
}

var listenerMethods map[string]*starlark.Builtin

func init() {
	listenerMethods = byName(
		greenMethod("accept", acceptFrom),
		greenMethod("close", func(c *greenCall, l *listener) (starlark.Value, error) {
			if err := c.unpack(); err != nil {
				return nil, err
			}
			return starlark.None, c.onNet(patience{}, l.close)
		}),
	)
}

// close closes l. Done already, nothing happens.
func (l *listener) close() error {
	if l.closed {
		return nil
	}
	l.closed = true
	return l.l.Close()
}

// Attr returns a method or an attribute of l.
func (l *listener) Attr(name string) (starlark.Value, error) {
	return attrOf(l, name, listenerMethods, listenerAttrs)
}

// AttrNames lists what Attr knows.
func (l *listener) AttrNames() []string { return namesOf(listenerMethods, listenerAttrs) }

// acceptFrom is l.accept(timeout=None).
func acceptFrom(c *greenCall, l *listener) (starlark.Value, error) {
	var p patience
	if err := c.unpack("timeout?", &p); err != nil {
		return nil, err
	}
	nc, err := c.accept(l, p)
	if err != nil {
		return nil, err
	}
	return newConnection(c.hub, nc), nil
}

func (c *greenCall) accept(l *listener, p patience) (nc *greennet.Conn, err error) {
	err = c.onNet(p, func() (err error) {
		nc, err = l.l.AcceptConn()
		return err
	})
	return nc, err
}

// How long serve pauses after a failure to accept that may pass, the longer the more there are, as a StreamServer does.
const (
	minPause = 10 * time.Millisecond
	maxPause = time.Second
)

// acceptLasting is accept that goes on after a failure that may pass, such as too many open files.
func (c *greenCall) acceptLasting(l *listener) (nc *greennet.Conn, err error) {
	err = c.onNet(patience{}, func() (err error) {
		for pause := minPause; ; pause = min(maxPause, 2*pause) {
			if nc, err = l.l.AcceptConn(); err == nil || !greennet.Passing(err) {
				return err
			}
			if err = c.hub.h.Sleep(pause); err != nil {
				return err
			}
		}
	})
	return nc, err
}

// serve is serve(address, f), or of a listener instead of an address: it calls f with every connection, in a task of its own as
// spawn makes it, which closes the connection in the end. It returns when the listener is closed, and leaves the tasks alone.
// When accepting fails for lack of something, such as descriptors, it pauses, up to a second, and goes on.
func serve(c *greenCall) (starlark.Value, error) {
	var at starlark.Value
	var f starlark.Callable
	if err := c.unpack("address", &at, "f", &f); err != nil {
		return nil, err
	}
	var l *listener
	switch v := at.(type) {
	case *listener:
		if v.hub != c.hub {
			return nil, errOtherHub
		}
		l = v
	case starlark.String:
		var err error
		if l, err = c.listenOn(string(v)); err != nil {
			return nil, err
		}
	default:
		return nil, typeError("serve() takes an address or a listener (got type %s)", typeName(at))
	}
	defer l.close()
	for {
		nc, err := c.acceptLasting(l)
		switch {
		case err == nil:
			c.serveOne(f, nc)
		case l.closed:
			return starlark.None, nil
		default:
			return nil, err
		}
	}
}

// serveOne spawns the task of a connection.
func (c *greenCall) serveOne(f starlark.Callable, nc net.Conn) {
	n := newConnection(c.hub, nc)
	t := c.hub.newTask(f)
	t.adopt(green.Spawn(c.hub.h, func() (v starlark.Value, err error) {
		defer func() {
			if e := n.close(); err == nil && e != nil && !errors.Is(e, net.ErrClosed) {
				err = e
			}
		}()
		return t.live(f, starlark.Tuple{n}, nil)
	}))
}
