package green

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/internal/outcome"
	"github.com/go-greenlet/greenlet/tasklet"
)

// A Task is a function that runs concurrently with others in a hub. It belongs to what it was spawned in, which waits for
// it: a [Group], a [Pool], or the [Hub] itself. Make one with [Hub.Go] or, with a result, [Spawn].
//
// A Task must not be copied.
type Task struct {
	h      *Hub
	t      *tasklet.Tasklet
	owner  owner
	parent *Task
	name   string
	state  state
	err    error
	done   *tasklet.Line // who waits for the end
	links  []*link
	ctx    *taskContext
	member *member // of a group
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
	val T
}

// Spawn makes a task in in, which runs f when its turn comes, not before the caller gives way.
//
// What f returns is what [Job.Get] returns. If it is an error, or a panic, and nobody waits for the task by then, it goes
// to what the task belongs to: a group cancels the siblings; the hub keeps errors for Run to return, and lets a panic go on
// in the main task. An f that returns [ErrKilled] has not failed.
func Spawn[T any](in Spawner, f func() (T, error)) *Job[T] {
	j := &Job[T]{}
	j.start(in.spawner(), func() (err error) {
		j.val, err = f()
		return err
	})
	return j
}

// Go makes a task that runs f: see [Spawn].
func (h *Hub) Go(f func() error) *Task { return spawn(h, f) }

func spawn(o owner, f func() error) *Task {
	t := &Task{}
	t.start(o, f)
	return t
}

// SpawnRaw runs f in a tasklet that is not a task, and the cheaper for it: it cannot be joined or killed or named, and Current
// is nil in it. An error that it returns goes where a task's goes that belongs to the hub. In the steady state it
// allocates nothing.
func (h *Hub) SpawnRaw(f func() error) { h.s.Spawn(f) }

// start puts t into the ring.
func (t *Task) start(o owner, f func() error) {
	h := o.hub()
	t.h, t.owner = h, o
	t.parent = h.Current()
	h.tasks++
	if err := o.begin(t); err != nil {
		t.finish(err)
		return
	}
	t.t = h.s.Go(func() error {
		t.live(f)
		return nil
	})
	t.t.SetData(t)
}

// live runs f as the body of t.
func (t *Task) live(f func() error) {
	returned := false
	err := error(nil)
	defer func() {
		if returned {
			t.finish(err)
			return
		}
		p := recover()
		if p == nil {
			t.finish(ErrGoexit) // and the Goexit goes on to main
			return
		}
		e, carried := p.(*greenlet.PanicError)
		if !carried {
			e = &greenlet.PanicError{Value: p, Stack: outcome.PanicStack(debug.Stack()), Greenlet: t.String()}
		}
		t.finish(e)
	}()
	t.state = running
	err = f()
	returned = true
}

// finish ends t with err.
func (t *Task) finish(err error) {
	t.state = ended
	t.err = err
	h := t.h
	h.tasks--
	if t.ctx != nil {
		t.ctx.end(err)
	}
	claimed := t.done != nil && t.done.Len() > 0
	if t.done != nil {
		t.done.WakeAll()
	}
	for _, l := range t.links {
		claimed = l.fire(t) || claimed
	}
	t.links = nil
	if outcome.IsExit[*greenlet.PanicError](err, ErrKilled) {
		err = nil
	}
	t.owner.end(t, err, claimed)
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

// Join waits until t has ended. It returns nil then, whatever t ended with: see [Task.Err]. It fails if the caller is killed
// or its deadline passes.
func (t *Task) Join() error {
	for t.state != ended {
		if t == t.h.Current() {
			panic("green: a task joins itself; it would wait for ever")
		}
		if err := t.watch().Wait(); err != nil {
			return err
		}
	}
	return nil
}

// JoinTimeout is [Task.Join] with a limit of time.
func (t *Task) JoinTimeout(d time.Duration) error {
	return t.h.s.WithTimeout(d, func(*tasklet.Timeout) error { return t.Join() })
}

// Ready says whether t has ended: what makes it a [Waitable].
func (t *Task) Ready() bool { return t.state == ended }

func (t *Task) watch() *tasklet.Line {
	if t.done == nil {
		t.done = t.h.s.NewLineOf("the end of", t)
	}
	return t.done
}

// Err returns what t ended with: nil, or what its function returned, or [ErrKilled], or a *greenlet.PanicError. It is nil
// while t has not ended.
func (t *Task) Err() error { return t.err }

// Started says whether the function of t was entered.
func (t *Task) Started() bool { return t.state != pending }

// Stop kills t without waiting: what t waits in returns [ErrKilled] when its turn comes. t may catch that and go on. One
// that has not started never will. Ended already, nothing happens.
func (t *Task) Stop() { t.StopWith(ErrKilled) }

// StopWith is [Task.Stop] with another error.
func (t *Task) StopWith(err error) {
	switch {
	case t.state == ended:
	case t.state == pending:
		t.t.Remove() // it is in the ring, since nothing else happened to it yet
		t.t.Bind(nil)
		t.finish(err)
	default:
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
	return t.t.Kill()
}

// Cancel ends t if it has not started, and says whether it did.
func (t *Task) Cancel() bool {
	if t.state != pending {
		return false
	}
	t.Stop()
	return true
}

// Hub returns the hub that t runs in.
func (t *Task) Hub() *Hub { return t.h }

// Parent returns the task that spawned t, or nil for the main task.
func (t *Task) Parent() *Task { return t.parent }

// Tasklet returns the tasklet that runs t, or nil if t never got one.
func (t *Task) Tasklet() *tasklet.Tasklet { return t.t }

// Name returns what SetName set, or "".
func (t *Task) Name() string { return t.name }

// SetName gives t a name for messages and reports, and returns t.
func (t *Task) SetName(name string) *Task {
	t.name = name
	if t.t != nil {
		t.t.SetName(name)
	}
	return t
}

// String returns the number and the name of t.
func (t *Task) String() string {
	id := uint64(0)
	if t.t != nil {
		id = t.t.ID()
	}
	if t.name == "" {
		return fmt.Sprintf("task %d", id)
	}
	return fmt.Sprintf("task %d %q", id, t.name)
}

// Stack returns the calls in which t is parked, innermost first; nil if it has not started or has ended.
func (t *Task) Stack() []runtime.Frame {
	if t.state != running {
		return nil
	}
	return t.t.Stack()
}

// Context returns a context that ends when t does: its cause is then what t ended with.
func (t *Task) Context() context.Context {
	if t.ctx == nil {
		t.ctx = newTaskContext(t)
	}
	return t.ctx
}
