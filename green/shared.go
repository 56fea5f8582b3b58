package green

import (
	"context"
	"slices"
	"sync"
)

// What belongs to a hub is used on its goroutine only, and panics elsewhere. Between hubs, and between a hub and plain
// goroutines, there are: Post, which brings a function to the hub; the Shared variants here; and tasklet.Port.

// Post makes a task, as [Hub.Go] does, that runs f. Any goroutine may call it. It returns [ErrClosed] after the hub has
// ended. A hub in which nothing can run reports a deadlock, unless [Hub.Hold] says that something will be posted.
func (h *Hub) Post(f func() error) error {
	return h.s.Post(func() error {
		h.Go(f)
		return nil
	})
}

// Hold says that another goroutine will post something: until release is called the hub waits for it, and does not
// end. Any goroutine may call Hold and release.
func (h *Hub) Hold() (release func()) { return h.s.Hold() }

// A sharedLine are the tasks of any hubs and the goroutines that wait for something.
type sharedLine struct {
	mu   sync.Mutex
	list []*stranger
}

// A stranger is who waits in a sharedLine.
type stranger struct {
	wake    func() error // fails if nobody is there any more
	granted bool
}

// wakeOne grants the longest waiting one what it waits for, and says whether there was one. l.mu is held.
func (l *sharedLine) wakeOne() bool {
	for len(l.list) > 0 {
		w := l.list[0]
		l.list[0] = nil
		l.list = l.list[1:]
		w.granted = true
		if w.wake() == nil {
			return true
		}
	}
	return false
}

func (l *sharedLine) wakeAll() {
	for l.wakeOne() {
	}
}

// leave takes w out, whose waiting was ended by something else, and says whether it was granted what it waited for
// meanwhile.
func (l *sharedLine) leave(w *stranger) (granted bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(l.list, w); i >= 0 {
		l.list = slices.Delete(l.list, i, i+1)
	}
	return w.granted
}

// wait blocks the calling task of h. l.mu is held, and is not when wait returns. If it fails, granted reports whether
// what was waited for came all the same. If it came and wait does not return, since another task's panic is raised in
// it, back is called, which may be nil.
func (l *sharedLine) wait(h *Hub, what string, back func()) (granted bool, err error) {
	line := h.s.NewLine(what)
	w := &stranger{}
	w.wake = func() error {
		return h.s.Post(func() error {
			line.WakeAll()
			return nil
		})
	}
	l.list = append(l.list, w)
	l.mu.Unlock()
	defer h.s.Hold()()
	returned := false
	defer func() {
		if !returned && l.leave(w) && back != nil {
			back()
		}
	}()
	err = line.Wait()
	returned = true
	if err != nil {
		return l.leave(w), err
	}
	return true, nil
}

// waitContext is wait for a plain goroutine.
func (l *sharedLine) waitContext(ctx context.Context) (granted bool, err error) {
	come := make(chan struct{})
	w := &stranger{wake: func() error {
		close(come)
		return nil
	}}
	l.list = append(l.list, w)
	l.mu.Unlock()
	select {
	case <-come:
		return true, nil
	case <-ctx.Done():
		return l.leave(w), context.Cause(ctx)
	}
}

// A SharedEvent is an [Event] that tasks of any hub and plain goroutines use. Its zero value is ready, and not set.
//
// A hub in which a task waits for what is shared does not report deadlocks: it knows nothing of the others.
type SharedEvent struct {
	line sharedLine
	set  bool
}

// Set sets the event and makes everybody go on who waits for it. Any goroutine may call it.
func (e *SharedEvent) Set() {
	e.line.mu.Lock()
	defer e.line.mu.Unlock()
	e.set = true
	e.line.wakeAll()
}

// Clear takes Set back. Any goroutine may call it.
func (e *SharedEvent) Clear() {
	e.line.mu.Lock()
	defer e.line.mu.Unlock()
	e.set = false
}

// IsSet says whether the event is set. Any goroutine may call it.
func (e *SharedEvent) IsSet() bool {
	e.line.mu.Lock()
	defer e.line.mu.Unlock()
	return e.set
}

