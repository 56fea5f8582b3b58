package net_test

import (
	"errors"
	"fmt"
	"io"
	stdnet "net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
)

// eachCluster runs f with a cluster of three hubs that echo, in all ways.
func eachCluster(t *testing.T, f func(t *testing.T, c *net.Cluster)) {
	t.Helper()
	for _, handOut := range []bool{false, true} {
		for name, opts := range map[string][]green.Option{"poller": nil, "portable": {green.Portable()}} {
			t.Run(fmt.Sprintf("%s, hands out %v", name, handOut), func(t *testing.T) {
				f(t, &net.Cluster{Hubs: 3, Handler: echo, HandOut: handOut, Options: opts})
			})
		}
	}
}

// knock says something to a server and wants it back.
func knock(address string) error {
	c, err := stdnet.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := io.WriteString(c, "knock"); err != nil {
		return err
	}
	p := make([]byte, 5)
	if _, err := io.ReadFull(c, p); err != nil {
		return err
	}
	if string(p) != "knock" {
		return fmt.Errorf("got %q", p)
	}
	return nil
}

func TestCluster_ServesOnOnePortWithAllHubs(t *testing.T) {
	eachCluster(t, func(t *testing.T, c *net.Cluster) {
		var hubs sync.Map
		var setups atomic.Int32
		c.Setup = func(h *green.Hub, s *net.StreamServer) error {
			setups.Add(1)
			return nil
		}
		c.Handler = func(conn *net.Conn) error {
			hubs.Store(conn.Hub(), true)
			return echo(conn)
		}
		must(t, c.Start("tcp", "127.0.0.1:0"))
		expect(t, "hubs that were set up", setups.Load(), 3)
		var peers sync.WaitGroup
		for range 60 {
			peers.Add(1)
			go func() {
				defer peers.Done()
				if err := knock(c.Addr().String()); err != nil {
					t.Error(err)
				}
			}()
		}
		peers.Wait()
		must(t, c.Stop(time.Second))
		must(t, c.Wait())
		expect(t, "accepted", c.Stats().Accepted.Load(), 60)
		expect(t, "active", c.Stats().Active.Load(), 0)
		used := 0
		hubs.Range(func(any, any) bool { used++; return true })
		if used < 2 {
			t.Errorf("60 connections went to %d hub", used)
		}
		if err := knock(c.Addr().String()); err == nil {
			t.Error("a cluster that was stopped serves")
		}
	})
}

func TestCluster_StopKillsAfterTheGrace(t *testing.T) {
	eachCluster(t, func(t *testing.T, c *net.Cluster) {
		var ended sync.Map
		var n atomic.Int32
		c.Handler = func(conn *net.Conn) error {
			_, err := conn.Read(make([]byte, 1))
			ended.Store(n.Add(1), err)
			return err
		}
		must(t, c.Start("tcp", "127.0.0.1:0"))
		for range 6 {
			peer, err := stdnet.Dial("tcp", c.Addr().String())
			must(t, err)
			defer peer.Close()
		}
		for c.Stats().Active.Load() < 6 {
			time.Sleep(ms)
		}
		must(t, c.Stop(5*ms))
		ended.Range(func(_, err any) bool {
			expectIs(t, "a handler", err.(error), green.ErrKilled)
			return true
		})
		expect(t, "handlers that were told", n.Load(), 6)
	})
}

func TestCluster_MaxConns(t *testing.T) {
	eachCluster(t, func(t *testing.T, c *net.Cluster) {
		var now, worst atomic.Int32
		c.MaxConns = 1
		c.Handler = func(conn *net.Conn) error {
			n := now.Add(1)
			defer now.Add(-1)
			for old := worst.Load(); n > old && !worst.CompareAndSwap(old, n); old = worst.Load() {
			}
			return echo(conn)
		}
		must(t, c.Start("tcp", "127.0.0.1:0"))
		var peers sync.WaitGroup
		for range 30 {
			peers.Add(1)
			go func() {
				defer peers.Done()
				if err := knock(c.Addr().String()); err != nil {
					t.Error(err)
				}
			}()
		}
		peers.Wait()
		must(t, c.Stop(-1))
		if worst.Load() > 3 {
			t.Errorf("%d connections at a time in 3 hubs", worst.Load())
		}
	})
}

func TestCluster_AHubThatFailsEndsTheOthers(t *testing.T) {
	eachCluster(t, func(t *testing.T, c *net.Cluster) {
		failure := errors.New("this hub does not want to")
		var n atomic.Int32
		c.Setup = func(h *green.Hub, s *net.StreamServer) error {
			if n.Add(1) == 2 {
				return failure
			}
			return nil
		}
		expectIs(t, "Start", c.Start("tcp", "127.0.0.1:0"), failure)
	})
	eachCluster(t, func(t *testing.T, c *net.Cluster) {
		failure := errors.New("a task of the hub fails")
		var n atomic.Int32
		fail := make(chan struct{})
		c.Setup = func(h *green.Hub, s *net.StreamServer) error {
			if n.Add(1) == 2 {
				h.Go(func() error {
					for {
						select {
						case <-fail:
							h.Main().StopWith(failure)
							return nil
						default:
						}
						if err := h.Sleep(ms); err != nil {
							return err
						}
					}
				})
			}
			return nil
		}
		must(t, c.Start("tcp", "127.0.0.1:0"))
		must(t, knock(c.Addr().String()))
		close(fail)
		expectIs(t, "Wait", c.Wait(), failure)
	})
}
