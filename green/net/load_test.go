package net_test

import (
	"errors"
	"io"
	stdnet "net"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
)

func TestConn_ReadAndWriteAllocateNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	if runtime.GOOS == "windows" {
		t.Skip("helper goroutines allocate")
	}
	must(t, green.Run(func(h *green.Hub) error {
		for _, network := range networks {
			a, b := pair(t, h, network)
			h.Go(func() error { return echo2(b) })
			buf := make([]byte, 100)
			trip := func() {
				if _, err := a.Write(buf); err != nil {
					t.Error(err)
				}
				if _, err := io.ReadFull(a, buf); err != nil {
					t.Error(err)
				}
			}
			trip()
			if n := testing.AllocsPerRun(200, trip); n != 0 {
				t.Errorf("%s: %v allocations for a write and a read that waits", network, n)
			}
			must(t, a.SetDeadline(h.Now().Add(1e12)))
			trip()
			if n := testing.AllocsPerRun(200, trip); n != 0 {
				t.Errorf("%s: %v allocations with a deadline", network, n)
			}
			a.Close()
		}
		return nil
	}))
}

// echo2 is echo by hand.
func echo2(c *net.Conn) error {
	defer c.Close()
	buf := make([]byte, 1000)
	for {
		n, err := c.Read(buf)
		if err == io.EOF {
			return nil
		}
		if err == nil {
			_, err = c.Write(buf[:n])
		}
		if err != nil {
			return err
		}
	}
}

// Tasks that never wait, since there always is something to read, let the others run.
func TestFairness_ReadyConnectionsDoNotStarveTasks(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		a, b, err := net.SocketPair(h)
		must(t, err)
		turns, timer := 0, false
		other := h.Go(func() error {
			for {
				turns++
				if err := h.Yield(); err != nil {
					return err
				}
			}
		})
		sleeper := h.Go(func() error {
			defer func() { timer = true }()
			return h.Sleep(ms)
		})
		p := make([]byte, 10)
		for i := 0; turns < 10 || !timer; i++ {
			_, err := a.Write(p)
			must(t, err)
			_, err = b.Read(p) // which is there already
			must(t, err)
			if i == 10_000_000 {
				t.Fatalf("after so many operations: %d turns of the others, the timer %v", turns, timer)
			}
		}
		must(t, other.Kill())
		must(t, sleeper.Join())
		a.Close()
		b.Close()
	})
}

// A deadline reaches one that never waits, too.
func TestFairness_DeadlineReachesWhoNeverWaits(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		a, b, err := net.SocketPair(h)
		must(t, err)
		err = h.WithTimeout(5*ms, func(*green.Timeout) error {
			for p := make([]byte, 10); ; {
				if _, err := a.Write(p); err != nil {
					return err
				}
				if _, err := b.Read(p); err != nil {
					return err
				}
			}
		})
		expectIs(t, "it", err, green.ErrTimeout)
		a.Close()
		b.Close()
	})
}

// Tasks that never sleep let those that wait for sockets run.
func TestFairness_BusyTasksDoNotStarveConnections(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		a, b, err := net.SocketPair(h)
		must(t, err)
		stop := false
		for range 3 {
			h.Go(func() error {
				for !stop {
					if err := h.Scheduler().Schedule(); err != nil { // a switch, which does not look at the outside
						return err
					}
				}
				return nil
			})
		}
		e := h.Go(func() error { return echo2(b) })
		for range 100 {
			pass(t, h, a, a, "there and back")
		}
		stop = true
		must(t, a.Close())
		must(t, e.Join())
	})
}

// descriptors counts those that are open, or returns -1 where that can't be found out.
func descriptors() int {
	if runtime.GOOS == "windows" {
		return -1 // a folder of that name there counts other things
	}
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return -1
	}
	return len(entries)
}

func TestHub_ClosesWhatIsLeftOpen(t *testing.T) {
	keeps(t, func(t *testing.T) {
		var peers []stdnet.Conn // of each socket, one that sees its end
		each(t, func(t *testing.T, h *green.Hub) {
			l := listen(t, h, "tcp")
			c, err := net.Dial(h, "tcp", l.Addr().String())
			must(t, err)
			_, err = l.Accept()
			must(t, err)
			_, err = net.ListenPacket(h, "udp", "127.0.0.1:0")
			must(t, err)
			_, _, err = net.SocketPair(h)
			must(t, err)
			_, err = c.Write([]byte("never read"))
			must(t, err)

			p := plainListener(t)
			_, err = net.Dial(h, "tcp", p.Addr().String())
			must(t, err)
			peer, err := p.Accept()
			must(t, err)
			peers = append(peers, peer)
			waits := h.Go(func() error { _, err := l.Accept(); return err }) // which has accepted when it is killed, perhaps
			blocked(t, h)
			peer, err = stdnet.Dial("tcp", l.Addr().String())
			must(t, err)
			must(t, waits.Kill())
			peers = append(peers, peer)
		})
		for _, peer := range peers {
			must(t, peer.SetReadDeadline(time.Now().Add(10*time.Second)))
			if _, err := peer.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("a connection is open after the end of its hub")
			}
			must(t, peer.Close())
		}
	})
}

func TestHub_TenThousandIdleConnections(t *testing.T) {
	if testing.Short() || runtime.GOOS != "linux" {
		t.Skip("takes many descriptors")
	}
	n := 10_000
	if limit := openLimit(); limit < 2*n+100 {
		n = (limit - 100) / 2
		t.Logf("only %d, for the limit of descriptors", n)
	}
	before, goroutines := descriptors(), runtime.NumGoroutine()
	must(t, green.Run(func(h *green.Hub) error {
		s := &net.StreamServer{Handler: echo2}
		l := listen(t, h, "tcp")
		served := h.Go(func() error { return s.Serve(l) })
		clients := make([]*net.Conn, 0, n)
		for len(clients) < n {
			c, err := net.Dial(h, "tcp", l.Addr().String())
			must(t, err)
			clients = append(clients, c)
		}
		for _, i := range []int{0, n / 2, n - 1} {
			pass(t, h, clients[i], clients[i], "hello")
		}
		for s.Conns() < n {
			must(t, h.Sleep(ms))
		}
		for _, c := range clients[:n/2] {
			must(t, c.Close())
		}
		// The others are killed while they wait, and their clients end with the hub.
		return errors.Join(s.Stop(0), served.Join())
	}))
	expect(t, "descriptors", descriptors(), before)
	if now := runtime.NumGoroutine(); now > goroutines {
		t.Errorf("%d goroutines, before %d", now, goroutines)
	}
}
