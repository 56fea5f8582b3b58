package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/green"
	greennet "github.com/go-greenlet/greenlet/green/net"
)

// patientTime is the longest that a TLS handshake may take, or the head of a request.
const patientTime = 10 * time.Second

// A stream is a connection that is served, with TLS or without.
type stream interface {
	net.Conn
	CloseWrite() error
}

// A beginner makes the part of a server that one hub runs.
type beginner func(h *green.Hub) part

// A part is what one hub runs of a server.
type part interface {
	// serve serves one connection, in a task of its own. With TLS it makes the handshake, too: so that drain knows of it.
	serve(c stream) error
	// drain begins the end, in a task: what has come is still answered, and what waits for more is closed, be it in the middle
	// of a handshake. It may return before that is done.
	drain(grace time.Duration) error
}

// A server is one that greenlet serve runs.
type server struct {
	o       serveOptions
	cluster greennet.Cluster
	tls     *tls.Config // nil without
	answers atomic.Int64
	unit    string // of answers
	cut     atomic.Int64
	rejects atomic.Int64 // handshakes that failed

	mu    sync.Mutex
	parts []partOf
}

// A partOf is a part and its hub.
type partOf struct {
	h *green.Hub
	part
}

// serve runs a server until a signal ends it.
func serve(o serveOptions, begin func(*server) beginner) status {
	s := &server{o: o}
	config, err := o.tlsConfig()
	if err != nil {
		complain(err)
		return statusFailed
	}
	s.tls = config
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	if err := s.start(begin(s)); err != nil {
		complain(fmt.Errorf("cannot serve %s: %w", o.addr, reason(err)))
		return statusFailed
	}
	ended := make(chan error, 1)
	go func() { ended <- s.cluster.Wait() }()
	fmt.Println(s.banner())
	endTop := s.showTop()
	select {
	case err = <-ended:
	case <-signals:
		signal.Stop(signals) // the second does what it does to any program
		err = s.drain()
	}
	endTop()
	fmt.Println(s.summary())
	if err != nil {
		complain(err)
		return statusFailed
	}
	if n := s.cut.Load(); n > 0 && o.grace > 0 { // without a grace that is what was asked for
		complain(fmt.Errorf("cut off %s after %v", count(n, "connection"), o.grace))
		return statusFailed
	}
	return 0
}

// start begins to serve.
func (s *server) start(begin beginner) error {
	c := &s.cluster
	c.Hubs, c.MaxConns, c.OnError = s.o.hubs, s.o.maxConns, s.onError
	c.Handler = func(*greennet.Conn) error { return nil } // Setup gives each hub its own
	c.Setup = func(h *green.Hub, server *greennet.StreamServer) error {
		p := begin(h)
		s.mu.Lock()
		s.parts = append(s.parts, partOf{h, p})
		s.mu.Unlock()
		server.Handler = s.handler(p)
		return nil
	}
	// The hubs share the port, and would share it with another server that does so.
	if _, port, _ := net.SplitHostPort(s.o.addr); port != "0" {
		l, err := net.Listen("tcp", s.o.addr)
		if err != nil {
			return err
		}
		if err := l.Close(); err != nil {
			return err
		}
	}
	return c.Start("tcp", s.o.addr)
}

// hubs returns how many hubs there are.
func (s *server) hubs() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.parts)
}

// handler returns what a hub does with a connection.
func (s *server) handler(p part) func(*greennet.Conn) error {
	watch := func(c stream) error {
		err := p.serve(c)
		if errors.Is(err, green.ErrKilled) {
			s.cut.Add(1)
		}
		return err
	}
	if s.tls == nil {
		return func(c *greennet.Conn) error { return watch(c) }
	}
	secure := &greennet.TLS{Config: s.tls, HandshakeTimeout: s.o.patience()}
	return func(c *greennet.Conn) error {
		t := secure.Server(c)
		defer t.Close()
		err := watch(t)
		if !t.ConnectionState().HandshakeComplete {
			s.rejects.Add(1)
		}
		return err
	}
}

// patience is for how long a client is waited for that has begun something.
func (o serveOptions) patience() time.Duration {
	if o.idle > 0 {
		return min(o.idle, patientTime)
	}
	return patientTime
}

// onError hears of connections that have failed. Most are clients that have gone, of which there is nothing to say.
func (s *server) onError(c net.Conn, err error) {
	var p *greenlet.PanicError
	switch {
	case errors.As(err, &p):
		complain(fmt.Errorf("a handler has a defect: %w", err))
	case c == nil:
		complain(fmt.Errorf("cannot accept a connection: %w", reason(err)))
	}
}

// drain ends the server: it stops accepting and waits for what is being served.
func (s *server) drain() error {
	s.mu.Lock()
	parts := s.parts
	s.mu.Unlock()
	for _, p := range parts {
		p.h.Post(func() error { return p.drain(s.o.grace) }) // it fails if the hub has ended, and then nothing is served
	}
	return s.cluster.Stop(s.o.grace)
}

// banner says what is served where.
func (s *server) banner() string {
	where := s.cluster.Addr().String()
	switch {
	case s.o.kind == "echo" && s.tls != nil:
		where += " with TLS"
	case s.o.kind == "echo":
	case s.tls != nil:
		where = "https://" + where + "/"
	default:
		where = "http://" + where + "/"
	}
	if s.o.selfSigned {
		where += ", certificate SHA-256 " + fingerprint(s.tls)
	}
	return fmt.Sprintf("Serving %s on %s", s.o.kind, where)
}

// summary says what was done.
func (s *server) summary() string {
	stats := s.cluster.Stats()
	text := fmt.Sprintf("Served %s, %s", count(stats.Accepted.Load(), "connection"), count(s.answers.Load(), s.unit))
	if n := s.rejects.Load(); n > 0 {
		text += fmt.Sprintf("; %s failed", count(n, "TLS handshake"))
	}
	return text
}

// count writes n of something.
func count(n int64, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// reason returns err without the operation and the address, which a message says in its own words.
func reason(err error) error {
	for {
		var op *net.OpError
		var call *os.SyscallError
		switch {
		case errors.As(err, &op) && op.Err != nil:
			err = op.Err
		case errors.As(err, &call):
			err = call.Err
		default:
			return err
		}
	}
}
