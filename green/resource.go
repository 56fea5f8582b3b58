package green

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// ErrResourcesClosed is returned by the Get of a resource pool that was closed. errors.Is finds [ErrClosed] in it.
var ErrResourcesClosed = fmt.Errorf("green: the resource pool was closed: %w", ErrClosed)

// ResourceOptions say how a [ResourcePool] makes and keeps its resources. Only Create and Max must be set. The
// functions run in the task that needs what they do, and may block.
type ResourceOptions[T any] struct {
	// Create makes a resource.
	Create func() (T, error)
	// Close ends one that is not kept. It is shielded from kills and deadlines.
	Close func(T) error
	// Check says whether one that was idle can still be used. An error means that it is closed, and another one taken. An
	// [ErrKilled] means that too, and Get returns it.
	Check func(T) error
	// Max is how many there may be.
	Max int
	// Min is how many idle ones MaxIdle leaves alone, and Fill makes.
	Min int
	// MaxAge is how old one may be; it is closed when it is put back, or was idle, at that age. 0 means any age.
	MaxAge time.Duration
	// MaxIdle is how long one may be idle before it is closed. 0 means for ever.
	MaxIdle time.Duration
	// OnError hears of the errors of Close. It must not block.
	OnError func(error)
}

// A ResourcePool lends resources, connections say, to tasks. It makes them when they are needed, up to a maximum, and
// then tasks wait, first come, first served: what is put back goes to the one that waits longest. The one that was put
// back last is lent first, so that those that are not needed grow old.
//
// It belongs to a hub. It is a [Waitable], ready when a Get would not wait for a resource of others or the pool was
// closed. Close it in the end: Run does not.
type ResourcePool[T any] struct {
	_        noCopy
	h        *Hub
	o        ResourceOptions[T]
	n        int // that are idle, lent, or being made or closed
	idle     []*Resource[T]
	waiting  lineup[*Resource[T]] // what comes may be nil: the right to make one
	watchers *tasklet.Line
	reaper   *tasklet.Tasklet
	closed   bool
	stats    ResourceStats
}

// A Resource is one that was lent. Put or Discard it in the end, once.
type Resource[T any] struct {
	// Value is what Create made.
	Value T

	p       *ResourcePool[T]
	created time.Time
	since   time.Time // idle
	lent    bool
	uses    int
}

// Created returns when the resource was made, and Uses how often it was lent.
func (r *Resource[T]) Created() time.Time { return r.created }

// Uses returns how often the resource was lent, this time included.
func (r *Resource[T]) Uses() int {
	r.p.h.Check()
	return r.uses
}

// ResourceStats are counts of a [ResourcePool].
type ResourceStats struct {
	Open    int // resources there are, or are being made or closed
	Idle    int // of them, not lent
	Waiting int // tasks that wait for one

	Created int // ever
	Failed  int // calls of Create that failed
	Closed  int // ever
	Unfit   int // of the closed, that did not pass Check
	Gets    int // that returned a resource
	Waits   int // that had to wait for it, or waited in vain
	Waited  time.Duration
}

// NewResourcePool makes a pool that is empty.
func NewResourcePool[T any](h *Hub, o ResourceOptions[T]) *ResourcePool[T] {
	h.Check()
	if o.Create == nil || o.Max <= 0 || o.Min > o.Max {
		panic("green: a resource pool needs Create, and a Max of at least 1 and Min")
	}
	p := &ResourcePool[T]{h: h, o: o}
	p.waiting = lineup[*Resource[T]]{h: h, what: "a resource of", of: p, back: p.free}
	p.watchers = h.s.NewLineOf("a resource to be free in", p)
	return p
}

