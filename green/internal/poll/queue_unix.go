//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package poll

import "time"

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
func (q *queue) wait(w *World, until time.Time) {
	if !until.Equal(q.until) {
		q.file.SetReadDeadline(until)
		q.until = until
	}
	q.n = 0
	if err := q.raw.Read(q.try); err != nil && q.n == 0 {
		return // the deadline
	}
	q.dispatch(w, q.n)
	if q.n == len(q.events) {
		q.look(w)
	}
}
