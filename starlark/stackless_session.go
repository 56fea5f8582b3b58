package starlark

import (
	"errors"
	"fmt"

	tasklets "github.com/go-greenlet/greenlet/tasklet"
	"go.starlark.net/starlark"
)

// A stackless is what one Starlark thread has of tasklets: the scheduler of which the thread itself is the main
// tasklet.
//
// Every tasklet has a thread and a [Tree] of its own, in which it is the main greenlet: a tasklet may use greenlets
// and generators, and switch to other tasklets in any of them.
type stackless struct {
	s      *tasklets.Scheduler
	root   *Tree
	main   *task
	values map[*tasklets.Tasklet]*task // of those that are bound and not dead
	ended  *task                       // the last that ended
	closed bool

	onChannel starlark.Value // nil: none
	onSwitch  starlark.Value
	onError   starlark.Value
	hook      *fiber // that of onSwitch
	hookErr   error  // what onSwitch failed with
	locked    bool   // a callback runs
	watchdog  *watchdog
	channels  uint64
	nested    int // the calls beneath the innermost run(): those of the tasklets that wait in one
}

// newStackless makes the scheduler of root, whose main tasklet is the calling goroutine's flow.
func newStackless(root *Tree) *stackless {
	st := &stackless{s: tasklets.New(), root: root, values: map[*tasklets.Tasklet]*task{}}
	st.main = &task{st: st, core: st.s.Main(), phase: begun}
	st.values[st.main.core] = st.main
	return st
}

// close ends all tasklets. Nothing of the script runs any more.
func (st *stackless) close() {
	st.closed = true
	st.watchdog = nil
	st.s.SetScheduleCallback(nil)
	// What a tasklet fails with that ends so is of no interest to anybody.
	_ = st.s.Close()
	st.values, st.ended, st.hook = nil, nil, nil
}

// A thrown is an error on its way into a tasklet that is blocked.
type thrown struct{ error }

// back is what comes to f's tasklet at the end of an operation of the scheduler, which came to err: others may have run
// meanwhile.
func (st *stackless) back(f *fiber, err error) error {
	if st.closed {
		f.tree.ending = true
		f.end()
		return errEnded
	}
	f.enter()
	if st.hookErr != nil && err == nil {
		err, st.hookErr = st.hookErr, nil
	}
	return f.tree.orCancelled(translate(err))
}

var (
	errClosedChannel = valueError("Send/receive operation on a closed channel")
	errBlockTrap     = runtimeError("this tasklet does not like to be blocked.")
	errSwitchTrap    = runtimeError("switch_trap")
	errRunBlocked    = runtimeError("You cannot run a blocked tasklet")
	errRunDead       = runtimeError("You cannot run an unbound(dead) tasklet")
	errThrowDead     = runtimeError("You cannot throw to a dead tasklet")
	errCallback      = runtimeError("Recursive channel call due to callbacks!")
	errOtherTasklets = runtimeError("the tasklet or channel belongs to another thread")
)

func runtimeError(format string, args ...any) error {
	return &builtinError{"RuntimeError", fmt.Sprintf(format, args...)}
}

// translate returns err of the scheduler as Stackless has it.
func translate(err error) error {
	switch e := err.(type) {
	case thrown:
		return e.error
	case *tasklets.DeadlockError:
		return runtimeError("%s", e.Reason)
	}
	switch err {
	case tasklets.ErrClosed:
		return errClosedChannel
	case tasklets.ErrBlockTrap:
		return errBlockTrap
	case tasklets.ErrSwitchTrap:
		return errSwitchTrap
	case tasklets.ErrBlocked:
		return errRunBlocked
	case tasklets.ErrDead:
		return errRunDead
	}
	return err
}

// value returns the value of a tasklet, or None if there is none.
func (st *stackless) value(core *tasklets.Tasklet) starlark.Value {
	if t := st.task(core); t != nil {
		return t
	}
	return starlark.None
}

func (st *stackless) task(core *tasklets.Tasklet) *task {
	if core == nil {
		return nil
	}
	if t := st.values[core]; t != nil {
		return t
	}
	if t := st.ended; t != nil && t.core == core {
		return t
	}
	return nil
}

// live is the life of t, from its first turn.
func (t *task) live() error {
	st := t.st
	t.phase = begun
	f := st.newTree(t, t.label())
	t.fiber = f
	defer func() {
		t.phase, t.fiber = idle, nil
		f.tree.over = true
		t.fn, t.args, t.kwargs = nil, nil, nil
		delete(st.values, t.core)
		st.ended = t
		f.tree.Close()
	}()
	f.enter()
	err := t.doomed
	t.doomed = nil
	if err == nil {
		_, err = f.call(t.fn, t.args, t.kwargs)
	}
	if err == nil || f.ended || taskletExit.is(raised(err)) {
		return nil
	}
	err = &crossing{from: t.label(), err: err, cause: cause(err)}
	if st.onError != nil {
		err = st.handle(f, err)
	}
	if f.ended {
		return nil
	}
	return err
}

// newTree makes the tree of which t is the main greenlet, and returns t's fiber.
func (st *stackless) newTree(t *task, name string) *fiber {
	root := st.root
	tree := &Tree{turn: root.turn, onThread: root.onThread, onTransfer: root.onTransfer, task: t}
	tree.number = root.number
	tree.body = tree.runBody
	tree.thread = root.newThread(name)
	tree.lastID++
	tree.main = &Greenlet{tree: tree, id: tree.lastID, state: started}
	tree.cur = tree.main
	return tree.plant()
}

// handle calls the error handler with err, with which f's tasklet ended. What that fails with goes on.
func (st *stackless) handle(f *fiber, err error) error {
	what, kind := message(err), "Error"
	if b := (*builtinError)(nil); errors.As(cause(err), &b) {
		kind = b.kind
	} else if raised(err) != nil {
		kind = typeName(what)
	}
	_, err = f.call(st.onError, starlark.Tuple{starlark.String(kind), what, starlark.String(Traceback(err))}, nil)
	if err != nil {
		err = &crossing{from: f.tree.task.label(), err: err, cause: cause(err)}
	}
	return err
}
