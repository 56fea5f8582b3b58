package green

import (
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// A Semaphore is a number of permits. Release hands a permit to the task that waits longest: nobody who comes later can
// take it before. It belongs to one hub: [SharedSemaphore] is for several.
type Semaphore struct {
	_       noCopy
	h       *Hub
	n       int // permits that are free; nobody waits unless it is 0
	limit   int // of a bounded one, else 0
	line    *tasklet.Line
	waiters *tasklet.Line // of WaitAny, who take nothing
}

// NewSemaphore makes a semaphore with n permits. Releases without an acquire add to them.
func (h *Hub) NewSemaphore(n int) *Semaphore {
	if n < 0 {
		panic("green: a semaphore with fewer than no permits")
	}
	return &Semaphore{h: h, n: n, line: h.s.NewLine("a semaphore"), waiters: h.s.NewLine("a semaphore to be free")}
}

// NewBoundedSemaphore makes a semaphore with n permits, of which there are never more: one Release too many panics.
func (h *Hub) NewBoundedSemaphore(n int) *Semaphore {
	if n <= 0 {
		panic("green: a bounded semaphore without permits")
	}
	m := h.NewSemaphore(n)
	m.limit = n
	return m
}

// Acquire takes a permit, or waits until one is handed over. It fails if the caller is killed or its deadline passes
// before: then it has none. It allocates nothing.
func (m *Semaphore) Acquire() error {
	m.h.Check()
	if m.n > 0 {
		m.n--
		return nil
	}
	return m.line.WaitHanded(m.Release)
}

// AcquireTimeout is [Semaphore.Acquire] with a limit of time.
func (m *Semaphore) AcquireTimeout(d time.Duration) error { return m.h.within(d, m.Acquire) }

// TryAcquire takes a permit if one is free, and says whether.
func (m *Semaphore) TryAcquire() bool {
	m.h.Check()
	if m.n == 0 {
		return false
	}
	m.n--
	return true
}

// Release gives a permit back, or hands it to who waits longest. Any task may call it. It does not block.
func (m *Semaphore) Release() {
	m.h.Check()
	if m.limit > 0 && m.n == m.limit {
		panic("green: Release of a bounded semaphore whose permits are all there")
	}
	if m.line.Wake() == nil {
		m.n++
		m.waiters.WakeAll()
	}
}

// With calls f with a permit.
func (m *Semaphore) With(f func() error) error {
	if err := m.Acquire(); err != nil {
		return err
	}
	defer m.Release()
	return f()
}

// Free returns how many permits are free.
func (m *Semaphore) Free() int {
	m.h.Check()
	return m.n
}

// Waiting returns how many tasks wait in Acquire.
func (m *Semaphore) Waiting() int {
	m.h.Check()
	return m.line.Len()
}

// Ready says whether a permit is free: what makes a semaphore a [Waitable].
func (m *Semaphore) Ready() bool {
	m.h.Check()
	return m.n > 0
}

func (m *Semaphore) watch() *tasklet.Line { return m.waiters }

// A CappedSemaphore is a semaphore that has no more than a number of permits: Release waits while they are all there.
// Who waits goes on in the order of the waiting, as with [Semaphore].
type CappedSemaphore struct {
	_       noCopy
	h       *Hub
	n       int
	limit   int
	takers  *tasklet.Line
	givers  *tasklet.Line
	waiters *tasklet.Line
}

// NewCappedSemaphore makes a semaphore with n permits and room for limit.
func (h *Hub) NewCappedSemaphore(n, limit int) *CappedSemaphore {
	if n < 0 || limit < n || limit == 0 {
		panic("green: a capped semaphore whose permits have no room")
	}
	return &CappedSemaphore{
		h: h, n: n, limit: limit,
		takers:  h.s.NewLine("a capped semaphore"),
		givers:  h.s.NewLine("the release of a capped semaphore"),
		waiters: h.s.NewLine("a capped semaphore to be free"),
	}
}

// Acquire takes a permit, or waits until one is handed over. It fails if the caller is killed or its deadline passes
// before: then it has none.
func (m *CappedSemaphore) Acquire() error {
	m.h.Check()
	if m.n == 0 {
		return m.takers.WaitHanded(m.takeBack)
	}
	if m.n > m.limit || m.givers.Wake() == nil { // else that one's permit takes the place of this
		m.n--
	}
	return nil
}

// AcquireTimeout is [CappedSemaphore.Acquire] with a limit of time.
func (m *CappedSemaphore) AcquireTimeout(d time.Duration) error { return m.h.within(d, m.Acquire) }

// Release gives a permit back, or hands it to who waits longest; or waits while there is no room for it. It fails if
// the caller is killed or its deadline passes before: then it has given back nothing.
func (m *CappedSemaphore) Release() error {
	m.h.Check()
	switch {
	case m.takers.Wake() != nil:
	case m.n >= m.limit:
		return m.givers.Wait()
	default:
		m.n++
		m.waiters.WakeAll()
	}
	return nil
}

// takeBack takes a permit back that was handed over, and does not wait: there may be one too many for a while.
func (m *CappedSemaphore) takeBack() {
	if m.takers.Wake() == nil {
		m.n++
		m.waiters.WakeAll()
	}
}

// ReleaseTimeout is [CappedSemaphore.Release] with a limit of time.
func (m *CappedSemaphore) ReleaseTimeout(d time.Duration) error { return m.h.within(d, m.Release) }

// Free returns how many permits are free.
func (m *CappedSemaphore) Free() int {
	m.h.Check()
	return m.n
}

// Ready says whether a permit is free: what makes a semaphore a [Waitable].
func (m *CappedSemaphore) Ready() bool {
	m.h.Check()
	return m.n > 0
}

func (m *CappedSemaphore) watch() *tasklet.Line { return m.waiters }
