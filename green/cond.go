package green

import (
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// A Cond is where tasks wait, without their mutex, until another says that something has changed.
type Cond struct {
	_    noCopy
	m    *Mutex
	line *tasklet.Line
	lock func() error
}

// NewCond makes a condition of what m protects.
func NewCond(m *Mutex) *Cond {
	return &Cond{m: m, line: m.h.s.NewLine("a condition"), lock: m.Lock}
}

// Wait unlocks the mutex, waits for a signal, and locks the mutex again. The caller must hold it, and holds it when
// Wait returns, also when it fails: because the caller was killed or its deadline has passed before a signal came.
// That is held up until the mutex is locked again. A signal that came is never lost: then Wait returns nil, and what
// else happened arrives in the next operation that blocks. The one error with which the caller does not hold the
// mutex is a [*tasklet.DeadlockError].
func (c *Cond) Wait() (err error) {
	c.m.Unlock()
	defer func() { // the panic of another task may be raised in Wait, too
		if c.m.TryLock() {
			return
		}
		if e := c.m.h.s.Shield(c.lock); e != nil {
			err = e
		}
	}()
	return c.line.Wait()
}

// WaitTimeout is [Cond.Wait] with a limit of time.
func (c *Cond) WaitTimeout(d time.Duration) error { return c.m.h.within(d, c.Wait) }

// WaitFor waits until f, which is called with the mutex held, returns true.
func (c *Cond) WaitFor(f func() bool) error {
	c.m.h.Check()
	for !f() {
		if err := c.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// Signal makes the one go on that waits longest. The caller should hold the mutex.
func (c *Cond) Signal() { c.line.Wake() }

// Broadcast makes everybody go on that waits.
func (c *Cond) Broadcast() { c.line.WakeAll() }

// Waiting returns how many wait.
func (c *Cond) Waiting() int {
	c.m.h.Check()
	return c.line.Len()
}
