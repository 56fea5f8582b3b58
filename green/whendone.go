package green

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// looksAtOnce is how many contexts a hub on the system's clock looks at each time that it looks outside. With more of
// them it goes round, so that thousands of waits cost no more than these.
const looksAtOnce = 32

// WhenDone calls f in the hub, once, when ctx is done; if that is so already, before WhenDone returns. f is called
// between two switches, or where the context of a task ends, and must not block. forget removes f, if it has not been
// called. It is for what is built on a hub; a task that waits uses [Hub.UntilDone].
//
// Package context tells of the end of a context on another goroutine, some time later. A hub does better, so that the
// same program runs in the same order every time. For a context of its own tasks and groups, f is called where that
// ends. Another one that code of the hub ends, like context.WithCancel's, is noticed when the hub looks at timers and
// the outside the next time: before it waits, in [Hub.Yield], or after some 60 switches. On the system's clock that
// holds for the first 32 contexts at a time; with more, some are noticed later. What other goroutines end arrives as
// their posts do.
func (h *Hub) WhenDone(ctx context.Context, f func()) (forget func()) {
	h.Check()
	switch {
	case ctx.Done() == nil:
		return func() {}
	case ctx.Err() != nil:
		f()
		return func() {}
	}
	w := &watched{f: f}
	if c := h.own(ctx); c != nil {
		c.ending = append(c.ending, w)
		return func() {
			w.f = nil
			if i := slices.Index(c.ending, w); i >= 0 {
				c.ending = slices.Delete(c.ending, i, i+1)
			}
		}
	}
	cs := &h.contexts
	if cs.h == nil {
		cs.h = h
	}
	w.done = ctx.Done()
	cs.push(w)
	w.stop = context.AfterFunc(ctx, func() {
		cs.mu.Lock()
		cs.told = append(cs.told, w)
		cs.mu.Unlock()
		cs.some.Store(true)
		h.s.World().Wake()
	})
	return func() {
		if w.f != nil {
			w.f = nil
			cs.remove(w)
			w.stop()
		}
	}
}

// own returns what ends ctx, if only h ends it, and in its turn.
func (h *Hub) own(ctx context.Context) *endingContext {
	c, _ := ctx.Value(endingKey{}).(*endingContext)
	if c == nil || c.h != h || c.timed || c.Done() != ctx.Done() {
		return nil
	}
	return c
}

// A watched is what is to be called when a context is done.
type watched struct {
	f          func() // nil when it was called or forgotten
	done       <-chan struct{}
	stop       func() bool
	next, prev *watched
}

// call calls the function, if that is still wanted.
func (w *watched) call() {
	if f := w.f; f != nil {
		w.f = nil
		f()
	}
}

// contexts are those of others that a hub waits for, those watched for longest first.
type contexts struct {
	h           *Hub
	first, last *watched
	n           int
	found       []*watched

	some atomic.Bool // told is not empty
	mu   sync.Mutex
	told []*watched // by other goroutines
}

func (cs *contexts) push(w *watched) {
	if cs.n++; cs.n == 1 {
		cs.h.s.SetLookCallback(cs.look)
	}
	w.prev, w.next = cs.last, nil
	if cs.last == nil {
		cs.first = w
	} else {
		cs.last.next = w
	}
	cs.last = w
}

func (cs *contexts) remove(w *watched) {
	if w.prev == nil {
		cs.first = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		cs.last = w.prev
	} else {
		w.next.prev = w.prev
	}
	w.next, w.prev = nil, nil
	if cs.n--; cs.n == 0 {
		cs.h.s.SetLookCallback(nil)
	}
}

// look finds the contexts that have ended, and reports whether there were any. The scheduler calls it before it takes
// posts, so that a context which the hub's own code has ended is found here, and not at a time that depends on another
// goroutine.
func (cs *contexts) look() bool {
	n := cs.n
	if !cs.h.virtual {
		n = min(n, looksAtOnce)
	}
	round := n < cs.n
	found := cs.found[:0]
	w := cs.first
	for range n {
		next := w.next
		select {
		case <-w.done:
			found = append(found, w)
		default:
			if round {
				cs.remove(w)
				cs.push(w)
			}
		}
		w = next
	}
	if cs.some.Load() {
		cs.mu.Lock()
		found = append(found, cs.told...)
		clear(cs.told)
		cs.told = cs.told[:0]
		cs.some.Store(false)
		cs.mu.Unlock()
	}
	any := false
	for _, w := range found {
		if w.f != nil {
			any = true
			cs.remove(w)
			w.stop()
			w.call()
		}
	}
	clear(found)
	cs.found = found[:0]
	return any
}
