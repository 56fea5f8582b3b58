package green

// A link is a function that hears of the end of a task.
type link struct {
	f     func(*Task)
	when  func(error) bool
	claim bool
}

// Link makes f be called, in a task of its own, when t has ended; at once if it has already. It returns a function that
// takes it back.
func (t *Task) Link(f func(*Task)) (unlink func()) {
	return t.link(&link{f: f, when: func(error) bool { return true }, claim: true})
}

// LinkValue is [Task.Link] for a task that ends without an error.
func (t *Task) LinkValue(f func(*Task)) (unlink func()) {
	return t.link(&link{f: f, when: func(err error) bool { return err == nil }})
}

// LinkError is [Task.Link] for a task that ends with an error, which then goes nowhere else.
func (t *Task) LinkError(f func(*Task)) (unlink func()) {
	return t.link(&link{f: f, when: func(err error) bool { return err != nil }, claim: true})
}

func (t *Task) link(l *link) (unlink func()) {
	t.h.s.Current() // the check of the goroutine
	if t.state == ended {
		l.fire(t)
	} else {
		t.links = append(t.links, l)
	}
	return func() { l.f = nil }
}

// fire makes the function run, and says whether it takes the error of t.
func (l *link) fire(t *Task) (claimed bool) {
	f := l.f
	if f == nil || !l.when(t.err) {
		return false
	}
	t.h.Go(func() error {
		f(t)
		return nil
	})
	return l.claim
}
