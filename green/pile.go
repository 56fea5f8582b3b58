package green

import (
	"iter"

	"github.com/go-greenlet/greenlet/tasklet"
)

// A Pile is functions that run in a pool, and their results in the order in which the functions came. It is for many
// small calls of different kinds; for the same one over a list, see [MapSeq].
type Pile[R any] struct {
	p       *Pool
	b       *batch
	results fifo[*result[R]]
	ready   *tasklet.Line
}

// NewPile makes a pile whose functions run in p.
func NewPile[R any](p *Pool) *Pile[R] {
	return &Pile[R]{p: p, b: newBatch(p), ready: p.h.s.NewLineOf("a result of a pile in", p)}
}

// Go adds f, and waits until the pool has a place for it. It fails as [Pool.Go] does, and then f was not added. What f
// returns, or a panic as a *greenlet.PanicError, is one of the results.
func (l *Pile[R]) Go(f func() (R, error)) error {
	if err := l.p.acquire(l.p.h.Current()); err != nil {
		return err
	}
	r := &result[R]{}
	l.results.push(r)
	l.b.spawn(func() (err error) {
		r.val, err = f()
		return err
	}, func(err error) {
		r.err, r.done = err, true
		l.ready.WakeAll()
	})
	return nil
}

// Len returns how many results there are and will be that nobody has taken.
func (l *Pile[R]) Len() int {
	l.p.h.Check()
	return l.results.len()
}

// All returns the results in the order of their Go, waiting for each, until there are no more to come. What the loop
// does not take, a later one does. If the caller is killed or its deadline passes, that error is the last thing the
// loop gets.
func (l *Pile[R]) All() iter.Seq2[R, error] {
	l.p.h.Check()
	return func(yield func(R, error) bool) {
		var zero R
		for l.results.len() > 0 {
			if !l.results.peek().done {
				if err := l.ready.Wait(); err != nil {
					yield(zero, err)
					return
				}
				continue
			}
			r := l.results.pop()
			if r.err != nil {
				r.val = zero
			}
			if !yield(r.val, r.err) {
				return
			}
		}
	}
}

// Stop kills the functions that have not ended, without waiting. Their results are [ErrKilled].
func (l *Pile[R]) Stop() {
	l.p.h.Check()
	l.b.stop()
}
