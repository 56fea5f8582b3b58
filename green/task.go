package green

import (
	"fmt"
	"iter"
	"runtime"
	"strings"
	"time"

	"github.com/go-greenlet/greenlet/internal/caller"
	"github.com/go-greenlet/greenlet/tasklet"
)

// A Task is a function that runs concurrently with others in a hub. It belongs to what it was spawned in, which waits
// for it: a [Group], a [Pool], or the [Hub] itself. Make one with [Hub.Go] or, with a result, [Spawn].
//
// A Task must not be copied.
type Task struct {
	_          noCopy
	h          *Hub
	t          *tasklet.Tasklet
	owner      owner
	parent     *Task
	id         uint64
	body       runner
	state      state
	began      bool // its function was entered
	taken      bool // somebody has seen err
	err        error
	done       tasklet.Line // who waits for the end
	next, prev *Task        // in a group
	*seldom
}

// seldom is what few tasks need. The others share one that stays empty: see own.
type seldom struct {
	name    string
	links   []*link
	alarm   *tasklet.Alarm // of the start, if that is later
	ctx     *taskContext
	told    error // what it was stopped with
	shields int
	box     *Mailbox
}

var ordinary = &seldom{}

// own is what must be called before something in seldom is set.
func (t *Task) own() *seldom {
	if t.seldom == ordinary {
		t.seldom = &seldom{}
	}
	return t.seldom
}

type state uint8

const (
	pending state = iota
	running
	ended
)

// An owner waits for tasks.
type owner interface {
	hub() *Hub
	// begin hears of a task before it is queued, and says why it must not run.
	begin(t *Task) error
	// end hears of a task that has ended with err. claimed says that somebody else took the error.
	end(t *Task, err error, claimed bool)
}

// A Spawner is what tasks can be spawned in: a [*Hub] or a [*Group].
type Spawner interface{ spawner() owner }

func (h *Hub) spawner() owner      { return h }
func (h *Hub) hub() *Hub           { return h }
func (h *Hub) begin(t *Task) error { return nil }

func (h *Hub) end(t *Task, err error, claimed bool) {
	if err != nil && !claimed {
		h.report(t, err)
	}
}

// A Job is a Task that has a result.
type Job[T any] struct {
	Task
	f   func() (T, error)
	val T
}

// A runner is what a task runs: a function, or a Job whatever its type.
type runner interface{ call() error }

type function func() error

func (f function) call() error { return f() }

func (j *Job[T]) call() (err error) {
	j.val, err = j.f()
	return err
}

// Spawn makes a task in in, which runs f when its turn comes, not before the caller gives way.
//
// What f returns is what [Job.Get] returns. If it is an error, or a panic, and nobody waits for the task by then, it
// goes to what the task belongs to: a group cancels the siblings; the hub lets a panic go on in the main task, and
// keeps an error for Run to return, unless somebody joins the task later. An f that returns [ErrKilled] has not
// failed.
func Spawn[T any](in Spawner, f func() (T, error)) *Job[T] {
	j := newJob(f)
	j.start(in.spawner())
	return j
}

func newJob[T any](f func() (T, error)) *Job[T] {
	j := &Job[T]{f: f}
	j.body = j
	return j
}

// Go makes a task that runs f: see [Spawn].
func (h *Hub) Go(f func() error) *Task { return spawn(h, f) }

func spawn(o owner, f func() error) *Task {
	t := &Task{body: function(f)}
	t.start(o)
	return t
}

// SpawnRaw runs f in a tasklet that is not a task, and the cheaper for it: it cannot be joined or killed or named, and
// Current is nil in it. An error that it returns goes where a task's goes that belongs to the hub. In the steady
// state it allocates nothing.
func (h *Hub) SpawnRaw(f func() error) { h.s.Spawn(f) }

// start puts t into the ring.
func (t *Task) start(o owner) {
	if t.prepare(o) {
		t.t.Insert()
	}
}

