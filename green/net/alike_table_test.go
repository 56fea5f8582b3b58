package net_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	stdnet "net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
)

// A maker makes sockets: package net, or one of the backends.
type maker struct {
	listen       func(network, address string) (stdnet.Listener, error)
	dial         func(network, address string) (stdnet.Conn, error)
	listenPacket func(network, address string) (stdnet.PacketConn, error)
}

var plainMaker = maker{stdnet.Listen, stdnet.Dial, func(network, address string) (stdnet.PacketConn, error) {
	if network == "unixgram" { // the name package net has for it
		return stdnet.ListenUnixgram(network, &stdnet.UnixAddr{Name: address, Net: network})
	}
	return stdnet.ListenPacket(network, address)
}}

func makerOf(h *green.Hub) maker {
	return maker{
		func(network, address string) (stdnet.Listener, error) { return net.Listen(h, network, address) },
		func(network, address string) (stdnet.Conn, error) { return net.Dial(h, network, address) },
		func(network, address string) (stdnet.PacketConn, error) {
			return net.ListenPacket(h, network, address)
		},
	}
}

// kindOf describes err by what a program can ask of it, not by its text.
func kindOf(err error) string {
	if err == nil {
		return "nil"
	}
	var kinds []string
	for _, known := range []struct {
		name string
		err  error
	}{
		{"ErrClosed", stdnet.ErrClosed}, {"ErrDeadlineExceeded", os.ErrDeadlineExceeded}, {"EOF", io.EOF},
		{"canceled", context.Canceled}, {"ErrNotExist", os.ErrNotExist},
		{"ECONNREFUSED", syscall.ECONNREFUSED}, {"EINVAL", syscall.EINVAL}, {"EADDRINUSE", syscall.EADDRINUSE},
		{"EPIPE", syscall.EPIPE}, {"ECONNRESET", syscall.ECONNRESET}, {"EMSGSIZE", syscall.EMSGSIZE},
	} {
		if errors.Is(err, known.err) {
			kinds = append(kinds, known.name)
		}
	}
	if op, ok := errors.AsType[*stdnet.OpError](err); ok {
		kinds = append(kinds, fmt.Sprintf("OpError(%s %s)", op.Op, op.Net))
	}
	if e, ok := errors.AsType[*stdnet.AddrError](err); ok {
		kinds = append(kinds, "AddrError("+e.Err+")")
	}
	if e, ok := errors.AsType[stdnet.UnknownNetworkError](err); ok {
		kinds = append(kinds, "UnknownNetworkError("+string(e)+")")
	}
	if e, ok := errors.AsType[*stdnet.DNSError](err); ok {
		kinds = append(kinds, fmt.Sprintf("DNSError(not found %v)", e.IsNotFound))
	}
	if e, ok := errors.AsType[stdnet.Error](err); ok && e.Timeout() {
		kinds = append(kinds, "Timeout")
	}
	return strings.Join(kinds, " ")
}

// A record is what calls came to, one line each.
type record struct{ lines []string }

func (r *record) add(what string, err error) { r.lines = append(r.lines, what+": "+kindOf(err)) }
func (r *record) count(what string, n int, err error) {
	r.lines = append(r.lines, fmt.Sprintf("%s: %d, %s", what, n, kindOf(err)))
}

// alike runs f with package net and then on both backends, and compares the records line by line.
func alike(t *testing.T, name string, f func(t *testing.T, m maker, r *record)) {
	t.Run(name, func(t *testing.T) {
		var want record
		f(t, plainMaker, &want)
		each(t, func(t *testing.T, h *green.Hub) {
			var got record
			f(t, makerOf(h), &got)
			expect(t, "lines", len(got.lines), len(want.lines))
			for i := range min(len(got.lines), len(want.lines)) {
				if got.lines[i] != want.lines[i] {
					t.Errorf("got  %s\nwant %s", got.lines[i], want.lines[i])
				}
			}
		})
	})
}

// join returns both ends of a connection.
func join(t *testing.T, m maker, network, address string) (a, b stdnet.Conn) {
	t.Helper()
	l, err := m.listen(network, address)
	mustOrSkip(t, network, err)
	a, err = m.dial(network, l.Addr().String())
	must(t, err)
	b, err = l.Accept()
	must(t, err)
	must(t, l.Close())
	return a, b
}

