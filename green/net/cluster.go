package net

import (
	"errors"
	"net"
	"runtime"
	"sync"
	"time"

	"github.com/go-greenlet/greenlet/green"
)

// A Cluster serves one address with several hubs, each on a goroutine of its own: one for each processor, unless it
// says otherwise. Set its fields, then call Start. Its methods may be called on any goroutine that runs no hub of the
// cluster.
//
// On Linux the hubs listen on the same port each, and the kernel shares out the connections. Elsewhere, and if one
// asks for it, there is one listener, whose connections are handed to the hub that has the fewest.
type Cluster struct {
	// Hubs is how many hubs there are; 0 means as many as the program has processors.
	Hubs int
	// Handler serves one connection, as that of a [StreamServer]. Those of different hubs run at the same time: what they
	// share needs a lock, or [sync/atomic].
	Handler func(c *Conn) error
	// Setup is called in every hub before it serves, with the server that it will use: to spawn tasks of the hub's own,
	// or to change the server. Nil does nothing.
	Setup func(h *green.Hub, s *StreamServer) error
	// MaxConns is how many connections each hub serves at a time; 0 means no limit.
	MaxConns int
	// OnError is that of the servers, which call it on their own goroutines. Nil is as with a [StreamServer].
	OnError func(c net.Conn, err error)
	// Options are those of the hubs.
	Options []green.Option
	// HandOut makes one listener hand out the connections on Linux, too.
	HandOut bool

	stats   ServerStats
	mu      sync.Mutex
	addr    net.Addr
	members []*member
	giver   *giver // nil if the hubs listen themselves
	stopped bool
	errs    []error
	running sync.WaitGroup
}

// A member is one hub of a cluster.
type member struct {
	h *green.Hub
	s *StreamServer
	n int // connections handed out to it; the giver's lock protects it
}

// Start makes the hubs and returns when all of them serve: network and address are those of [Listen], for TCP. If one
// of them can't, it ends the others and returns why.
func (c *Cluster) Start(network, address string) error {
	if c.Handler == nil {
		panic("green/net: Cluster without a Handler")
	}
	n := c.Hubs
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	if c.HandOut || runtime.GOOS != "linux" || network == "unix" {
		g, err := newGiver(c, network, address)
		if err != nil {
			return err
		}
		c.giver, c.addr = g, g.l.Addr()
	}
	for range n {
		ready := make(chan error, 1)
		c.running.Add(1)
		go c.run(network, address, ready)
		if err := <-ready; err != nil {
			c.Stop(0)
			c.mu.Lock()
			defer c.mu.Unlock()
			return err
		}
		address = c.addr.String() // with the port that the first has got
	}
	if c.giver != nil {
		c.running.Add(1)
		go c.giver.run()
	}
	return nil
}

// run is the goroutine of one hub.
func (c *Cluster) run(network, address string, ready chan<- error) {
	defer c.running.Done()
	started := false
	err := green.Run(func(h *green.Hub) error {
		m := &member{h: h, s: &StreamServer{Handler: c.Handler, MaxConns: c.MaxConns, OnError: c.OnError, Stats: &c.stats}}
		if c.Setup != nil {
			if err := c.Setup(h, m.s); err != nil {
				return err
			}
		}
		m.s.Stats = &c.stats
		var l *Listener
		if c.giver == nil {
			var err error
			if l, err = (&ListenConfig{ReusePort: true}).Listen(h, network, address); err != nil {
				return err
			}
			c.mu.Lock()
			c.addr = l.Addr()
			c.mu.Unlock()
		}
		m.s.begin(h)
		if c.giver != nil {
			m.s.leave = func() { c.giver.leave(m) }
		}
		defer h.Scheduler().Hold()() // Stop comes from outside
		c.mu.Lock()
		c.members = append(c.members, m)
		stopped := c.stopped
		c.mu.Unlock()
		if stopped {
			return nil
		}
		started = true
		ready <- nil
		if l != nil {
			return m.s.Serve(l)
		}
		for !m.s.crew.stopped {
			if err := m.s.crew.room.Wait(); err != nil {
				return err
			}
		}
		return nil
	}, c.Options...)
	if !started {
		ready <- errors.Join(err, c.ifStopped())
		return
	}
	c.mu.Lock()
	if err != nil {
		c.errs = append(c.errs, err)
	}
	c.mu.Unlock()
	if err != nil {
		go c.Stop(0) // the others are not to go on as if nothing were
	}
}

// ifStopped is why a hub has not begun to serve, if nothing else is.
func (c *Cluster) ifStopped() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return net.ErrClosed
	}
	return nil
}

// Addr returns the address that is served, after Start.
func (c *Cluster) Addr() net.Addr {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.addr
}

// Stats returns the counts of all hubs together.
func (c *Cluster) Stats() *ServerStats { return &c.stats }

// Stop stops accepting, and waits until the connections have ended, for grace at the longest: then their handlers are
// killed. Less than 0 means no limit. It returns as Wait does.
func (c *Cluster) Stop(grace time.Duration) error {
	c.mu.Lock()
	first := !c.stopped
	c.stopped = true
	members := c.members
	c.mu.Unlock()
	if first && c.giver != nil {
		c.giver.stop()
	}
	for _, m := range members {
		m.h.Scheduler().Post(func() error { return m.s.Stop(grace) }) // ErrClosed if the hub has ended already
	}
	return c.Wait()
}

// Wait waits until the cluster has ended and returns what its hubs have failed with.
func (c *Cluster) Wait() error {
	c.running.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return errors.Join(c.errs...)
}
