package http

import (
	"context"
	"errors"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/go-greenlet/greenlet/green"
)

// HubOf returns the hub in whose task the request with the context ctx is served, or nil. Any goroutine may call it.
func HubOf(ctx context.Context) *green.Hub {
	h, _ := ctx.Value(hubKey{}).(*green.Hub)
	return h
}

type hubKey struct{}

// A connContext has what the requests of a connection have in common.
type connContext struct {
	context.Context
	c *conn
}

func (x connContext) Value(key any) any {
	switch key {
	case hubKey{}:
		return x.c.h
	case http.LocalAddrContextKey:
		return x.c.nc.LocalAddr()
	case http.ServerContextKey: // by which httputil.ReverseProxy and others know that http.ErrAbortHandler is understood
		return x.c.s.std
	}
	return x.Context.Value(key)
}

// A requestContext ends with its request, with the task of the connection, and when the client has gone. Most handlers
// never ask for it, so it is made when the first one does; only then the connection is watched, too. Other than the
// rest of this package, any goroutine may use it.
type requestContext struct {
	base context.Context
	c    *conn

	mu     sync.Mutex
	inner  context.Context
	cancel context.CancelCauseFunc
	over   bool // the request has ended
	left   bool // the client has gone
	asked  bool // for its end

	// The hub's goroutine alone uses these.
	drained  bool // the body has been read
	wanted   bool // somebody wants to know when the client has gone
	watching bool
}

func (x *requestContext) get(watch bool) context.Context {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.inner == nil {
		x.inner, x.cancel = context.WithCancelCause(x.base)
		if x.over || x.left {
			x.cancel(context.Canceled)
		}
	}
	if watch && !x.asked && !x.over {
		x.asked = true
		x.c.h.Scheduler().Post(func() error {
			x.wanted = true
			x.watch()
			return nil
		})
	}
	return x.inner
}

func (x *requestContext) Deadline() (time.Time, bool) { return x.base.Deadline() }
func (x *requestContext) Done() <-chan struct{}       { return x.get(true).Done() }
func (x *requestContext) Err() error                  { return x.get(true).Err() }
func (x *requestContext) Value(key any) any           { return x.get(false).Value(key) }

// bodyEnded says that nobody reads from the connection any more in this request.
func (x *requestContext) bodyEnded() {
	x.drained = true
	if x.wanted {
		x.c.h.SpawnRaw(func() error {
			x.watch()
			return nil
		})
	}
}

// gone ends the context: the client has gone.
func (x *requestContext) gone() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.left = true
	if x.cancel != nil {
		x.cancel(context.Canceled)
	}
}

// watch reads ahead, in the calling tasklet, until the client has gone, or says more. A deadline for reading was for
// the request, which has come: the watch goes on without it.
func (x *requestContext) watch() {
	c := x.c
	if x.over || !x.drained || x.watching || c.hijacked || c.br.Buffered() > 0 {
		return
	}
	x.watching = true
	defer func() {
		x.watching = false
		c.watching.WakeAll()
	}()
	c.watching = c.h.Scheduler().NewLine("the end of a watch")
	for x.drained {
		c.nc.SetReadDeadline(time.Time{})
		_, err := c.br.Peek(1)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			continue // unless stop has set it
		}
		if err != nil && !errors.Is(err, green.ErrKilled) {
			x.gone()
		}
		return
	}
}

// end ends the context, and watching.
func (x *requestContext) end() {
	x.stop()
	x.mu.Lock()
	defer x.mu.Unlock()
	x.over = true
	if x.cancel != nil {
		x.cancel(context.Canceled)
	}
}

// stop ends watching.
func (x *requestContext) stop() {
	x.drained = false
	if !x.watching {
		return
	}
	x.c.nc.SetReadDeadline(aLongTimeAgo)
	defer x.c.nc.SetReadDeadline(time.Time{}) // if the panic of another task is raised here, too
	x.c.h.Shield(func() error {
		for x.watching {
			if err := x.c.watching.Wait(); err != nil {
				return err
			}
		}
		return nil
	})
}