// Get lends a resource: an idle one, or a new one, or waits for one if there are as many as there may be. It fails
// with what Create returned; with [ErrResourcesClosed]; or with what ended the waiting.
func (p *ResourcePool[T]) Get() (*Resource[T], error) {
	p.h.Check()
	if p.closed {
		return nil, ErrResourcesClosed
	}
	var r *Resource[T]
	switch {
	case len(p.idle) > 0:
		r = p.unstack(len(p.idle) - 1)
	case p.n < p.o.Max:
		p.n++
	default:
		since := p.h.Now()
		var err error
		r, err = p.waiting.wait(nil)
		p.stats.Waits++
		p.stats.Waited += p.h.Now().Sub(since)
		if err != nil {
			return nil, err
		}
	}
	return p.ready(r)
}

// GetTimeout is [ResourcePool.Get] with a limit of time, which also holds for what Create and Check wait for.
func (p *ResourcePool[T]) GetTimeout(d time.Duration) (r *Resource[T], err error) {
	err = p.h.within(d, func() (err error) {
		r, err = p.Get()
		return err
	})
	return r, err
}

// ready makes a resource out of what the caller has: one to be checked, or the right to make one.
func (p *ResourcePool[T]) ready(r *Resource[T]) (_ *Resource[T], err error) {
	done := false
	defer func() {
		if !done {
			p.free(nil) // a panic, or an error
		}
	}()
	if r != nil {
		fit, err := p.fit(r)
		if err != nil {
			return nil, err
		}
		if !fit {
			r = nil
		}
	}
	if p.closed {
		if r != nil {
			p.end(r)
		}
		return nil, ErrResourcesClosed
	}
	if r == nil {
		if r, err = p.create(); err != nil {
			return nil, err
		}
	}
	done = true
	p.stats.Gets++
	r.lent = true
	r.uses++
	return r, nil
}

// fit says whether r, which was idle or comes from another task, can be lent. If not, it is closed.
func (p *ResourcePool[T]) fit(r *Resource[T]) (bool, error) {
	if p.old(r) {
		p.end(r)
		return false, nil
	}
	if p.o.Check == nil {
		return true, nil
	}
	checked := false
	defer func() {
		if !checked {
			p.end(r)
		}
	}()
	err := p.o.Check(r.Value)
	checked = true
	if err == nil {
		return true, nil
	}
	p.stats.Unfit++
	p.end(r)
	if errors.Is(err, ErrKilled) {
		return false, err // it was meant for the task
	}
	return false, nil
}

func (p *ResourcePool[T]) create() (*Resource[T], error) {
	v, err := p.o.Create()
	if err != nil {
		p.stats.Failed++
		return nil, err
	}
	p.stats.Created++
	return &Resource[T]{Value: v, p: p, created: p.h.Now()}, nil
}

// old says whether r has been there too long.
func (p *ResourcePool[T]) old(r *Resource[T]) bool {
	now := p.h.Now()
	return p.o.MaxAge > 0 && now.Sub(r.created) >= p.o.MaxAge
}

// end closes r. Its place is still taken.
func (p *ResourcePool[T]) end(r *Resource[T]) {
	p.stats.Closed++
	if p.o.Close == nil {
		return
	}
	err := p.h.Shield(func() error { return p.o.Close(r.Value) })
	if err != nil && p.o.OnError != nil {
		p.o.OnError(err)
	}
}

// free gives r to the one that waits longest, or makes it idle; or, if r is nil, gives the right to make one.
func (p *ResourcePool[T]) free(r *Resource[T]) {
	if w := p.waiting.first(); w != nil {
		w.val = r
		p.waiting.wake(w)
		return
	}
	if r == nil {
		p.n--
	} else {
		r.since = p.h.Now()
		p.idle = append(p.idle, r)
		p.reap()
	}
	p.watchers.WakeAll()
}

// Put gives r back. A resource that was given back already is misuse and panics.
func (p *ResourcePool[T]) Put(r *Resource[T]) {
	p.giveBack(r)
	if !p.closed && !p.old(r) {
		p.free(r)
		return
	}
	defer p.free(nil)
	p.end(r)
}

