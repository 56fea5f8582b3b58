package green

import (
	"errors"
	"time"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/green/internal/poll"
	"github.com/go-greenlet/greenlet/tasklet"
)

// A Hub runs tasks, one at a time, on the goroutine that called [Run]. Its methods, and those of everything that belongs to
// it, panic when called from another goroutine, unless they say otherwise.
type Hub struct {
	s       *tasklet.Scheduler
	main    *Task
	tasks   int // that have not ended, main apart
	failed  []error
	onError func(*Task, error)
	onStop  []func()
	stopped bool
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

// Portable makes package net serve connections by helper goroutines, as it does where there is neither epoll nor kqueue. It is
// for tests and for comparing.
func Portable() Option { return WithWorld(nil) }

// WithPolicy lets p choose who runs next: [tasklet.Random] for tests, say.
func WithPolicy(p tasklet.Policy) Option {
	return func(o *options) { o.scheduler = append(o.scheduler, tasklet.WithPolicy(p)) }
}

// Record keeps for every task where it was spawned and for how long it ran, at the cost that [tasklet.Record] names.
func Record() Option {
	return func(o *options) { o.scheduler = append(o.scheduler, tasklet.Record()) }
}

// OnError calls f with a task and its error when the task has failed and belongs to nobody but the hub. f must not block.
// Without it, such errors are what Run returns in the end.
func OnError(f func(*Task, error)) Option {
	return func(o *options) { o.hub = append(o.hub, func(h *Hub) { h.onError = f }) }
}

// Run makes a hub on the calling goroutine and calls f in it, as its main task. When f has returned nil, Run goes on until
// every task has ended; if those that are left can never end, it kills them and returns a [*tasklet.DeadlockError] that
// says who waits for what. When f has returned an error, or panics, Run kills the tasks that are left. It returns f's
// error and those of tasks that belonged to nobody else, joined. Nothing is left when it returns: no goroutine, no timer.
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
	h := &Hub{s: tasklet.New(o.scheduler...)}
	for _, opt := range o.hub {
		opt(h)
	}
	h.main = &Task{h: h, t: h.s.Main(), name: "main", state: running}
	h.main.t.SetData(h.main)
	defer func() {
		err = errors.Join(err, h.close(), errors.Join(h.failed...))
	}()
	if err := f(h); err != nil {
		return err
	}
	return h.finish()
}

// finish waits until every task has ended.
func (h *Hub) finish() error {
	for h.tasks > 0 {
		if err := h.s.Run(); err != nil {
			return err
		}
		if h.tasks > 0 && h.s.Len() <= 1 {
			return h.s.Deadlock("the main task has ended, and nobody is left to wake the others")
		}
	}
	return nil
}

// close ends what is left.
func (h *Hub) close() error {
	h.stopped = true
	for i := len(h.onStop) - 1; i >= 0; i-- {
		h.onStop[i]()
	}
	return h.s.Close()
}

// Scheduler returns the scheduler that runs the hub's tasks, for what this package does not have.
func (h *Hub) Scheduler() *tasklet.Scheduler { return h.s }

// Main returns the main task: the one that runs Run's f.
func (h *Hub) Main() *Task { return h.main }

// Current returns the task that runs: the caller's. In a tasklet that is not a task it is nil.
func (h *Hub) Current() *Task {
	t, _ := h.s.Current().Data().(*Task)
	return t
}

// Len returns how many tasks there are that have not ended, the main one included.
func (h *Hub) Len() int { return h.tasks + 1 }

// Now returns the time of the hub's world.
func (h *Hub) Now() time.Time { return h.s.Now() }

// Sleep blocks the calling task for at least d. It returns nil, or why it was woken early: [ErrKilled], a
// [*tasklet.TimeoutError], or [ErrCanceled].
func (h *Hub) Sleep(d time.Duration) error { return h.s.Sleep(d) }

// Yield lets the other tasks that can run have their turn. Timers and sockets get theirs too.
func (h *Hub) Yield() error { return h.s.Sleep(0) }

// Shield calls f with the calling task protected from kills and from deadlines that were set outside f, for clean-up that must
// block. What was held up arrives afterwards.
func (h *Hub) Shield(f func() error) error { return h.s.Shield(f) }

// report takes the error of a task that belongs to the hub.
func (h *Hub) report(t *Task, err error) {
	if h.onError != nil {
		h.onError(t, err)
		return
	}
	if p, is := err.(*greenlet.PanicError); is {
		panic(p) // in the task's own flow: it goes on to main, as a panic of a tasklet does
	}
	h.failed = append(h.failed, err)
}
