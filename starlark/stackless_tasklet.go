package starlark

import (
	"fmt"

	tasklets "github.com/go-greenlet/greenlet/tasklet"
	"go.starlark.net/starlark"
)

// A task is the Starlark value of a tasklet. It is an object that can be bound to a function, run to its end, and bound
// again.
type task struct {
	st     *stackless
	core   *tasklets.Tasklet // nil until it is to run for the first time
	phase  phase
	id     uint64 // 0 until somebody asks
	fn     starlark.Value
	args   starlark.Tuple
	kwargs []starlark.Tuple
	name   string // of the last function

	temp   temp
	doomed error    // what it ends with in place of beginning
	fiber  *fiber   // of its main greenlet, while it lives
	waits  *channel // in which it is blocked
	wait   uint64   // how often it began to wait

	atomic, ignoreNesting bool
}

// A phase is where a task is in its life.
type phase uint8

const (
	idle  phase = iota // not alive
	bound              // it has a function and arguments
	begun
)

// A temp is what travels between tasklets: Stackless's tempval, in which an exception is a bomb.
type temp struct {
	v   starlark.Value // nil: None
	err error
}

func (m temp) value() starlark.Value {
	if m.v == nil {
		return starlark.None
	}
	return m.v
}

// claim takes what arrived for t.
func (t *task) claim() (starlark.Value, error) {
	m := t.temp
	t.temp = temp{}
	return m.value(), m.err
}

var (
	_ starlark.HasSetField = (*task)(nil)
	_ starlark.Callable    = (*task)(nil)
)

// alive says whether t has something to run, or runs.
func (t *task) alive() bool     { return t.phase != idle && !t.st.closed }
func (t *task) scheduled() bool { return t.core != nil && !t.st.closed && t.core.Scheduled() }
func (t *task) blocked() bool   { return t.core != nil && !t.st.closed && t.core.Blocked() }
func (t *task) current() bool {
	return t == t.st.main && t.st.closed || t.core != nil && t.core == t.st.current()
}

// current returns the tasklet that runs.
func (st *stackless) current() *tasklets.Tasklet {
	if st.closed {
		return st.main.core
	}
	return st.s.Current()
}

// number returns the ID of t, in the order in which tasklets were made to run or asked for it.
func (t *task) number() uint64 {
	if t.id == 0 {
		t.st.root.lastTask++
		t.id = t.st.root.lastTask
	}
	return t.id
}

// label names t in messages.
func (t *task) label() string {
	switch {
	case t == t.st.main:
		return mainLabel
	case t.name == "":
		return fmt.Sprintf("tasklet %d", t.number())
	}
	return fmt.Sprintf("tasklet %d (%s)", t.number(), t.name)
}

func (t *task) String() string {
	s := "<tasklet"
	if t == t.st.main {
		s += " main"
	} else {
		s += fmt.Sprintf(" %d", t.number())
		if t.name != "" {
			s += " (" + t.name + ")"
		}
	}
	switch {
	case t.current():
		s += " current"
	case !t.alive():
		s += " dead"
	case t.blocked():
		s += " blocked"
	case t.scheduled():
		s += " scheduled"
	default:
		s += " paused"
	}
	return s + ">"
}

func (t *task) Name() string          { return "tasklet" }
func (t *task) Type() string          { return "tasklet" }
func (t *task) Freeze()               {}
func (t *task) Truth() starlark.Bool  { return true }
func (t *task) Hash() (uint32, error) { return uint32(t.number()), nil }

// CallInternal is setup.
func (t *task) CallInternal(thread *starlark.Thread, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	return starlark.Call(thread, taskMethods["setup"].BindReceiver(t), args, kwargs)
}

// taskAttrs are the attributes of a tasklet.
var taskAttrs = map[string]func(t *task) starlark.Value{
	"alive":     func(t *task) starlark.Value { return starlark.Bool(t.alive()) },
	"scheduled": func(t *task) starlark.Value { return starlark.Bool(t.scheduled()) },
	"blocked":   func(t *task) starlark.Value { return starlark.Bool(t.blocked()) },
	"paused": func(t *task) starlark.Value {
		return starlark.Bool(t.alive() && !t.scheduled() && !t.blocked())
	},
	"is_current":      func(t *task) starlark.Value { return starlark.Bool(t.current()) },
	"is_main":         func(t *task) starlark.Value { return starlark.Bool(t == t.st.main) },
	"atomic":          func(t *task) starlark.Value { return starlark.Bool(t.atomic) },
	"ignore_nesting":  func(t *task) starlark.Value { return starlark.Bool(t.ignoreNesting) },
	"block_trap":      func(t *task) starlark.Value { return starlark.Bool(t.core != nil && t.core.BlockTrap()) },
	"tempval":         (*task).tempval,
	"next":            func(t *task) starlark.Value { return t.neighbour(1) },
	"prev":            func(t *task) starlark.Value { return t.neighbour(-1) },
	"_channel":        (*task).channel,
	"thread_id":       func(*task) starlark.Value { return theThread },
	"nesting_level":   func(*task) starlark.Value { return starlark.MakeInt(0) },
	"restorable":      func(*task) starlark.Value { return starlark.False },
	"recursion_depth": (*task).depth,
	"frame":           (*task).frame,
}

