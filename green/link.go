package green

// A link is a function that hears of the end of a task.
type link struct {
	f     func(*Task)
	when  func(error) bool // nil means always
	claim bool
	raw   bool
}

// Link makes f be called, in a task of its own, when t has ended; if it has already, that task is made at once. Links
// fire in the order in which they were made, before those who join t go on. t's error then goes nowhere else but to
// its group. Link returns a function that removes f.
func (t *Task) Link(f func(*Task)) (unlink func()) {
	return t.link(&link{f: f, claim: true})
}

// LinkValue is [Task.Link] for a task that ends without an error.
func (t *Task) LinkValue(f func(*Task)) (unlink func()) {
	return t.link(&link{f: f, when: func(err error) bool { return err == nil }})
}

// LinkError is [Task.Link] for a task that ends with an error, [ErrKilled] included, which then goes nowhere else.
func (t *Task) LinkError(f func(*Task)) (unlink func()) {
	return t.link(&link{f: f, when: func(err error) bool { return err != nil }, claim: true})
}

// LinkRaw is [Task.Link] without a task: f is called where t ends, at once, and before LinkRaw returns if t has ended
// already. f must not block. It does not take the error of t.
func (t *Task) LinkRaw(f func(*Task)) (unlink func()) {
	return t.link(&link{f: f, raw: true})
}

func (t *Task) link(l *link) (unlink func()) {
	t.h.Check()
	if t.state == ended {
		if l.fire(t) {
			t.taken = true
		}
	} else {
		t.own().links = append(t.links, l)
	}
	return func() { l.f = nil }
}

// fire makes the function run, and says whether it takes the error of t.
func (l *link) fire(t *Task) (claimed bool) {
	f := l.f
	if f == nil || l.when != nil && !l.when(t.err) {
		return false
	}
	if l.raw {
		f(t)
		return false
	}
	t.h.Go(func() error {
		f(t)
		return nil
	})
	return l.claim
}
