package tasklet

import (
	"fmt"
	"runtime"
	"strings"
	"time"
)

// A DeadlockError says that something blocks that nobody is left to wake.
type DeadlockError struct {
	Reason  string    // what happened, in Stackless's words
	Blocked []Waiting // every tasklet that is blocked, the one that fails with this error first
}

// A Waiting is one tasklet that is blocked.
type Waiting struct {
	ID    uint64
	Name  string
	For   string          // what it waits for
	Since time.Duration   // for how long
	Stack []runtime.Frame // where, innermost first
}

// Error lists who waits for what, since when, and where.
func (e *DeadlockError) Error() string {
	var b strings.Builder
	b.WriteString("tasklet: ")
	b.WriteString(e.Reason)
	for _, w := range e.Blocked {
		fmt.Fprintf(&b, "\n\ttasklet %d", w.ID)
		if w.Name != "" {
			fmt.Fprintf(&b, " %q", w.Name)
		}
		fmt.Fprintf(&b, " waits for %s", w.For)
		if w.Since > 0 {
			fmt.Fprintf(&b, " since %v", w.Since.Round(time.Microsecond))
		}
		if f, ok := w.where(); ok {
			fmt.Fprintf(&b, " at %s (%s:%d)", f.Function, f.File, f.Line)
		}
	}
	return b.String()
}

// where is the innermost call that is not of this package.
func (w *Waiting) where() (runtime.Frame, bool) {
	for _, f := range w.Stack {
		if !strings.HasPrefix(f.Function, "github.com/go-greenlet/greenlet/tasklet.") {
			return f, true
		}
	}
	return runtime.Frame{}, false
}

// deadlock makes the error for blocking, or for main if that is nil.
func (s *Scheduler) deadlock(blocking *Tasklet) error {
	if blocking == nil {
		return s.report(s.main.reason(), &s.main)
	}
	return s.report("Deadlock: the last runnable tasklet cannot be blocked.", blocking)
}

// report lists all that are blocked, first first.
func (s *Scheduler) report(reason string, first *Tasklet) *DeadlockError {
	e := &DeadlockError{Reason: reason}
	s.now()
	if first != nil {
		e.Blocked = append(e.Blocked, first.waiting())
	}
	for t := range s.All() {
		if t.on != nil && t != first {
			e.Blocked = append(e.Blocked, t.waiting())
		}
	}
	return e
}

// Deadlock returns a report of everything that is blocked, with the given reason.
func (s *Scheduler) Deadlock(reason string) *DeadlockError {
	s.enter("Deadlock")
	return s.report(reason, nil)
}

// reason is what Stackless says when the last other tasklet ends and main is blocked.
func (t *Tasklet) reason() string {
	if l := t.on.line; l != nil {
		if c, ok := l.of.(interface{ waitsToSend() bool }); ok && c.waitsToSend() {
			return "the main tasklet is sending without a receiver available."
		} else if ok {
			return "the main tasklet is receiving without a sender available."
		}
	}
	return "the main tasklet waits and nobody is left to wake it."
}

func (c *Chan[T]) waitsToSend() bool { return c.sending }

// waiting describes what t, which is blocked, waits for.
func (t *Tasklet) waiting() Waiting {
	w := Waiting{ID: t.id, Name: t.name, Since: time.Duration(t.s.clock - t.since), Stack: t.Stack()}
	w.For = t.WaitsFor()
	return w
}

// WaitsFor says in words what t waits for; "" if it is not blocked.
func (t *Tasklet) WaitsFor() string {
	switch n := t.on; {
	case n == nil:
		return ""
	case n.group != nil:
		return n.group.String()
	case n.line == nil:
		return "a timer"
	default:
		return n.line.String()
	}
}
