//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package poll

import (
	"io"
	"time"
)

// A queue is the kernel's, and a way to wait for it.
type queue struct {
	kernel
	waiting
}

// waiting is how the calling goroutine waits for a kernel's queue; Close closes its descriptor.
type waiting interface {
	// until waits until something is ready, the waker is used, or the time is t, and returns how many events there are then.
	// It may return early, unless t is zero, which means no limit.
	until(t time.Time) int
	io.Closer
}

func newQueue() (*queue, error) {
	q := new(queue)
	if err := q.open(); err != nil {
		return nil, err
	}
	var err error
	if q.waiting, err = waitingFor(&q.kernel); err != nil {
		q.closeWaker()
		return nil, err
	}
	return q, nil
}

func (q *queue) close() error {
	q.closeWaker()
	return q.Close()
}

// look takes what is ready.
func (q *queue) look(w *World) {
	for {
		n := q.poll()
		q.dispatch(w, n)
		if n < len(q.events) {
			return
		}
	}
}

// wait waits until something is ready.
func (q *queue) wait(w *World, t time.Time) {
	n := q.until(t)
	q.dispatch(w, n)
	if n == len(q.events) {
		q.look(w)
	}
}

// block waits until something is ready or wake is called.
func (q *queue) block() { q.until(time.Time{}) }
