package http

import (
	"crypto/tls"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/internal/poll"
	greennet "github.com/go-greenlet/greenlet/green/net"
	"github.com/go-greenlet/greenlet/tasklet"
)

// A Server serves HTTP in the tasks of one hub. Set its fields, then call one of the methods that serve. Its methods
// may be called on the hub's goroutine alone.
type Server struct {
	// Handler serves the requests, each in the task of its connection. A panic of a handler ends nothing but the
	// connection; if nothing was sent yet, the client gets a 500. http.ErrAbortHandler does so silently. A handler that
	// calls runtime.Goexit, as t.FailNow does, ends the hub's Run, as it does in any task. If the body of a request is
	// malformed, too long or too late, and the handler has not chosen a status by WriteHeader, the client gets 400, 413
	// or 408 in place of what the handler has written, unless that was sent already. Nil means http.DefaultServeMux.
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
	// IdleTimeout is how long a connection may wait for the next request, or up to a quarter longer; 0 means 2 minutes,
	// less than 0 no limit. A request's body that its handler has left unread may take as long to come.
	IdleTimeout time.Duration
	// ReadTimeout limits how long a request, its body included, may take to come; 0 means no limit.
	ReadTimeout time.Duration
	// WriteTimeout limits how long after the head of a request its response may be written; 0 means no limit.
	WriteTimeout time.Duration

	// OnError is told about panics of handlers, as a *greenlet.PanicError with the stack, and about failures to accept:
	// r is nil for those. It must not block. If it is nil, they go to the standard logger of package log, as net/http
	// does.
	OnError func(r *http.Request, err error)

	h         *green.Hub
	listeners []net.Listener // a list, so that things happen in the same order every time
	conns     []*conn        // so is this, each at its index
	std       *http.Server   // what http.ServerContextKey finds
	room      *tasklet.Line  // where Serve waits for MaxConns
	idle      *tasklet.Line  // where Shutdown waits for the last connection
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
	h.Check()
	if addr == "" {
		addr = ":http"
	}
	l, err := greennet.Listen(h, "tcp", addr)
	if err != nil {
		return err
	}
	return s.Serve(h, l)
}

// ListenAndServeTLS is [Server.ListenAndServe] with TLS, on ":https" if addr is empty. The files may be "" if the
// TLSConfig has certificates.
func (s *Server) ListenAndServeTLS(h *green.Hub, addr, certFile, keyFile string) error {
	h.Check()
	if addr == "" {
		addr = ":https"
	}
	l, err := greennet.Listen(h, "tcp", addr)
	if err != nil {
		return err
	}
	return s.ServeTLS(h, l, certFile, keyFile)
}

