package green

import (
	"context"
)

// A taskContext ends with its task.
type taskContext struct {
	context.Context
	cancel context.CancelCauseFunc
}

func newTaskContext(t *Task) *taskContext {
	outer := context.Background()
	if p := t.parent; p != nil && p.state != ended {
		outer = context.WithoutCancel(p.Context())
	}
	c := &taskContext{}
	c.Context, c.cancel = context.WithCancelCause(outer)
	if t.state == ended {
		c.end(t.err)
	}
	return c
}

func (c *taskContext) end(err error) { c.cancel(err) }