// theThread is the number of the thread to which all tasklets belong that a script can see.
var theThread = starlark.MakeInt(1)

// Attr returns a method or an attribute of t.
func (t *task) Attr(name string) (starlark.Value, error) {
	if m := taskMethods[name]; m != nil {
		return m.BindReceiver(t), nil
	}
	if get := taskAttrs[name]; get != nil {
		return get(t), nil
	}
	return nil, nil
}

// AttrNames lists what Attr knows.
func (t *task) AttrNames() []string { return namesOf(taskMethods, taskAttrs) }

// SetField sets block_trap or tempval.
func (t *task) SetField(name string, v starlark.Value) error {
	switch name {
	case "block_trap":
		if !t.st.closed {
			t.need().SetBlockTrap(bool(v.Truth()))
		}
		return nil
	case "tempval":
		t.temp = temp{v: v}
		return nil
	}
	if taskMethods[name] != nil || taskAttrs[name] != nil {
		return attributeError("attribute '%s' of 'tasklet' objects is not writable", name)
	}
	return starlark.NoSuchAttrError(fmt.Sprintf("can't assign to .%s field of tasklet", name))
}

// tempval is what the call returns in which t waits; of one that is not set up, its function.
func (t *task) tempval() starlark.Value {
	if t.phase == idle && t.fn != nil && t.temp.v == nil {
		return t.fn
	}
	return t.temp.value()
}

func (t *task) channel() starlark.Value {
	if t.waits == nil || !t.blocked() {
		return starlark.None
	}
	return t.waits
}

// neighbour returns who is next to t in the ring, or in the queue of its channel, where there may be none.
func (t *task) neighbour(step int) starlark.Value {
	var all []*tasklets.Tasklet
	circle := t.scheduled()
	switch {
	case circle:
		for c := range t.st.s.Ring() {
			all = append(all, c)
		}
	case t.waits != nil && t.blocked():
		for c := range t.waits.core.Queue() {
			all = append(all, c)
		}
	}
	for i, c := range all {
		if c != t.core {
			continue
		}
		j := i + step
		if circle {
			j = (j + len(all)) % len(all)
		}
		if j >= 0 && j < len(all) {
			return t.st.value(all[j])
		}
	}
	return starlark.None
}

// threadOf returns the thread of t, or nil if there is none.
func (t *task) threadOf() *starlark.Thread {
	if t == t.st.main {
		return t.st.root.thread
	}
	if t.fiber == nil {
		return nil
	}
	return t.fiber.thread
}

func (t *task) depth() starlark.Value {
	thread := t.threadOf()
	if thread == nil {
		return starlark.MakeInt(0)
	}
	return starlark.MakeInt(thread.CallStackDepth())
}

// frame says where t is, innermost call.
func (t *task) frame() starlark.Value {
	thread := t.threadOf()
	if thread == nil {
		return starlark.None
	}
	stack := thread.CallStack()
	for i := len(stack) - 1; i >= 0; i-- {
		if c := stack[i]; c.Pos.Filename() != builtin {
			return starlark.String(fmt.Sprintf("%s: in %s", c.Pos, c.Name))
		}
	}
	return starlark.None
}

// need returns the core of t, which it makes if there is none.
func (t *task) need() *tasklets.Tasklet {
	if t.core == nil {
		t.core = t.st.s.NewTasklet(t.live)
		t.core.SetAtomic(t.atomic)
	}
	return t.core
}

// ready makes the core of t, which is bound, able to run.
func (t *task) ready() *tasklets.Tasklet {
	core := t.need()
	if !core.Alive() {
		// It is dead, and nothing stands in the way.
		_ = core.Bind(t.live)
	}
	t.st.values[core] = t
	t.number()
	return core
}
