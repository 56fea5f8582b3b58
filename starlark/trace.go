package starlark

import (
	"github.com/go-greenlet/greenlet"
	tasklets "github.com/go-greenlet/greenlet/tasklet"
	"github.com/go-greenlet/greenlet/trace"
	"go.starlark.net/starlark"
)

// An Event is a transfer of control between greenlets, as a host sees it.
type Event struct {
	Kind     greenlet.Kind
	From, To *Greenlet      // equal if a greenlet switched to itself
	Value    starlark.Value // what arrives; nil with KindThrow
	Err      error          // with KindThrow
	Start    bool           // To starts with this
	End      bool           // From ended with this
}

// OnSwitch makes a tree call f at every transfer of control: after it, in the greenlet at which control arrived, before
// that sees what arrived, and before the script's own tracer. It is how a host traces scripts, which know nothing of
// it. f must not call anything that switches. Greenlets that f keeps are never found abandoned. Switches within and
// between tasks and tasklets are left out; [OnTransfer] has those, too.
func OnSwitch(f func(Event)) Option {
	return func(t *Tree) { t.onSwitch = append(t.onSwitch, f) }
}

// OnTransfer is [OnSwitch] for a whole script: it also tells of what happens between the greenlets of a task or a
// tasklet, and of each transfer of control from one task or tasklet to another. Then From and To are the greenlets in
// which these are, and Value is a text that says what From waits for, or nil. When a script goes on after it has
// waited, see [OnIdle], f is called also if the same greenlet goes on. [Greenlet.Track] tells greenlets of different
// tasks apart, for package trace.
func OnTransfer(f func(Event)) Option {
	return func(t *Tree) { t.onTransfer = append(t.onTransfer, f) }
}

// OnIdle makes a tree of [Run] call f when no task of the module green can run and the script begins to wait for the
// outside: for a time, or for the network. It is the moment to flush what was printed. f is called on the tree's
// goroutine. It must not call anything of the tree, nor wait for long, since all tasks wait for it.
func OnIdle(f func()) Option {
	return func(t *Tree) { t.reins.onIdle = append(t.reins.onIdle, f) }
}

// watchIdle begins to call what OnIdle was given.
func (b *hub) watchIdle() {
	r := b.root.reins
	if r.onIdle == nil {
		return
	}
	b.h.Scheduler().SetIdleCallback(func(next *tasklets.Tasklet) {
		if next == nil {
			r.idled = true
			for _, f := range r.onIdle {
				f()
			}
		}
	})
}

// resumed tells the host that control came from one task or tasklet to another: from ran last, f runs now. Within a
// tree it is announce that tells.
func (t *Tree) resumed(from, f *fiber) {
	start := !f.seen
	f.seen = true
	other := from != nil && from.tree != t && !from.tree.barred
	if t.barred || !other && !t.idled {
		return
	}
	t.idled = false
	e := Event{From: t.cur, To: t.cur, Start: start}
	if other {
		e.From, e.End = from.tree.cur, from.tree.over
		if what := from.tree.waitsFor(); what != "" {
			e.Value = starlark.String(what)
		}
	}
	for _, on := range t.onTransfer {
		on(e)
	}
}

// waitsFor returns what the task or tasklet of t waits for, or "".
func (t *Tree) waitsFor() string {
	if t.task != nil && t.task.core != nil && t.task != t.task.st.main {
		return t.task.core.WaitsFor()
	}
	task := t.green
	if t.hub != nil && task == nil {
		task = t.hub.main
	}
	if task == nil || task.Task == nil || task.Tasklet() == nil {
		return ""
	}
	return task.Tasklet().WaitsFor()
}

// Track describes g for a picture of package trace, in which each greenlet of a script has a row, those of its tasks
// and tasklets too. Its ID is that of g in the main thread and its tasklets, and another one in each task.
func (g *Greenlet) Track() trace.Track {
	t := g.tree
	// Numbers of one script stay apart, and are ones that JavaScript has.
	own := func(id uint64) uint64 { return t.number<<32 | id }
	track := trace.Track{ID: own(g.id), Name: g.Name()}
	of := "" // of which task or tasklet, if of any
	if t.green != nil || t.task != t.stackless.main {
		of = t.thread.Name
	}
	switch {
	case g.parent != nil:
		track.Parent = own(g.parent.id)
		if of != "" {
			track.Label = g.label() + " of " + of
		}
	case of != "":
		track.Label = of
		track.Parent = 1 // of the script's main greenlet, which began it or those who did
		if t.green == nil && t.stackless.root != t {
			track.Parent = own(t.stackless.root.main.id)
		}
	}
	return track
}

// watched says whether somebody wants to know of transfers of control.
func (t *Tree) watched() bool { return t.tracer != nil || t.onSwitch != nil || t.onTransfer != nil }

// announce tells the host and the script's tracer that control has arrived in the current greenlet, whose fiber is f,
// with m. If the tracer fails it is removed, and its error arrives instead of whatever did.
func (t *Tree) announce(f *fiber, m mail, start bool) error {
	origin := t.from
	t.from = nil
	if origin == nil {
		return nil // tracing began within a call of the host's that no greenlet saw
	}
	kind := greenlet.KindSwitch
	if m.err != nil {
		kind = greenlet.KindThrow
	}
	if t.onSwitch != nil || t.onTransfer != nil {
		e := Event{Kind: kind, From: origin, To: t.cur, Err: m.err, Start: start, End: origin.state == dead}
		if m.err == nil {
			e.Value = m.value()
		}
		for _, on := range t.onSwitch {
			on(e)
		}
		for _, on := range t.onTransfer {
			on(e)
		}
	}
	tracer := t.tracer
	if tracer == nil {
		return nil
	}
	_, err := f.call(tracer, starlark.Tuple{starlark.String(kind.String()), starlark.Tuple{origin, t.cur}}, nil)
	if err != nil {
		t.tracer = nil
	}
	return err
}

func settrace(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var tracer starlark.Value
	if err := starlark.UnpackPositionalArgs(b.Name(), args, kwargs, 1, &tracer); err != nil {
		return nil, err
	}
	f, err := fiberOf(thread, b.Name())
	if err != nil {
		return nil, err
	}
	previous := f.tree.traced()
	if tracer == starlark.None {
		tracer = nil
	}
	f.tree.tracer = tracer
	return previous, nil
}

func gettrace(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if err := starlark.UnpackPositionalArgs(b.Name(), args, kwargs, 0); err != nil {
		return nil, err
	}
	f, err := fiberOf(thread, b.Name())
	if err != nil {
		return nil, err
	}
	return f.tree.traced(), nil
}

// traced returns the tracer as scripts see it.
func (t *Tree) traced() starlark.Value {
	if t.tracer == nil {
		return starlark.None
	}
	return t.tracer
}
