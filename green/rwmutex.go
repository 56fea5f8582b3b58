package green

import (
	"fmt"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// An RWMutex is held by one writer or by any number of readers. While a writer waits, readers who come queue up
// behind it; when a writer leaves, all readers that wait by then go before the next writer. So neither starves the
// other, and among writers the longest waiting comes first.
type RWMutex struct {
	_       noCopy
	h       *Hub
	writer  *tasklet.Tasklet
	readers int
	write   *tasklet.Line
	read    *tasklet.Line
	waiters *tasklet.Line // of WaitAny
}

// NewRWMutex makes a mutex that nobody holds.
func (h *Hub) NewRWMutex() *RWMutex {
	m := &RWMutex{h: h}
	m.write = h.s.NewLineOf("the write lock of", (*heldRWMutex)(m)).OneWaker()
	m.read = h.s.NewLineOf("a read lock of", (*heldRWMutex)(m)).OneWaker()
	m.waiters = h.s.NewLineOf("the release of", m)
	return m
}

// A heldRWMutex is an RWMutex that knows who lets the others go on, if that is a writer.
type heldRWMutex RWMutex

func (m *heldRWMutex) String() string          { return (*RWMutex)(m).String() }
func (m *heldRWMutex) Waker() *tasklet.Tasklet { return m.writer }

// String says who holds the mutex.
func (m *RWMutex) String() string {
	m.h.Check()
	switch {
	case m.writer != nil:
		return fmt.Sprintf("a mutex held by the writer %v", who(m.writer))
	case m.readers > 0:
		return fmt.Sprintf("a mutex held by %d readers", m.readers)
	}
	return "a mutex"
}

// Lock makes the caller the writer, or waits until m is handed over. It fails if the caller is killed or its deadline
// passes before: then it does not hold m. A task that is the writer already panics. It allocates nothing.
func (m *RWMutex) Lock() error {
	me := m.h.s.Current()
	m.refuse(me)
	if m.writer == nil && m.readers == 0 {
		m.writer = me
		return nil
	}
	err := m.write.WaitHanded(m.Unlock)
	if err != nil {
		m.settle() // readers may have queued up behind the caller
	}
	return err
}

// LockTimeout is [RWMutex.Lock] with a limit of time.
func (m *RWMutex) LockTimeout(d time.Duration) error { return m.h.within(d, m.Lock) }

// TryLock makes the caller the writer if nobody holds m, and says whether.
func (m *RWMutex) TryLock() bool {
	me := m.h.s.Current()
	if m.writer != nil || m.readers > 0 {
		return false
	}
	m.writer = me
	return true
}

// Unlock hands m to the readers that wait, else to the next writer. Only the writer may call it.
func (m *RWMutex) Unlock() {
	if m.h.s.Current() != m.writer {
		panic(fmt.Sprintf("green: Unlock in a task that is not the writer: %v", m))
	}
	m.writer = nil
	if m.read.Len() > 0 {
		m.letRead()
		return
	}
	m.next()
}

// RLock makes the caller a reader, or waits until m is handed over. It fails if the caller is killed or its deadline
// passes before: then it does not hold m. In the writer it panics. A reader that calls it again may wait for a writer
// that waits for the reader: don't. It allocates nothing.
func (m *RWMutex) RLock() error {
	m.refuse(m.h.s.Current())
	if m.writer == nil && m.write.Len() == 0 {
		m.readers++
		return nil
	}
	return m.read.WaitHanded(m.RUnlock)
}

// RLockTimeout is [RWMutex.RLock] with a limit of time.
func (m *RWMutex) RLockTimeout(d time.Duration) error { return m.h.within(d, m.RLock) }

// TryRLock makes the caller a reader if there is no writer and none waits, and says whether.
func (m *RWMutex) TryRLock() bool {
	m.h.Check()
	if m.writer != nil || m.write.Len() > 0 {
		return false
	}
	m.readers++
	return true
}

// RUnlock takes an RLock back. With the last reader, m is handed on. Without a reader it panics.
func (m *RWMutex) RUnlock() {
	m.h.Check()
	if m.readers == 0 {
		panic(fmt.Sprintf("green: RUnlock without a reader: %v", m))
	}
	if m.readers--; m.readers == 0 {
		m.next()
	}
}

// Readers returns how many readers hold m.
func (m *RWMutex) Readers() int {
	m.h.Check()
	return m.readers
}

// Locked says whether a writer holds m.
func (m *RWMutex) Locked() bool {
	m.h.Check()
	return m.writer != nil
}

// Ready says whether nobody holds m: what makes it a [Waitable].
func (m *RWMutex) Ready() bool { return !m.Locked() && m.readers == 0 }

func (m *RWMutex) watch() *tasklet.Line { return m.waiters }

func (m *RWMutex) refuse(me *tasklet.Tasklet) {
	if m.writer == me {
		panic("green: lock of a mutex of which the task is the writer already; it would wait for itself")
	}
}

// next hands m, which is free, to the writer that waits longest, or to the readers.
func (m *RWMutex) next() {
	if m.writer = m.write.Wake(); m.writer == nil {
		m.settle()
	}
	if m.writer == nil && m.readers == 0 {
		m.waiters.WakeAll()
	}
}

// settle lets the readers in, if no writer is before them any more.
func (m *RWMutex) settle() {
	if m.writer == nil && m.write.Len() == 0 {
		m.letRead()
	}
}

func (m *RWMutex) letRead() {
	m.readers += m.read.Len()
	m.read.WakeAll()
}
