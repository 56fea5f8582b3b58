package green

import (
	"context"
	"errors"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/tasklet"
)

// A Group is a block whose tasks end before it does: see [Hub.Group].
type Group struct {
	_        noCopy
	h        *Hub
	scope    *tasklet.Timeout // of the body
	first    *Task
	n        int
	idle     *tasklet.Line // where the block waits for its tasks
	errs     []error
	ctx      *endingContext
	canceled bool
	over     bool
}

// Group calls f, and returns when f has returned and every task that was spawned in the group has ended. As soon as
// one of them fails, or f does, the others are killed, and what f waits in fails with [ErrCanceled]. If the caller is
// killed while it waits for the tasks, or its deadline passes, they are killed too. Group returns all errors, joined.
// A panic in a task is raised in the caller when all have ended; other errors then go to the standard logger.
func (h *Hub) Group(f func(g *Group) error) error {
	g := &Group{h: h}
	g.idle = h.s.NewLine("the tasks of a group")
	g.scope = h.s.StartScope()
	defer g.leave()
	err := f(g)
	g.scope.Stop()
	if err != nil {
		g.fail(err)
	}
	g.wait()
	return g.result()
}

// leave ends the group when its block did not: f panics, or calls runtime.Goexit.
func (g *Group) leave() {
	if !g.over {
		g.scope.Stop()
		g.Cancel()
		g.wait()
		g.lose(nil)
	}
}

// lose logs the errors that nobody gets, since a panic goes on in their place; not p, which is that panic.
func (g *Group) lose(p error) {
	for _, err := range g.errs {
		if err != p {
			unheard("a task of a group that a panic leaves", err)
		}
	}
}

// wait waits until the group has no task left.
func (g *Group) wait() {
	for g.n > 0 {
		err := g.idle.Wait()
		if err == nil {
			continue
		}
		g.fail(err)
		if g.n > 0 && g.h.Shield(g.idle.Wait) != nil {
			break // nobody is left to end them: the hub is closed, or every task is stuck
		}
	}
	g.over = true
	if g.ctx != nil {
		g.ctx.end(ErrCanceled)
	}
}

// fail notes err and ends what is left.
func (g *Group) fail(err error) {
	if !g.canceled || !errors.Is(err, ErrCanceled) {
		g.errs = append(g.errs, err)
	}
	g.Cancel()
}

// Cancel kills the tasks of the group, those to come included. What the body of the group waits in fails with
// [ErrCanceled].
func (g *Group) Cancel() {
	if g.canceled {
		return
	}
	g.canceled = true
	g.scope.Expire(ErrCanceled)
	if g.ctx != nil {
		g.ctx.end(ErrCanceled)
	}
	ts := make([]*Task, 0, g.n) // what a Stop sets off may change the list
	for t := g.first; t != nil; t = t.next {
		ts = append(ts, t)
	}
	for _, t := range ts {
		t.Stop()
	}
}

func (g *Group) result() error {
	for _, err := range g.errs {
		if p, is := err.(*greenlet.PanicError); is {
			g.lose(p)
			panic(p)
		}
	}
	return joinErrors(g.errs)
}

// Context returns a context that ends when the group is canceled or has ended. It sees the values that the context of
// the calling task sees.
func (g *Group) Context() context.Context {
	if g.ctx == nil {
		g.ctx = newEndingContext(g.h, context.WithoutCancel(g.h.context()))
		if g.canceled || g.over {
			g.ctx.end(ErrCanceled)
		}
	}
	return g.ctx
}

// Go makes a task in the group: see [Spawn]. In a group that was canceled it ends with [ErrCanceled] and never runs.
// Once the group has ended it is misuse and panics.
func (g *Group) Go(f func() error) *Task { return spawn(g, f) }

// Len returns how many tasks of the group have not ended.
func (g *Group) Len() int {
	g.h.Check()
	return g.n
}

func (g *Group) spawner() owner { return g }
func (g *Group) hub() *Hub      { return g.h }

func (g *Group) begin(t *Task) error {
	if g.over {
		panic("green: a task was spawned in a group that has ended")
	}
	g.n++
	t.next = g.first
	if g.first != nil {
		g.first.prev = t
	}
	g.first = t
	if g.canceled {
		return ErrCanceled
	}
	return nil
}

func (g *Group) end(t *Task, err error, _ bool) {
	if t.prev == nil {
		g.first = t.next
	} else {
		t.prev.next = t.next
	}
	if t.next != nil {
		t.next.prev = t.prev
	}
	t.next, t.prev = nil, nil
	g.n--
	if err != nil {
		g.fail(err)
	}
	if g.n == 0 {
		g.idle.WakeAll()
	}
}
