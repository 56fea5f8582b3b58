package tasklet

import (
	"runtime"
	"time"
	"unsafe"

	"github.com/go-greenlet/greenlet/internal/labels"
	"github.com/go-greenlet/greenlet/internal/warm"
)

// A Tasklet is a flow of control with its own stack that a [Scheduler] runs. It is runnable (in the ring), blocked
// (waiting for something), paused (neither), or dead. Its methods panic when called from a goroutine on which the
// scheduler does not run.
//
// A Tasklet must not be copied.
type Tasklet struct {
	_ noCopy

	// What every switch touches: a cache line, and two more for who waits in a Line.
	s          *Scheduler
	next, prev *Tasklet // in the ring, or nil
	flow       *flow    // what it runs on, from its first switch
	due        dueBits
	blockTrap  bool
	atomic     bool
	dead       bool
	shown      bool // somebody outside the package may have a pointer to it
	given      bool // it called ScheduleRemove or Run, which a deadline ends
	spot       warm.Spot
	switches   uint64
	since      int64 // when it blocked
	on         *node // what it waits in
	node       node  // where it waits if that is a Line

	timer timer // of a Sleep
	index int   // in Scheduler.ready

	body     func() error
	err      error   // what it ended with
	thrown   error   // what its next blocking operation returns
	later    []error // what the ones after that return
	shielded int
	timeout  *Timeout // the innermost scope

	id           uint64
	name         string
	older, newer *Tasklet // of all that live
	joiners      *Line
	locals       map[any]local
	data         any
	record       *record
	labels       unsafe.Pointer // the creator's, for profiles
}

// noCopy makes go vet complain about copies.
type noCopy struct{}

func (*noCopy) Lock()   {}
func (*noCopy) Unlock() {}

// dueBits say what stands in the way of a blocking operation.
type dueBits uint8

const (
	dueThrow  dueBits = 1 << iota // thrown is set
	dueExpiry                     // a deadline has passed
)

// NewTasklet makes a tasklet that will run body once it is inserted: it is paused. A nil body is to be bound later.
func (s *Scheduler) NewTasklet(body func() error) *Tasklet {
	creator := s.enter()
	t := s.create(creator, body)
	t.shown = true
	return t
}

// Go makes a tasklet that runs body and puts it at the end of the ring. It runs when its turn comes, not before the
// caller gives way. Stackless writes tasklet(body)().
//
// What body returns goes to who joins the tasklet, if somebody waits for that by then; else an error goes to the error
// handler, or the innermost [Scheduler.Run], or the main tasklet, where what it waits in returns it. A panic goes
// the same way but for the joiners, and is raised again there. runtime.Goexit ends the main tasklet in the same way.
//
// The tasklet has the profiler labels (runtime/pprof) of the caller, as with a go statement. On other processors than
// amd64 and arm64 it may have none instead.
func (s *Scheduler) Go(body func() error) *Tasklet {
	creator := s.enter()
	mustBody(body)
	t := s.create(creator, body)
	t.shown = true
	s.insert(t)
	return t
}

// Spawn is [Scheduler.Go] without a handle, and the cheaper for it: in the steady state it allocates nothing.
func (s *Scheduler) Spawn(body func() error) {
	creator := s.enter()
	mustBody(body)
	s.insert(s.create(creator, body))
}

func mustBody(body func() error) {
	if body == nil {
		panic("tasklet: nil body; use NewTasklet and Bind for one that gets its body later")
	}
}

// create makes a tasklet that is not in the ring.
func (s *Scheduler) create(creator *Tasklet, body func() error) *Tasklet {
	if s.closed {
		panic("tasklet: a tasklet was created after the scheduler was closed")
	}
	t := s.spare
	if t == nil {
		t = &Tasklet{s: s}
	} else {
		s.spare = t.older
	}
	s.lastID++
	t.id = s.lastID
	if body != nil {
		s.bear(t, creator, body)
	}
	return t
}

// Bind gives t something to run, if it has nothing: it was made without, or is dead, or was unbound. A nil body takes
// back what an unstarted tasklet has. It returns [ErrCurrent], or [ErrAlive] if t has something to run already.
func (t *Tasklet) Bind(body func() error) error {
	s := t.s
	creator := s.enter()
	switch {
	case t == creator || t == &s.main:
		return ErrCurrent
	case t.flow != nil || t.scheduled() || body != nil && t.body != nil:
		return ErrAlive
	case body != nil:
		t.dead, t.err, t.switches = false, nil, 0
		t.thrown, t.later, t.due = nil, nil, 0 // for the life that is over
		s.bear(t, creator, body)
	case t.body != nil:
		t.body = nil
		s.forget(t)
	}
	return nil
}

// bear gives t, which has nothing to run, the body and what a new tasklet has from its creator.
func (s *Scheduler) bear(t, creator *Tasklet, body func() error) {
	t.body = body
	t.labels = labels.Of(s.mark.Running)
	s.adopt(t)
	if creator.locals != nil {
		t.inherit(creator)
	}
	if s.record {
		t.record = newRecord()
	}
}

// adopt puts t among those that live.
func (s *Scheduler) adopt(t *Tasklet) {
	t.older, t.newer = s.newest, nil
	if s.newest != nil {
		s.newest.newer = t
	}
	s.newest = t
	s.alive++
}

// forget takes t from among those that live.
func (s *Scheduler) forget(t *Tasklet) {
	if t.newer != nil {
		t.newer.older = t.older
	} else {
		s.newest = t.older
	}
	if t.older != nil {
		t.older.newer = t.newer
	}
	t.older, t.newer = nil, nil
	s.alive--
}

