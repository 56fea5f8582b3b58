package net

import (
	"cmp"
	"errors"
	"log"
	"maps"
	"net"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/internal/outcome"
	"github.com/go-greenlet/greenlet/tasklet"
)

// ServerStats counts what servers do. Any goroutine may read it.
type ServerStats struct {
	Accepted atomic.Int64 // connections, or datagrams, so far
	Active   atomic.Int64 // that are served now
	Failed   atomic.Int64 // handlers that returned an error
	Refused  atomic.Int64 // failures to accept
}

// How long a server pauses after a failure to accept, as gevent does: for lack of descriptors, say.
const (
	minPause = 10 * time.Millisecond
	maxPause = time.Second
)

// A crew are the handlers of a server that are at work.
type crew struct {
	h       *green.Hub
	tasks   map[*green.Task]uint64 // numbered, so that they are killed in the order in which they began
	last    uint64                 // number
	room    *tasklet.Line          // where Serve waits for one to end
	idle    *tasklet.Line          // where Stop waits for the last one
	stopped bool
	stats   *ServerStats
	tell    func(c net.Conn, err error)
}

// begin makes the crew one of h.
func (w *crew) begin(h *green.Hub, stats **ServerStats) {
	if w.h == h {
		return
	}
	if w.h != nil {
		panic("green/net: one server serves in two hubs; make one for each and let them share Stats")
	}
	w.h = h
	w.tasks = map[*green.Task]uint64{}
	w.room = h.Scheduler().NewLine("room for another handler")
	w.idle = h.Scheduler().NewLine("the end of the handlers")
	if *stats == nil {
		*stats = &ServerStats{}
	}
	w.stats = *stats
}

// check panics unless the caller runs in the hub of the server, if that has begun to serve.
func (w *crew) check() {
	if w.h != nil {
		w.h.Check()
	}
}

// work runs f in a task. c is what it serves, or nil, and after is called when it has ended.
func (w *crew) work(c net.Conn, f func() error, after func()) {
	w.stats.Accepted.Add(1)
	w.stats.Active.Add(1)
	var failure error
	t := w.h.Go(func() error {
		failure = w.shelter(f)
		return nil
	})
	w.last++
	w.tasks[t] = w.last
	t.LinkRaw(func(*green.Task) {
		after()
		delete(w.tasks, t)
		w.stats.Active.Add(-1)
		if failure != nil && !errors.Is(failure, green.ErrKilled) {
			w.stats.Failed.Add(1)
			w.failed(c, failure)
		}
		w.room.WakeAll()
		if len(w.tasks) == 0 {
			w.idle.WakeAll()
		}
	})
}

// shelter calls f, and makes an error of its panic.
func (w *crew) shelter(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			e, carried := p.(*greenlet.PanicError)
			if !carried {
				e = &greenlet.PanicError{Value: p, Stack: outcome.PanicStack(debug.Stack()), Greenlet: w.h.Current().String()}
			}
			err = e
		}
	}()
	return f()
}

// failed tells about a handler that returned err, or panicked. If nobody wants to know, a panic goes to the standard
// logger, as with net/http; an error mostly means that the peer has gone.
func (w *crew) failed(c net.Conn, err error) {
	var p *greenlet.PanicError
	switch {
	case w.tell != nil:
		w.tell(c, err)
	case !errors.As(err, &p):
	case c != nil:
		log.Printf("green/net: a handler panicked, serving %v: %v", c.RemoteAddr(), err)
	default:
		log.Printf("green/net: a handler panicked: %v", err)
	}
}

// refused tells about a failure to accept, or to receive; the standard logger if tell is nil.
func refused(tell func(c net.Conn, err error), err error) {
	if tell != nil {
		tell(nil, err)
	} else {
		log.Printf("green/net: %v", err)
	}
}

// waitRoom waits until fewer than limit are at work, or the server is stopped. 0 means no limit.
func (w *crew) waitRoom(limit int) error {
	for limit > 0 && len(w.tasks) >= limit && !w.stopped {
		if err := w.room.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// stumble counts a failure that may pass, and waits, the longer the more there are; but no longer than until a handler
// ends, which may be what was in the way. before is how long it was the last time.
func (w *crew) stumble(err error, before *time.Duration) error {
	w.stats.Refused.Add(1)
	refused(w.tell, err)
	*before = longer(*before)
	return pause(w.h, *before, w.room.Wait)
}

// longer is the pause that follows pause.
func longer(pause time.Duration) time.Duration { return max(minPause, min(maxPause, 2*pause)) }

// notServing panics in a handler.
func (w *crew) notServing() {
	if _, one := w.tasks[w.h.Current()]; one {
		panic("green/net: Stop called by a handler, for which it would wait; call it in a task of its own")
	}
}

// stop waits for the handlers, for grace at the longest, then kills them and waits for that. Less than 0 is no limit.
func (w *crew) stop(grace time.Duration) error {
	w.notServing()
	w.room.WakeAll()
	err := w.drain(grace)
	earlier := func(a, b *green.Task) int { return cmp.Compare(w.tasks[a], w.tasks[b]) }
	for _, t := range slices.SortedFunc(maps.Keys(w.tasks), earlier) {
		t.Stop()
	}
	if e := w.h.Shield(func() error { return w.drain(-1) }); err == nil {
		err = e
	}
	return err
}

// drain waits until nobody is at work, for d at the longest.
func (w *crew) drain(d time.Duration) error {
	wait := func() error {
		for len(w.tasks) > 0 {
			if err := w.idle.Wait(); err != nil {
				return err
			}
		}
		return nil
	}
	if d < 0 || len(w.tasks) == 0 {
		return wait()
	}
	return pause(w.h, d, wait)
}
