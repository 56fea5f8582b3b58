package tasklet

import (
	"cmp"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/go-greenlet/greenlet/internal/caller"
)

// A DeadlockError says that something blocks that nobody is left to wake. While something is held, it
// says that tasklets wait for each other in a circle: in joins, and in what the layers above have that one tasklet
// alone can end, like a mutex. A tasklet with a deadline, or in a scope that somebody may end, is in no circle.
type DeadlockError struct {
	Reason  string    // what happened, in Stackless's words
	Blocked []Waiting // every tasklet that is blocked, or that is in a circle, the one that fails with this error first
}

// A Waiting is one tasklet that is blocked.
type Waiting struct {
	ID    uint64
	Name  string
	For   string          // what it waits for
	Since time.Duration   // for how long
	Stack []runtime.Frame // where, innermost first
	kind  string          // task or tasklet
}

// Error lists who waits for what, for how long, and at which line of the program.
func (e *DeadlockError) Error() string {
	var b strings.Builder
	b.WriteString("tasklet: ")
	b.WriteString(e.Reason)
	for _, w := range e.Blocked {
		fmt.Fprintf(&b, "\n\t%s waits for %s", label(cmp.Or(w.kind, "tasklet"), w.ID, w.Name), w.For)
		if w.Since > 0 {
			fmt.Fprintf(&b, " for %v", w.Since.Round(time.Microsecond))
		}
		if i := caller.User(w.Stack); i >= 0 {
			f := w.Stack[i]
			fmt.Fprintf(&b, " at %s (%s:%d)", f.Function, f.File, f.Line)
		}
	}
	return b.String()
}

// A layer is what a layer above keeps as a tasklet's data: a task of package green. Messages then speak of that.
type layer interface{ Tasklet() *Tasklet }

// kind is what messages call t.
func (t *Tasklet) kind() string {
	if _, is := t.data.(layer); is {
		return "task"
	}
	return "tasklet"
}

func label(kind string, id uint64, name string) string {
	if name == "" {
		return fmt.Sprintf("%s %d", kind, id)
	}
	return fmt.Sprintf("%s %d %q", kind, id, name)
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
	s.enter()
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
	return "the main " + t.kind() + " waits and nobody is left to wake it."
}

func (c *Chan[T]) waitsToSend() bool { return c.sending }

// waiting describes what t, which is blocked, waits for.
func (t *Tasklet) waiting() Waiting {
	w := Waiting{ID: t.id, Name: t.name, Since: time.Duration(t.s.clock - t.since), Stack: t.Stack(), kind: t.kind()}
	w.For = t.WaitsFor()
	return w
}

// WaitsFor returns in words what t waits for; "" if it is not blocked.
func (t *Tasklet) WaitsFor() string {
	t.s.enter()
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