// Wait blocks the calling task of h until the event is set. It fails if the task is killed or its deadline passes
// before.
func (e *SharedEvent) Wait(h *Hub) error {
	h.Check()
	e.line.mu.Lock()
	if e.set {
		e.line.mu.Unlock()
		return nil
	}
	_, err := e.line.wait(h, "a shared event", nil)
	return err
}

// WaitContext blocks the calling goroutine, which must not be that of a hub, until the event is set or ctx is done.
func (e *SharedEvent) WaitContext(ctx context.Context) error {
	e.line.mu.Lock()
	if e.set {
		e.line.mu.Unlock()
		return nil
	}
	_, err := e.line.waitContext(ctx)
	return err
}

// A SharedResult is a [Result] that tasks of any hub and plain goroutines use. Its zero value is ready, and has not
// come.
type SharedResult[T any] struct {
	came SharedEvent
	val  T
	err  error
}

// Set gives the result its value, or with an err an error, and makes everybody go on who waits for it. It says
// whether it was the first: a result that has come stays as it is. Any goroutine may call it.
func (r *SharedResult[T]) Set(v T, err error) (first bool) {
	l := &r.came.line
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.came.set {
		return false
	}
	r.val, r.err, r.came.set = v, err, true
	l.wakeAll()
	return true
}

// Poll returns the result, and whether it has come. Any goroutine may call it.
func (r *SharedResult[T]) Poll() (v T, err error, ok bool) {
	if r.came.IsSet() {
		return r.val, r.err, true
	}
	return v, nil, false
}

// Get blocks the calling task of h until the result has come, and returns it. It fails if the task is killed or its
// deadline passes before.
func (r *SharedResult[T]) Get(h *Hub) (T, error) {
	if err := r.came.Wait(h); err != nil {
		var zero T
		return zero, err
	}
	return r.val, r.err
}

// GetContext blocks the calling goroutine, which must not be that of a hub, until the result has come or ctx is done.
func (r *SharedResult[T]) GetContext(ctx context.Context) (T, error) {
	if err := r.came.WaitContext(ctx); err != nil {
		var zero T
		return zero, err
	}
	return r.val, r.err
}

// A SharedSemaphore is a [Semaphore] that tasks of any hub and plain goroutines use: a limit for a whole program.
type SharedSemaphore struct {
	line sharedLine
	n    int
}

// NewSharedSemaphore makes a semaphore with n permits.
func NewSharedSemaphore(n int) *SharedSemaphore {
	if n < 0 {
		panic("green: a semaphore with fewer than no permits")
	}
	return &SharedSemaphore{n: n}
}

// Release gives a permit back, or hands it to who waits longest. Any goroutine may call it.
func (m *SharedSemaphore) Release() {
	m.line.mu.Lock()
	defer m.line.mu.Unlock()
	if !m.line.wakeOne() {
		m.n++
	}
}

// TryAcquire takes a permit if one is free, and says whether. Any goroutine may call it.
func (m *SharedSemaphore) TryAcquire() bool {
	m.line.mu.Lock()
	defer m.line.mu.Unlock()
	return m.take()
}

func (m *SharedSemaphore) take() bool {
	if m.n == 0 {
		return false
	}
	m.n--
	return true
}

// Acquire blocks the calling task of h until it has a permit. It fails if the task is killed or its deadline passes
// before: then it has none.
func (m *SharedSemaphore) Acquire(h *Hub) error {
	h.Check()
	m.line.mu.Lock()
	if m.take() {
		m.line.mu.Unlock()
		return nil
	}
	return m.keep(m.line.wait(h, "a shared semaphore", m.Release))
}

// AcquireContext blocks the calling goroutine, which must not be that of a hub, until it has a permit or ctx is done.
func (m *SharedSemaphore) AcquireContext(ctx context.Context) error {
	m.line.mu.Lock()
	if m.take() {
		m.line.mu.Unlock()
		return nil
	}
	return m.keep(m.line.waitContext(ctx))
}

// keep passes a permit on that came too late.
func (m *SharedSemaphore) keep(granted bool, err error) error {
	if granted && err != nil {
		m.Release()
	}
	return err
}