func TestAlike_Addresses(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems give other numbers for addresses that are not theirs")
	}
	const (
		listens = 1 << iota
		dials
		packets
		streams = listens | dials
	)
	for _, row := range []struct {
		calls            int
		network, address string
	}{
		{streams | packets, "", ""}, {streams | packets, "tcp5", "127.0.0.1:0"}, {streams | packets, "TCP", "127.0.0.1:0"},
		{streams | packets, "tcp", "127.0.0.1"}, {streams, "tcp", "127.0.0.1:"}, {streams, "tcp", "127.0.0.1:65536"},
		{streams, "tcp", "127.0.0.1:-1"}, {streams, "tcp", "127.0.0.1:99999999999999999999"},
		{dials, "tcp", "127.0.0.1:http"},
		{streams, "tcp", "127.0.0.1:nosuchservice"}, {streams, "tcp", "127.0.0.1:1:2"}, {streams, "tcp", "[127.0.0.1]:0"},
		{streams, "tcp", "[::1"}, {streams, "tcp", "::1:0"}, {streams, "tcp", "[::1]"}, {streams, "tcp", "[]:0"},
		{streams, "tcp", "[::ffff:127.0.0.1]:0"}, {streams, "tcp4", "[::1]:0"}, {streams, "tcp6", "127.0.0.1:0"},
		{streams, "tcp6", "[::ffff:127.0.0.1]:0"}, {streams, "tcp4", "[::ffff:127.0.0.1]:0"},
		{packets, "udp", "127.0.0.1"}, {packets, "udp4", "[::1]:0"}, {packets, "udp6", "127.0.0.1:0"},
		{packets, "udp", "127.0.0.1:65536"}, {packets, "udp", "127.0.0.1:"}, {packets, "udp", "127.0.0.1:nosuchservice"},
		{streams, "unix", "/no/such/folder/s"}, {streams, "unix", "/tmp/" + strings.Repeat("x", 200)},
		{packets, "unixgram", "/no/such/folder/s"}, {packets, "unixgram", "/tmp/" + strings.Repeat("x", 200)},
		{dials, "unix", "@greenlet-test-nobody"},
	} {
		alike(t, fmt.Sprintf("%s %.40s", row.network, row.address), func(t *testing.T, m maker, r *record) {
			try := func(what string, c io.Closer, err error) {
				if r.add(what, err); err == nil {
					must(t, c.Close())
				}
			}
			if row.calls&listens != 0 {
				l, err := m.listen(row.network, row.address)
				try("Listen", l, err)
			}
			if row.calls&dials != 0 {
				c, err := m.dial(row.network, row.address)
				try("Dial", c, err)
			}
			if row.calls&packets != 0 {
				p, err := m.listenPacket(row.network, row.address)
				try("ListenPacket", p, err)
			}
		})
	}
}

// What is not as in package net, on purpose.
func TestAlike_OtherwiseOnPurpose(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		m := makerOf(h)
		unlike := func(what string, err error, want string) {
			t.Helper()
			expect(t, what, kindOf(err), want)
		}
		_, err := m.listen("tcp", "")
		unlike("an empty address is a forgotten setting, not any port", err,
			"OpError(listen tcp) AddrError(missing port in address)")
		_, err = m.dial("tcp", "")
		unlike("an empty address, as in Listen", err, "OpError(dial tcp) AddrError(missing port in address)")
		_, err = m.listen("udp", "127.0.0.1:0")
		unlike("Listen knows no network for datagrams", err, "OpError(listen udp) UnknownNetworkError(udp)")
		_, err = m.listen("unixgram", "/no/such/folder/s")
		unlike("Listen knows no network for datagrams", err, "OpError(listen unixgram) UnknownNetworkError(unixgram)")
		_, err = m.listenPacket("tcp", "127.0.0.1:0")
		unlike("ListenPacket knows no network for streams", err, "OpError(listen tcp) UnknownNetworkError(tcp)")
		_, err = m.listenPacket("unix", "/no/such/folder/s")
		unlike("ListenPacket knows no network for streams", err, "OpError(listen unix) UnknownNetworkError(unix)")
		a, b := join(t, m, "tcp", "127.0.0.1:0")
		must(t, a.SetDeadline(time.Unix(1, 0)))
		_, err = a.Read(nil)
		unlike("a read of nothing tells of the deadline, too", err, "ErrDeadlineExceeded OpError(read tcp) Timeout")
		must(t, a.Close())
		must(t, b.Close())
	})
}

