package tasklet

import (
	"fmt"
	"iter"
	"unsafe"
)

// A Line is a queue of tasklets that wait for something: what locks, events and queues are built from. Its zero value
// is of no use: see [Scheduler.NewLine] and [Line.Init]. It must not be copied.
//
// Len, First and String are for code that runs on the scheduler's goroutine anyhow: of Line's methods they alone do not
// check that.
type Line struct {
	_          noCopy
	s          *Scheduler
	head, tail *node
	n          int32
	oneWaker   bool // of is a waker
	what       string
	of         fmt.Stringer // what it belongs to, or nil
}

// A node is a place in a line.
type node struct {
	next, prev *node
	line       *Line
	t          *Tasklet // who waits, or nil for a stranger
	guest      *guest   // the stranger
	group      *group   // the other places of t, if it waits in several
	done       bool     // what was waited for has come
	sending    bool     // in the line of a channel
	of         any      // the *slot of a channel
}

// NewLine makes a line. what names it in reports of who waits for what.
func (s *Scheduler) NewLine(what string) *Line { return s.NewLineOf(what, nil) }

// NewLineOf makes a line that reports name by what and, in its state then, of.
func (s *Scheduler) NewLineOf(what string, of fmt.Stringer) *Line {
	s.enter()
	return &Line{s: s, what: what, of: of}
}

// String returns what the line is.
func (l *Line) String() string {
	switch {
	case l.of == nil:
		return l.what
	case l.what == "":
		return l.of.String()
	}
	return l.what + " " + l.of.String()
}

// Len returns how many wait.
func (l *Line) Len() int { return int(l.n) }

// First returns who waits longest, or nil.
func (l *Line) First() *Tasklet {
	if l.head == nil || l.head.t == nil {
		return nil
	}
	l.head.t.shown = true
	return l.head.t
}

// all returns who waits, the longest waiting first.
func (l *Line) all() iter.Seq[*Tasklet] {
	return func(yield func(*Tasklet) bool) {
		var all []*Tasklet // the loop may change the line
		for n := l.head; n != nil; n = n.next {
			if n.t != nil {
				n.t.shown = true
				all = append(all, n.t)
			}
		}
		for _, t := range all {
			if t.on != nil && !yield(t) {
				return
			}
		}
	}
}

// Wait parks the calling tasklet, at the end of the line, until Wake or WakeAll. It returns nil if that happened,
// even if something was thrown at the tasklet since; else what was thrown, the deadline that passed, [ErrBlockTrap],
// [ErrSwitchTrap], [ErrClosed], or a [*DeadlockError].
func (l *Line) Wait() error {
	s := l.s
	me := s.enter()
	if me.due != 0 {
		if err := s.deliver(me); err != nil {
			return err
		}
	}
	n := &me.node
	n.t = me
	n.done = false
	l.push(n)
	me.on = n
	if l.oneWaker {
		s.suspect(me)
	}
	me.spot.Near(unsafe.Pointer(l))
	// What follows is park, by hand: a frame less on the stacks of all that wait.
	f, err := s.depart(me)
	if f != nil {
		self := s.mark.Running
		_, err := f.Switch(none{})
		s.mark.Running = self
		if err != nil || s.rare != 0 {
			s.back(me, err)
		}
	}
	if err != nil {
		me.unblock()
		return err
	}
	if n.done {
		s.raise(me)
		return nil
	}
	return s.deliver(me)
}

// Wake makes the one that waits longest runnable, at the end of the ring, and returns it; nil if none waits.
func (l *Line) Wake() *Tasklet {
	l.s.enter()
	n := l.head
	if n == nil {
		return nil
	}
	n.take()
	t := n.t
	l.s.insert(t)
	t.shown = true
	return t
}

// WakeAll makes everybody runnable that waits, in the order of their waiting.
func (l *Line) WakeAll() {
	l.s.enter()
	for n := l.head; n != nil; n = l.head {
		n.take()
		l.s.insert(n.t)
	}
}

func (l *Line) push(n *node) {
	l.n++
	n.line, n.next, n.prev = l, nil, l.tail
	if l.tail == nil {
		l.head = n
	} else {
		l.tail.next = n
	}
	l.tail = n
}

func (l *Line) remove(n *node) {
	l.n--
	if n.prev == nil {
		l.head = n.next
	} else {
		n.prev.next = n.next
	}
	if n.next == nil {
		l.tail = n.prev
	} else {
		n.next.prev = n.prev
	}
	n.line, n.next, n.prev = nil, nil, nil
}

// take takes n out of its line because what it waited for has come. Its tasklet is to be inserted then.
func (n *node) take() {
	n.done = true
	if n.group != nil {
		n.group.met = n
		n.group.leave()
	} else {
		n.line.remove(n)
	}
	if n.t != nil {
		n.t.on = nil
	}
}

// abandon takes n out of its line because its tasklet does not wait any more.
func (n *node) abandon() {
	if n.group != nil {
		n.group.leave()
	} else if n.line != nil {
		n.line.remove(n)
	}
}

// A group are the places of one tasklet that waits in several lines at once.
type group struct {
	nodes []*node
	met   *node // what it waited for has come
	timed bool  // it waits for a timer, too
	free  *group
}

func (g *group) leave() {
	for _, n := range g.nodes {
		if n.line != nil {
			n.line.remove(n)
		}
	}
}
