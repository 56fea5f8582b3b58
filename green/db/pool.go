package db

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-greenlet/greenlet/green"
)

// Options say how a [Pool] makes and keeps its connections. Dial and Max must be set. The functions run on other
// goroutines than the hub's.
type Options[C any] struct {
	// Dial makes a connection.
	Dial func(ctx context.Context) (C, error)
	// Close ends one that nobody uses.
	Close func(C) error
	// Check says whether one that was idle is fit to be used: an error means that it is closed and another one taken.
	Check func(ctx context.Context, c C) error
	// Abort makes a call return that uses the connection and whose context has ended: for clients that do not heed that.
	// The connection is closed afterwards.
	Abort func(C)
	// Max is how many there may be, Min how many idle ones are kept whatever MaxIdle says.
	Max, Min int
	// MaxAge is how old one may be, MaxIdle how long it may be idle. 0 means for ever.
	MaxAge, MaxIdle time.Duration
}

// A Pool holds connections that block, for the tasks of a hub. It is used on the hub's goroutine only. Close it in
// the end.
type Pool[C any] struct {
	h *green.Hub
	o Options[C]
	r *green.ResourcePool[*held[C]]
}

// held is a connection, and the call that may still use it.
type held[C any] struct {
	c    C
	over chan struct{} // closed when that has returned; nil if there is none
}

// NewPool makes a pool without connections.
func NewPool[C any](h *green.Hub, o Options[C]) *Pool[C] {
	if o.Dial == nil {
		panic("db: a pool needs Dial")
	}
	p := &Pool[C]{h: h, o: o}
	ro := green.ResourceOptions[*held[C]]{Create: p.dial, Close: p.end, Max: o.Max, Min: o.Min,
		MaxAge: o.MaxAge, MaxIdle: o.MaxIdle}
	if o.Check != nil {
		ro.Check = p.check
	}
	p.r = green.NewResourcePool(h, ro)
	return p
}

// dial makes a connection. If the task leaves, it is closed when it is there.
func (p *Pool[C]) dial() (*held[C], error) {
	var mu sync.Mutex
	var came *C
	left := false
	c, err := green.Offload(p.h, func(ctx context.Context) (C, error) {
		c, err := p.o.Dial(ctx)
		mu.Lock()
		defer mu.Unlock()
		if err == nil && left {
			p.close(c)
		} else if err == nil {
			came = &c
		}
		return c, err
	})
	if err == nil {
		return &held[C]{c: c}, nil
	}
	mu.Lock()
	defer mu.Unlock()
	if left = true; came != nil {
		p.h.Shield(func() error { return p.end(&held[C]{c: *came}) })
	}
	return nil, err
}

func (p *Pool[C]) check(x *held[C]) error {
	_, err := green.Offload(p.h, func(ctx context.Context) (struct{}, error) { return struct{}{}, p.o.Check(ctx, x.c) })
	return err
}

func (p *Pool[C]) close(c C) error {
	if p.o.Close == nil {
		return nil
	}
	return p.o.Close(c)
}

// end closes a connection when the call that uses it has returned.
func (p *Pool[C]) end(x *held[C]) error {
	shut := func(context.Context) (struct{}, error) {
		if x.over != nil {
			<-x.over
		}
		return struct{}{}, p.close(x.c)
	}
	_, err := green.Offload(p.h, shut)
	if errors.Is(err, green.ErrClosed) { // Run is ending: every call has returned
		_, err = shut(context.Background())
	}
	return err
}

// Do calls f, on another goroutine, with a connection of p that nobody else uses, and returns what f returns. It
// fails with what Dial returns; with [green.ErrResourcesClosed]; with a *greenlet.PanicError if f panics; and with
// green.ErrKilled, or an error with green.ErrTimeout in its chain, if the task is killed or its deadline passes.
func Do[C, T any](p *Pool[C], f func(ctx context.Context, c C) (T, error)) (T, error) {
	l, err := p.lease()
	if err != nil {
		var zero T
		return zero, err
	}
	defer l.giveBack()
	return on(l, f)
}

// Close closes the idle connections, and the others when they are given back. Tasks that wait for one get
// [green.ErrResourcesClosed].
func (p *Pool[C]) Close() { p.r.Close() }

// Stats returns the counts.
func (p *Pool[C]) Stats() green.ResourceStats { return p.r.Stats() }

// Hub returns the hub that p belongs to.
func (p *Pool[C]) Hub() *green.Hub { return p.h }

// A lease is a connection that a task has.
type lease[C any] struct {
	p   *Pool[C]
	r   *green.Resource[*held[C]]
	bad bool // nobody is to have it afterwards
}

func (p *Pool[C]) lease() (*lease[C], error) {
	r, err := p.r.Get()
	if err != nil {
		return nil, err
	}
	return &lease[C]{p: p, r: r}, nil
}

// giveBack ends a lease. The task does not wait for a call that it has left.
func (l *lease[C]) giveBack() {
	if !l.bad {
		l.p.r.Put(l.r)
		return
	}
	if over := l.r.Value.over; over != nil {
		select {
		case <-over:
		default:
			l.p.h.SpawnRaw(func() error {
				l.p.r.Discard(l.r)
				return nil
			})
			return
		}
	}
	l.p.r.Discard(l.r)
}

// on calls f with the connection of a lease.
func on[C, T any](l *lease[C], f func(context.Context, C) (T, error)) (T, error) {
	type outcome struct {
		v   T
		err error
	}
	x, o := l.r.Value, l.p.o
	var begun atomic.Bool // or given up before
	over := make(chan struct{})
	returned := false
	defer func() {
		if !returned && !begun.CompareAndSwap(false, true) {
			l.bad, x.over = true, over // the panic of another task goes on, and f with its connection
		}
	}()
	out, err := green.Offload(l.p.h, func(ctx context.Context) (out outcome, _ error) {
		if !begun.CompareAndSwap(false, true) {
			return out, nil
		}
		defer close(over)
		if o.Abort != nil {
			defer context.AfterFunc(ctx, func() { o.Abort(x.c) })()
		}
		out.v, out.err = f(ctx, x.c)
		return out, nil
	})
	returned = true
	if err != nil {
		if !begun.CompareAndSwap(false, true) {
			l.bad, x.over = true, over // f may still run, or has panicked
		}
		return out.v, err
	}
	return out.v, out.err
}
