package coro

import (
	"runtime/debug"
	"sync/atomic"

	"github.com/go-greenlet/greenlet/internal/owner"
)

// A Slot holds one parked goroutine. To switch, go through the door that is due:
//
//	if s.Turn = !s.Turn; s.Turn { s.Next() } else { s.Yield(struct{}{}) }
//
// The fields are open so that a hot path can do this inline: every frame between a caller and the
// runtime's switch costs a mispredicted return. Elsewhere use [Slot.Go].
type Slot struct {
	Next  func() (struct{}, bool)
	Yield func(struct{}) bool
	Turn  bool // next was the last door used
}

// Go parks the caller in s and runs whoever was parked there.
func (s *Slot) Go() {
	if s.Turn = !s.Turn; s.Turn {
		s.Next()
	} else {
		s.Yield(struct{}{})
	}
}

// Bits of [Pool.Rare] that this package uses. The user of a pool has those from UserBit up.
const (
	forward uint32 = 1 << iota // somebody left; who woke goes on to Pool.meant
	visit                      // who woke runs Pool.visitor and goes back
	spent                      // who woke buries Pool.doomed
	leave                      // who woke leaves
	UserBit
)

// A Job is what a pool's goroutines do. Its methods run on the pooled goroutines.
type Job[P any] interface {
	// Run does the job of f. It may panic and call runtime.Goexit.
	Run(f *Flow[P])
	// Ended is called after Run, however that ended, and returns the flow that goes on. If it returns
	// f itself, f runs again; it must not after a Goexit.
	Ended(f *Flow[P], end End) *Flow[P]
}

// An End says how a Run ended.
type End struct {
	Panicked bool
	Panic    any    // the value, if it panicked
	Stack    []byte // the stack of the panic, if it panicked
	Goexit   bool   // runtime.Goexit
}

// A Flow is a flow of control: a pooled goroutine, or the pool's home goroutine.
type Flow[P any] struct {
	Slot *Slot // where it is parked; out of date while it runs
	Data P
	Once bool    // leave after this job instead of waiting for another one
	ID   uintptr // the goroutine, as package owner names it; 0 for home, and before the first job

	pool  *Pool[P]
	next  *Flow[P] // of the idle ones
	birth Slot
	gone  bool
}

// A Pool is the goroutines of one tree. All calls come from the tree's flow of control, the one goroutine
// that runs. Make one with [Pool.Init]; it must not be copied.
type Pool[P any] struct {
	// Rare is not zero when whoever wakes has more to do than to go on: call [Flow.Settle]. It is atomic
	// so that a user's bits can be set from anywhere; reading it costs a plain load.
	Rare atomic.Uint32

	Owner owner.Mark
	job   Job[P]
	idle  *Flow[P]
	nidle int
	limit int // of idle ones

	meant   *Slot
	visitor func()
	doomed  *Flow[P]
}

// Init prepares p to do job, with at most limit idle goroutines waiting for more, and makes home the flow
// of the calling goroutine.
func (p *Pool[P]) Init(home *Flow[P], job Job[P], limit int) {
	p.job, p.limit = job, limit
	home.pool = p
	p.Owner.Bind()
}

// Idle returns how many goroutines wait for a job.
func (p *Pool[P]) Idle() int { return p.nidle }

// Get returns a flow that runs its job when somebody switches to it: an idle one if there is one.
func (p *Pool[P]) Get() *Flow[P] {
	if f := p.idle; f != nil {
		p.idle, f.next = f.next, nil
		p.nidle--
		return f
	}
	f := &Flow[P]{pool: p}
	f.Slot = &f.birth
	f.birth.Next = pull(f.serve)
	return f
}

// Go parks f, which runs, and runs to. It returns when f's turn comes again.
func (f *Flow[P]) Go(to *Flow[P]) {
	f.Slot = to.Slot
	f.Slot.Go()
	if f.pool.Rare.Load() != 0 {
		f.Settle()
	}
}

