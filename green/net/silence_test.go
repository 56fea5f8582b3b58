package net_test

import (
	"bytes"
	"errors"
	"io"
	"log"
	stdnet "net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
)

// A logged has what the standard logger was told, also by several goroutines.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// watchLog returns what the standard logger is told during the test.
func watchLog(t *testing.T) *logged {
	t.Helper()
	l := &logged{}
	before, flags := log.Writer(), log.Flags()
	log.SetOutput(l)
	log.SetFlags(0)
	t.Cleanup(func() { log.SetOutput(before); log.SetFlags(flags) })
	return l
}

func aHandlerThatPanics() { panic("a handler panics") }

// wantPanic says that the log names the panic and the line.
func wantPanic(t *testing.T, l *logged, times int) {
	t.Helper()
	got := l.String()
	if n := strings.Count(got, "a handler panicked"); n != times {
		t.Errorf("%d panics were logged, want %d:\n%s", n, times, got)
	}
	for _, part := range []string{"a handler panics", "aHandlerThatPanics", "silence_test.go:"} {
		if !strings.Contains(got, part) {
			t.Errorf("the log lacks %q:\n%s", part, got)
		}
	}
}

func TestServer_PanicsAreLoggedWithoutOnError(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		got := watchLog(t)
		first := true
		s := &net.StreamServer{Handler: func(c *net.Conn) error {
			if first {
				first = false
				return errors.New("an error of a connection")
			}
			aHandlerThatPanics()
			return nil
		}}
		address, _ := serve(t, h, s)
		for range 2 {
			c, err := net.Dial(h, "tcp", address)
			must(t, err)
			_, err = c.Read(make([]byte, 1))
			expect(t, "the client", err, io.EOF)
			must(t, c.Close())
		}
		must(t, s.Stop(-1))
		wantPanic(t, got, 1)
		if strings.Contains(got.String(), "an error of a connection") {
			t.Errorf("an error that a handler returned is logged:\n%s", got)
		}
		expect(t, "failures", s.Stats.Failed.Load(), 2)
	})
}

func TestDatagramServer_PanicsAreLoggedWithoutOnError(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		got := watchLog(t)
		c, err := net.ListenPacket(h, "udp", "127.0.0.1:0")
		must(t, err)
		handled := h.NewEvent()
		s := &net.DatagramServer{Handler: func(c *net.PacketConn, p []byte, from stdnet.Addr) error {
			if string(p) == "error" {
				return errors.New("an error of a datagram")
			}
			defer handled.Set()
			aHandlerThatPanics()
			return nil
		}}
		h.Go(func() error { return s.Serve(c) })
		peer, err := net.Dial(h, "udp", c.LocalAddr().String())
		must(t, err)
		defer peer.Close()
		for _, p := range []string{"error", "panic"} {
			_, err = peer.Write([]byte(p))
			must(t, err)
		}
		must(t, handled.Wait())
		must(t, s.Stop(-1))
		wantPanic(t, got, 1)
		if strings.Contains(got.String(), "an error of a datagram") {
			t.Errorf("an error that a handler returned is logged:\n%s", got)
		}
	})
}

func TestCluster_PanicsAreLoggedWithoutOnError(t *testing.T) {
	for _, handOut := range []bool{false, true} {
		got := watchLog(t)
		c := &net.Cluster{Hubs: 2, HandOut: handOut, Handler: func(*net.Conn) error { aHandlerThatPanics(); return nil }}
		must(t, c.Start("tcp", "127.0.0.1:0"))
		client, err := stdnet.Dial("tcp", c.Addr().String())
		must(t, err)
		client.SetDeadline(time.Now().Add(time.Minute))
		_, err = client.Read(make([]byte, 1))
		expect(t, "the client", err, io.EOF)
		must(t, client.Close())
		must(t, c.Stop(time.Minute))
		wantPanic(t, got, 1)
	}
}
