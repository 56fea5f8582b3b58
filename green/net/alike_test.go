package net_test

import (
	"errors"
	"fmt"
	stdnet "net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
)

// Closing a listener leaves the file of the one that has taken over its address, and any file if it is told to.
func TestUnixListener_LeavesItsSuccessorsFile(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		path := filepath.Join(socketDir(t), "s")
		listenThere := func() *net.Listener {
			l, err := net.Listen(h, "unix", path)
			mustOrSkip(t, "unix", err)
			return l
		}
		there := func() bool {
			_, err := os.Lstat(path)
			return err == nil
		}
		old := listenThere()
		must(t, os.Remove(path))
		heir := listenThere()
		must(t, old.Close())
		expect(t, "the successor's file is there", there(), true)
		must(t, heir.Close())
		expect(t, "a file is left", there(), false)
		keeper := listenThere()
		keeper.SetUnlinkOnClose(false)
		must(t, keeper.Close())
		expect(t, "the file is kept", there(), true)
	})
}

// A datagram to an address without an IP goes to this machine, and one to an address of another type nowhere.
func TestPacketConn_OddDestinations(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		for _, local := range []string{"127.0.0.1:0", "0.0.0.0:0", "[::1]:0", ":0"} {
			c, err := net.ListenPacket(h, "udp", local)
			mustOrSkip(t, "udp "+local, err)
			port := c.LocalAddr().(*stdnet.UDPAddr).Port
			for _, to := range []*stdnet.UDPAddr{{Port: port}, {IP: stdnet.IPv4zero, Port: port}, {IP: stdnet.IPv6zero, Port: port}} {
				n, err := c.WriteTo([]byte("abc"), to)
				if n != 3 || err != nil {
					t.Errorf("%s: WriteTo(%v): %d, %v", local, to, n, err)
					continue
				}
				buf := make([]byte, 10)
				n, _, err = c.ReadFrom(buf)
				must(t, err)
				expect(t, "received", string(buf[:n]), "abc")
			}
			for _, to := range []stdnet.Addr{
				&stdnet.TCPAddr{IP: stdnet.IPv4(127, 0, 0, 1), Port: port}, &stdnet.UnixAddr{Name: "x", Net: "unixgram"},
				&stdnet.IPAddr{IP: stdnet.IPv4(127, 0, 0, 1)}, (*stdnet.UDPAddr)(nil), nil,
			} {
				_, err := c.WriteTo([]byte("abc"), to)
				expectIs(t, fmt.Sprintf("WriteTo(%T)", to), err, syscall.EINVAL)
			}
			must(t, c.Close())
		}
	})
}

// The zone of an IPv6 address may be a number.
func TestZoneByNumber(t *testing.T) {
	lo, err := stdnet.InterfaceByName("lo")
	if err != nil {
		t.Skip("no interface lo: ", err)
	}
	each(t, func(t *testing.T, h *green.Hub) {
		for _, zone := range []string{"lo", fmt.Sprint(lo.Index)} {
			address := "[::1%" + zone + "]:0"
			plain, err := stdnet.Listen("tcp", address)
			if err != nil {
				t.Skip(err)
			}
			plain.Close()
			l, err := net.Listen(h, "tcp", address)
			must(t, err)
			_, port, _ := stdnet.SplitHostPort(l.Addr().String())
			c, err := net.Dial(h, "tcp", "[::1%"+zone+"]:"+port)
			must(t, err)
			must(t, c.Close())
			must(t, l.Close())
		}
		if _, err := net.Listen(h, "tcp", "[::1%nosuchzone]:0"); err == nil {
			t.Error("Listen in a zone that is not there")
		}
	})
}

// Of addresses that are tried one after the other, the first does not use up the time of the others.
func TestDialer_AddressesShareTheTimeout(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		l := listen(t, h, "tcp")
		_, port, _ := stdnet.SplitHostPort(l.Addr().String())
		full, err := (&net.ListenConfig{Backlog: 1}).Listen(h, "tcp", "127.0.0.9:"+port)
		if err != nil {
			t.Skip(err)
		}
		for range 8 { // fills the queue, so that the next one is not answered
			_, err := h.Within(20*time.Millisecond, func() error {
				_, err := net.Dial(h, "tcp", full.Addr().String())
				return err
			})
			must(t, err)
		}
		if inTime, _ := h.Within(50*time.Millisecond, func() error {
			c, err := net.Dial(h, "tcp", full.Addr().String())
			if err == nil {
				c.Close()
			}
			return err
		}); inTime {
			t.Skip("the queue of a listener cannot be filled here")
		}
		d := &net.Dialer{Timeout: 4 * time.Second, FallbackDelay: -1, Resolver: names("127.0.0.9", "127.0.0.1")}
		c, err := d.Dial(h, "tcp", "two.test:"+port)
		if err != nil {
			t.Errorf("Dial: %v; in time: %v", err, !errors.Is(err, green.ErrTimeout))
			return
		}
		must(t, c.Close())
	})
}