// prepare makes the tasklet of t, which is not in the ring, and says whether t may run.
func (t *Task) prepare(o owner) bool {
	h := o.hub()
	t.h, t.owner, t.seldom = h, o, ordinary
	t.parent = h.Current()
	err := o.begin(t)
	h.tasks++
	if err != nil {
		t.finish(err)
		return false
	}
	t.t = h.s.NewOwned(h.live, t)
	t.id = t.t.ID()
	return true
}

// runTask is the body of every task's tasklet.
func (h *Hub) runTask() error {
	h.Current().live()
	return nil
}

// live runs the function of t.
func (t *Task) live() {
	returned := false
	err := error(nil)
	defer func() {
		if returned {
			t.finish(err)
			return
		}
		p := recover()
		if p == nil {
			t.finish(t.goexit()) // and the Goexit goes on to main
			return
		}
		t.finish(panicError(t, p))
	}()
	t.state, t.began = running, true
	body := t.body
	t.body = nil
	err = body.call()
	returned = true
}

// goexit is the error of a task that runtime.Goexit ends.
func (t *Task) goexit() error {
	op, at, is := caller.Unwound()
	if !is {
		return ErrGoexit
	}
	_, op, _ = strings.Cut(op, ": ")
	return &unwound{fmt.Sprintf(
		"green: %v did not end after it was killed, and was unwound at %s: return the error of %s", t, at, op)}
}

// An unwound is the error of a task that went on after it was killed, until the hub ended.
type unwound struct{ text string }

func (e *unwound) Error() string        { return e.text }
func (e *unwound) Is(target error) bool { return target == ErrGoexit }

// finish ends t with err. Links come before those who join, as in gevent.
func (t *Task) finish(err error) {
	t.state = ended
	t.err = err
	t.body, t.t = nil, nil
	t.parent = nil // or a chain of tasks, each of which spawned the next, would never be freed
	h := t.h
	h.tasks--
	h.alone()
	t.ctx.end(err)
	t.box.close()
	if links := t.links; links != nil {
		t.links = nil
		for _, l := range links {
			t.taken = l.fire(t) || t.taken
		}
	}
	if t.done.Len() > 0 {
		t.taken = true
		t.done.WakeAll()
	}
	if isKilled(err) {
		err = nil
	}
	t.owner.end(t, err, t.taken)
}

// Get waits until the task has ended and returns its result. The error is what the task returned, [ErrKilled] if it was
// killed, a *greenlet.PanicError if it panicked; or what kept the caller from waiting.
func (j *Job[T]) Get() (T, error) {
	if err := j.Join(); err != nil {
		var zero T
		return zero, err
	}
	return j.val, j.err
}

// GetTimeout is [Job.Get] with a limit of time.
func (j *Job[T]) GetTimeout(d time.Duration) (v T, err error) {
	err = j.h.s.WithTimeout(d, func(*tasklet.Timeout) (err error) {
		v, err = j.Get()
		return err
	})
	return v, err
}

// Join waits until t has ended. It returns nil then, whatever t ended with: see [Task.Err]. It fails if the caller is
// killed or its deadline passes.
func (t *Task) Join() error {
	t.h.Check()
	for t.state != ended {
		if t == t.h.Current() {
			panic("green: a task joins itself; it would wait for ever")
		}
		if err := t.watch().Wait(); err != nil {
			return err
		}
	}
	t.taken = true
	return nil
}

// JoinTimeout is [Task.Join] with a limit of time.
func (t *Task) JoinTimeout(d time.Duration) error {
	return t.h.s.WithTimeout(d, func(*tasklet.Timeout) error { return t.Join() })
}

// Ready says whether t has ended: what makes it a [Waitable].
func (t *Task) Ready() bool {
	t.h.Check()
	return t.state == ended
}

func (t *Task) watch() *tasklet.Line {
	t.done.Init(t.h.s, "the end of", (*joined)(t))
	t.done.OneWaker()
	return &t.done
}

// A joined is a Task that lets those go on who wait for its end.
type joined Task

