package coro

import (
	"runtime/debug"
	"sync/atomic"

	"github.com/go-greenlet/greenlet/internal/labels"
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
	closing                    // who woke leaves
	UserBit
)

// An End says how a job ended that did not return.
type End struct {
	Panic any    // what it panicked with; nil: it called runtime.Goexit
	Stack []byte // the stack of the panic
}

// A Flow is a flow of control: a pooled goroutine, or the pool's home goroutine.
type Flow[P any] struct {
	Slot  *Slot // where it is parked; out of date while it runs, nil when it has left
	Data  P
	birth Slot
	self  uintptr // a pooled goroutine's identity to package owner
}

// A Pool is the goroutines of one tree. All calls come from the tree's flow of control, the one goroutine
// that runs. Make one with [Pool.Init]; it must not be copied.
type Pool[P any] struct {
	// Rare is not zero when whoever wakes has more to do than to go on: call [Pool.Settle]. It is atomic
	// so that a user's bits can be set from anywhere; reading it costs a plain load.
	Rare atomic.Uint32

	Owner owner.Mark
	idle  []*Flow[P] // the last one is the next to work: its stack is the warmest
	limit int        // of idle ones

	// OwnLabels says that each job sets the profiler labels of its goroutine. Otherwise it has those of whoever starts
	// it.
	OwnLabels bool

	meant   *Slot
	visitor func()
	doomed  *Flow[P]
	newborn *Flow[P]

	body  func(yield func(struct{}) bool)
	ended func(f *Flow[P], end *End) (next *Flow[P], leave bool)
}

// Init makes home, the flow of the calling goroutine, the home of p, and says what p's goroutines do. Their body is
//
//	f, self := p.Enter(yield)
//	defer p.Depart(f)
//	if p.Rare.Load() != 0 {
//		p.Settle(f)
//	}
//	for again := true; again; again = p.Next(f) {
//		// a job, which may panic and call runtime.Goexit
//	}
//
// and stands with the user of p because each frame at the bottom of a parked stack costs memory and the collector's
// time. After a job, however that went, ended returns the flow that goes on, and whether f is to leave instead of
// waiting for another job. If the job returned, end is nil, and the flow that goes on may be f itself, which then
// does another one; after anything else f leaves in any case. At most limit idle goroutines wait for more jobs.
func (p *Pool[P]) Init(home *Flow[P], limit int, body func(yield func(struct{}) bool), ended func(f *Flow[P], end *End) (next *Flow[P], leave bool)) {
	labels.Find()
	p.limit, p.body, p.ended = limit, body, ended
	p.Owner.Bind()
}

// Idle returns how many goroutines wait for a job.
func (p *Pool[P]) Idle() int { return len(p.idle) }

// Get returns a flow that runs its job when somebody switches to it: an idle one if there is one. The next switch
// must be to it.
func (p *Pool[P]) Get() *Flow[P] {
	if last := len(p.idle) - 1; last >= 0 {
		f := p.idle[last]
		p.idle = p.idle[:last]
		if l := labels.Of(p.Owner.Running); l != labels.Of(f.self) && !p.OwnLabels {
			p.Visit(f, func() { labels.Take(l) })
		}
		return f
	}
	f := new(Flow[P])
	f.Slot = &f.birth
	f.birth.Next = pull(p.body)
	p.newborn = f
	return f
}

// Go parks f, which runs, and runs to. It returns when f's turn comes again.
func (p *Pool[P]) Go(f, to *Flow[P]) {
	f.Slot = to.Slot
	f.Slot.Go()
	if p.Rare.Load() != 0 {
		p.Settle(f)
	}
}

// Settle does what Rare asks of f, a flow that woke, and returns when it is really f's turn. f.Slot must be the slot
// through which f came back.
func (p *Pool[P]) Settle(f *Flow[P]) {
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

// Enter is the first thing that a pool's goroutine does, with the yield that its body got. It returns its flow and its
// identity to package owner.
func (p *Pool[P]) Enter(yield func(struct{}) bool) (f *Flow[P], self uintptr) {
	f = p.newborn
	p.newborn = nil
	f.birth.Yield = yield
	f.self = p.Owner.Serve()
	return f, f.self
}

// Next ends a job of f that returned, and returns true when there is another one to do. After false the body must
// return.
func (p *Pool[P]) Next(f *Flow[P]) bool {
	to, leave := p.ended(f, nil)
	if to == f {
		return true
	}
	s := to.Slot
	if leave || len(p.idle) >= p.limit {
		p.leave(f, s)
		return false
	}
	p.idle = append(p.idle, f)
	f.Slot = s
	if s.Turn = !s.Turn; s.Turn {
		s.Next()
	} else {
		s.Yield(struct{}{})
	}
	if p.Rare.Load() != 0 {
		p.Settle(f)
		if p.Rare.Load()&closing != 0 {
			p.leave(f, &f.birth)
			return false
		}
	}
	if !labels.Known {
		labels.Take(nil)
	}
	return true
}

// Depart is the base deferred call of a pooled goroutine. A panic ends the goroutine in the same way as a Goexit,
// because the one can hide the other: if a deferred call panics during a Goexit, recovering lets the Goexit go on.
func (p *Pool[P]) Depart(f *Flow[P]) {
	if f.Slot == nil {
		return
	}
	end := new(End)
	if v := recover(); v != nil {
		end = &End{Panic: v, Stack: debug.Stack()}
	}
	to, _ := p.ended(f, end)
	p.die(f, to)
}

// leave is the last thing that f, a pooled goroutine, does. Who wakes when it is gone is whoever sits in its birth
// slot, who goes on to meant, the place of the flow that is to run.
func (p *Pool[P]) leave(f *Flow[P], meant *Slot) {
	if meant != &f.birth {
		p.meant = meant
		p.set(forward)
	}
	f.Slot = nil
	owner.Retire()
}

// buried is the panic by which a goroutine leaves that cannot return.
var buried any = new(int)

// die is where a goroutine, f, ends whose job panicked or called runtime.Goexit: it may still be inside that Goexit,
// so it switches to to and waits there for the burial.
func (p *Pool[P]) die(f, to *Flow[P]) {
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
	p.leave(f, f.Slot)
	panic(buried)
}

// bury ends d, which waits in [Pool.die]. The caller runs and goes on running.
func (p *Pool[P]) bury(d *Flow[P]) {
	defer func() {
		if v := recover(); v != nil && v != buried {
			panic(v)
		}
	}()
	for d.Slot != nil {
		d.Slot.Go()
	}
	if p.Rare.Load()&forward != 0 {
		// d left while we were in its birth slot, so that it was us who woke.
		panic("coro: a burial went wrong; this is a bug in greenlet")
	}
}

// Close ends the idle goroutines. Only the home flow may call it, when every other flow is idle.
func (p *Pool[P]) Close() {
	p.set(closing)
	for _, f := range p.idle {
		if f.Slot != nil {
			// It leaves and wakes the one in its birth slot, who leaves too, and so on around
			// the cycle until the one whose birth slot we are in wakes us.
			f.Slot.Go()
		}
	}
	p.idle = nil
	p.clear(closing)
}