// Insert puts t at the end of the ring. One that is there already is left alone. It returns [ErrBlocked] or [ErrDead].
func (t *Tasklet) Insert() error {
	s := t.s
	s.enter()
	return s.revive(t)
}

func (s *Scheduler) revive(t *Tasklet) error {
	switch {
	case t.scheduled():
	case t.on != nil:
		return ErrBlocked
	case t.dead || t.flow == nil && t.body == nil:
		return ErrDead
	default:
		s.insert(t)
	}
	return nil
}

// Remove takes t out of the ring: it is paused until somebody inserts it. A paused or dead one is left alone. It
// returns [ErrBlocked] or [ErrCurrent].
func (t *Tasklet) Remove() error {
	s := t.s
	switch me := s.enter(); {
	case t.on != nil:
		return ErrBlocked
	case t == me:
		return ErrCurrent
	case t.scheduled():
		s.remove(t)
	}
	return nil
}

// Run switches to t at once. The caller stays where it is in the ring, and the ring goes on behind t. It returns what
// arrives for the caller before its next turn, or [ErrBlocked], [ErrDead] or [ErrSwitchTrap].
func (t *Tasklet) Run() error { return t.switchTo(false) }

// Switch is [Tasklet.Run] and takes the caller out of the ring: it is paused until somebody inserts it.
func (t *Tasklet) Switch() error { return t.switchTo(true) }

func (t *Tasklet) switchTo(leave bool) error {
	s := t.s
	me := s.enter()
	if me.due != 0 {
		if err := s.deliver(me); err != nil {
			return err
		}
	}
	if t == me {
		return nil
	}
	if s.switchTrap != 0 {
		return ErrSwitchTrap
	}
	if err := s.revive(t); err != nil {
		return err
	}
	if leave {
		s.remove(me)
	}
	s.resume(t)
	return s.deliver(me)
}

// Alive says whether t has something to run and has not ended.
func (t *Tasklet) Alive() bool {
	t.s.enter()
	return !t.dead && (t.flow != nil || t.body != nil)
}

// Scheduled says whether t is runnable: in the ring.
func (t *Tasklet) Scheduled() bool {
	t.s.enter()
	return t.scheduled()
}

// Blocked says whether t waits for something.
func (t *Tasklet) Blocked() bool {
	t.s.enter()
	return t.on != nil
}

// Paused says whether t is alive and neither runnable nor blocked: nothing but Insert, Run or Throw makes it go on.
func (t *Tasklet) Paused() bool { return t.Alive() && !t.scheduled() && t.on == nil }

// IsCurrent says whether t is the one that runs.
func (t *Tasklet) IsCurrent() bool { return t.s.enter() == t }

// IsMain says whether t is the main tasklet of its scheduler.
func (t *Tasklet) IsMain() bool { return t == &t.s.main }

// Scheduler returns the scheduler that t belongs to.
func (t *Tasklet) Scheduler() *Scheduler { return t.s }

// ID returns the number of t: 1 for main, and no other tasklet of the scheduler has or had it.
func (t *Tasklet) ID() uint64 { return t.id }

// Name returns what SetName set, or "".
func (t *Tasklet) Name() string {
	t.s.enter()
	return t.name
}

// SetName gives t a name for messages and reports.
func (t *Tasklet) SetName(name string) {
	t.s.enter()
	t.name = name
}

// String returns the number and the name of t.
func (t *Tasklet) String() string {
	t.s.enter()
	return label("tasklet", t.id, t.name)
}

// SetData keeps v with t, for the layer that t belongs to.
func (t *Tasklet) SetData(v any) {
	t.s.enter()
	t.data = v
}

// Data returns what SetData set, or nil.
func (t *Tasklet) Data() any {
	t.s.enter()
	return t.data
}

// SetBlockTrap makes everything fail with [ErrBlockTrap] that would block t. It returns the setting before.
func (t *Tasklet) SetBlockTrap(on bool) (old bool) {
	t.s.enter()
	old, t.blockTrap = t.blockTrap, on
	return old
}

// BlockTrap says what SetBlockTrap set.
func (t *Tasklet) BlockTrap() bool {
	t.s.enter()
	return t.blockTrap
}

// Switches returns how often t was switched to.
func (t *Tasklet) Switches() uint64 {
	t.s.enter()
	return t.switches
}

// Err returns what t ended with: what its body returned, but nil for an exit, or a *greenlet.PanicError. It is nil
// while t is not dead.
func (t *Tasklet) Err() error {
	t.s.enter()
	return t.err
}

// Join waits until t is dead. It returns nil then, whatever t ended with: see [Tasklet.Err]. Any number may join the
// same one. Of the current one itself it is misuse and panics.
func (t *Tasklet) Join() error {
	s := t.s
	me := s.enter()
	if t == me {
		panic("tasklet: a tasklet joins itself; it would wait for ever")
	}
	if t.dead {
		return nil
	}
	if t.joiners == nil {
		t.joiners = &Line{s: s, what: "join of", of: t, oneWaker: true}
	}
	return t.joiners.Wait()
}

// JoinTimeout is [Tasklet.Join] with a limit of time, as [Scheduler.WithTimeout] sets it.
func (t *Tasklet) JoinTimeout(d time.Duration) error {
	return t.s.WithTimeout(d, func(*Timeout) error { return t.Join() })
}

// Stack returns the calls in which t is parked, innermost first; the caller's for the current one, and nil if t has
// none. It runs none of t's code.
func (t *Tasklet) Stack() []runtime.Frame {
	t.s.enter()
	if t.flow == nil {
		return nil
	}
	return t.flow.Stack()
}
