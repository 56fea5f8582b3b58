package green

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// An endingContext is ended by its owner, with a cause.
type endingContext struct {
	context.Context
	h      *Hub
	cancel context.CancelCauseFunc
	ending []*watched // the hub's goroutine alone uses it
	timed  bool       // the system's clock ends it, too
}

// endingKey is the key under which an endingContext is its own value.
type endingKey struct{}

func newEndingContext(h *Hub, outer context.Context) *endingContext {
	c := &endingContext{h: h}
	c.Context, c.cancel = context.WithCancelCause(outer)
	return c
}

// end ends the context, and calls what waits for that. Done is closed before.
func (c *endingContext) end(err error) {
	if err == nil {
		err = context.Canceled
	}
	c.cancel(err)
	ending := c.ending
	c.ending = nil
	for _, w := range ending {
		w.call()
	}
}

// Value returns the value of the outer contexts.
func (c *endingContext) Value(key any) any {
	if key == (endingKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// A taskContext is what a task has of contexts, made when it is first asked for.
type taskContext struct {
	*endingContext
	timed []*timedContext // for the deadlines that the task has had
}

// A timedContext has a deadline in the hub's time. On the system's clock a timer of the system ends it.
type timedContext struct {
	*endingContext
	at     time.Time
	alarm  *tasklet.Alarm
	passed atomic.Bool
}

// Deadline returns the time at which the context ends, in the time of the hub's world.
func (c *timedContext) Deadline() (time.Time, bool) { return c.at, true }

// Err returns nil while the context has not ended, then context.DeadlineExceeded or context.Canceled.
func (c *timedContext) Err() error {
	err := c.Context.Err()
	if err != nil && c.passed.Load() {
		return context.DeadlineExceeded
	}
	return err
}

// Context returns a context that ends when t does, with what t ended with as its cause, or when somebody tells t to
// stop, even if t does not stop then. It carries the nearest deadline that t has when Context is called, in the hub's
// own time, and ends when that has passed or its scope, if it is one of [Hub.WithTimeout], has ended. Its values are
// those of [WithContext].
//
// On the system's clock the deadline passes even if the task never gives way, so that ordinary code which honours its
// context comes back in time. On another one, see [WithWorld], it passes when the hub looks at its timers the next
// time: the time of a [tasklet.Clock] stands still while a task runs.
//
// The context, other than Context, may be used on any goroutine.
func (t *Task) Context() context.Context {
	t.h.Check()
	if t.ctx == nil {
		t.own().ctx = &taskContext{endingContext: newEndingContext(t.h, context.WithoutCancel(t.h.ctx))}
		if t.told != nil && t.shields == 0 {
			t.ctx.end(t.told)
		}
		if t.state == ended {
			t.ctx.end(t.err)
		}
	}
	if t.t == nil || t.state == ended {
		return t.ctx
	}
	at, ok := t.t.Deadline()
	if !ok {
		return t.ctx
	}
	for _, c := range t.ctx.timed {
		if c.at.Equal(at) {
			return c
		}
	}
	if !t.h.virtual {
		c := &timedContext{endingContext: &endingContext{h: t.h, timed: true}, at: at}
		timed, cancel := context.WithDeadlineCause(t.ctx, at, ErrTimeout)
		c.Context, c.cancel = timed, func(error) { cancel() }
		t.ctx.timed = append(t.ctx.timed, c)
		return c
	}
	c := &timedContext{endingContext: newEndingContext(t.h, t.ctx), at: at}
	pass := func() {
		c.passed.Store(true)
		c.end(ErrTimeout)
	}
	if d := at.Sub(t.h.Now()); d > 0 {
		c.alarm = t.h.s.NewAlarm(pass)
		c.alarm.Set(d)
	} else {
		pass()
	}
	t.ctx.timed = append(t.ctx.timed, c)
	return c
}

// context returns the context of the calling task, or the hub's own in a tasklet that is none.
func (h *Hub) context() context.Context {
	if t := h.Current(); t != nil {
		return t.Context()
	}
	return h.ctx
}

// end ends the contexts of a task.
func (c *taskContext) end(err error) {
	if c == nil {
		return
	}
	c.endingContext.end(err)
	c.drop(0)
}

// drop ends the contexts with a deadline, all but the n oldest.
func (c *taskContext) drop(n int) {
	if c == nil || len(c.timed) <= n {
		return
	}
	for _, in := range c.timed[n:] {
		if in.alarm != nil {
			in.alarm.Stop()
		}
		in.end(context.Canceled)
	}
	clear(c.timed[n:])
	c.timed = c.timed[:n]
}

// count returns how many contexts have a deadline.
func (c *taskContext) count() int {
	if c == nil {
		return 0
	}
	return len(c.timed)
}

// tell notes that t is to stop.
func (t *Task) tell(err error) {
	t.own().told = err
	if t.shields == 0 {
		t.ctx.end(err)
	}
}

// shieldContext gives t a context of its own for a shield, and returns what takes that back. What t is told meanwhile
// reaches the outer context afterwards.
func (t *Task) shieldContext() (done func()) {
	t.own()
	ctx, told := t.ctx, t.told
	t.ctx, t.told = nil, nil
	t.shields++
	return func() {
		t.shields--
		t.ctx.end(context.Canceled)
		held := t.told
		t.ctx, t.told = ctx, told
		if held != nil {
			t.tell(held)
		}
	}
}
