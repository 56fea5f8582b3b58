package poll

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// ErrUnsupported is returned where descriptors can't be watched.
var ErrUnsupported = fmt.Errorf("no way to watch descriptors on this system: %w", errors.ErrUnsupported)

// A World is a [tasklet.World] whose tasklets can wait for descriptors. It has no descriptor of its own before the first
// Open.
type World struct {
	state   atomic.Int32
	wake    chan struct{}
	timer   *time.Timer
	mu      sync.Mutex // for queue, when it changes and in Wake
	queue   *queue     // nil until the first Open
	descs   []*Desc    // by descriptor
	waiting int        // tasklets
	run     int        // operations since somebody has waited
	seq     int32
	closed  bool
}

// Of returns the world of s if that is a World, and if this system's queue of descriptors works as that needs it.
func Of(s *tasklet.Scheduler) (w *World, watches bool) {
	w, watches = s.World().(*World)
	return w, watches && works()
}

// The states of a World.
const (
	awake   int32 = iota
	asleep        // in the timer
	polling       // in the queue
	woken
)

// New makes a world. It must be closed.
func New() *World { return &World{wake: make(chan struct{}, 1)} }

// Now returns the system's time.
func (w *World) Now() time.Time { return time.Now() }

// Pending returns how many tasklets wait for descriptors.
func (w *World) Pending() int { return w.waiting }

// Wait is [tasklet.World]'s.
func (w *World) Wait(until time.Time, _ bool) {
	d := time.Duration(-1)
	if !until.IsZero() {
		d = max(0, time.Until(until))
	}
	if d == 0 {
		w.state.Store(awake)
		if w.queue != nil {
			w.queue.look(w)
		}
		return
	}
	if w.queue == nil {
		w.sleep(d)
		return
	}
	if w.state.CompareAndSwap(awake, polling) {
		w.queue.wait(w, until)
		w.state.Store(awake)
	} else {
		w.state.Store(awake)
		w.queue.look(w)
	}
}

// sleep waits for d or a wake-up; without limit if d is negative.
func (w *World) sleep(d time.Duration) {
	if !w.state.CompareAndSwap(awake, asleep) {
		w.state.Store(awake)
		return
	}
	var limit <-chan time.Time
	if d >= 0 {
		if w.timer == nil {
			w.timer = time.NewTimer(d)
		} else {
			w.timer.Reset(d)
		}
		limit = w.timer.C
	}
	select {
	case <-w.wake:
		if limit != nil {
			w.timer.Stop()
		}
	case <-limit:
		if w.state.Swap(awake) == woken {
			<-w.wake // which is sent, or about to be
		}
	}
	w.state.Store(awake)
}

// Wake is [tasklet.World]'s.
func (w *World) Wake() {
	switch w.state.Swap(woken) {
	case asleep:
		w.wake <- struct{}{}
	case polling:
		w.mu.Lock() // the hub may be at its end already
		defer w.mu.Unlock()
		if w.queue != nil {
			w.queue.wake()
		}
	}
}

// Close abandons what is left open, and gives up the world's own descriptors. No tasklet waits any more.
func (w *World) Close() error {
	w.closed = true
	if w.queue == nil {
		return nil
	}
	for fd, d := range w.descs {
		if d == nil {
			continue
		}
		w.descs[fd] = nil
		d.closed = true
		if d.owner != nil {
			d.owner.Abandon()
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	q := w.queue
	w.queue = nil
	return q.close()
}

var _ tasklet.World = (*World)(nil)
