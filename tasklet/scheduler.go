package tasklet

import (
	"errors"
	"iter"
	"sync/atomic"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/internal/caller"
	"github.com/go-greenlet/greenlet/internal/owner"
)

type none = struct{}

// A flow is the greenlet on which a tasklet runs. Flows are reused: who ends leaves its flow to the next.
type flow = greenlet.Greenlet[none]

// A Scheduler runs tasklets, one at a time, on the goroutine that made it. That goroutine's own flow of control is the
// main tasklet. Unless it says otherwise, a method panics when called from another goroutine; [Scheduler.Post] and
// what is built on it are the ways in.
//
// When it has been closed, any goroutine may look at what is left of it and its tasklets, one at a time.
//
// A Scheduler must not be copied.
type Scheduler struct {
	mark    owner.Mark
	rare    rareBits // what makes a switch take the slow way
	current *Tasklet // the one that runs
	ring    *Tasklet // the position in the ring of runnables: the current one, or who is next if that has left it
	count   int      // of the ring
	tick    int      // switches until the outside is looked at

	tree     *flow
	main     Tasklet
	home     uintptr // the identity of the main tasklet's goroutine
	idle     []*flow // flows without a tasklet
	spare    *Tasklet
	watchers []*Tasklet // callers of Run, the innermost last
	guard    *Tasklet   // the outermost caller of RunN or RunInterruptible, to whom interrupts go
	victim   *Tasklet   // whom a hard interrupt took out of the ring
	held     *Tasklet   // whom a hard interrupt that is held back will take
	mayTake  bool       // the guard can be told of a victim
	budget   int        // switches left until a soft interrupt, with rareBudget
	newest   *Tasklet   // of all that live, main apart
	alive    int
	lastID   uint64
	past     uint64 // switches to tasklets that have ended

	world    World
	start    instant
	suspects []*Tasklet // have blocked, since the scheduler has last waited, where their waker is known
	crowded  bool       // and there were more of them

	clock  int64 // the time, in nanoseconds since start, when it was last asked for
	timers heap
	scopes *Timeout // ended ones, to be used again
	groups *group   // of Selects that have ended
	turns  uint64   // how often a Select has done something in a channel

	mail    mailbox
	holds   atomic.Int64
	monitor *Monitor

	policy      Policy
	ready       []*Tasklet // the ring, in the order that policy sees
	onSchedule  func(prev, next *Tasklet)
	onChannel   func(ChannelEvent)
	onIdle      func(next *Tasklet)
	onError     func(t *Tasklet, err error) error
	onStillborn func(t *Tasklet, err error) error
	onLook      func() bool
	switchTrap  int
	idling      bool // onIdle was told so
	made        caller.Calls
	over        atomic.Bool // closed for good: now any goroutine may look at what is left
	record      bool
	closing     bool
	closed      bool
}

// rareBits say what a switch has to care for beside switching.
type rareBits uint8

const (
	rareCallback rareBits = 1 << iota // onSchedule
	rareTrap                          // switchTrap
	rareBudget                        // RunN, or a soft interrupt
	rarePolicy
	rareWatched // a monitor, or Record
	rareClosed
	rareChannel // onChannel
)

// ticks is how many switches may pass until timers, posts and the world are looked at.
const ticks = 61

// An Option changes what New makes.
type Option func(*Scheduler)

// WithWorld gives the scheduler another outside than the plain one: a [Clock], say.
func WithWorld(w World) Option { return func(s *Scheduler) { s.world = w } }

// WithPolicy lets p choose who runs next, in place of the ring's order.
func WithPolicy(p Policy) Option { return func(s *Scheduler) { s.policy = p } }

// Record keeps for every tasklet where it was created and for how long it ran, and sets the profiler label "tasklet"
// (runtime/pprof) to its number and the name that it has when it starts; in package green the label is "task". It costs
// a walk of the stack at every creation, a new set of labels at every start and a look at the clock at every switch.
func Record() Option { return func(s *Scheduler) { s.record = true } }

// OnError calls f with what escapes a tasklet, as [Scheduler.SetErrorHandler] does.
func OnError(f func(t *Tasklet, err error) error) Option { return func(s *Scheduler) { s.onError = f } }

// New makes a scheduler on the calling goroutine, whose flow of control becomes the main tasklet. [Scheduler.Close]
// must be called in the end, on the same goroutine.
func New(opts ...Option) *Scheduler {
	s := &Scheduler{tick: ticks, count: 1}
	for _, o := range opts {
		o(s)
	}
	if s.world == nil {
		s.world = newOutside()
	}
	if s.policy != nil {
		s.rare |= rarePolicy
	}
	if s.record {
		s.rare |= rareWatched
	}
	s.made.Note()
	s.start = instant{s.world.Now()}
	s.tree = greenlet.Main[none](greenlet.NoCollect())
	s.mark.Bind()
	s.home = s.mark.Running
	m := &s.main
	*m = Tasklet{s: s, id: 1, name: "main", flow: s.tree, next: m, prev: m}
	s.lastID = 1
	s.current, s.ring = m, m
	if s.policy != nil {
		s.ready = append(s.ready, m)
	}
	return s
}