// Settle does what Pool.Rare asks of a flow that woke, and returns when it is really f's turn. f.Slot must
// be the slot through which f came back.
func (f *Flow[P]) Settle() {
	p := f.pool
	for {
		switch r := p.Rare.Load(); {
		case r&forward != 0:
			p.clear(forward)
			f.Slot, p.meant = p.meant, nil
			f.Slot.Go()
		case r&visit != 0:
			p.clear(visit)
			p.visitor()
			f.Slot.Go()
		case r&spent != 0:
			p.clear(spent)
			d := p.doomed
			p.doomed = nil
			p.bury(d)
		default:
			return
		}
	}
}

func (p *Pool[P]) set(bit uint32)   { p.Rare.Or(bit) }
func (p *Pool[P]) clear(bit uint32) { p.Rare.And(^bit) }

// Visit runs visitor on the goroutine of f, which is parked, without f going on. Whoever calls must be
// running; visitor must not switch.
func (p *Pool[P]) Visit(f *Flow[P], visitor func()) {
	p.visitor = visitor
	p.set(visit)
	f.Slot.Go()
	p.visitor = nil
}

// serve is the body of a pooled goroutine.
func (f *Flow[P]) serve(yield func(struct{}) bool) {
	p := f.pool
	f.birth.Yield = yield
	f.ID = p.Owner.Serve()
	if p.Rare.Load() != 0 {
		f.Settle()
	}
	for {
		to := f.work()
		switch {
		case to == f:
			continue
		case f.Once || p.nidle >= p.limit:
			f.goOn(to.Slot)
			f.leave()
			return
		}
		f.next, p.idle = p.idle, f
		p.nidle++
		f.Go(to)
		if p.Rare.Load()&leave != 0 {
			f.leave()
			return
		}
	}
}

// leave is the last thing that a pooled goroutine does.
func (f *Flow[P]) leave() {
	f.gone = true
	owner.Retire(f.ID)
}

// goOn makes whoever wakes when f leaves go on to meant, the place of the flow that is to run.
func (f *Flow[P]) goOn(meant *Slot) {
	if meant != &f.birth {
		f.pool.meant = meant
		f.pool.set(forward)
	}
}

// work runs one job and returns who goes on.
func (f *Flow[P]) work() (to *Flow[P]) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if v := recover(); v != nil {
			to = f.pool.job.Ended(f, End{Panicked: true, Panic: v, Stack: debug.Stack()})
			return
		}
		f.die(f.pool.job.Ended(f, End{Goexit: true}))
	}()
	f.pool.job.Run(f)
	returned = true
	return f.pool.job.Ended(f, End{})
}

// buried is the panic by which a goroutine that is in the middle of a Goexit leaves.
var buried any = new(int)

// die is where a goroutine ends whose job called runtime.Goexit: it runs inside that Goexit, switches to
// to and waits there for the burial.
func (f *Flow[P]) die(to *Flow[P]) {
	p := f.pool
	p.doomed = f
	p.set(spent)
	f.Slot = to.Slot
	f.Slot.Go()
	if f.Slot != &f.birth && f.birth.Turn {
		// A stranger sits in the birth slot, through next. Change places with it: it goes on to where
		// the burier waits, and the burier comes back to us through the birth slot.
		p.meant = f.Slot
		p.set(forward)
		f.Slot = &f.birth
		f.Slot.Go()
	}
	f.goOn(f.Slot)
	f.leave()
	panic(buried)
}

// bury ends d, which waits in [Flow.die]. The caller runs and goes on running.
func (p *Pool[P]) bury(d *Flow[P]) {
	defer func() {
		if v := recover(); v != nil && v != buried {
			panic(v)
		}
	}()
	for !d.gone {
		d.Slot.Go()
	}
	if p.Rare.Load()&forward != 0 {
		// d left while we were in its birth slot, so that it was us who woke.
		panic("coro: a burial went wrong; this is a bug in greenlet")
	}
}

// Close ends the idle goroutines. Only the home flow may call it, when every other flow is idle.
func (p *Pool[P]) Close() {
	p.set(leave)
	for f := p.idle; f != nil; f = f.next {
		if !f.gone {
			// It leaves and wakes the one in its birth slot, who leaves too, and so on around
			// the cycle until the one whose birth slot we are in wakes us.
			f.Slot.Go()
		}
	}
	p.idle, p.nidle = nil, 0
	p.clear(leave)
}
