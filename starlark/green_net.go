package starlark

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/go-greenlet/greenlet/green"
	greenhttp "github.com/go-greenlet/greenlet/green/http"
	greennet "github.com/go-greenlet/greenlet/green/net"
	tasklets "github.com/go-greenlet/greenlet/tasklet"
	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
)

// Limits of what a script reads at a time.
const (
	maxRead = 1 << 20
	maxLine = 1 << 20
	maxBody = 64 << 20
)

// Network lets scripts use the network: connect, listen, serve and http_get of the module green. Without it they fail, so that
// a host may execute scripts that it does not trust. It needs [Run].
func Network() Option { return func(t *Tree) { t.network = true } }

// networked is f of scripts that may use the network.
func networked(f func(c *greenCall) (starlark.Value, error)) func(c *greenCall) (starlark.Value, error) {
	return func(c *greenCall) (starlark.Value, error) {
		if !c.hub.root.network {
			return nil, runtimeError("%s() is not allowed: the host gives its scripts no network", c.b.Name())
		}
		return f(c)
	}
}

// onNet does f, which uses the network, as wait does. What fails there is an OSError, whose text has no name of ours.
func (c *greenCall) onNet(p patience, f func() error) error {
	return c.wait(p, func() error {
		err := f()
		raised, stuck := (*Raised)(nil), (*tasklets.DeadlockError)(nil)
		switch {
		case err == nil:
			return nil
		case errors.As(err, &raised):
			return raised
		case errors.As(err, &stuck):
			return stuck
		case errors.Is(err, green.ErrKilled):
			return green.ErrKilled
		case errors.Is(err, green.ErrCanceled):
			return green.ErrCanceled
		case errors.Is(err, net.ErrClosed):
			return &builtinError{"OSError", "it is closed"}
		}
		return &builtinError{"OSError", err.Error()}
	})
}

// connect is connect(address, tls=False, timeout=None).
func connect(c *greenCall) (starlark.Value, error) {
	var address string
	var secure bool
	var p patience
	if err := c.unpack("address", &address, "tls?", &secure, "timeout?", &p); err != nil {
		return nil, err
	}
	var nc net.Conn
	err := c.onNet(p, func() (err error) {
		if secure {
			nc, err = greennet.DialTLS(c.hub.h, "tcp", address, nil)
		} else {
			nc, err = greennet.Dial(c.hub.h, "tcp", address)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return newConnection(c.hub, nc), nil
}

// A connection is the Starlark value of a connection.
type connection struct {
	hub    *hub
	nc     net.Conn
	r      *greennet.Reader
	closed bool
}

func newConnection(b *hub, nc net.Conn) *connection {
	return &connection{hub: b, nc: nc, r: greennet.NewReader(nc)}
}

func (n *connection) of() *hub              { return n.hub }
func (n *connection) String() string        { return fmt.Sprintf("<connection to %s>", n.nc.RemoteAddr()) }
func (n *connection) Type() string          { return "connection" }
func (n *connection) Freeze()               {}
func (n *connection) Truth() starlark.Bool  { return starlark.Bool(!n.closed) }
func (n *connection) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: %s", n.Type()) }

var connectionAttrs = map[string]func(n *connection) starlark.Value{
	"local":  func(n *connection) starlark.Value { return starlark.String(n.nc.LocalAddr().String()) },
	"remote": func(n *connection) starlark.Value { return starlark.String(n.nc.RemoteAddr().String()) },
}

var connectionMethods map[string]*starlark.Builtin

func init() {
	connectionMethods = byName(
		greenMethod("read", readConnection),
		greenMethod("read_line", readLineOf),
		greenMethod("write", writeConnection),
		greenMethod("close", func(c *greenCall, n *connection) (starlark.Value, error) {
			if err := c.unpack(); err != nil {
				return nil, err
			}
			return starlark.None, c.onNet(patience{}, n.close)
		}),
	)
}

// close closes n. Done already, nothing happens.
func (n *connection) close() error {
	if n.closed {
		return nil
	}
	n.closed = true
	return n.nc.Close()
}

// Attr returns a method or an attribute of n.
func (n *connection) Attr(name string) (starlark.Value, error) {
	return attrOf(n, name, connectionMethods, connectionAttrs)
}

// AttrNames lists what Attr knows.
func (n *connection) AttrNames() []string { return namesOf(connectionMethods, connectionAttrs) }

// readConnection is n.read(size=65536, timeout=None): what there is, as bytes; none at the end.
func readConnection(c *greenCall, n *connection) (starlark.Value, error) {
	size := 1 << 16
	var p patience
	if err := c.unpack("size?", &size, "timeout?", &p); err != nil {
		return nil, err
	}
	if size < 1 || size > maxRead {
		return nil, valueError("read() takes a size from 1 to %d", maxRead)
	}
	buf := make([]byte, size)
	got := 0
	err := c.onNet(p, func() (err error) {
		if got, err = n.r.Read(buf); err == io.EOF {
			err = nil
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return starlark.Bytes(buf[:got]), nil
}

// readLineOf is n.read_line(timeout=None): a line without its end, or None after the last.
func readLineOf(c *greenCall, n *connection) (starlark.Value, error) {
	var p patience
	if err := c.unpack("timeout?", &p); err != nil {
		return nil, err
	}
	v := starlark.Value(starlark.None)
	err := c.onNet(p, func() error {
		line, err := n.r.ReadLine(maxLine)
		switch {
		case err == nil, err == io.ErrUnexpectedEOF && len(line) > 0:
			v = starlark.String(line)
			return nil
		case err == io.EOF:
			return nil
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}

// writeConnection is n.write(data, timeout=None), of a string or bytes.
func writeConnection(c *greenCall, n *connection) (starlark.Value, error) {
	var data starlark.Value
	var p patience
	if err := c.unpack("data", &data, "timeout?", &p); err != nil {
		return nil, err
	}
	var text string
	switch v := data.(type) {
	case starlark.String:
		text = string(v)
	case starlark.Bytes:
		text = string(v)
	default:
		return nil, typeError("write() takes a string or bytes (got type %s)", typeName(data))
	}
	return starlark.None, c.onNet(p, func() error {
		_, err := io.WriteString(n.nc, text)
		return err
	})
}

// httpGet is http_get(url, timeout=None), which returns a struct of status, headers and body.
func httpGet(c *greenCall) (starlark.Value, error) {
	var url string
	var p patience
	if err := c.unpack("url", &url, "timeout?", &p); err != nil {
		return nil, err
	}
	var body []byte
	var resp *http.Response
	client := greenhttp.NewClient(c.hub.h)
	err := c.onNet(p, func() (err error) {
		if resp, err = client.Get(url); err != nil {
			return err
		}
		defer resp.Body.Close()
		body, err = io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
		if err == nil && len(body) > maxBody {
			err = fmt.Errorf("the response is longer than %d bytes", maxBody)
		}
		return err
	})
	client.CloseIdleConnections()
	if err != nil {
		return nil, err
	}
	headers := starlark.NewDict(len(resp.Header))
	for name, values := range resp.Header {
		headers.SetKey(starlark.String(name), starlark.String(values[0])) // of a new dictionary it cannot fail
	}
	return starlarkstruct.FromStringDict(starlark.String("response"), starlark.StringDict{
		"status": starlark.MakeInt(resp.StatusCode), "headers": headers, "body": starlark.String(body),
	}), nil
}
