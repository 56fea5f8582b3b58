package green

import (
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/go-greenlet/greenlet/tasklet"
)

var (
	// ErrPoolClosed is returned by the Go of a pool that was shut down. errors.Is finds [ErrClosed] in it.
	ErrPoolClosed = fmt.Errorf("green: the pool was shut down: %w", ErrClosed)

	// ErrPoolDeadlock is returned to a task of a full pool that would wait for a place in that same pool when all the
	// others in it do so already: nobody would be left to end and make room.
	ErrPoolDeadlock = errors.New("green: every task of the pool waits for a place in it")
)

// A Pool bounds how many tasks run at the same time. Who wants to add one waits for a place, first come, first served.
//
// The tasks belong to what the pool was made in: their errors go there, and it waits for them. In a hub they are
// independent; in a [Group] the failure of one cancels them all.
//
// A task of the pool may itself add tasks to it, and waits for a place like anybody else. Only when every task of the
// pool would wait for a place in it, nobody could ever go on: the one who comes last gets [ErrPoolDeadlock] then.
//
// A Pool may be used in its hub only. It is a [Waitable], ready when there is a free place or it was shut down.
type Pool struct {
	_          noCopy
	h          *Hub
	in         owner
	name       string
	size       int
	n          int // places that are taken
	head, tail *poolMember
	waiting    lineup[bool] // with whether it is a task of the pool that waits
	idle       *tasklet.Line
	watchers   *tasklet.Line
	shut       bool
}

// A poolMember is what a task of a pool belongs to.
type poolMember struct {
	p          *Pool
	t          *Task
	next, prev *poolMember
	batch      *batch      // of which the task is, or nil
	ended      func(error) // hears of the end in a batch
}

// NewPool makes a pool of the given size in in, a [*Hub] or [*Group]. With [Unbounded], or any negative size, there is
// always a place; with 0 there is none before [Pool.Resize].
func NewPool(in Spawner, size int) *Pool {
	o := in.spawner()
	p := &Pool{h: o.hub(), in: o, size: max(size, Unbounded)}
	p.waiting = lineup[bool]{h: p.h, what: "a place in", of: p, back: func(bool) { p.release() }}
	p.idle = p.h.s.NewLineOf("the end of the tasks of", p)
	p.watchers = p.h.s.NewLineOf("a place to be free in", p)
	return p
}

// Go makes a task in the pool that runs f, and waits for a place before. It fails with [ErrPoolClosed], with
// [ErrPoolDeadlock], or with what ended the waiting, and then f never runs.
func (p *Pool) Go(f func() error) (*Task, error) {
	if err := p.acquire(p.h.Current()); err != nil {
		return nil, err
	}
	return p.spawn(f), nil
}

// TryGo is [Pool.Go] that does not wait, and says whether there was a place.
func (p *Pool) TryGo(f func() error) (*Task, bool) {
	p.h.Check()
	if p.shut || !p.room() {
		return nil, false
	}
	p.n++
	return p.spawn(f), true
}

// spawn makes a task in a place that was taken, in one piece with its member.
func (p *Pool) spawn(f func() error) *Task {
	one := &struct {
		t Task
		m poolMember
	}{}
	one.t.body, one.m.p = function(f), p
	one.t.start(&one.m)
	return &one.t
}

// SpawnIn is [Pool.Go] of a function with a result.
func SpawnIn[T any](p *Pool, f func() (T, error)) (*Job[T], error) {
	if err := p.acquire(p.h.Current()); err != nil {
		return nil, err
	}
	j := newJob(f)
	j.start(&poolMember{p: p})
	return j, nil
}

// acquire takes a place for a task that who wants to add.
func (p *Pool) acquire(who *Task) error {
	p.h.Check()
	if p.shut {
		return ErrPoolClosed
	}
	if p.room() {
		p.n++
		return nil
	}
	inside := p.has(who)
	if inside && p.stuck()+1 >= p.n {
		return ErrPoolDeadlock
	}
	_, err := p.waiting.wait(inside)
	return err
}

func (p *Pool) room() bool { return p.size < 0 || p.n < p.size }

// has says whether t is a task of the pool.
func (p *Pool) has(t *Task) bool {
	if t == nil {
		return false
	}
	m, is := t.owner.(*poolMember)
	return is && m.p == p
}

// stuck returns how many tasks of the pool wait for a place in it.
func (p *Pool) stuck() (n int) {
	for w := p.waiting.head; w != nil; w = w.next {
		if w.val {
			n += w.line.Len()
		}
	}
	return n
}

// release gives a place back.
func (p *Pool) release() {
	p.n--
	p.admit()
	if p.n == 0 {
		p.idle.WakeAll()
	}
}

