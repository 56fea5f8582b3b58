package starlark

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-greenlet/greenlet/green"
	tasklets "github.com/go-greenlet/greenlet/tasklet"
	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
)

// Green is the module that scripts know as green: tasks that run concurrently, and give way only where they wait,
// with the names of gevent. Like [Module] it holds no state, and any number of threads may share it. It works in
// [Run].
var Green = &starlarkstruct.Module{Name: "green"}

func init() {
	Green.Members = starlark.StringDict{
		"Timeout":  timeoutClass,
		"Canceled": canceled,
		"ShutDown": shutDown,
		"TaskExit": greenletExit,
		"raise_":   Module.Members["raise_"],
		"catch":    Module.Members["catch"],
	}
	for name, f := range map[string]func(c *greenCall) (starlark.Value, error){
		"spawn":       func(c *greenCall) (starlark.Value, error) { return c.spawn(c.hub.h, patience{}, c.args) },
		"spawn_later": spawnLater,
		"getcurrent":  func(c *greenCall) (starlark.Value, error) { return c.me(), c.unpack() },
		"sleep":       sleep,
		"now":         now,
		"group":       runGroup,
		"timeout":     runWithTimeout,
		"joinall":     joinAll,
		"wait":        waitAny,
		"queue":       makeQueue,
		"event":       makeEvent,
		"semaphore":   makeSemaphore,
		"pool":        makePool,
		"connect":     networked(connect),
		"listen":      networked(listen),
		"serve":       networked(serve),
		"http_get":    networked(httpGet),
	} {
		Green.Members[name] = greenFunction(name, f)
	}
	Green.Freeze()
}

// GreenOptions passes options to the hub in which the tasks of the module green run: [green.WithWorld] with a virtual
// clock, say. It needs [Run].
func GreenOptions(opts ...green.Option) Option {
	return func(t *Tree) { t.hubOpts = append(t.hubOpts, opts...) }
}

// A hub is what one script has of green. Every task has a thread and a [Tree] of its own, and may use greenlets,
// generators and tasklets: who of them waits for something of green keeps the whole task waiting.
type hub struct {
	h      *green.Hub
	root   *Tree
	main   *greenTask
	tasks  map[*green.Task]*greenTask // that run
	closed bool                       // nothing of the script runs any more
}

func newHub(h *green.Hub, root *Tree) *hub {
	b := &hub{h: h, root: root, tasks: map[*green.Task]*greenTask{}}
	b.main = &greenTask{hub: b, Task: h.Main()}
	root.hub = b
	return b
}

// Wait waits until the tasks of the module green have ended, as [Run] does in the end: for a host that has something
// set up as long as the script lives, and takes it down before Run's f returns. It fails if those that are left can
// never end, or when the tree is cancelled. The calling flow must be that of Run's f.
func (t *Tree) Wait() error {
	if t.hub == nil {
		return nil
	}
	return t.hub.finish()
}

// finish waits until all tasks have ended, as green.Run would do. While it does, the script is not over.
func (b *hub) finish() error {
	f := fiberIn(b.root.thread)
	b.main.at = f // wherever it waited before
	for b.h.Len() > 1 {
		err := b.h.Scheduler().Run()
		f.enter() // other tasks ran meanwhile
		if err != nil {
			return b.nowhere(err)
		}
		if b.h.Len() > 1 && b.h.Scheduler().Len() <= 1 {
			return b.nowhere(b.h.Scheduler().Deadlock(""))
		}
	}
	return nil
}

// nowhere is err as an error of the script that happened in none of its calls.
func (b *hub) nowhere(err error) error {
	err = b.root.orCancelled(b.translate(err))
	return &located{err: err, text: err.Error()}
}

func (b *hub) close() { b.closed = true }

// wake makes a script that was cancelled, and waits, see that. Any goroutine may call it.
func (b *hub) wake() {
	// If the hub has ended, so has the script.
	_ = b.h.Post(func() error {
		b.h.Main().StopWith(errors.New(cancelledBy(*b.root.cancelled.Load())))
		return nil
	})
}

// back is what comes to f's task at the end of an operation of the hub, which came to err: others may have run
// meanwhile.
func (b *hub) back(f *fiber, err error) error {
	if b.closed {
		f.tree.ending = true
		f.end()
		return errEnded
	}
	f.enter()
	return b.root.orCancelled(b.translate(err))
}

