package green

import (
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// A Barrier is where a number of tasks wait for each other. When all have come they go on, and it can be used again.
// When one that waits is killed, or its deadline passes, the others would wait for ever: the barrier is broken then,
// and everybody fails with [ErrBroken] until [Barrier.Reset].
type Barrier struct {
	_       noCopy
	h       *Hub
	parties int
	round   *round
	line    *tasklet.Line
}

type round struct{ broken bool }

// NewBarrier makes a barrier for n tasks.
func (h *Hub) NewBarrier(n int) *Barrier {
	if n <= 0 {
		panic("green: a barrier for nobody")
	}
	return &Barrier{h: h, parties: n, round: &round{}, line: h.s.NewLine("a barrier")}
}

// Wait waits until all have come, and returns the place in which the caller came, from 0; of the last one, who does not
// wait, it is n-1.
func (b *Barrier) Wait() (place int, err error) {
	b.h.Check()
	r := b.round
	if r.broken {
		return -1, ErrBroken
	}
	// Who was killed has left the line, though it may not know yet, and does not count.
	if place = b.line.Len(); place == b.parties-1 {
		b.round = &round{}
		b.line.WakeAll()
		return place, nil
	}
	if err := b.line.Wait(); err != nil {
		if r == b.round {
			b.Abort()
		}
		return -1, err
	}
	if r.broken {
		return -1, ErrBroken
	}
	return place, nil
}

// WaitTimeout is [Barrier.Wait] with a limit of time.
func (b *Barrier) WaitTimeout(d time.Duration) (place int, err error) {
	err = b.h.within(d, func() (err error) {
		place, err = b.Wait()
		return err
	})
	return place, err
}

// Abort breaks the barrier: who waits, and who comes, fails with [ErrBroken].
func (b *Barrier) Abort() {
	b.h.Check()
	b.round.broken = true
	b.line.WakeAll()
}

// Reset makes the barrier as new. Who waits fails with [ErrBroken].
func (b *Barrier) Reset() {
	b.Abort()
	b.round = &round{}
}

// Broken says whether the barrier is broken.
func (b *Barrier) Broken() bool {
	b.h.Check()
	return b.round.broken
}

// Waiting returns how many have come and wait.
func (b *Barrier) Waiting() int {
	b.h.Check()
	return b.line.Len()
}

// Parties returns for how many the barrier is.
func (b *Barrier) Parties() int { return b.parties }