func (e *joined) String() string          { return (*Task)(e).String() }
func (e *joined) Waker() *tasklet.Tasklet { return e.t }

// Err returns what t ended with: nil, or what its function returned, or [ErrKilled], or a *greenlet.PanicError. It is
// nil while t has not ended. Other than Join and Get, it leaves the error to whom it goes.
func (t *Task) Err() error {
	t.h.Check()
	return t.err
}

// Started says whether the function of t was entered.
func (t *Task) Started() bool {
	t.h.Check()
	return t.began
}

// Stop kills t without waiting: what t waits in returns [ErrKilled] when its turn comes. t may catch that and go on.
// One that has not started never will. Ended already, nothing happens.
func (t *Task) Stop() { t.StopWith(ErrKilled) }

// StopWith is [Task.Stop] with another error.
func (t *Task) StopWith(err error) {
	t.h.Check()
	switch {
	case t.state == ended:
	case t.state == pending:
		if t.alarm != nil {
			t.alarm.Stop()
		}
		t.t.Remove() // from the ring, if it is in it already: nothing else happened to it yet
		t.t.Bind(nil)
		t.finish(err)
	default:
		t.tell(err)
		t.t.ThrowLater(err)
	}
}

// Kill is [Task.Stop] and waits until t has ended. A task that kills itself gets [ErrKilled] returned.
func (t *Task) Kill() error {
	if t == t.h.Current() {
		return ErrKilled
	}
	t.Stop()
	return t.Join()
}

// KillNow is [Task.Stop] and switches to t at once. It returns when the caller's turn has come again.
func (t *Task) KillNow() error {
	if t.state != running {
		t.Stop()
		return nil
	}
	t.h.Check()
	t.tell(ErrKilled)
	return t.t.Kill()
}

// Cancel ends t if it has not started, with [ErrKilled], and says whether it did.
func (t *Task) Cancel() bool {
	if t.h.Check(); t.state != pending {
		return false
	}
	t.Stop()
	return true
}

// Hub returns the hub that t runs in.
func (t *Task) Hub() *Hub { return t.h }

// Parent returns the task that spawned t: nil for the main task, and for one that has ended.
func (t *Task) Parent() *Task {
	t.h.Check()
	return t.parent
}

// Children returns the tasks that t spawned and that have not ended, the newest first. It looks at every task there is.
func (t *Task) Children() iter.Seq[*Task] {
	return func(yield func(*Task) bool) {
		for c := range t.h.Tasks() {
			if c.parent == t && !yield(c) {
				return
			}
		}
	}
}

// Created returns the calls that spawned t, innermost first, if the hub has the option [Record]; else nil.
func (t *Task) Created() []runtime.Frame {
	t.h.Check()
	if t.t == nil {
		return nil
	}
	frames := t.t.Created()
	for len(frames) > 0 && strings.HasPrefix(frames[0].Function, "github.com/go-greenlet/greenlet/green.") {
		frames = frames[1:]
	}
	return frames
}

// Tasklet returns the tasklet that runs t, or nil if t has ended or never got one.
func (t *Task) Tasklet() *tasklet.Tasklet {
	t.h.Check()
	if t.t == nil {
		return nil
	}
	return t.t.Share()
}

// Name returns what SetName set, or "".
func (t *Task) Name() string {
	t.h.Check()
	return t.name
}

// SetName gives t a name for messages and reports, and returns t.
func (t *Task) SetName(name string) *Task {
	t.h.Check()
	t.own().name = name
	if t.t != nil {
		t.t.SetName(name)
	}
	return t
}

// String returns the number and the name of t.
func (t *Task) String() string {
	t.h.Check()
	if t.name == "" {
		return fmt.Sprintf("task %d", t.id)
	}
	return fmt.Sprintf("task %d %q", t.id, t.name)
}

// Stack returns the calls in which t is parked, innermost first; nil if it has not started or has ended.
func (t *Task) Stack() []runtime.Frame {
	t.h.Check()
	if t.state != running {
		return nil
	}
	return t.t.Stack()
}
