package green

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/green/internal/poll"
	"github.com/go-greenlet/greenlet/tasklet"
)

// A Hub runs tasks, one at a time, on the goroutine that called [Run]. Its methods, and those of everything that
// belongs to it, panic when called from another goroutine, unless they say otherwise.
type Hub struct {
	_        noCopy
	s        *tasklet.Scheduler
	main     *Task
	live     func() error // runTask, made once
	ctx      context.Context
	tasks    int       // that have not ended, main apart
	failed   []failure // of what belonged to nobody else
	onError  func(*Task, error)
	onStop   []func()
	atEnd    endHooks
	off      *offloads // nil before the first
	stopped  bool
	virtual  bool // the time is not the system's
	contexts contexts
	leaving  bool          // the main task has ended well, and Run waits for the others
	gone     chan struct{} // closed when Run begins to end
	ops      operations
}

// A failure is an error that Run returns, unless somebody takes it before.
type failure struct {
	t   *Task // nil if it was not a task
	err error
}

// An Option changes what Run makes.
type Option func(*options)

type options struct {
	world     tasklet.World // nil: the scheduler's own
	scheduler []tasklet.Option
	hub       []func(*Hub)
}

// WithWorld gives the hub another outside than the system's: a [tasklet.Clock] for tests, say.
func WithWorld(w tasklet.World) Option { return func(o *options) { o.world = w } }

// Portable makes package net serve connections by helper goroutines, as it does where there is neither epoll nor a
// kqueue that works. It is for tests and for comparing.
func Portable() Option { return WithWorld(nil) }

// WithPolicy lets p choose who runs next: [tasklet.Random] for tests, say.
func WithPolicy(p tasklet.Policy) Option {
	return func(o *options) { o.scheduler = append(o.scheduler, tasklet.WithPolicy(p)) }
}

// WithContext makes the contexts of the hub's tasks, see [Task.Context], see the values of ctx. When ctx is done, the
// main task is told to stop, with the cause.
func WithContext(ctx context.Context) Option {
	return func(o *options) { o.hub = append(o.hub, func(h *Hub) { h.ctx = ctx }) }
}

// Record keeps for every task where it was spawned and for how long it ran, at the cost that [tasklet.Record] names.
func Record() Option {
	return func(o *options) { o.scheduler = append(o.scheduler, tasklet.Record()) }
}

// OnError calls f with a task and its error when the task has failed and belongs to nobody but the hub; the task is
// nil if it was one of [Hub.SpawnRaw]. f must not block. Without it, such errors are what Run returns in the end.
func OnError(f func(*Task, error)) Option {
	return func(o *options) { o.hub = append(o.hub, func(h *Hub) { h.onError = f }) }
}

// Run makes a hub on the calling goroutine and calls f in it, as its main task. When f has returned nil, Run goes on
// until every task has ended; if those that are left can never end, it kills them and returns a
// [*tasklet.DeadlockError] that says who waits for what. When f has returned an error, or panics, Run kills the tasks
// that are left. It returns f's error and those of tasks that belonged to nobody else, joined. Nothing is left when
// it returns: no goroutine, no timer.
func Run(f func(h *Hub) error, opts ...Option) (err error) {
	sockets := poll.New()
	defer sockets.Close()
	o := options{world: sockets}
	for _, opt := range opts {
		opt(&o)
	}
	if o.world != nil {
		o.scheduler = append(o.scheduler, tasklet.WithWorld(o.world))
	}
	h := &Hub{s: tasklet.New(o.scheduler...), ctx: context.Background(), gone: make(chan struct{})}
	h.live = h.runTask
	h.virtual = o.world != nil && o.world != tasklet.World(sockets)
	for _, opt := range o.hub {
		opt(h)
	}
	h.main = &Task{h: h, t: h.s.Main(), id: 1, state: running, began: true, seldom: &seldom{name: "main"}}
	h.main.t.SetData(h.main)
	h.s.SetErrorHandler(h.escaped)
	h.s.SetStillborn(h.stillborn)
	defer h.WhenDone(h.ctx, func() { h.main.StopWith(context.Cause(h.ctx)) })()
	defer func() {
		err = joinErrors(append([]error{err, h.close()}, h.failures()...))
	}()
	if err := f(h); err != nil {
		return err
	}
	return h.finish()
}

// finish waits until every task has ended.
func (h *Hub) finish() error {
	h.leaving = true
	h.alone()
	for {
		if err := h.s.Run(); err != nil {
			return err
		}
		if h.tasks == 0 {
			return nil
		}
		if h.s.Len() <= 1 {
			return h.s.Deadlock("the main task has ended, and nobody is left to wake the others")
		}
	}
}