// admit gives free places to those that wait.
func (p *Pool) admit() {
	for p.room() {
		w := p.waiting.first()
		if w == nil {
			p.watchers.WakeAll()
			return
		}
		p.n++
		p.waiting.wake(w)
	}
}

func (m *poolMember) hub() *Hub { return m.p.h }

func (m *poolMember) begin(t *Task) error {
	p := m.p
	m.t, m.prev = t, p.tail
	if p.tail == nil {
		p.head = m
	} else {
		p.tail.next = m
	}
	p.tail = m
	return p.in.begin(t)
}

func (m *poolMember) end(t *Task, err error, claimed bool) {
	p := m.p
	if m.prev == nil {
		p.head = m.next
	} else {
		m.prev.next = m.next
	}
	if m.next == nil {
		p.tail = m.prev
	} else {
		m.next.prev = m.prev
	}
	p.release()
	if m.batch != nil {
		m.batch.over(m)
		err = nil // it was told
	}
	p.in.end(t, err, claimed)
}

// Join waits until the pool has no task, and nobody waits to add one. It fails with what ended the waiting. In a task
// of the pool it is misuse and panics.
func (p *Pool) Join() error {
	if p.has(p.h.Current()) {
		panic("green: a task joins the pool that it is in; it would wait for ever")
	}
	if p.n == 0 {
		return nil
	}
	return p.idle.Wait()
}

// Stop kills the tasks that are in the pool, without waiting. Those that wait for a place may then come in. The calling
// task is spared.
func (p *Pool) Stop() {
	me := p.h.Current()
	for t := range p.Tasks() {
		if t != me {
			t.Stop()
		}
	}
}

// Kill is [Pool.Stop] and waits until those tasks have ended. A calling task that is in the pool then gets [ErrKilled]
// returned.
func (p *Pool) Kill() error {
	me := p.h.Current()
	victims := slices.Collect(p.Tasks())
	p.Stop()
	for _, t := range victims {
		if t == me {
			continue
		}
		if err := t.Join(); err != nil {
			return err
		}
	}
	if p.has(me) {
		return ErrKilled
	}
	return nil
}

// Shutdown ends the pool: every Go fails with [ErrPoolClosed] from now on, those that wait included. The tasks that
// are in the pool go on.
func (p *Pool) Shutdown() {
	p.h.Check()
	p.shut = true
	p.waiting.fail(ErrPoolClosed)
	p.watchers.WakeAll()
}

// Resize changes the size. Who waits for a place goes on if there is one now. If there are more tasks than the pool has
// places now, they go on too, and nobody else comes in until enough of them have ended.
func (p *Pool) Resize(size int) {
	p.h.Check()
	p.size = max(size, Unbounded)
	p.admit()
}

// Cap returns the size, or [Unbounded].
func (p *Pool) Cap() int {
	p.h.Check()
	return p.size
}

// Len returns how many places are taken: by tasks that have not ended, and by those that were just given to somebody
// who waited.
func (p *Pool) Len() int {
	p.h.Check()
	return p.n
}

// Free returns how many tasks can be added without waiting, or [Unbounded].
func (p *Pool) Free() int {
	p.h.Check()
	switch {
	case p.shut:
		return 0
	case p.size < 0:
		return Unbounded
	}
	return max(0, p.size-p.n)
}

// Waiting returns how many wait for a place.
func (p *Pool) Waiting() int {
	p.h.Check()
	return p.waiting.len()
}

// Tasks returns the tasks that are in the pool when the loop begins, the oldest first.
func (p *Pool) Tasks() iter.Seq[*Task] {
	p.h.Check()
	return func(yield func(*Task) bool) {
		all := make([]*Task, 0, max(0, p.n))
		for m := p.head; m != nil; m = m.next {
			all = append(all, m.t)
		}
		for _, t := range all {
			if !yield(t) {
				return
			}
		}
	}
}

// Ready says whether a Go would not wait.
func (p *Pool) Ready() bool {
	p.h.Check()
	return p.shut || p.room()
}

func (p *Pool) watch() *tasklet.Line { return p.watchers }

// SetName gives p a name for reports, and returns p.
func (p *Pool) SetName(name string) *Pool {
	p.h.Check()
	p.name = name
	return p
}

// Name returns what SetName set, or "".
func (p *Pool) Name() string {
	p.h.Check()
	return p.name
}

// String returns the name and how full the pool is.
func (p *Pool) String() string {
	p.h.Check()
	s := "pool"
	if p.name != "" {
		s = fmt.Sprintf("pool %q", p.name)
	}
	if p.size < 0 {
		return fmt.Sprintf("%s (%d tasks)", s, p.n)
	}
	return fmt.Sprintf("%s (%d of %d tasks)", s, p.n, p.size)
}