// Discard is [ResourcePool.Put] of one that is not to be used again: it is closed.
func (p *ResourcePool[T]) Discard(r *Resource[T]) {
	p.giveBack(r)
	defer p.free(nil)
	p.end(r)
}

func (p *ResourcePool[T]) giveBack(r *Resource[T]) {
	p.h.Check()
	if r.p != p || !r.lent {
		panic("green: a resource was given back that is not lent, or is another pool's")
	}
	r.lent = false
}

// With calls f with a resource and puts that back; if f panics, it is discarded. f may discard it itself.
func (p *ResourcePool[T]) With(f func(*Resource[T]) error) error {
	r, err := p.Get()
	if err != nil {
		return err
	}
	returned := false
	defer func() {
		switch {
		case !r.lent:
		case returned:
			p.Put(r)
		default:
			p.Discard(r)
		}
	}()
	err = f(r)
	returned = true
	return err
}

// Fill makes resources until there are Min of them. It fails with what Create returns.
func (p *ResourcePool[T]) Fill() error {
	p.h.Check()
	for p.n < p.o.Min && !p.closed {
		if err := p.add(); err != nil {
			return err
		}
	}
	return nil
}

// add makes one more resource that is idle.
func (p *ResourcePool[T]) add() error {
	p.n++
	var r *Resource[T]
	defer func() { p.free(r) }()
	r, err := p.create()
	if err != nil {
		return err
	}
	if p.closed {
		v := r
		r = nil
		p.end(v)
	}
	return nil
}

// unstack takes an idle one.
func (p *ResourcePool[T]) unstack(i int) *Resource[T] {
	r := p.idle[i]
	copy(p.idle[i:], p.idle[i+1:])
	p.idle[len(p.idle)-1] = nil
	p.idle = p.idle[:len(p.idle)-1]
	return r
}

// reap sees to it that those are closed that are idle for too long. It does so in a tasklet that is there only while
// there are more than Min.
func (p *ResourcePool[T]) reap() {
	if p.o.MaxIdle <= 0 || p.reaper != nil || len(p.idle) == 0 || p.n <= p.o.Min {
		return
	}
	p.reaper = p.h.s.Go(func() error {
		defer func() { p.reaper = nil }()
		for len(p.idle) > 0 && p.n > p.o.Min && !p.closed {
			r := p.idle[0]
			if left := p.o.MaxIdle - p.h.Now().Sub(r.since); left > 0 {
				if err := p.h.Sleep(left); err != nil {
					return err
				}
				continue
			}
			p.unstack(0)
			p.end(r)
			p.free(nil)
		}
		return nil
	})
	p.reaper.SetName("reaper of a resource pool")
}

// Close closes the idle resources, and from then on every one that is put back. Every Get fails with
// [ErrResourcesClosed], those that wait included. Closed already, it does nothing.
func (p *ResourcePool[T]) Close() {
	p.h.Check()
	p.closed = true
	p.waiting.fail(ErrResourcesClosed)
	if p.reaper != nil {
		p.reaper.KillLater()
	}
	for len(p.idle) > 0 {
		r := p.unstack(len(p.idle) - 1)
		p.end(r)
		p.free(nil)
	}
	p.watchers.WakeAll()
}

// Stats returns the counts.
func (p *ResourcePool[T]) Stats() ResourceStats {
	p.h.Check()
	s := p.stats
	s.Open, s.Idle, s.Waiting = p.n, len(p.idle), p.waiting.len()
	return s
}

// Ready says whether a Get would not wait for others.
func (p *ResourcePool[T]) Ready() bool {
	p.h.Check()
	return p.closed || len(p.idle) > 0 || p.n < p.o.Max
}

func (p *ResourcePool[T]) watch() *tasklet.Line { return p.watchers }

// String returns how many resources there are.
func (p *ResourcePool[T]) String() string {
	p.h.Check()
	return fmt.Sprintf("resource pool (%d of %d, %d idle)", p.n, p.o.Max, len(p.idle))
}
