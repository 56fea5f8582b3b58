package net_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	stdnet "net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if child := os.Getenv("GREEN_NET_TEST_CHILD"); child != "" {
		os.Exit(childMain(child))
	}
	goleak.VerifyTestMain(m)
}

const ms = time.Millisecond

// each runs f twice, in a hub with the poller and in one with helper goroutines, whose Run must return nil.
func each(t *testing.T, f func(t *testing.T, h *green.Hub)) {
	t.Helper()
	for _, way := range []struct {
		name string
		opts []green.Option
	}{{"poller", nil}, {"portable", []green.Option{green.Portable()}}} {
		t.Run(way.name, func(t *testing.T) {
			must(t, green.Run(func(h *green.Hub) error {
				f(t, h)
				return nil
			}, way.opts...))
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func expect[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func expectIs(t *testing.T, what string, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("%s: got %v, want %v", what, err, target)
	}
}

// isAny says whether errors.Is finds one of targets in err.
func isAny(err error, targets ...error) bool {
	return slices.ContainsFunc(targets, func(e error) bool { return errors.Is(err, e) })
}

// A network is a kind of stream to test.
var networks = []string{"tcp", "unix", "pair"}

// eachPair runs f with both ends of a connection of every kind, which are closed afterwards.
func eachPair(t *testing.T, f func(t *testing.T, h *green.Hub, a, b *net.Conn)) {
	t.Helper()
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			each(t, func(t *testing.T, h *green.Hub) {
				a, b := pair(t, h, network)
				defer a.Close()
				defer b.Close()
				f(t, h, a, b)
			})
		})
	}
}

// pair returns both ends of a connection.
func pair(t *testing.T, h *green.Hub, network string) (a, b *net.Conn) {
	t.Helper()
	if network == "pair" {
		a, b, err := net.SocketPair(h)
		must(t, err)
		return a, b
	}
	l := listen(t, h, network)
	defer l.Close()
	dial := green.Spawn(h, func() (*net.Conn, error) { return net.Dial(h, network, l.Addr().String()) })
	b, err := l.AcceptConn()
	must(t, err)
	a, err = dial.Get()
	must(t, err)
	return a, b
}

// listen listens on an address of its own.
func listen(t *testing.T, h *green.Hub, network string) *net.Listener {
	t.Helper()
	address := "127.0.0.1:0"
	if network == "unix" {
		address = socketDir(t) + "/s"
	}
	l, err := net.Listen(h, network, address)
	mustOrSkip(t, network, err)
	return l
}

// mustOrSkip is must, and skips where the system has no such sockets.
func mustOrSkip(t *testing.T, network string, err error) {
	t.Helper()
	if strings.HasPrefix(network, "unix") && isAny(err, errsNoSuch...) {
		t.Skipf("%s is not supported by this system: %v", network, err)
	}
	must(t, err)
}

// socketDir returns a folder for sockets. A test's own may be too long for the address of one.
func socketDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "")
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	return dir
}

// pass writes what to a and reads it from b.
func pass(t *testing.T, h *green.Hub, a, b io.ReadWriter, what string) {
	t.Helper()
	w := green.Spawn(h, func() (int, error) { return io.WriteString(a, what) })
	got := make([]byte, len(what))
	_, err := io.ReadFull(b, got)
	must(t, err)
	expect(t, "what passed", string(got), what)
	n, err := w.Get()
	must(t, err)
	expect(t, "written", n, len(what))
}

// pattern returns n bytes, no two stretches of which are the same.
func pattern(n int) []byte {
	p := make([]byte, n)
	x := uint32(1)
	for i := range p {
		x = x*1664525 + 1013904223
		p[i] = byte(x >> 24)
	}
	return p
}

func same(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got %d bytes that are not the %d wanted", what, len(got), len(want))
	}
}

// blocked lets the other tasks run until they wait.
func blocked(t *testing.T, h *green.Hub) {
	t.Helper()
	for range 3 {
		must(t, h.Yield())
	}
}

// plainListener is a listener of package net for peers on goroutines.
func plainListener(t *testing.T) stdnet.Listener {
	t.Helper()
	l, err := stdnet.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	return l
}

// exhaust is what a child does, where there is something to exhaust.
var exhaust = func() error { return errors.ErrUnsupported }

// childMain is what the test's program does when a test has started it again.
func childMain(what string) int {
	if what == "exhaust" {
		if err := exhaust(); err != nil {
			fmt.Println(err)
			return 1
		}
		fmt.Println("recovered")
		return 0
	}
	return 2
}
