package green

import (
	"fmt"

	"github.com/go-greenlet/greenlet/tasklet"
)

// A lineup is a queue of tasks that wait, each in a place through which a value passes between it and the one that lets
// it go on. Every place has a line of its own, so that one whose task was killed, and has not had its turn since to leave,
// is known by its empty line: nothing is handed to it.
type lineup[T any] struct {
	h          *Hub
	what       string
	of         fmt.Stringer
	back       func(T) // takes back what came to a task that panics, since another one's panic is raised in it
	head, tail *place[T]
	free       *place[T]
}

type place[T any] struct {
	next, prev *place[T]
	line       *tasklet.Line
	val        T
	err        error // what waiting is to fail with
	queued     bool
	woken      bool
}

// wait waits with val until wake, and returns what wake's caller has left. It fails with the error that was left; or
// with what kept the caller from waiting, and then nothing was handed to it.
func (l *lineup[T]) wait(val T) (T, error) {
	p := l.free
	if p == nil {
		p = &place[T]{line: l.h.s.NewLineOf(l.what, l.of)}
	} else {
		l.free = p.next
	}
	p.val, p.woken = val, false
	l.push(p)
	err := l.park(p)
	var zero T
	if err != nil {
		if p.queued {
			l.remove(p)
		}
	} else {
		val, err = p.val, p.err
	}
	p.val, p.err = zero, nil
	p.next, l.free = l.free, p
	if err != nil {
		return zero, err
	}
	return val, nil
}

func (l *lineup[T]) park(p *place[T]) error {
	if l.back == nil {
		return p.line.Wait()
	}
	returned := false
	defer func() {
		if !returned && p.woken && p.err == nil {
			l.back(p.val)
		}
	}()
	err := p.line.Wait()
	returned = true
	return err
}

// first returns the place of the one that waits longest, or nil.
func (l *lineup[T]) first() *place[T] {
	for l.head != nil && l.head.line.Len() == 0 {
		l.remove(l.head)
	}
	return l.head
}

// wake lets the one in p go on.
func (l *lineup[T]) wake(p *place[T]) {
	l.remove(p)
	p.woken = true
	p.line.WakeAll()
}

// fail lets everybody go on with err.
func (l *lineup[T]) fail(err error) {
	for p := l.first(); p != nil; p = l.first() {
		p.err = err
		l.wake(p)
	}
}

// len returns how many wait.
func (l *lineup[T]) len() (n int) {
	for p := l.head; p != nil; p = p.next {
		n += p.line.Len()
	}
	return n
}

func (l *lineup[T]) push(p *place[T]) {
	p.queued = true
	p.next, p.prev = nil, l.tail
	if l.tail == nil {
		l.head = p
	} else {
		l.tail.next = p
	}
	l.tail = p
}

func (l *lineup[T]) remove(p *place[T]) {
	if p.prev == nil {
		l.head = p.next
	} else {
		p.prev.next = p.next
	}
	if p.next == nil {
		l.tail = p.prev
	} else {
		p.next.prev = p.prev
	}
	p.next, p.prev, p.queued = nil, nil, false
}
