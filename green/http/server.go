package http

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/internal/poll"
	greennet "github.com/go-greenlet/greenlet/green/net"
	"github.com/go-greenlet/greenlet/tasklet"
)

// A Server serves HTTP in the tasks of one hub. Set its fields, then call one of the methods that serve. Its methods may be
// called on the hub's goroutine alone.
type Server struct {
	// Handler serves the requests, each in the task of its connection. A panic of a handler ends nothing but the
	// connection; if nothing was sent yet, the client gets a 500. http.ErrAbortHandler does so silently. Nil means
	// http.DefaultServeMux.
	Handler http.Handler

	// TLSConfig is for ServeTLS and ListenAndServeTLS.
	TLSConfig *tls.Config

	// MaxHeaderBytes limits the head of a request; 0 means 64 KB. The answer to more is 431.
	MaxHeaderBytes int
	// MaxBodyBytes limits the body; 0 means no limit. The answer to more is 413, unless the handler gives another one.
	MaxBodyBytes int64
	// MaxConns is how many connections are served at a time; 0 means no limit. While there are as many, none is accepted.
	MaxConns int

	// ReadHeaderTimeout limits how long a head may take to come, once it has begun, and the first one on a connection,
	// the TLS handshake included; 0 means 10 s, less than 0 no limit.
	ReadHeaderTimeout time.Duration
	// IdleTimeout is how long a connection may wait for the next request, or up to a quarter longer; 0 means 2 minutes, less
	// than 0 no limit.
	IdleTimeout time.Duration
	// ReadTimeout limits how long a request, its body included, may take to come; 0 means no limit.
	ReadTimeout time.Duration
	// WriteTimeout limits how long after the head of a request its response may be written; 0 means no limit.
	WriteTimeout time.Duration

	// OnError hears of panics of handlers, as a *greenlet.PanicError, and of failures to accept: r is nil for those. It
	// must not block. Nil ignores them.
	OnError func(r *http.Request, err error)

	h         *green.Hub
	listeners map[net.Listener]bool
	conns     map[*conn]bool
	room      *tasklet.Line // where Serve waits for MaxConns
	idle      *tasklet.Line // where Shutdown waits for the last connection
	stopping  bool
	sweeper   *tasklet.Alarm
	sweeping  bool
	date      dateCache
	free      buffers
}

const (
	defaultHeaderBytes   = 64 << 10
	defaultHeaderTimeout = 10 * time.Second
	defaultIdleTimeout   = 2 * time.Minute
	sweepsPerTimeout     = 4
	newGrace             = 500 * time.Millisecond // for the first request of a connection when the server shuts down
	lingerTime           = 500 * time.Millisecond // for a client to read an answer that it does not wait for
)

// ListenAndServe listens on a TCP address, ":http" if it is empty, and serves: see [Server.Serve].
func (s *Server) ListenAndServe(h *green.Hub, addr string) error {
	if addr == "" {
		addr = ":http"
	}
	l, err := greennet.Listen(h, "tcp", addr)
	if err != nil {
		return err
	}
	return s.Serve(h, l)
}

// ListenAndServeTLS is [Server.ListenAndServe] with TLS, on ":https" if addr is empty. The files may be "" if the TLSConfig
// has certificates.
func (s *Server) ListenAndServeTLS(h *green.Hub, addr, certFile, keyFile string) error {
	if addr == "" {
		addr = ":https"
	}
	l, err := greennet.Listen(h, "tcp", addr)
	if err != nil {
		return err
	}
	return s.ServeTLS(h, l, certFile, keyFile)
}

// ServeTLS is [Server.Serve] with TLS. The files may be "" if the TLSConfig has certificates. For other settings, call Serve
// with a listener of [github.com/go-greenlet/greenlet/green/net.TLS].
func (s *Server) ServeTLS(h *green.Hub, l *greennet.Listener, certFile, keyFile string) error {
	config := &tls.Config{}
	if s.TLSConfig != nil {
		config = s.TLSConfig.Clone()
	}
	if len(config.NextProtos) == 0 {
		config.NextProtos = []string{"http/1.1"}
	}
	if certFile != "" || keyFile != "" {
		cert, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			l.Close()
			return err
		}
		config.Certificates = []tls.Certificate{cert}
	}
	return s.Serve(h, (&greennet.TLS{Config: config}).Listener(l))
}

// Serve accepts connections from l, which is one of package green/net or stands on one, and serves each in a task of its
// own, until the server is shut down, the calling task is killed, or accepting fails for good. It returns
// [http.ErrServerClosed] after [Server.Shutdown], and else why it ended. It closes l, and leaves connections that
// are served to go on.
func (s *Server) Serve(h *green.Hub, l net.Listener) error {
	s.begin(h)
	if s.stopping {
		l.Close()
		return http.ErrServerClosed
	}
	s.listeners[l] = true
	defer func() {
		if s.listeners[l] {
			delete(s.listeners, l)
			l.Close()
		}
	}()
	pause := time.Duration(0)
	for {
		for s.MaxConns > 0 && len(s.conns) >= s.MaxConns && !s.stopping {
			if err := s.room.Wait(); err != nil {
				return err
			}
		}
		if s.stopping {
			return http.ErrServerClosed
		}
		nc, err := l.Accept()
		if err == nil {
			pause = 0
			s.start(nc)
			continue
		}
		if s.stopping {
			return http.ErrServerClosed
		}
		if !poll.Passing(err) {
			return err
		}
		s.tell(nil, err)
		pause = max(10*time.Millisecond, min(time.Second, 2*pause)) // as gevent does: for lack of descriptors, say
		if err := h.Sleep(pause); err != nil {
			return err
		}
	}
}

