package poll

import (
	"sync"
	"sync/atomic"
)

// A Waiter waits for one descriptor on a goroutine of its own: for hubs whose world watches none.
type Waiter struct {
	q      *queue
	mu     sync.Mutex // held while somebody is in Wait
	closed atomic.Bool
}

// NewWaiter makes a waiter for reading from fd, or for writing. It must be closed.
func NewWaiter(fd int, write bool) (*Waiter, error) {
	q, err := newQueue()
	if err != nil {
		return nil, err
	}
	d := &Desc{fd: fd, level: true}
	d.read.wants, d.write.wants = !write, write
	if err = q.add(d); err == nil {
		err = q.arm(d)
	}
	if err != nil {
		q.close()
		return nil, err
	}
	if d.read.ready || d.write.ready {
		q.wake()
	}
	return &Waiter{q: q}, nil
}

// Wait blocks the calling goroutine until the descriptor is ready, or Interrupt was called.
func (w *Waiter) Wait() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed.Load() {
		w.q.block()
	}
}

// Interrupt makes Wait return. Any goroutine may call it.
func (w *Waiter) Interrupt() { w.q.wake() }

// Close gives up the waiter, and makes Wait return first: at the end of a hub a helper may still be in it, or come to it late.
func (w *Waiter) Close() error {
	w.closed.Store(true)
	w.q.wake()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.q.close()
}