// close ends what is left.
func (h *Hub) close() error {
	h.stopped = true
	close(h.gone)
	for i := len(h.onStop) - 1; i >= 0; i-- {
		h.onStop[i]()
	}
	for _, t := range h.pending() {
		t.Stop() // so that it ends as a task; the scheduler would only forget it
	}
	err := h.s.Close()
	h.main.state = ended
	h.main.ctx.end(ErrClosed)
	h.atEnd.call()
	return err
}

// pending returns the tasks that have not started.
func (h *Hub) pending() (ts []*Task) {
	for t := range h.Tasks() {
		if t.state == pending {
			ts = append(ts, t)
		}
	}
	return ts
}

// failures returns the errors that nobody took.
func (h *Hub) failures() (errs []error) {
	for _, f := range h.failed {
		if f.t == nil || !f.t.taken {
			errs = append(errs, f.err)
		}
	}
	return errs
}

// Check panics unless the caller runs in h: in one of its tasks, or in a greenlet of one. The panic names the function
// of the library that was called, the line that called it, and where the hub was started. It is for what is built on a
// hub and has something to do before the first call that checks by itself; it takes some nanoseconds. On other
// processors than amd64 and arm64 nothing is checked.
func (h *Hub) Check() { h.s.Len() }

// Scheduler returns the scheduler that runs the hub's tasks, for what this package does not have.
func (h *Hub) Scheduler() *tasklet.Scheduler { return h.s }

// Main returns the main task: the one that runs Run's f.
func (h *Hub) Main() *Task { return h.main }

// Current returns the task that runs: the caller's. In a tasklet that is not a task it is nil.
func (h *Hub) Current() *Task {
	t, _ := h.s.CurrentData().(*Task)
	return t
}

// Len returns how many tasks there are that have not ended, the main one included.
func (h *Hub) Len() int {
	h.Check()
	return h.tasks + 1
}

// Tasks returns the tasks that have not ended: the main one first, then the newest to the oldest.
func (h *Hub) Tasks() iter.Seq[*Task] {
	return func(yield func(*Task) bool) {
		for tl := range h.s.All() {
			if t, ok := tl.Data().(*Task); ok && t.state != ended && !yield(t) {
				return
			}
		}
	}
}

// Now returns the time of the hub's world.
func (h *Hub) Now() time.Time { return h.s.Now() }

// Sleep blocks the calling task for at least d. It returns nil, or why it was woken early: [ErrKilled], a
// [*tasklet.TimeoutError], or [ErrCanceled].
func (h *Hub) Sleep(d time.Duration) error { return h.s.Sleep(d) }

// Yield lets the other tasks that can run have their turn. Timers and sockets get theirs too.
func (h *Hub) Yield() error { return h.s.Sleep(0) }

// Shield calls f with the calling task protected from kills and from deadlines that were set outside f, for clean-up
// that must block. What was held up arrives afterwards. A context that the task asks for in f, see [Task.Context],
// does not end by what is held up.
func (h *Hub) Shield(f func() error) error {
	if t := h.Current(); t != nil {
		defer t.shieldContext()()
	}
	return h.s.Shield(f)
}

// report takes the error of a task that belongs to the hub, or of a tasklet that is no task.
func (h *Hub) report(t *Task, err error) {
	if h.onError != nil {
		h.onError(t, err)
		return
	}
	if p, is := err.(*greenlet.PanicError); is {
		panic(p) // in the task's own flow: it goes on to main, as a panic of a tasklet does
	}
	h.failed = append(h.failed, failure{t, err})
}

// escaped takes what a tasklet ended with: one that is no task, or a task whose panic is to go on.
func (h *Hub) escaped(tl *tasklet.Tasklet, err error) error {
	if _, is := err.(*greenlet.PanicError); is && (h.onError == nil || tl.Data() != nil) {
		return err
	}
	h.report(nil, err)
	return nil
}

// stillborn ends a task into whose tasklet err was thrown before it started.
func (h *Hub) stillborn(tl *tasklet.Tasklet, err error) error {
	t, is := tl.Data().(*Task)
	if !is || t.state != pending {
		return err
	}
	if t.alarm != nil {
		t.alarm.Stop()
	}
	t.finish(err)
	return nil
}

// joinErrors is errors.Join, but one error alone stays itself: an [ErrKilled] in a list would count as a failure.
func joinErrors(errs []error) error {
	var one error
	n := 0
	for _, err := range errs {
		if err != nil {
			one = err
			n++
		}
	}
	if n == 1 {
		return one
	}
	return errors.Join(errs...)
}