// start serves nc in a task.
func (s *Server) start(nc net.Conn) {
	c := s.newConn(nc)
	c.task = s.h.Go(func() error {
		c.serve()
		return nil
	})
	c.task.LinkRaw(func(*green.Task) { s.over(c) }) // also if it was killed before it began
}

// ServeConn serves one connection, whose operations must block the calling task only, in the calling task. It returns when
// the connection has been closed, or a handler that has taken it over, by http.Hijacker, has returned.
func (s *Server) ServeConn(h *green.Hub, nc net.Conn) {
	s.begin(h)
	c := s.newConn(nc)
	c.task = h.Current()
	defer s.over(c)
	c.serve()
}

func (s *Server) begin(h *green.Hub) {
	if s.h == h {
		return
	}
	if s.h != nil {
		panic("green/http: one Server serves in two hubs; make one for each")
	}
	s.h = h
	s.listeners = map[net.Listener]bool{}
	s.conns = map[*conn]bool{}
	s.room = h.Scheduler().NewLine("room for a connection")
	s.idle = h.Scheduler().NewLine("the end of the connections")
}

func (s *Server) over(c *conn) {
	if !s.conns[c] {
		return
	}
	delete(s.conns, c)
	if !c.hijacked {
		c.nc.Close()
	}
	s.room.WakeAll()
	if len(s.conns) == 0 {
		s.idle.WakeAll()
		if s.sweeping {
			s.sweeping = false
			s.sweeper.Stop()
		}
	}
}

// sweep makes the connections end that have been idle for too long. One timer for all of them, and not one for each, is what
// makes a request on a connection that is kept cheap.
func (s *Server) sweep() {
	d := s.IdleTimeout
	if d == 0 {
		d = defaultIdleTimeout
	}
	if d < 0 || s.sweeping {
		return
	}
	if s.sweeper == nil {
		s.sweeper = s.h.Scheduler().NewAlarm(func() {
			s.sweeping = false
			for c := range s.conns {
				if c.ticks++; c.phase == idle && c.ticks > sweepsPerTimeout {
					c.nc.SetReadDeadline(aLongTimeAgo)
				}
			}
			if len(s.conns) > 0 {
				s.sweep()
			}
		})
	}
	s.sweeping = true
	s.sweeper.Set(max(1, d/sweepsPerTimeout))
}

func (s *Server) tell(r *http.Request, err error) {
	if s.OnError != nil {
		s.OnError(r, err)
	}
}

// Shutdown stops accepting, lets the requests end that have come, and closes the connections: those that wait for their
// next request at once. After grace it kills the handlers that are left, and waits for those too; less than 0 means no
// limit. It returns nil if every handler ended by itself; [green.ErrTimeout] is in the error if some were killed; or why
// it was woken early: then the handlers are killed too. Connections that were hijacked are not its business.
func (s *Server) Shutdown(grace time.Duration) error {
	s.stopping = true
	if s.h == nil {
		return nil
	}
	for l := range s.listeners {
		delete(s.listeners, l)
		l.Close()
	}
	s.room.WakeAll()
	err := s.h.Yield() // what the kernel has got for idle connections is read
	if err == nil {
		err = s.h.Yield()
	}
	now := s.h.Now()
	for c := range s.conns {
		switch c.phase {
		case idle:
			c.nc.SetReadDeadline(aLongTimeAgo)
		case fresh:
			c.nc.SetReadDeadline(now.Add(newGrace))
		}
	}
	if err == nil {
		err = s.drain(grace)
	}
	if len(s.conns) == 0 {
		return nil
	}
	return errors.Join(err, s.kill())
}

// Close is [Server.Shutdown] without grace.
func (s *Server) Close() error {
	s.stopping = true
	if s.h == nil {
		return nil
	}
	for l := range s.listeners {
		delete(s.listeners, l)
		l.Close()
	}
	s.room.WakeAll()
	return s.kill()
}

// kill ends what is served. A connection that the calling task serves itself is left to it.
func (s *Server) kill() error {
	mine := 0
	for c := range s.conns {
		if c.task != nil && c.task == s.h.Current() {
			mine++
			continue
		}
		if c.task != nil {
			c.task.Stop()
		} else {
			c.nc.Close()
		}
	}
	return s.h.Shield(func() error {
		for len(s.conns) > mine {
			if err := s.idle.Wait(); err != nil {
				return err
			}
		}
		return nil
	})
}

// drain waits until no connection is left, for d at the longest.
func (s *Server) drain(d time.Duration) error {
	wait := func() error {
		for len(s.conns) > 0 {
			if err := s.idle.Wait(); err != nil {
				return err
			}
		}
		return nil
	}
	if d < 0 {
		return wait()
	}
	return s.h.WithTimeout(d, func(*green.Timeout) error { return wait() })
}

// Conns returns how many connections are served.
func (s *Server) Conns() int { return len(s.conns) }

var aLongTimeAgo = time.Unix(1, 0)
