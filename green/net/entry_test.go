package net_test

import (
	"crypto/tls"
	"io"
	gonet "net"
	"os"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
	"github.com/go-greenlet/greenlet/internal/entrytest"
)

func TestEveryMethod_RefusesOtherGoroutines(t *testing.T) {
	made := entrytest.Line(2)
	for _, opts := range [][]green.Option{nil, {green.Portable()}} {
		must(t, green.Run(func(h *green.Hub) error { return refuses(t, h, made) }, opts...))
	}
}

func refuses(t *testing.T, h *green.Hub, made string) error {
	server, client, err := secured(h, false)
	if err != nil {
		return err
	}
	plain, peer, err := net.SocketPair(h)
	if err != nil {
		return err
	}
	l, err := net.Listen(h, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	p, err := net.ListenPacket(h, "udp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	stream := &net.StreamServer{Handler: func(*net.Conn) error { return nil }}
	h.Go(func() error { return stream.Serve(l) })
	datagrams := &net.DatagramServer{Handler: func(*net.PacketConn, []byte, gonet.Addr) error { return nil }}
	h.Go(func() error { return datagrams.Serve(p) })
	if err := h.Yield(); err != nil {
		return err
	}
	config := &net.TLS{Config: &tls.Config{}}
	entrytest.Table{
		Package: "green/net", Made: made,
		Values: []any{
			plain, server, l, p, stream, datagrams, config, config.Listener(l), &net.Dialer{}, &net.ListenConfig{}, &net.Resolver{},
		},
		Funcs: map[string]any{
			"Dial": net.Dial, "Listen": net.Listen, "ListenPacket": net.ListenPacket, "SocketPair": net.SocketPair,
			"DialTLS": net.DialTLS, "ListenTLS": net.ListenTLS, "Adopt": net.Adopt, "Watch": net.Watch,
		},
		Args: []any{h, plain, l, p, &net.Dialer{}, time.Second, io.Reader(os.Stdin), "tcp"},
		Anywhere: map[string]string{
			"Conn.Hub": entrytest.Constant, "Conn.LocalAddr": entrytest.Constant, "Conn.RemoteAddr": entrytest.Constant,
			"TLSConn.Hub": entrytest.Constant, "TLSConn.LocalAddr": entrytest.Constant, "TLSConn.RemoteAddr": entrytest.Constant,
			"TLSConn.NetConn": entrytest.Constant, "Listener.Hub": entrytest.Constant, "Listener.Addr": entrytest.Constant,
			"Resolver.Forget": "hubs may share one", "TLS.Handler": "only makes something", "TLS.Listener": "only makes something",
			"PacketConn.Hub": entrytest.Constant, "PacketConn.LocalAddr": entrytest.Constant,
		},
	}.Run(t)
	for _, c := range []io.Closer{client, server, plain, peer} {
		c.Close()
	}
	if err := stream.Stop(0); err != nil {
		return err
	}
	return datagrams.Stop(0)
}
