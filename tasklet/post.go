package tasklet

import (
	"context"
	"sync"
	"sync/atomic"
)

// A mailbox holds what other goroutines want done.
type mailbox struct {
	mu     sync.Mutex
	list   []func()
	spare  []func()
	full   atomic.Bool
	closed bool
	doors  map[door]uint64 // what is told about the end, numbered, so that the order is the same every time
	last   uint64          // number of a door
}

// Post makes a tasklet, as [Scheduler.Spawn] does, that runs f. Any goroutine may call it. The scheduler hears of it at
// the next switch or so, or at once when it waits. It returns [ErrClosed] after the scheduler was closed. A
// scheduler in which nothing is runnable, and which does not know that somebody will post, reports a deadlock instead
// of waiting: tell it by [Scheduler.Hold].
func (s *Scheduler) Post(f func() error) error {
	mustBody(f)
	return s.post(func() { s.insert(s.create(&s.main, f)) })
}

// post makes the scheduler's goroutine call f, which must not block, between two switches.
func (s *Scheduler) post(f func()) error {
	m := &s.mail
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return ErrClosed
	}
	m.list = append(m.list, f)
	first := len(m.list) == 1
	m.full.Store(true)
	m.mu.Unlock()
	if first {
		s.world.Wake()
	}
	return nil
}

// receivePosts does what was posted.
func (s *Scheduler) receivePosts() {
	m := &s.mail
	m.mu.Lock()
	list := m.list
	m.list, m.spare = m.spare[:0], nil
	m.full.Store(false)
	m.mu.Unlock()
	for i, f := range list {
		f()
		list[i] = nil
	}
	m.mu.Lock()
	m.spare = list[:0]
	m.mu.Unlock()
}

// Hold says that another goroutine will post or send something. Until release is called, the scheduler waits where it
// would report a deadlock, and Run where it would return. Any goroutine may call Hold and release, release once or
// more.
func (s *Scheduler) Hold() (release func()) {
	s.holds.Add(1)
	var once sync.Once
	return func() { once.Do(func() { s.unhold() }) }
}

func (s *Scheduler) unhold() {
	s.holds.Add(-1)
	s.world.Wake()
}

// Await calls f on a goroutine of its own and blocks the calling tasklet, and nobody else, until f has returned. It
// returns what f returned. If the tasklet is killed, or its deadline passes, it returns that error at once and cancels
// the context of f, whose result is lost. A panic in f is a panic of the program.
func Await[T any](s *Scheduler, f func(context.Context) (T, error)) (T, error) {
	var zero T
	if err := s.mayPark(s.enter()); err != nil {
		return zero, err
	}
	l := &Line{s: s, what: "await"}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var result T
	var failure error
	s.holds.Add(1)
	go func() {
		v, err := f(ctx)
		s.post(func() {
			result, failure = v, err
			l.WakeAll()
		})
		s.unhold()
	}()
	if err := l.Wait(); err != nil {
		return zero, err
	}
	return result, failure
}
