// Package nettest runs golang.org/x/net's tests of a net.Conn, unchanged, on the connections of package green/net:
// every kind of connection, on both backends.
package nettest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	greennet "github.com/go-greenlet/greenlet/green/net"
	"go.uber.org/goleak"
	"golang.org/x/net/nettest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A bridge lets goroutines use a connection of a hub: each of its methods is a task there. Package green/net wants
// one task for each direction at a time, so the others wait at a lock, as they would inside a connection of package
// net.
type bridge struct {
	h       *green.Hub
	c       net.Conn
	reading sync.Mutex
	writing sync.Mutex
}

var _ net.Conn = (*bridge)(nil)

func (b *bridge) do(f func() (int, error)) (n int, err error) {
	_, failed := green.Call(context.Background(), b.h, func() (struct{}, error) {
		n, err = f()
		return struct{}{}, nil
	})
	if failed != nil {
		return 0, failed
	}
	return n, err
}

func (b *bridge) set(f func() error) error {
	_, err := b.do(func() (int, error) { return 0, f() })
	return err
}

func (b *bridge) Read(p []byte) (int, error) {
	b.reading.Lock()
	defer b.reading.Unlock()
	return b.do(func() (int, error) { return b.c.Read(p) })
}

func (b *bridge) Write(p []byte) (int, error) {
	b.writing.Lock()
	defer b.writing.Unlock()
	return b.do(func() (int, error) { return b.c.Write(p) })
}

func (b *bridge) Close() error         { return b.set(b.c.Close) }
func (b *bridge) LocalAddr() net.Addr  { return b.c.LocalAddr() }
func (b *bridge) RemoteAddr() net.Addr { return b.c.RemoteAddr() }
func (b *bridge) SetDeadline(t time.Time) error {
	return b.set(func() error { return b.c.SetDeadline(t) })
}
func (b *bridge) SetReadDeadline(t time.Time) error {
	return b.set(func() error { return b.c.SetReadDeadline(t) })
}
func (b *bridge) SetWriteDeadline(t time.Time) error {
	return b.set(func() error { return b.c.SetWriteDeadline(t) })
}

// certificate makes one that signs itself.
var certificate = sync.OnceValues(func() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
})

// A kind is one of the kinds of connections.
type kind struct {
	name, network, address string
	tls                    uint16 // its version, or 0
	offload                bool
}

var kinds = []kind{
	{name: "tcp", network: "tcp", address: "127.0.0.1:0"},
	{name: "tcp6", network: "tcp6", address: "[::1]:0"},
	{name: "unix", network: "unix"},
	{name: "pair"},
	{name: "tls12", network: "tcp", address: "127.0.0.1:0", tls: tls.VersionTLS12},
	{name: "tls13", network: "tcp", address: "127.0.0.1:0", tls: tls.VersionTLS13},
	{name: "tls13 with Offload", network: "tcp", address: "127.0.0.1:0", tls: tls.VersionTLS13, offload: true},
}

// connect makes both ends of a connection.
func (k kind) connect(h *green.Hub, path string) (client, server net.Conn, err error) {
	if k.network == "" {
		a, b, err := greennet.SocketPair(h)
		return a, b, err
	}
	address := k.address
	if address == "" {
		address = path
	}
	l, err := greennet.Listen(h, k.network, address)
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	dial := green.Spawn(h, func() (*greennet.Conn, error) { return greennet.Dial(h, k.network, l.Addr().String()) })
	s, err := l.AcceptConn()
	if err != nil {
		return nil, nil, err
	}
	c, err := dial.Get()
	if err != nil || k.tls == 0 {
		return c, s, err
	}
	cert, err := certificate()
	if err != nil {
		return nil, nil, err
	}
	with := &greennet.TLS{Offload: k.offload, Config: &tls.Config{
		Certificates: []tls.Certificate{cert}, InsecureSkipVerify: true, MinVersion: k.tls, MaxVersion: k.tls,
	}}
	ts, tc := with.Server(s), with.Client(c)
	shake := h.Go(ts.Handshake)
	if err := tc.Handshake(); err != nil {
		return nil, nil, err
	}
	return tc, ts, shake.Join()
}

// inHub runs a hub on a goroutine of its own while f runs.
func inHub(t *testing.T, f func(h *green.Hub), opts ...green.Option) {
	hubs, quit, over := make(chan *green.Hub), make(chan struct{}), make(chan error)
	go func() {
		over <- green.Run(func(h *green.Hub) error {
			hubs <- h
			_, err := green.Offload(h, func(context.Context) (struct{}, error) { <-quit; return struct{}{}, nil })
			return err
		}, opts...)
	}()
	f(<-hubs)
	close(quit)
	if err := <-over; err != nil {
		t.Errorf("Run: %v", err)
	}
}

func TestConn(t *testing.T) {
	if ipv6, err := net.Listen("tcp6", "[::1]:0"); err != nil {
		t.Logf("not run for want of IPv6: tcp6: %v", err)
		kinds = append(kinds[:1:1], kinds[2:]...)
	} else {
		ipv6.Close()
	}
	for name, opts := range map[string][]green.Option{"poller": nil, "portable": {green.Portable()}} {
		for _, k := range kinds {
			for _, end := range []string{"client", "server"} {
				t.Run(name+"/"+k.name+"/"+end+" first", func(t *testing.T) {
					path := filepath.Join(t.TempDir(), "s")
					inHub(t, func(h *green.Hub) {
						nettest.TestConn(t, func() (net.Conn, net.Conn, func(), error) {
							type ends struct{ client, server net.Conn }
							e, err := green.Call(context.Background(), h, func() (e ends, err error) {
								e.client, e.server, err = k.connect(h, path)
								return e, err
							})
							if err != nil {
								return nil, nil, nil, err
							}
							a, b := &bridge{h: h, c: e.client}, &bridge{h: h, c: e.server}
							if end == "server" {
								a, b = b, a
							}
							return a, b, func() {
								a.Close()
								b.Close()
							}, nil
						})
					}, opts...)
				})
			}
		}
	}
}