// ServeTLS is [Server.Serve] with TLS. The files may be "" if the TLSConfig has certificates. For other settings,
// call Serve with a listener of [github.com/go-greenlet/greenlet/green/net.TLS].
func (s *Server) ServeTLS(h *green.Hub, l *greennet.Listener, certFile, keyFile string) error {
	h.Check()
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

// Serve accepts connections from l, which is one of package green/net or stands on one, and serves each in a task of
// its own, until the server is shut down, the calling task is killed, or accepting fails for good. It returns
// [http.ErrServerClosed] after [Server.Shutdown], and else why it ended. It closes l, and leaves connections that are
// served to go on.
func (s *Server) Serve(h *green.Hub, l net.Listener) error {
	h.Check()
	s.begin(h)
	if s.stopping {
		l.Close()
		return http.ErrServerClosed
	}
	s.listeners = append(s.listeners, l)
	defer func() {
		s.drop(l)
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

// sweepUp closes l and serves the connections that the system has accepted before: their clients may have sent
// requests, and would be reset. No handler of these runs before that, or clients with the next connection would come
// as fast as they are served.
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
	wanted := slices.Contains(s.listeners, l) // and nobody has closed it meanwhile, who waits for no others
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
	for _, l := range slices.Clone(s.listeners) {
		if d, ok := l.(limited); !sweep || !ok || d.SetDeadline(aLongTimeAgo) != nil {
			s.drop(l)
			l.Close()
		}
	}
	s.room.WakeAll()
	defer s.closeListeners()
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

// drop forgets l.
func (s *Server) drop(l net.Listener) {
	s.listeners = slices.DeleteFunc(s.listeners, func(other net.Listener) bool { return other == l })
}

func (s *Server) closeListeners() {
	for _, l := range slices.Clone(s.listeners) {
		s.drop(l)
		l.Close()
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

// ServeConn serves one connection, whose operations must block the calling task only, in the calling task. It returns
// when the connection has been closed, or a handler that has taken it over, by http.Hijacker, has returned.
func (s *Server) ServeConn(h *green.Hub, nc net.Conn) {
	h.Check()
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
	s.std = &http.Server{}
	s.room = h.Scheduler().NewLine("room for a connection")
	s.idle = h.Scheduler().NewLine("the end of the connections")
}

func (s *Server) over(c *conn) {
	if c.at < 0 {
		return
	}
	last := len(s.conns) - 1
	s.conns[c.at], s.conns[last].at = s.conns[last], c.at
	s.conns[last] = nil
	s.conns, c.at = s.conns[:last], -1
	if !c.hijacked {
		c.close()
	}
	s.room.WakeAll()
	s.idle.WakeAll()
	if len(s.conns) == 0 {
		if !s.ended {
			s.forget()
		}
		if s.sweeping {
			s.sweeping = false
			s.sweeper.Stop()
		}
	}
}

// sweep makes the connections end that have been idle for too long. One timer for all of them, and not one for each,
// is what makes a request on a connection that is kept cheap.
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
			for _, c := range s.conns {
				if c.ticks++; (c.phase == idle || c.phase == draining) && c.ticks > sweepsPerTimeout {
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
	switch {
	case s.OnError != nil:
		s.OnError(r, err)
	case r == nil:
		log.Printf("green/http: %v", err)
	default:
		log.Printf("green/http: panic serving %s: %v", r.RemoteAddr, err)
	}
}

// Shutdown stops accepting, lets the requests end that have come, and closes the connections: those that wait for their
// next request at once; one whose head has not come whole by then has half a second. Connections that the system has
// accepted by then, but Serve has not, are served one request still, as far as MaxConns lets them in, for a tenth of
// a second at the most, and unless grace is 0. After grace Shutdown kills the handlers that are left, and waits for
// those too; less than 0 means no limit. It returns nil if every handler ended by itself; [green.ErrTimeout] is in
// the error if some were killed; or why it was woken early: then the handlers are killed too. A handler may call it:
// its own connection is not waited for, and closes when the handler has returned.
//
// The handler of a connection that was hijacked, one of a [WebSocket] for example, is waited for and killed as any
// other, but the connection is left to it. To end WebSockets in good order, keep note of those that are open, and
// call their [WebSocket.Close] with [CloseGoing] before Shutdown, or as soon as it has begun.
func (s *Server) Shutdown(grace time.Duration) error {
	s.check()
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
	for _, c := range s.conns {
		switch c.phase {
		case idle:
			c.nc.SetReadDeadline(aLongTimeAgo)
		case fresh, begun, draining:
			c.nc.SetReadDeadline(now.Add(newGrace))
		}
	}
	if err == nil {
		err = s.drain(grace)
	}
	if len(s.conns) == s.mine() {
		return nil
	}
	return errors.Join(err, s.kill())
}

// Close is [Server.Shutdown] without grace.
func (s *Server) Close() error {
	s.check()
	s.stopping = true
	if s.h == nil {
		return nil
	}
	s.closeListeners()
	s.room.WakeAll()
	return s.kill()
}

// kill ends what is served. A connection that the calling task serves itself is left to it.
func (s *Server) kill() error {
	me := s.h.Current()
	for _, c := range slices.Clone(s.conns) {
		switch {
		case c.task == nil:
			c.nc.Close()
		case c.task != me:
			c.task.Stop()
		}
	}
	return s.h.Shield(s.others)
}

// check panics unless the caller runs in the hub of the server, if that has begun to serve.
func (s *Server) check() {
	if s.h != nil {
		s.h.Check()
	}
}

// mine returns how many connections the calling task serves itself, and could wait for in vain.
func (s *Server) mine() (n int) {
	if me := s.h.Current(); me != nil {
		for _, c := range s.conns {
			if c.task == me {
				n++
			}
		}
	}
	return n
}

// others waits until no connection is left but those that the calling task serves.
func (s *Server) others() error {
	for mine := s.mine(); len(s.conns) > mine; {
		if err := s.idle.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// drain waits for the others, for d at the longest.
func (s *Server) drain(d time.Duration) error {
	if d < 0 {
		return s.others()
	}
	return s.h.WithTimeout(d, func(*green.Timeout) error { return s.others() })
}

// Conns returns how many connections are served.
func (s *Server) Conns() int {
	s.check()
	return len(s.conns)
}

var aLongTimeAgo = time.Unix(1, 0)
