package tasklet

// The ring of runnables is Stackless's: a circle, with the current tasklet as the position in it. Who is inserted comes
// last, right before the position. A tasklet that gives way stays where it is, and the position moves on.

// scheduled says whether t is in the ring.
func (t *Tasklet) scheduled() bool { return t.next != nil }

// insert puts t, which is not in the ring, at its end.
func (s *Scheduler) insert(t *Tasklet) {
	s.count++
	if s.policy != nil {
		t.shown = true // to the policy
		t.index = len(s.ready)
		s.ready = append(s.ready, t)
	}
	at := s.ring
	if at == nil {
		t.next, t.prev = t, t
		s.ring = t
		return
	}
	t.next, t.prev = at, at.prev
	at.prev.next = t
	at.prev = t
}

// insertNext puts t right behind the position.
func (s *Scheduler) insertNext(t *Tasklet) {
	at := s.ring
	if at == nil || s.policy != nil {
		s.insert(t)
		if at == nil || at.next == t {
			return
		}
		t.prev.next, t.next.prev = t.next, t.prev
	} else {
		s.count++
	}
	t.prev, t.next = at, at.next
	at.next.prev = t
	at.next = t
}

// remove takes t out of the ring. If it was the position, the next one is that now.
func (s *Scheduler) remove(t *Tasklet) {
	s.count--
	if s.policy != nil {
		last := len(s.ready) - 1
		s.ready[t.index] = s.ready[last]
		s.ready[t.index].index = t.index
		s.ready = s.ready[:last]
	}
	if t.next == t {
		s.ring = nil
	} else {
		if s.ring == t {
			s.ring = t.next
		}
		t.prev.next, t.next.prev = t.next, t.prev
	}
	t.next, t.prev = nil, nil
}

// A Policy chooses who runs next wherever the ring would go on with its next one: it returns an index of runnable, which
// is never empty. The slice is in no particular order, but in the same one on every run, and must not be kept. A direct
// switch, such as to the receiver of a channel with the preference for receivers, asks nobody.
type Policy func(runnable []*Tasklet) int

// Random returns a policy that chooses by chance. The same seed makes the same choices.
func Random(seed uint64) Policy {
	state := seed
	return func(runnable []*Tasklet) int {
		// splitmix64: two lines, the same on every system and in every release.
		state += 0x9e3779b97f4a7c15
		z := (state ^ state>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		z ^= z >> 31
		return int(z % uint64(len(runnable)))
	}
}

// choose returns who runs next, where the ring says next. The ring is not empty.
func (s *Scheduler) choose(next *Tasklet) *Tasklet {
	if s.rare&rarePolicy != 0 {
		next = s.ready[s.policy(s.ready)]
	}
	return next
}
