package http

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"os"
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
	ended     bool   // the hub ends
	forget    func() // takes back to hear of that
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
	newGrace             = 500 * time.Millisecond // for the head of a request when the server shuts down
	sweepMoment          = time.Millisecond       // without a connection, after which a server that shuts down has swept up
	sweepTime            = 100 * time.Millisecond
	sweepLimit           = time.Second // for Serve to get its turn
	maxSwept             = 4096
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
		delete(s.listeners, l)
		l.Close()
		s.room.WakeAll() // for Shutdown
	}()
	pause := time.Duration(0)
	for {
		for !s.hasRoom(0) && !s.stopping {
			if err := s.room.Wait(); err != nil {
				return err
			}
		}
		if s.stopping {
			s.sweepUp(l)
			return http.ErrServerClosed
		}
		nc, err := l.Accept()
		if err == nil {
			pause = 0
			s.start(nc)
			continue
		}
		if s.stopping {
			continue // Shutdown has ended the waiting
		}
		if !poll.Passing(err) {
			return err
		}
		s.tell(nil, err)
		pause = max(10*time.Millisecond, min(time.Second, 2*pause)) // as gevent does: for lack of descriptors, say
		if _, err := h.Within(pause, s.room.Wait); err != nil {     // a connection that ends may be what was missing
			return err
		}
	}
}

// sweepUp closes l and serves the connections that the system has accepted before: their clients may have sent requests,
// and would be reset. No handler of these runs before that, or clients with the next connection would come as fast as
// they are served.
func (s *Server) sweepUp(l net.Listener) {
	var swept []net.Conn
	if d, ok := l.(limited); ok {
		end := s.h.Now().Add(sweepTime)
		for quiet := 0; quiet < 2 && s.hasRoom(len(swept)) && len(swept) < maxSwept && s.h.Now().Before(end); {
			d.SetDeadline(s.h.Now().Add(sweepMoment))
			nc, err := l.Accept()
			switch {
			case err == nil:
				swept = append(swept, nc)
				quiet = 0
			case errors.Is(err, os.ErrDeadlineExceeded):
				quiet++ // what came just as the deadline passed is there the next time
			default:
				quiet = 2
			}
		}
	}
	wanted := s.listeners[l] // and nobody has closed it meanwhile, who waits for no others
	l.Close()
	for _, nc := range swept {
		if wanted {
			s.start(nc)
		} else {
			nc.Close()
		}
	}
}

// hasRoom says whether MaxConns lets in another connection besides n that are about to be served.
func (s *Server) hasRoom(n int) bool { return s.MaxConns <= 0 || len(s.conns)+n < s.MaxConns }

// A limited is a listener whose Accept can be ended without closing it.
type limited interface{ SetDeadline(time.Time) error }

// unlisten makes every Serve end, after it has swept up if that is wanted.
func (s *Server) unlisten(sweep bool) error {
	closeAll := func() {
		for l := range s.listeners {
			delete(s.listeners, l)
			l.Close()
		}
	}
	for l := range s.listeners {
		if d, ok := l.(limited); !sweep || !ok || d.SetDeadline(aLongTimeAgo) != nil {
			delete(s.listeners, l)
			l.Close()
		}
	}
	s.room.WakeAll()
	defer closeAll()
	_, err := s.h.Within(sweepLimit, func() error {
		for len(s.listeners) > 0 {
			if err := s.room.Wait(); err != nil {
				return err
			}
		}
		return nil
	})
	return err
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
		if !s.ended {
			s.forget()
		}
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
// next request at once; one whose head has not come whole by then has half a second. Connections that the system has accepted by then, but Serve has not, are served one request still, as
// far as MaxConns lets them in, for a tenth of a second at the most, and unless grace is 0. After grace Shutdown kills the
// handlers that are left, and waits for those too; less than 0 means no limit. It returns nil if every handler ended by
// itself; [green.ErrTimeout] is in the error if some were killed; or why it was woken early: then the handlers are killed too.
//
// The handler of a connection that was hijacked, one of a [WebSocket] for example, is waited for and killed as any other, but
// the connection is left to it. To end WebSockets in good order, keep note of those that are open, and call their
// [WebSocket.Close] with [CloseGoing] before Shutdown, or as soon as it has begun.
func (s *Server) Shutdown(grace time.Duration) error {
	s.stopping = true
	if s.h == nil {
		return nil
	}
	err := s.unlisten(grace != 0)
	for range 2 {
		if err == nil {
			err = s.h.Yield() // what the kernel has got for idle connections is read
		}
	}
	now := s.h.Now()
	for c := range s.conns {
		switch c.phase {
		case idle:
			c.nc.SetReadDeadline(aLongTimeAgo)
		case fresh, begun:
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
