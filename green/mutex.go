package green

import (
	"fmt"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// A Mutex is held by one task at a time. Unlock hands it to the task that waits longest: nobody who comes later can
// take it before. Between two tasks of a hub that never block while they work on something, none is needed.
//
// A task that ends while it holds a mutex has a defect; reports of who waits for what then name the dead holder.
// Tasks that wait for each other's mutexes in a circle are found when the hub has nothing else to do: one of them fails
// with a [*tasklet.DeadlockError].
type Mutex struct {
	_       noCopy
	h       *Hub
	holder  *tasklet.Tasklet
	line    *tasklet.Line
	waiters *tasklet.Line // of WaitAny
}

// NewMutex makes a mutex that nobody holds.
func (h *Hub) NewMutex() *Mutex {
	m := &Mutex{h: h}
	m.line = h.s.NewLineOf("", (*heldMutex)(m)).OneWaker()
	m.waiters = h.s.NewLineOf("", m)
	return m
}

// A heldMutex is a Mutex that knows who lets the others go on.
type heldMutex Mutex

func (m *heldMutex) String() string          { return (*Mutex)(m).String() }
func (m *heldMutex) Waker() *tasklet.Tasklet { return m.holder }

// String says who holds the mutex.
func (m *Mutex) String() string {
	m.h.Check()
	if m.holder == nil {
		return "a mutex"
	}
	return fmt.Sprintf("a mutex held by %v", who(m.holder))
}

// who returns what messages call tl: the task that it runs, if there is one.
func who(tl *tasklet.Tasklet) fmt.Stringer {
	if t, is := tl.Data().(*Task); is {
		return t
	}
	return tl
}

// Lock makes the caller hold m, or waits until m is handed over. It fails if the caller is killed or its deadline
// passes before: then it does not hold m. A task that holds m already panics: see [RLock]. It allocates nothing.
func (m *Mutex) Lock() error {
	me := m.h.s.Current()
	switch m.holder {
	case nil:
		m.holder = me
		return nil
	case me:
		panic("green: Lock of a mutex that the task holds already; it would wait for itself. Use an RLock")
	}
	return m.line.WaitHanded(m.Unlock)
}

// LockTimeout is [Mutex.Lock] with a limit of time.
func (m *Mutex) LockTimeout(d time.Duration) error { return m.h.within(d, m.Lock) }

// TryLock makes the caller hold m if nobody does, and says whether.
func (m *Mutex) TryLock() bool {
	me := m.h.s.Current()
	if m.holder != nil {
		return false
	}
	m.holder = me
	return true
}

// Unlock hands m to the task that waits longest, or makes it free. It does not block. Only the holder may call it:
// use a [Semaphore] where somebody else is to release.
func (m *Mutex) Unlock() {
	if m.h.s.Current() != m.holder {
		panic(fmt.Sprintf("green: Unlock in a task that does not hold it: %v", m))
	}
	if m.holder = m.line.Wake(); m.holder == nil {
		m.waiters.WakeAll()
	}
}

// With calls f with m held.
func (m *Mutex) With(f func() error) error {
	if err := m.Lock(); err != nil {
		return err
	}
	defer m.Unlock()
	return f()
}

// Locked says whether somebody holds m.
func (m *Mutex) Locked() bool {
	m.h.Check()
	return m.holder != nil
}

// Ready says whether nobody holds m: what makes it a [Waitable].
func (m *Mutex) Ready() bool { return !m.Locked() }

func (m *Mutex) watch() *tasklet.Line { return m.waiters }

// An RLock is a mutex that its holder can lock again, and has to unlock as often.
type RLock struct {
	_     noCopy
	m     Mutex
	depth int
}

// NewRLock makes a re-entrant lock that nobody holds.
func (h *Hub) NewRLock() *RLock {
	r := &RLock{m: Mutex{h: h}}
	r.m.line = h.s.NewLineOf("", (*heldMutex)(&r.m)).OneWaker()
	r.m.waiters = h.s.NewLineOf("", &r.m)
	return r
}

// Lock makes the caller hold r once more, or waits until r is handed over. It fails if the caller is killed or its
// deadline passes before: then it does not hold r. It allocates nothing.
func (r *RLock) Lock() error {
	if r.m.holder == nil || r.m.h.s.Current() != r.m.holder {
		if err := r.m.Lock(); err != nil {
			return err
		}
	}
	r.depth++
	return nil
}

// LockTimeout is [RLock.Lock] with a limit of time.
func (r *RLock) LockTimeout(d time.Duration) error { return r.m.h.within(d, r.Lock) }

// TryLock makes the caller hold r if nobody else does, and says whether.
func (r *RLock) TryLock() bool {
	if r.m.h.s.Current() != r.m.holder && !r.m.TryLock() {
		return false
	}
	r.depth++
	return true
}

// Unlock takes one Lock back. With the last, r is handed to the task that waits longest. Only the holder may call it.
func (r *RLock) Unlock() {
	if r.m.h.s.Current() != r.m.holder {
		panic(fmt.Sprintf("green: Unlock of an RLock in a task that does not hold it: %v", &r.m))
	}
	if r.depth--; r.depth == 0 {
		r.m.Unlock()
	}
}

// With calls f with r held.
func (r *RLock) With(f func() error) error {
	if err := r.Lock(); err != nil {
		return err
	}
	defer r.Unlock()
	return f()
}

// Depth returns how often the holder has locked r; 0 if nobody has.
func (r *RLock) Depth() int {
	r.m.h.Check()
	return r.depth
}

// Ready says whether nobody holds r: what makes it a [Waitable].
func (r *RLock) Ready() bool { return r.m.Ready() }

func (r *RLock) watch() *tasklet.Line { return r.m.waiters }