// The exceptions of green, beside GreenletExit, which a task gets that is killed.
var (
	timeoutClass = &exceptionClass{"Timeout"}
	canceled     = &exceptionClass{"Canceled"}
	shutDown     = &exceptionClass{"ShutDown"}
)

var errOtherHub = runtimeError("it belongs to another thread")

// translate returns err of package green as scripts see it.
func (b *hub) translate(err error) error {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		err = several.Unwrap()[0] // the others came of it, or after it
	}
	if stuck := (*tasklets.DeadlockError)(nil); errors.As(err, &stuck) {
		return b.stuck(stuck)
	}
	switch err {
	case green.ErrKilled:
		return &Raised{greenletExit}
	case green.ErrCanceled:
		return &Raised{canceled}
	case green.ErrShutdown, green.ErrPoolClosed:
		return &Raised{shutDown}
	case green.ErrPoolDeadlock:
		return runtimeError("every task of the pool waits for a place in it")
	}
	return err
}

// stuck is a report of who waits for what.
func (b *hub) stuck(e *tasklets.DeadlockError) error {
	byID := map[uint64]*greenTask{b.main.Tasklet().ID(): b.main}
	for _, t := range b.tasks {
		byID[t.Tasklet().ID()] = t
	}
	var text strings.Builder
	text.WriteString("nobody is left to wake those who wait")
	for _, w := range e.Blocked {
		who, where := fmt.Sprintf("task %d", w.ID), ""
		if t := byID[w.ID]; t != nil {
			who = t.label()
			if t.at != nil {
				where = position(t.at.thread)
			}
		}
		fmt.Fprintf(&text, "\n  %s waits for %s%s", who, w.For, where)
	}
	return &builtinError{"DeadlockError", text.String()}
}

// position returns where thread is, in its innermost call of a function in Starlark.
func position(thread *starlark.Thread) string {
	for i := range thread.CallStackDepth() {
		if pos := thread.CallFrame(i).Pos; pos.Line > 0 {
			return " at " + pos.String()
		}
	}
	return ""
}

// A greenCall is a call of one of green's functions.
type greenCall struct {
	*call
	hub *hub
}

// greenFunction makes the builtin name, which does f.
func greenFunction(name string, f func(c *greenCall) (starlark.Value, error)) *starlark.Builtin {
	return function(name, func(c *call) (starlark.Value, error) {
		b := c.tree.hub
		if b == nil {
			return nil, fmt.Errorf("%s: this thread has no tasks; the host must execute it within Run", name)
		}
		return f(&greenCall{c, b})
	})
}

// An object is a value of green, which belongs to a hub.
type object interface {
	starlark.HasAttrs
	of() *hub
}

// greenMethod makes the method name of values of type T.
func greenMethod[T object](name string, f func(c *greenCall, of T) (starlark.Value, error)) *starlark.Builtin {
	return greenFunction(name, func(c *greenCall) (starlark.Value, error) {
		of := c.b.Receiver().(T)
		if of.of() != c.hub {
			return nil, errOtherHub
		}
		return f(c, of)
	})
}

// me is the task that calls.
func (c *greenCall) me() *greenTask {
	if t := c.hub.tasks[c.hub.h.Current()]; t != nil {
		return t
	}
	return c.hub.main
}

// wait does f, which may block the calling task, until the patience p is at its end.
func (c *greenCall) wait(p patience, f func() error) error {
	c.me().at = c.fiber
	var err error
	if p.limited {
		err = c.hub.h.WithTimeoutError(p.d, p.timeout(), func(*green.Timeout) error { return f() })
	} else {
		err = f()
	}
	return c.hub.back(c.fiber, err)
}

// callee takes the function with its arguments from the arguments of a builtin.
func (c *greenCall) callee(args starlark.Tuple) (starlark.Callable, starlark.Tuple, error) {
	if len(args) == 0 {
		return nil, nil, fmt.Errorf("%s: missing argument for f", c.b.Name())
	}
	fn, ok := args[0].(starlark.Callable)
	if !ok {
		return nil, nil, typeError("'%s' object is not callable", typeName(args[0]))
	}
	return fn, args[1:], nil
}
