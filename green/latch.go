package green

import (
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// A Latch is a number, and tasks wait until it is 0: a WaitGroup for what is no task, or not of one group.
type Latch struct {
	_    noCopy
	h    *Hub
	n    int
	line *tasklet.Line
}

// NewLatch makes a latch with the number n.
func (h *Hub) NewLatch(n int) *Latch {
	l := &Latch{h: h, line: h.s.NewLine("a latch")}
	l.Add(n)
	return l
}

// Add adds delta, which may be negative. If that makes the number 0, everybody goes on that waits. A number below 0
// panics.
func (l *Latch) Add(delta int) {
	l.h.Check()
	if l.n+delta < 0 {
		panic("green: a latch below 0")
	}
	if l.n += delta; l.n == 0 {
		l.line.WakeAll()
	}
}

// Done is Add(-1).
func (l *Latch) Done() { l.Add(-1) }

// Count returns the number.
func (l *Latch) Count() int {
	l.h.Check()
	return l.n
}

// Wait waits until the number is 0. It fails if the caller is killed or its deadline passes before. It allocates
// nothing.
func (l *Latch) Wait() error {
	l.h.Check()
	if l.n == 0 {
		return nil
	}
	return l.line.Wait()
}

// WaitTimeout is [Latch.Wait] with a limit of time.
func (l *Latch) WaitTimeout(d time.Duration) error { return l.h.within(d, l.Wait) }

// Ready says whether the number is 0: what makes a latch a [Waitable].
func (l *Latch) Ready() bool {
	l.h.Check()
	return l.n == 0
}

func (l *Latch) watch() *tasklet.Line { return l.line }
func (l *Latch) pulses()              {}
