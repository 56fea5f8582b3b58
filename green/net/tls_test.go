package net_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	stdnet "net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
)

// identity makes a certificate for localhost that signs itself, and the pool that trusts it.
var identity = sync.OnceValues(func() (tls.Certificate, *x509.CertPool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, IPAddresses: []stdnet.IP{{127, 0, 0, 1}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, pool
})

// secure returns the settings of a server and of a client that trusts it.
func secure(offload bool) (server, client *net.TLS) {
	cert, pool := identity()
	return &net.TLS{Config: &tls.Config{Certificates: []tls.Certificate{cert}}, Offload: offload},
		&net.TLS{Config: &tls.Config{RootCAs: pool, ServerName: "localhost"}, Offload: offload}
}

// eachTLS runs f with both ends of a connection, in all ways, before the handshake.
func eachTLS(t *testing.T, f func(t *testing.T, h *green.Hub, server, client *net.TLSConn)) {
	t.Helper()
	for name, offload := range map[string]bool{"on the hub": false, "offloaded": true} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, h *green.Hub) {
				a, b := pair(t, h, "tcp")
				s, c := secure(offload)
				server, client := s.Server(a), c.Client(b)
				f(t, h, server, client)
				client.Close()
				server.Close()
			})
		})
	}
}

func TestTLS_PassesBothWaysAtOnceAndEnds(t *testing.T) {
	eachTLS(t, func(t *testing.T, h *green.Hub, server, client *net.TLSConn) {
		data := pattern(1 << 20)
		must(t, h.Group(func(g *green.Group) error {
			for _, c := range []*net.TLSConn{server, client} {
				g.Go(func() error { // the first of the two makes the handshake, the other waits for it
					n, err := c.Write(data)
					expect(t, "written", n, len(data))
					return errors.Join(err, c.CloseWrite())
				})
				g.Go(func() error {
					got, err := io.ReadAll(c)
					same(t, "received", got, data)
					return err
				})
			}
			return nil
		}))
		expect(t, "version", client.ConnectionState().Version, tls.VersionTLS13)
		expect(t, "name", client.ConnectionState().ServerName, "localhost")
	})
}

func TestTLS_WithPeersOfPackageNet(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		server, client := secure(false)
		l := plainListener(t)
		go func() {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s := tls.Server(c, server.Config)
			io.Copy(s, s)
			s.Close()
		}()
		c, err := client.Dial(h, "tcp", l.Addr().String())
		must(t, err)
		data := pattern(300000)
		w := h.Go(func() error { _, err := c.Write(data); return errors.Join(err, c.CloseWrite()) })
		got, err := io.ReadAll(c)
		must(t, err)
		must(t, w.Join())
		same(t, "echo", got, data)
		must(t, c.Close())

		gl := listen(t, h, "tcp")
		defer gl.Close()
		tl := server.Listener(gl)
		done := make(chan error, 1)
		go func() {
			c, err := tls.Dial("tcp", tl.Addr().String(), client.Config)
			if err == nil {
				_, err = io.WriteString(c, "hello")
				err = errors.Join(err, c.Close())
			}
			done <- err
		}()
		s, err := tl.Accept()
		must(t, err)
		got, err = io.ReadAll(s)
		must(t, err)
		expect(t, "received", string(got), "hello")
		must(t, s.Close())
		must(t, <-done)
	})
}

func TestTLS_ALPNAndMutualAuthentication(t *testing.T) {
	cert, pool := identity()
	each(t, func(t *testing.T, h *green.Hub) {
		for _, shown := range []bool{true, false} {
			s, c := secure(false)
			s.Config.ClientAuth, s.Config.ClientCAs = tls.RequireAndVerifyClientCert, pool
			s.Config.NextProtos, c.Config.NextProtos = []string{"b", "a"}, []string{"a"}
			if shown {
				c.Config.Certificates = []tls.Certificate{cert}
			}
			a, b := pair(t, h, "tcp")
			server, client := s.Server(a), c.Client(b)
			shake := h.Go(server.Handshake)
			err := client.Handshake()
			must(t, err) // the client is done before the server has looked
			must(t, shake.Join())
			if !shown {
				if err := shake.Err(); err == nil || !strings.Contains(err.Error(), "certificate") {
					t.Errorf("a client without a certificate: %v", err)
				}
				_, err := client.Read(make([]byte, 1))
				if err == nil || !strings.Contains(err.Error(), "certificate required") {
					t.Errorf("what the client hears: %v", err)
				}
			} else {
				must(t, shake.Err())
				expect(t, "protocol", server.ConnectionState().NegotiatedProtocol, "a")
				expect(t, "client's certificates", len(server.ConnectionState().PeerCertificates), 1)
			}
			client.Close()
			server.Close()
		}
	})
}

func TestTLS_AServerThatIsNotTrusted(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		server, _ := secure(false)
		var heard error
		s := &net.StreamServer{Handler: server.Handler(func(*net.TLSConn) error { return nil })}
		s.OnError = func(_ stdnet.Conn, err error) { heard = err }
		address, _ := serve(t, h, s)
		_, err := net.DialTLS(h, "tcp", address, &tls.Config{RootCAs: x509.NewCertPool()})
		var unknown x509.UnknownAuthorityError
		expect(t, "the authority is unknown", errors.As(err, &unknown), true)
		must(t, s.Stop(-1))
		if heard == nil || !strings.Contains(heard.Error(), "bad certificate") {
			t.Errorf("the server heard %v", heard)
		}
	})
}