func TestAlike_AfterClose(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		alike(t, network, func(t *testing.T, m maker, r *record) {
			address := "127.0.0.1:0"
			if network == "unix" {
				address = filepath.Join(socketDir(t), "s")
			}
			a, b := join(t, m, network, address)
			must(t, b.Close())
			must(t, a.Close())
			for range 2 {
				n, err := a.Read(make([]byte, 1))
				r.count("Read", n, err)
				n, err = a.Write([]byte("a"))
				r.count("Write", n, err)
				r.add("SetDeadline", a.SetDeadline(time.Time{}))
				r.add("SetReadDeadline", a.SetReadDeadline(time.Time{}))
				r.add("SetWriteDeadline", a.SetWriteDeadline(time.Time{}))
				r.add("CloseRead", a.(interface{ CloseRead() error }).CloseRead())
				r.add("CloseWrite", a.(interface{ CloseWrite() error }).CloseWrite())
				r.add("Close", a.Close())
			}
			if network == "unix" {
				address = filepath.Join(socketDir(t), "l")
			}
			l, err := m.listen(network, address)
			must(t, err)
			must(t, l.Close())
			for range 2 {
				_, err := l.Accept()
				r.add("Accept", err)
				r.add("Listener.SetDeadline", l.(interface{ SetDeadline(time.Time) error }).SetDeadline(time.Time{}))
				r.add("Listener.Close", l.Close())
			}
		})
	}
	alike(t, "udp", func(t *testing.T, m maker, r *record) {
		p, err := m.listenPacket("udp", "127.0.0.1:0")
		must(t, err)
		must(t, p.Close())
		for range 2 {
			n, _, err := p.ReadFrom(make([]byte, 1))
			r.count("ReadFrom", n, err)
			n, err = p.WriteTo([]byte("a"), p.LocalAddr())
			r.count("WriteTo", n, err)
			r.add("SetDeadline", p.SetDeadline(time.Time{}))
			r.add("SetReadDeadline", p.SetReadDeadline(time.Time{}))
			r.add("SetWriteDeadline", p.SetWriteDeadline(time.Time{}))
			r.add("Close", p.Close())
		}
	})
}

func TestAlike_DeadlinesAndEnds(t *testing.T) {
	alike(t, "past deadlines", func(t *testing.T, m maker, r *record) {
		past := time.Unix(1, 0)
		a, b := join(t, m, "tcp", "127.0.0.1:0")
		must(t, a.SetDeadline(past))
		n, err := a.Read(make([]byte, 1))
		r.count("Read", n, err)
		n, err = a.Write([]byte("a"))
		r.count("Write", n, err)
		n, err = a.Write(nil)
		r.count("Write nothing", n, err)
		must(t, a.Close())
		must(t, b.Close())
		l, err := m.listen("tcp", "127.0.0.1:0")
		must(t, err)
		must(t, l.(interface{ SetDeadline(time.Time) error }).SetDeadline(past))
		_, err = l.Accept()
		r.add("Accept", err)
		must(t, l.Close())
		p, err := m.listenPacket("udp", "127.0.0.1:0")
		must(t, err)
		must(t, p.SetDeadline(past))
		n, _, err = p.ReadFrom(make([]byte, 1))
		r.count("ReadFrom", n, err)
		n, err = p.WriteTo([]byte("a"), p.LocalAddr())
		r.count("WriteTo", n, err)
		must(t, p.Close())
	})
	alike(t, "nothing, and half of a connection", func(t *testing.T, m maker, r *record) {
		a, b := join(t, m, "tcp", "127.0.0.1:0")
		n, err := a.Write(nil)
		r.count("Write nothing", n, err)
		n, err = a.Read(nil)
		r.count("Read nothing", n, err)
		for range 2 {
			r.add("CloseWrite", a.(interface{ CloseWrite() error }).CloseWrite())
		}
		n, err = a.Write([]byte("a"))
		r.count("Write after CloseWrite", n, err)
		n, err = b.Read(make([]byte, 1))
		r.count("Read at the end", n, err)
		n, err = b.Read(nil)
		r.count("Read nothing at the end", n, err)
		r.add("CloseRead", a.(interface{ CloseRead() error }).CloseRead())
		n, err = a.Read(make([]byte, 1))
		r.count("Read after CloseRead", n, err)
		must(t, a.Close())
		must(t, b.Close())
	})
}

