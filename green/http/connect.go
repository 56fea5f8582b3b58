package http

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"time"

	"github.com/go-greenlet/greenlet/green"
	greennet "github.com/go-greenlet/greenlet/green/net"
	"golang.org/x/net/idna"
)

// A hostKey tells apart what needs a connection of its own.
type hostKey struct{ scheme, addr string }

func keyOf(u *url.URL) hostKey {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return hostKey{u.Scheme, net.JoinHostPort(asciiName(u.Hostname()), port)}
}

// asciiName returns the name that is looked up for an international one: bücher.example is xn--bcher-kva.example.
// What is no such name is returned as it is.
func asciiName(name string) string {
	for i := range len(name) {
		if name[i] >= 0x80 {
			if ascii, err := idna.Lookup.ToASCII(name); err == nil {
				return ascii
			}
			break
		}
	}
	return name
}

// connect makes a connection to key, with TLS for https.
func connect(
	h *green.Hub, key hostKey, dial func(network, address string) (net.Conn, error), d *greennet.Dialer,
	config *tls.Config,
) (net.Conn, error) {
	c := &connecting{h: h, key: key, dial: dial, dialer: d, config: config, trace: &httptrace.ClientTrace{}}
	return c.connect()
}

// A connecting is a connection that is being made.
type connecting struct {
	h      *green.Hub
	key    hostKey
	dial   func(network, address string) (net.Conn, error)
	dialer *greennet.Dialer
	config *tls.Config
	trace  *httptrace.ClientTrace // not nil
}

func (c *connecting) connect() (net.Conn, error) {
	var nc net.Conn
	var err error
	switch traced := c.trace; {
	case c.dial != nil:
		nc, err = c.dial("tcp", c.key.addr)
	case traced.DNSStart != nil, traced.DNSDone != nil, traced.ConnectStart != nil, traced.ConnectDone != nil:
		nc, err = plainConn(c.dialTraced())
	case c.dialer != nil:
		nc, err = plainConn(c.dialer.Dial(c.h, "tcp", c.key.addr))
	default:
		nc, err = plainConn(greennet.Dial(c.h, "tcp", c.key.addr))
	}
	if err != nil || c.key.scheme != "https" {
		return nc, err
	}
	done := false
	defer func() {
		if !done { // by an error, or by a panic that is raised in a wait
			nc.Close()
		}
	}()
	below, ok := nc.(*greennet.Conn)
	if !ok {
		return nil, fmt.Errorf("http: Dial must make a %T for https", below)
	}
	config := c.config
	if config == nil {
		config = &tls.Config{}
	}
	if config.ServerName == "" {
		config = config.Clone()
		config.ServerName, _, _ = net.SplitHostPort(c.key.addr)
	}
	if f := c.trace.TLSHandshakeStart; f != nil {
		f()
	}
	s := (&greennet.TLS{Config: config}).Client(below)
	err = s.Handshake()
	if f := c.trace.TLSHandshakeDone; f != nil {
		f(s.ConnectionState(), err)
	}
	if err != nil {
		return nil, err
	}
	done = true
	return s, nil
}

// dialTraced looks up the name by itself, so that it can say when, and then leaves the addresses to the dialer.
func (c *connecting) dialTraced() (*greennet.Conn, error) {
	d := greennet.Dialer{}
	if c.dialer != nil {
		d = *c.dialer
	}
	if d.Timeout <= 0 {
		return c.dialWith(&d)
	}
	var nc *greennet.Conn
	err := c.h.WithTimeout(d.Timeout, func(*green.Timeout) (err error) { // which holds for the name, too
		nc, err = c.dialWith(&d)
		return err
	})
	return nc, err
}

func (c *connecting) dialWith(d *greennet.Dialer) (*greennet.Conn, error) {
	host, port, err := net.SplitHostPort(c.key.addr)
	if err != nil {
		return nil, err
	}
	first := c.key.addr
	if _, err := netip.ParseAddr(host); err != nil && host != "" {
		r := d.Resolver
		if r == nil {
			r = greennet.DefaultResolver
		}
		if f := c.trace.DNSStart; f != nil {
			f(httptrace.DNSStartInfo{Host: host})
		}
		found, err := r.LookupNetIP(c.h, "ip", host)
		if f := c.trace.DNSDone; f != nil {
			info := httptrace.DNSDoneInfo{Err: err}
			for _, ip := range found {
				info.Addrs = append(info.Addrs, net.IPAddr{IP: ip.AsSlice(), Zone: ip.Zone()})
			}
			f(info)
		}
		if err != nil {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Source: d.LocalAddr, Err: err}
		}
		if len(found) > 0 {
			first = net.JoinHostPort(found[0].String(), port)
		}
		d.Resolver = &greennet.Resolver{Lookup: func(context.Context, string) ([]netip.Addr, time.Duration, error) {
			return found, time.Hour, nil
		}}
	}
	if f := c.trace.ConnectStart; f != nil {
		f("tcp", first)
	}
	nc, err := d.Dial(c.h, "tcp", c.key.addr)
	if f := c.trace.ConnectDone; f != nil {
		if err == nil {
			first = nc.RemoteAddr().String()
		}
		f("tcp", first, err)
	}
	return nc, err
}

// plainConn keeps a nil *Conn from becoming a net.Conn that is not nil.
func plainConn(c *greennet.Conn, err error) (net.Conn, error) {
	if err != nil {
		return nil, err
	}
	return c, nil
}
