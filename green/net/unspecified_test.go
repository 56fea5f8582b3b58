package net_test

import (
	"crypto/tls"
	"fmt"
	"io"
	stdnet "net"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
)

// reaches says whether the system's package net can connect to host at the port of a. Nobody accepts.
func reaches(t *testing.T, host string, a stdnet.Addr) bool {
	t.Helper()
	_, port, err := stdnet.SplitHostPort(a.String())
	must(t, err)
	c, err := stdnet.DialTimeout("tcp", stdnet.JoinHostPort(host, port), 10*time.Second)
	if err != nil {
		return false
	}
	c.Close()
	return true
}

func needIPv6(t *testing.T) {
	t.Helper()
	l, err := stdnet.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6: ", err)
	}
	l.Close()
}

func TestListen_UnspecifiedHosts(t *testing.T) {
	needIPv6(t)
	for _, test := range []struct {
		network, address string
		four, six        bool
	}{
		{"tcp", ":0", true, true}, {"tcp", "[::]:0", true, true}, {"tcp", "0.0.0.0:0", true, false},
		{"tcp4", ":0", true, false}, {"tcp4", "0.0.0.0:0", true, false}, {"tcp6", ":0", false, true}, {"tcp6", "[::]:0", false, true},
	} {
		t.Run(test.network+" "+test.address, func(t *testing.T) {
			each(t, func(t *testing.T, h *green.Hub) {
				l, err := net.Listen(h, test.network, test.address)
				must(t, err)
				defer l.Close()
				expect(t, "by IPv4", reaches(t, "127.0.0.1", l.Addr()), test.four)
				expect(t, "by IPv6", reaches(t, "::1", l.Addr()), test.six)
			})
		})
	}
}

func TestListenPacket_UnspecifiedHostSendsToBothFamilies(t *testing.T) {
	needIPv6(t)
	for _, address := range []string{":0", "[::]:0"} {
		each(t, func(t *testing.T, h *green.Hub) {
			c, err := net.ListenPacket(h, "udp", address)
			must(t, err)
			defer c.Close()
			for _, peer := range []string{"127.0.0.1:0", "[::1]:0"} {
				p, err := stdnet.ListenPacket("udp", peer)
				must(t, err)
				defer p.Close()
				_, err = c.WriteTo([]byte("x"), p.LocalAddr())
				must(t, err)
			}
		})
	}
}

// Every hub of a cluster listens as the first one does.
func TestCluster_UnspecifiedHost(t *testing.T) {
	c := &net.Cluster{Hubs: 2, Handler: func(c *net.Conn) error {
		_, err := fmt.Fprintf(c, "%p", c.Hub())
		return err
	}}
	must(t, c.Start("tcp", ":0"))
	_, port, err := stdnet.SplitHostPort(c.Addr().String())
	must(t, err)
	seen := map[string]bool{}
	for i := 0; i < 1000 && len(seen) < 2; i++ {
		conn, err := stdnet.Dial("tcp", "127.0.0.1:"+port)
		must(t, err)
		hub, err := io.ReadAll(conn)
		must(t, err)
		conn.Close()
		seen[string(hub)] = true
	}
	expect(t, "hubs that serve IPv4", len(seen), 2)
	must(t, c.Stop(time.Minute))
}

func TestDial_WithoutAHost(t *testing.T) {
	l := plainListener(t)
	_, port, err := stdnet.SplitHostPort(l.Addr().String())
	must(t, err)
	each(t, func(t *testing.T, h *green.Hub) {
		for _, host := range []string{"", "0.0.0.0", "[::]"} {
			c, err := net.Dial(h, "tcp", host+":"+port)
			must(t, err)
			c.Close()
		}
		d := net.Dialer{LocalAddr: &stdnet.TCPAddr{}}
		c, err := d.Dial(h, "tcp", l.Addr().String())
		must(t, err)
		c.Close()
	})
}

func TestListen_ErrorNamesTheAddress(t *testing.T) {
	l := plainListener(t)
	each(t, func(t *testing.T, h *green.Hub) {
		_, err := net.Listen(h, "tcp", l.Addr().String())
		if err == nil || !strings.Contains(err.Error(), "listen tcp "+l.Addr().String()+": ") {
			t.Errorf("the error is %v", err)
		}
	})
}

func TestTLS_DialTellsTheNameAlsoWhenItIsNotChecked(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		l := listen(t, h, "tcp")
		defer l.Close()
		cert, _ := identity()
		name := ""
		server := &net.TLS{Config: &tls.Config{GetCertificate: func(i *tls.ClientHelloInfo) (*tls.Certificate, error) {
			name = i.ServerName
			return &cert, nil
		}}}
		served := h.Go(func() error {
			c, err := l.AcceptConn()
			if err != nil {
				return err
			}
			defer c.Close()
			return server.Server(c).Handshake()
		})
		_, port, err := stdnet.SplitHostPort(l.Addr().String())
		must(t, err)
		c, err := (&net.TLS{Config: &tls.Config{InsecureSkipVerify: true}}).Dial(h, "tcp", "localhost:"+port)
		must(t, err)
		must(t, served.Join())
		must(t, served.Err())
		c.Close()
		expect(t, "name", name, "localhost")
	})
}
