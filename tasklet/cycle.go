package tasklet

// Where nothing is held and no timer is set, a deadlock is plain: nobody can run. But a server always expects somebody
// from outside. So before the scheduler waits, it looks whether tasklets wait for each other in a circle, which nobody
// from outside can open. Each circle is closed by one that blocks, and few block where the one waker is known: these
// are noted, and looked at once.

const (
	maxSuspects = 256     // noted one by one; with more, everybody is looked at
	maxCircle   = 1 << 12 // steps from one tasklet
)

// A waker is what a line belongs to whose tasklets one other alone can wake.
type waker interface {
	// Waker returns that one, or nil if there is none just now.
	Waker() *Tasklet
}

// suspect notes that t blocks where its waker is known.
func (s *Scheduler) suspect(t *Tasklet) {
	if len(s.suspects) < maxSuspects {
		s.suspects = append(s.suspects, t)
	} else {
		s.crowded = true
	}
}

// breakCircle makes one tasklet of a circle fail, and reports whether there was a circle.
func (s *Scheduler) breakCircle() (found bool) {
	if len(s.suspects) == 0 || s.closing {
		return false
	}
	list := s.suspects
	if s.crowded {
		list = append([]*Tasklet(nil), list...)
		for t := s.newest; t != nil; t = t.older {
			list = append(list, t)
		}
		list = append(list, &s.main)
	}
	for i := len(list) - 1; i >= 0; i-- { // the one that closed a circle came last
		if t := list[i]; t.inCircle() {
			s.failCircle(t)
			found = true
		}
	}
	clear(s.suspects)
	s.suspects, s.crowded = s.suspects[:0], false
	return found
}

// inCircle reports whether one who waits for one, and so on, waits for t.
func (t *Tasklet) inCircle() bool {
	x := t
	for range maxCircle {
		if x = x.onlyWaker(); x == nil || x == t {
			break
		}
	}
	return x == t
}

// onlyWaker returns the one tasklet that can wake t, or nil if t is not blocked, or something else can end its waiting:
// a deadline, or the end of a scope.
func (t *Tasklet) onlyWaker() *Tasklet {
	n := t.on
	if n == nil || n.group != nil || n.line == nil || !n.line.oneWaker || t.timeout != nil || t.due != 0 {
		return nil
	}
	w, is := n.line.of.(*Tasklet) // a join
	if !is {
		w = n.line.of.(waker).Waker()
	}
	if w == nil || w.dead {
		return nil
	}
	return w
}

// failCircle makes t, which is in a circle, fail with an error that names the circle.
func (s *Scheduler) failCircle(t *Tasklet) {
	s.now()
	e := &DeadlockError{Reason: "Deadlock: these wait for each other in a circle, which nobody else can open."}
	for x := t; len(e.Blocked) == 0 || x != t; x = x.onlyWaker() {
		e.Blocked = append(e.Blocked, x.waiting())
	}
	t.throw(escaped{e}) // shields do not hold that up, as they do not where everybody is blocked
	t.unblock()
	s.insert(t)
}
