package net

import (
	"errors"
	"net"
	"sync"
	"time"

	"github.com/go-greenlet/greenlet/green/internal/poll"
)

// A giver is the listener of a cluster that hands out its connections. It has a goroutine of its own.
type giver struct {
	c      *Cluster
	l      net.Listener
	room   chan struct{} // a place for each connection; nil if there is no limit
	closed chan struct{}
	mu     sync.Mutex
}

func newGiver(c *Cluster, network, address string) (*giver, error) {
	l, err := net.Listen(network, address)
	if err != nil {
		return nil, err
	}
	return &giver{c: c, l: l, closed: make(chan struct{})}, nil
}

// run accepts until stop.
func (g *giver) run() {
	defer g.c.running.Done()
	members := g.c.members
	if g.c.MaxConns > 0 {
		g.room = make(chan struct{}, g.c.MaxConns*len(members))
	}
	pause := time.Duration(0)
	for g.enter() {
		conn, err := g.l.Accept()
		switch {
		case err == nil:
			pause = 0
			g.give(conn, members)
			continue
		case errors.Is(err, net.ErrClosed):
			return
		case !poll.Passing(err):
			g.c.mu.Lock()
			g.c.errs = append(g.c.errs, err)
			g.c.mu.Unlock()
			go g.c.Stop(0)
			return
		}
		g.c.stats.Refused.Add(1)
		refused(g.c.OnError, err)
		g.left()
		pause = longer(pause)
		select {
		case <-g.closed:
			return
		case <-time.After(pause):
		}
	}
}

// enter waits for room, and says whether the cluster goes on.
func (g *giver) enter() bool {
	if g.room != nil {
		select {
		case g.room <- struct{}{}:
		case <-g.closed:
			return false
		}
	}
	return true
}

// left takes enter back.
func (g *giver) left() {
	if g.room != nil {
		<-g.room
	}
}

// give hands conn to the member that has the fewest.
func (g *giver) give(conn net.Conn, members []*member) {
	g.mu.Lock()
	m := members[0]
	for _, other := range members[1:] {
		if other.n < m.n {
			m = other
		}
	}
	m.n++
	g.mu.Unlock()
	if err := m.h.Scheduler().Post(func() error {
		s := m.s
		if s.crew.stopped {
			conn.Close()
			g.leave(m)
			return nil
		}
		c, err := Adopt(m.h, conn)
		if err != nil {
			conn.Close()
			g.leave(m)
			s.crew.stats.Refused.Add(1)
			refused(s.crew.tell, err)
			return nil
		}
		s.start(c)
		return nil
	}); err != nil {
		conn.Close()
		g.leave(m)
	}
}

// leave notes that a connection of m has ended.
func (g *giver) leave(m *member) {
	g.mu.Lock()
	m.n--
	g.mu.Unlock()
	g.left()
}

func (g *giver) stop() {
	close(g.closed)
	g.l.Close()
}
