package starlark

import (
	"sync/atomic"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/green"
	"go.starlark.net/starlark"
)

// A Tree is what one Starlark thread has of greenlets: the main greenlet, which stands for the thread itself, and
// all that descends from it. It belongs to the goroutine that made it, which is the one that executes Starlark code in
// the thread; only [Tree.Cancel] may be called from others.
type Tree struct {
	thread *starlark.Thread // main's
	main   *Greenlet
	cur    *Greenlet // the one that runs
	from   *Greenlet // who switched to it; set only while somebody traces
	tracer starlark.Value
	fibers *fiber // main's, and the head of the ring of all that have started and not ended

	body       func(mail) (mail, error) // runBody, bound once
	onThread   []func(*starlark.Thread)
	onSwitch   []func(Event)
	onTransfer []func(Event)
	hubOpts    []green.Option
	network    bool // its scripts may use the network
	closed     bool
	over       bool       // the task or tasklet whose tree it is has ended
	number     uint64     // of those whose greenlets are numbered together
	green      *greenTask // whose tree it is, or nil

	*turn
	task   *task // whose tree it is: the main tasklet, unless it is a tasklet's own
	ending bool  // its greenlets are being unwound for good
	barred bool  // there is nothing in it that could be switched to
}

// A turn is what all trees of one Starlark thread share: the thread's own, and those of its tasklets.
type turn struct {
	lastID    uint64
	lastTask  uint64
	stackless *stackless
	hub       *hub // nil unless the tree was made by Run
	*reins
}

// A reins is what all threads of one script share: the main one, and those of the tasks of green.
type reins struct {
	// Another goroutine may cancel the tree at any time. It writes cancelled and then reads running; a greenlet that
	// gets control writes running and then reads cancelled. So one of the two sees the other.
	running   atomic.Pointer[fiber]
	cancelled atomic.Pointer[string]

	onIdle []func()
	idled  bool   // nobody ran meanwhile, and OnTransfer was not called since
	trees  uint64 // how many there were, but for those that share their numbers with another
}

// An Option changes how a tree works; pass it to [New] or [Run].
type Option func(*Tree)

// OnThread makes a tree call f with the thread of every greenlet it starts, before that runs anything. A greenlet's
// thread has the Print, Load and OnMaxSteps of the main one; all else that a host keeps in a thread (locals, a limit
// of steps, the clock of the library time) has to be put there by f.
func OnThread(f func(*starlark.Thread)) Option {
	return func(t *Tree) { t.onThread = append(t.onThread, f) }
}

// New makes thread, which must not be executing anything, the main greenlet of a new tree, bound to the calling
// goroutine. The tree must be closed; see [Run], which does. It panics if thread has a tree already. The module green
// needs Run.
func New(thread *starlark.Thread, opts ...Option) *Tree {
	t := prepare(thread, opts)
	t.running.Store(t.open())
	return t
}

// prepare makes the tree of thread, which is to be opened.
func prepare(thread *starlark.Thread, opts []Option) *Tree {
	if f := fiberIn(thread); f != nil && !f.tree.closed {
		panic("greenlet/starlark: New with a thread that has a tree already")
	}
	t := &Tree{thread: thread, turn: &turn{lastID: 1, lastTask: 1, reins: new(reins)}}
	for _, o := range opts {
		o(t)
	}
	return t
}

// open makes the calling flow the main greenlet of t, and its main tasklet.
func (t *Tree) open() *fiber {
	t.body = t.runBody
	t.main = &Greenlet{tree: t, id: 1, state: started, core: greenlet.Main[mail]()}
	t.cur = t.main
	t.stackless = newStackless(t)
	t.task = t.stackless.main
	return t.plant()
}

// plant makes the fiber of t's main greenlet.
func (t *Tree) plant() *fiber {
	f := &fiber{tree: t, thread: t.thread, id: t.main.id, began: true, seen: t.number == 0 && t.task == t.stackless.main}
	f.prev, f.next = f, f
	t.fibers = f
	t.thread.SetLocal(local, f)
	return f
}

// Run calls f with a new tree for thread and closes it however f ends. In f, execute Starlark code in the thread.
// When f has returned nil, Run goes on until the tasks of the module green have ended; those that are left when f has
// failed end without running.
//
// Run returns f's error, and those of tasks that nobody joined. If a generator failed in a place where Starlark could
// not be told, and f therefore got an error that speaks of a cancelled computation, or none, then Run returns what
// went wrong.
func Run(thread *starlark.Thread, f func(*Tree) error, opts ...Option) error {
	t := prepare(thread, opts)
	err := green.Run(func(h *green.Hub) error {
		b := newHub(h, t)
		b.watchIdle()
		t.running.Store(t.open())
		defer t.Close()
		defer b.close()
		err := fiberIn(thread).settle(f(t))
		if err != nil {
			return err
		}
		return b.finish()
	}, t.hubOpts...)
	return t.orCancelled(err)
}

// Close ends every greenlet of the tree. Nothing of the scripts runs any more: suspended greenlets are unwound
// where they are, and a catch does not see it. The thread can have a new tree after that. Only main may be running,
// which is so when no Starlark code runs in the thread. A second Close does nothing.
func (t *Tree) Close() {
	if t.closed {
		return
	}
	t.closed = true
	if t == t.stackless.root {
		t.stackless.close()
	}
	if t.main.core != nil {
		// No body of ours returns an error.
		_ = t.main.core.Close()
	}
	t.tracer, t.cur, t.from = nil, t.main, nil
}

// Cancel makes whichever greenlet runs fail with an error that includes reason, and every other one as soon as it
// runs, so that the whole script comes to its end. It is what Thread.Cancel is for a single thread; that one would not
// reach the greenlets. Any goroutine may call it, at any time. The first reason counts. If the script fails with
// something else at that moment, the error of [Run] says both; a script that came to its end by itself has no error.
func (t *Tree) Cancel(reason string) {
	t.cancelled.CompareAndSwap(nil, &reason)
	t.running.Load().thread.Cancel(*t.cancelled.Load())
	if t.hub != nil {
		t.hub.wake()
	}
}