// Run calls f with a new scheduler and closes that when f has returned. It returns f's error and what Close returned,
// joined.
func Run(f func(s *Scheduler) error, opts ...Option) (err error) {
	s := New(opts...)
	defer func() {
		switch e := s.Close(); {
		case err == nil:
			err = e
		case e != nil:
			err = errors.Join(err, e)
		}
	}()
	return f(s)
}

// enter checks that the caller may use s, and returns the current tasklet.
func (s *Scheduler) enter() *Tasklet {
	if owner.Check(&s.mark.Running) == 0 {
		s.reach()
	}
	return s.current
}

// reach is enter's second look: the caller may be a greenlet of a tree nested in the current tasklet.
func (s *Scheduler) reach() {
	if s.mark.Reach() == 0 && !s.over.Load() {
		panic(caller.WrongGoroutine(&s.made))
	}
}

// Current returns the tasklet that runs: the caller's.
func (s *Scheduler) Current() *Tasklet {
	t := s.enter()
	t.shown = true
	return t
}

// Main returns the main tasklet.
func (s *Scheduler) Main() *Tasklet { return &s.main }

// Len returns how many tasklets are runnable, the current one included: Stackless's runcount.
func (s *Scheduler) Len() int {
	s.enter()
	return s.count
}

// Ring returns the runnables in the order in which they will run, the current one first. The loop may change the
// ring: who leaves it meanwhile is left out, and who comes is not seen.
func (s *Scheduler) Ring() iter.Seq[*Tasklet] {
	return func(yield func(*Tasklet) bool) {
		s.enter()
		all := make([]*Tasklet, 0, s.count) // the loop may change the ring
		for t := s.ring; len(all) < s.count; t = t.next {
			t.shown = true
			all = append(all, t)
		}
		for _, t := range all {
			if t.scheduled() && !yield(t) {
				return
			}
		}
	}
}

// All returns every tasklet that lives, whatever its state: the main one first, then the newest to the oldest.
// The loop may end tasklets and make new ones: the dead are left out, and the new ones are not seen.
func (s *Scheduler) All() iter.Seq[*Tasklet] {
	return func(yield func(*Tasklet) bool) {
		s.enter()
		all := make([]*Tasklet, 0, s.alive+1) // the loop may end some
		all = append(all, &s.main)
		for t := s.newest; t != nil; t = t.older {
			t.shown = true
			all = append(all, t)
		}
		for _, t := range all {
			if !t.dead && !yield(t) {
				return
			}
		}
	}
}

// SetScheduleCallback makes f be called before every switch, with the tasklet that goes and the one that comes;
// neither is nil. prev may be dead already. f must not block: the switch trap is set while it runs. If it panics, the
// innermost [Scheduler.Run] does, or main. A nil f removes it. It returns the one before.
func (s *Scheduler) SetScheduleCallback(f func(prev, next *Tasklet)) (old func(prev, next *Tasklet)) {
	s.enter()
	old, s.onSchedule = s.onSchedule, f
	s.setRare(rareCallback, f != nil || s.onIdle != nil)
	return old
}

// SetChannelCallback makes f be called before every send and receive. f must not block. A nil f removes it. It returns
// the one before.
func (s *Scheduler) SetChannelCallback(f func(ChannelEvent)) (old func(ChannelEvent)) {
	s.enter()
	old, s.onChannel = s.onChannel, f
	s.setRare(rareChannel, f != nil)
	return old
}

// SetErrorHandler makes f be called with the error that a tasklet returned, or with the *greenlet.PanicError that it
// panicked with, in place of its going to the innermost [Scheduler.Run] or the main tasklet. f runs where the tasklet
// ran, must not block (the switch trap is set), and returns nil if that is the end of it or an error that then goes on.
// A nil f removes it. It returns the one before.
func (s *Scheduler) SetErrorHandler(f func(t *Tasklet, err error) error) (old func(*Tasklet, error) error) {
	s.enter()
	old, s.onError = s.onError, f
	return old
}

// SwitchTrap adds delta to a counter. While it is not 0, whatever would switch to another tasklet fails with
// [ErrSwitchTrap] and changes nothing. It returns the counter as it was.
func (s *Scheduler) SwitchTrap(delta int) (old int) {
	s.enter()
	old = s.switchTrap
	s.switchTrap += delta
	s.setRare(rareTrap, s.switchTrap != 0)
	s.letGo()
	return old
}

func (s *Scheduler) setRare(bit rareBits, on bool) {
	if s.rare &^= bit; on {
		s.rare |= bit
	}
}
