package green

import (
	"iter"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/tasklet"
)

// lazyWindow is how many results MapSeq has under way in a pool without bounds.
const lazyWindow = 1024

// A batch is the tasks that a Map has in a pool.
type batch struct {
	p    *Pool
	n    int
	idle *tasklet.Line
}

func newBatch(p *Pool) *batch {
	return &batch{p: p, idle: p.h.s.NewLineOf("the end of a map in", p)}
}

// spawn runs f in a place of the pool that was acquired. ended hears how it ended.
func (b *batch) spawn(f func() error, ended func(error)) {
	b.n++
	spawn(&poolMember{p: b.p, batch: b, ended: ended}, f)
}

func (b *batch) over(m *poolMember) {
	b.n--
	m.ended(m.t.err)
	if b.n == 0 {
		b.idle.WakeAll()
	}
}

// stop kills the tasks of b.
func (b *batch) stop() {
	for t := range b.p.Tasks() {
		if m := t.owner.(*poolMember); m.batch == b {
			t.Stop()
		}
	}
}

// drain waits until the tasks of b have ended, whatever comes.
func (b *batch) drain() {
	b.p.h.Shield(func() error {
		for b.n > 0 {
			if err := b.idle.Wait(); err != nil {
				return err
			}
		}
		return nil
	})
}

// Map calls f for every item, each call in a task of the pool, and returns the results in the order of the items. It
// takes the next item when there is a place for it. As soon as a call fails or panics, or its task is killed, Map kills
// the others and returns that error, when all have ended. It does so too if the caller is killed, its deadline passes,
// or items panics.
func Map[T, R any](p *Pool, items iter.Seq[T], f func(T) (R, error)) ([]R, error) {
	b := newBatch(p)
	scope := p.h.s.StartScope()
	defer func() { // for a panic in items
		scope.Stop()
		if b.n > 0 {
			b.stop()
			b.drain()
		}
	}()
	var results []R
	var failure error
	fail := func(err error) {
		if err != nil && failure == nil {
			failure = err
			scope.Expire(ErrCanceled)
			b.stop()
		}
	}
	for v := range items {
		if failure == nil {
			if err := p.acquire(p.h.Current()); err != nil {
				fail(err)
			} else if failure != nil {
				p.release() // it failed after the place was given and before the caller had its turn
			}
		}
		if failure != nil {
			break
		}
		i := len(results)
		results = append(results, *new(R))
		b.spawn(func() error {
			r, err := f(v)
			results[i] = r
			return err
		}, fail)
	}
	scope.Stop()
	for b.n > 0 {
		if err := b.idle.Wait(); err != nil {
			fail(err)
			b.drain()
			break
		}
	}
	if failure != nil {
		return nil, failure
	}
	return results, nil
}

// MapSeq calls f for every item, each call in a task of the pool, and returns the results in the order of the items,
// each as soon as it and those before it are there: an error, or a panic as a *greenlet.PanicError, comes in the place
// of its result, and the loop goes on behind it.
//
// It is lazy: nothing begins before the loop does, and items are taken ahead of it only while fewer than twice as many
// results as the pool has places are under way or wait for the loop. When the loop ends early, what is under way is
// killed, and has ended when the loop has. If the loop's task is killed, or its deadline passes, the error is the last
// thing that the loop gets. Items are taken in a task of their own; a panic there is raised in the loop.
func MapSeq[T, R any](p *Pool, items iter.Seq[T], f func(T) (R, error)) iter.Seq2[R, error] {
	return mapLazily(p, items, f, true)
}

// MapUnordered is [MapSeq] that returns the results in the order in which they come.
func MapUnordered[T, R any](p *Pool, items iter.Seq[T], f func(T) (R, error)) iter.Seq2[R, error] {
	return mapLazily(p, items, f, false)
}

func mapLazily[T, R any](p *Pool, items iter.Seq[T], f func(T) (R, error), ordered bool) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		m := &lazyMap[R]{b: newBatch(p), ordered: ordered, consumer: p.h.Current()}
		m.ready = p.h.s.NewLineOf("a result of a map in", p)
		m.room = p.h.s.NewLineOf("a result of a map to be taken in", p)
		m.feeder = spawn(m, func() error {
			for v := range items {
				if err := feed(m, v, f); err != nil {
					return err
				}
			}
			return nil
		})
		defer m.stop()
		m.consume(yield)
		m.stop()
		if err := m.feeder.err; isPanic(err) {
			panic(err) // of the items: it goes on in the loop
		}
	}
}

// A lazyMap is one loop over a MapSeq. It is what its feeder belongs to.
type lazyMap[R any] struct {
	b        *batch
	ordered  bool
	consumer *Task
	feeder   *Task
	results  fifo[*result[R]]
	pending  int           // that the loop has not got
	ready    *tasklet.Line // where the loop waits
	room     *tasklet.Line // where the feeder waits
}

// A result is what one call of a map will return.
type result[R any] struct {
	val  R
	err  error
	done bool
}

// feed puts one item to work.
func feed[T, R any](m *lazyMap[R], v T, f func(T) (R, error)) error {
	p := m.b.p
	if err := p.acquire(m.consumer); err != nil {
		return err
	}
	m.pending++
	r := &result[R]{}
	if m.ordered {
		m.results.push(r)
	}
	m.b.spawn(func() (err error) {
		r.val, err = f(v)
		return err
	}, func(err error) {
		r.err, r.done = err, true
		if !m.ordered {
			m.results.push(r)
		}
		m.ready.WakeAll()
	})
	for m.pending >= m.window() {
		if err := m.room.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// window is how many results may be under way or wait to be taken.
func (m *lazyMap[R]) window() int {
	if m.b.p.size < 0 {
		return lazyWindow
	}
	return 2 * max(1, m.b.p.size)
}

func (m *lazyMap[R]) consume(yield func(R, error) bool) {
	var zero R
	for {
		switch {
		case m.results.len() > 0 && m.results.peek().done:
			r := m.results.pop()
			m.pending--
			m.room.WakeAll()
			if r.err != nil {
				r.val = zero
			}
			if !yield(r.val, r.err) {
				return
			}
		case m.feeder.state == ended && m.pending == 0:
			if err := m.feeder.err; err != nil && !isPanic(err) {
				yield(zero, err)
			}
			return
		default:
			if err := m.ready.Wait(); err != nil {
				yield(zero, err)
				return
			}
		}
	}
}

// stop kills what is under way, and waits until it has ended.
func (m *lazyMap[R]) stop() {
	m.feeder.Stop()
	m.b.stop()
	m.b.p.h.Shield(func() error {
		for m.feeder.state != ended {
			if err := m.ready.Wait(); err != nil {
				return err
			}
		}
		return nil
	})
	m.b.stop()
	m.b.drain()
}

func (m *lazyMap[R]) hub() *Hub         { return m.b.p.h }
func (m *lazyMap[R]) begin(*Task) error { return nil }

// end hears that the feeder has ended.
func (m *lazyMap[R]) end(*Task, error, bool) { m.ready.WakeAll() }

func isPanic(err error) bool {
	_, is := err.(*greenlet.PanicError)
	return is
}
