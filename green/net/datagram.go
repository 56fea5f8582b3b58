package net

import (
	"errors"
	"net"
	"slices"
	"syscall"
	"time"

	"github.com/go-greenlet/greenlet/green/internal/poll"
)

// maxDatagram is the longest datagram that there is.
const maxDatagram = 65535

// A DatagramServer receives datagrams and runs a task for each. Set its fields, then call Serve.
type DatagramServer struct {
	// Handler handles one datagram, in a task of its own; p is its to keep. It may answer by c.WriteTo: several tasks that
	// send at once wait for each other. Its errors, and its panics, go to OnError.
	Handler func(c *PacketConn, p []byte, from net.Addr) error

	// MaxTasks is how many datagrams are handled at a time; 0 means no limit. While there are as many, none is received:
	// the system keeps some, and throws the others away.
	MaxTasks int

	// MaxSize is how long a datagram may be: of a longer one the rest is lost. 0 means as long as there are.
	MaxSize int

	// OnError is told about the errors that handlers return, about their panics, as a *greenlet.PanicError with the
	// stack, and about failures to receive. It must not block. If it is nil, panics and failures to receive go to the
	// standard logger of package log, which writes to standard error; Stats counts the errors.
	OnError func(err error)

	// Stats counts for several servers together, those of other hubs too; nil means one of its own.
	Stats *ServerStats

	crew  crew
	conns []*PacketConn // a list, so that they are told in the same order every time
}

// Serve receives datagrams from c until the server is stopped, the calling task is killed, or receiving fails for
// good. It returns nil after Stop, and else why it ended. It closes c after the last handler.
func (s *DatagramServer) Serve(c *PacketConn) error {
	c.h.Check()
	if s.Handler == nil {
		panic("green/net: DatagramServer without a Handler")
	}
	w := &s.crew
	w.begin(c.h, &s.Stats)
	if s.OnError != nil {
		w.tell = func(_ net.Conn, err error) { s.OnError(err) }
	}
	if w.stopped {
		c.Close()
		return nil
	}
	s.conns = append(s.conns, c)
	left := 1 // Serve itself, and the handlers that may still answer
	leave := func() {
		if left--; left == 0 {
			s.conns = slices.DeleteFunc(s.conns, func(o *PacketConn) bool { return o == c })
			c.Close()
		}
	}
	defer leave()
	size := s.MaxSize
	if size <= 0 {
		size = maxDatagram
	}
	buf := make([]byte, size)
	pause := time.Duration(0)
	for {
		if err := w.waitRoom(s.MaxTasks); err != nil {
			return err
		}
		if w.stopped {
			return nil
		}
		n, from, err := c.ReadFrom(buf)
		switch {
		case w.stopped:
			return nil
		case err == nil:
			pause = 0
			p := append([]byte(nil), buf[:n]...)
			left++
			w.work(nil, func() error { return s.Handler(c, p, from) }, leave)
		case !poll.Passing(err) && !errors.Is(err, syscall.ECONNREFUSED):
			return err
		default:
			if err := w.stumble(err, &pause); err != nil {
				return err
			}
		}
	}
}

// Stop stops receiving and waits for the handlers, for grace at the longest: then it kills them, and waits for that.
// Less than 0 means no limit. It returns nil, or why it was woken early: then the handlers are killed too. It panics in
// a handler.
func (s *DatagramServer) Stop(grace time.Duration) error {
	s.crew.check()
	s.crew.stopped = true
	if s.crew.h == nil {
		return nil
	}
	for _, c := range slices.Clone(s.conns) {
		c.p.limit(true, false, time.Unix(1, 0)) // wakes Serve; the handlers may still answer
	}
	return s.crew.stop(grace)
}

// Tasks returns how many datagrams are handled now.
func (s *DatagramServer) Tasks() int {
	s.crew.check()
	return len(s.crew.tasks)
}