func TestTLS_DeadlineOfTheHandshake(t *testing.T) {
	eachTLS(t, func(t *testing.T, h *green.Hub, server, client *net.TLSConn) {
		err := h.WithTimeout(5*ms, func(*green.Timeout) error { return server.Handshake() })
		expectIs(t, "a client that says nothing", err, green.ErrTimeout)
		shake := h.Go(client.Handshake)
		blocked(t, h)
		must(t, h.Sleep(5*ms))
		must(t, shake.Kill())
		expectIs(t, "a server that says nothing", shake.Err(), green.ErrKilled)
	})
	each(t, func(t *testing.T, h *green.Hub) {
		a, b := pair(t, h, "tcp")
		defer b.Close()
		s, _ := secure(true)
		s.HandshakeTimeout = 5 * ms
		c := s.Server(a)
		expectIs(t, "its own limit", c.Handshake(), green.ErrTimeout)
		must(t, c.Close())
	})
}

func TestTLS_Garbage(t *testing.T) {
	eachTLS(t, func(t *testing.T, h *green.Hub, server, client *net.TLSConn) {
		raw := client.NetConn().(*net.Conn)
		_, err := raw.Write(bytes.Repeat([]byte("GET / HTTP/1.1\r\n\r\n"), 10))
		must(t, err)
		var header tls.RecordHeaderError
		expect(t, "it is no record", errors.As(server.Handshake(), &header), true)
		must(t, server.Close())
	})
	eachTLS(t, func(t *testing.T, h *green.Hub, server, client *net.TLSConn) {
		pass(t, h, client, server, "well begun")
		_, err := client.NetConn().(*net.Conn).Write([]byte("\x17\x03\x03\x00\x20 this was never encrypted at all "))
		must(t, err)
		_, err = server.Read(make([]byte, 10))
		if err == nil || !strings.Contains(err.Error(), "bad record MAC") {
			t.Errorf("read of garbage: %v", err)
		}
	})
	eachTLS(t, func(t *testing.T, h *green.Hub, server, client *net.TLSConn) {
		pass(t, h, client, server, "well begun")
		must(t, client.NetConn().Close()) // without a word
		_, err := server.Read(make([]byte, 10))
		expect(t, "end between two records, which crypto/tls lets pass", err, io.EOF)
	})
}

func TestTLS_KillsAndDeadlinesLoseNothing(t *testing.T) {
	eachTLS(t, func(t *testing.T, h *green.Hub, server, client *net.TLSConn) {
		pass(t, h, client, server, "hello")
		err := h.WithTimeout(5*ms, func(*green.Timeout) error { _, err := server.Read(make([]byte, 1)); return err })
		expectIs(t, "read", err, green.ErrTimeout)
		r := h.Go(func() error { _, err := server.Read(make([]byte, 1)); return err })
		blocked(t, h)
		_, err = server.Read(make([]byte, 1))
		expectIs(t, "second reader", err, net.ErrBusy)
		must(t, r.Kill())
		expectIs(t, "killed", r.Err(), green.ErrKilled)
		pass(t, h, client, server, "after that")

		data := pattern(24 << 20)
		n := 0
		w := h.Go(func() (err error) { n, err = client.Write(data); return err })
		must(t, h.Sleep(50*ms))
		must(t, w.Kill())
		rest := h.Go(func() error { _, err := client.Write(data[n:]); return errors.Join(err, client.CloseWrite()) })
		got, err := io.ReadAll(server)
		must(t, err)
		must(t, rest.Join())
		same(t, "received", got, data)
	})
}

func TestTLS_CloseWakesWhoWaits(t *testing.T) {
	eachTLS(t, func(t *testing.T, h *green.Hub, server, client *net.TLSConn) {
		var shakeErr, readErr error
		shake := h.Go(func() error { shakeErr = server.Handshake(); return nil })
		blocked(t, h)
		must(t, h.Sleep(2*ms))
		must(t, server.Close())
		must(t, shake.Join())
		expectIs(t, "handshake", shakeErr, stdnet.ErrClosed)
		client.Close()

		a, b := pair(t, h, "tcp")
		s, c := secure(false)
		server, client = s.Server(a), c.Client(b)
		pass(t, h, client, server, "hello")
		r := h.Go(func() error { _, readErr = server.Read(make([]byte, 1)); return nil })
		blocked(t, h)
		must(t, server.Close())
		must(t, r.Join())
		expectIs(t, "read", readErr, stdnet.ErrClosed)
		_, err := client.Read(make([]byte, 1))
		expect(t, "the peer reads", err, io.EOF)
		client.Close()
		_, err = client.Write([]byte("x"))
		expectIs(t, "write after Close", err, stdnet.ErrClosed)
	})
}

// A client that would allow renegotiation is refused before it begins.
func TestTLS_RenegotiationIsRefused(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		for _, offload := range []bool{false, true} {
			a, b := pair(t, h, "tcp")
			_, with := secure(offload)
			with.Config.Renegotiation = tls.RenegotiateFreelyAsClient
			err := with.Client(a).Handshake()
			if err == nil || !strings.Contains(err.Error(), "leave Config.Renegotiation at tls.RenegotiateNever") {
				t.Errorf("Handshake: %v", err)
			}
			must(t, a.Close())
			must(t, b.Close())
		}
	})
}

// A write whose deadline has passed at the call encrypts nothing, and the next one goes on as if it had not been.
func TestTLS_LateWriteEncryptsNothing(t *testing.T) {
	eachTLS(t, func(t *testing.T, h *green.Hub, server, client *net.TLSConn) {
		hands := h.Go(server.Handshake)
		must(t, client.Handshake())
		must(t, hands.Join())
		must(t, client.SetWriteDeadline(h.Now().Add(-time.Second)))
		n, err := client.Write([]byte("never"))
		expect(t, "written", n, 0)
		expectIs(t, "Write", err, os.ErrDeadlineExceeded)
		must(t, client.SetWriteDeadline(time.Time{}))
		pass(t, h, client, server, "what follows")
	})
}