func TestAlike_TakenAndRefused(t *testing.T) {
	alike(t, "ports", func(t *testing.T, m maker, r *record) {
		l, err := m.listen("tcp", "127.0.0.1:0")
		must(t, err)
		_, err = m.listen("tcp", l.Addr().String())
		r.add("Listen twice", err)
		must(t, l.Close())
		_, err = m.dial("tcp", l.Addr().String())
		r.add("Dial a closed port", err)
		p, err := m.listenPacket("udp", "127.0.0.1:0")
		must(t, err)
		_, err = m.listenPacket("udp", p.LocalAddr().String())
		r.add("ListenPacket twice", err)
		must(t, p.Close())
	})
	alike(t, "paths", func(t *testing.T, m maker, r *record) {
		path := filepath.Join(socketDir(t), "s")
		l, err := m.listen("unix", path)
		mustOrSkip(t, "unix", err)
		_, err = m.listen("unix", path)
		r.add("Listen twice", err)
		must(t, l.Close())
		_, err = m.dial("unix", path)
		r.add("Dial a path that has gone", err)
	})
}

func TestAlike_Datagrams(t *testing.T) {
	alike(t, "udp", func(t *testing.T, m maker, r *record) {
		p, err := m.listenPacket("udp", "127.0.0.1:0")
		must(t, err)
		n, err := p.WriteTo(make([]byte, 70000), p.LocalAddr())
		r.count("too long", n, err)
		n, err = p.WriteTo([]byte("a"), &stdnet.TCPAddr{IP: stdnet.IPv4(127, 0, 0, 1), Port: 1})
		r.count("to a TCP address", n, err)
		n, err = p.WriteTo([]byte("a"), &stdnet.UDPAddr{IP: stdnet.IPv6loopback, Port: 1})
		r.count("to IPv6 from IPv4", n, err)
		n, err = p.WriteTo(nil, p.LocalAddr())
		r.count("nothing", n, err)
		n, _, err = p.ReadFrom(make([]byte, 1))
		r.count("ReadFrom nothing", n, err)
		must(t, p.Close())
	})
}

// Options of TCP are refused in the same way by both backends where the socket is of another kind.
func TestAlike_OptionsOfOtherKinds(t *testing.T) {
	var first []string
	each(t, func(t *testing.T, h *green.Hub) {
		var r record
		a, b := join(t, makerOf(h), "unix", filepath.Join(socketDir(t), "s"))
		c := a.(*net.Conn)
		r.add("SetNoDelay", c.SetNoDelay(true))
		r.add("SetLinger", c.SetLinger(0))
		r.add("SetKeepAlive", c.SetKeepAlive(time.Second))
		must(t, a.Close())
		must(t, b.Close())
		r.add("SetNoDelay when closed", c.SetNoDelay(true))
		r.add("SetLinger when closed", c.SetLinger(0))
		if first == nil {
			first = r.lines
		}
		expect(t, "errors", strings.Join(r.lines, "; "), strings.Join(first, "; "))
	})
}

func TestAlike_UnixDatagrams(t *testing.T) {
	alike(t, "unixgram", func(t *testing.T, m maker, r *record) {
		path := filepath.Join(socketDir(t), "s")
		p, err := m.listenPacket("unixgram", path)
		mustOrSkip(t, "unixgram", err)
		_, err = m.listenPacket("unixgram", path)
		r.add("a path in use", err)
		n, err := p.WriteTo([]byte("a"), &stdnet.UnixAddr{Name: path + "x", Net: "unixgram"})
		r.count("to a path that is not there", n, err)
		n, err = p.WriteTo([]byte("a"), &stdnet.UDPAddr{IP: stdnet.IPv4(127, 0, 0, 1), Port: 1})
		r.count("to a UDP address", n, err)
		must(t, p.Close())
		r.add("Close", p.Close())
	})
}
