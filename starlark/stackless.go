package starlark

import (
	"fmt"
	"maps"
	"slices"

	"go.starlark.net/starlark"
)

// Stackless is the module that scripts know as stackless: tasklets and channels, as in Stackless Python. Like [Module]
// it holds no state, and any number of threads may share it. Its attributes current, main, runcount and threads are
// therefore not in it, but in what [Tree.Stackless] returns, and are loaded by load("stackless", "main").
var Stackless starlark.Value = &stacklessModule{}

// Stackless returns the module stackless of this tree's thread, which has the attributes current, main, runcount and
// threads besides.
func (t *Tree) Stackless() starlark.Value { return &stacklessModule{t.stackless} }

// A stacklessModule is the module, of a thread if st is not nil.
type stacklessModule struct{ st *stackless }

const stacklessName = "stackless"

var _ starlark.HasAttrs = (*stacklessModule)(nil)

func (m *stacklessModule) String() string        { return fmt.Sprintf("<module %q>", stacklessName) }
func (m *stacklessModule) Type() string          { return "module" }
func (m *stacklessModule) Freeze()               {}
func (m *stacklessModule) Truth() starlark.Bool  { return true }
func (m *stacklessModule) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: %s", m.Type()) }

// stacklessMembers are what the module has for every thread.
var stacklessMembers starlark.StringDict

func init() {
	stacklessMembers = starlark.StringDict{
		"TaskletExit":   taskletExit,
		"StopIteration": stopIteration,
		"raise_":        Module.Members["raise_"],
		"catch":         Module.Members["catch"],
	}
	for name, f := range map[string]func(c *call) (starlark.Value, error){
		"tasklet":      makeTasklet,
		"channel":      makeChannel,
		"schedule":     schedule,
		"run":          run,
		"atomic":       atomically,
		"switch_trap":  switchTrap,
		"getcurrent":   plain(func(st *stackless) starlark.Value { return st.value(st.current()) }),
		"getmain":      plain(func(st *stackless) starlark.Value { return st.main }),
		"getruncount":  plain((*stackless).runcount),
		"getcurrentid": plain(func(st *stackless) starlark.Value { return starlark.MakeUint64(st.task(st.current()).number()) }),
		"getthreads":   plain((*stackless).threads),
		"get_thread_info": func(c *call) (starlark.Value, error) {
			thread := theThread
			if err := c.unpack("thread_id?", &thread); err != nil {
				return nil, err
			}
			if eq, err := starlark.Equal(thread, theThread); err != nil || !eq {
				return nil, runtimeError("Thread id not found")
			}
			return starlark.Tuple{c.st.main, c.st.value(c.st.current()), c.st.runcount()}, nil
		},
		"schedule_remove":       scheduleRemove,
		"set_channel_callback":  func(c *call) (starlark.Value, error) { return c.exchange(&c.st.onChannel) },
		"get_channel_callback":  plain(func(st *stackless) starlark.Value { return orNone(st.onChannel) }),
		"set_schedule_callback": setScheduleCallback,
		"get_schedule_callback": plain(func(st *stackless) starlark.Value { return orNone(st.onSwitch) }),
		"set_error_handler":     func(c *call) (starlark.Value, error) { return c.exchange(&c.st.onError) },
	} {
		stacklessMembers[name] = function(name, f)
	}
	stacklessMembers.Freeze()
}

// stacklessProperties are the attributes of the module that are different at different times.
var stacklessProperties = map[string]func(st *stackless) starlark.Value{
	"current":  func(st *stackless) starlark.Value { return st.value(st.current()) },
	"main":     func(st *stackless) starlark.Value { return st.main },
	"runcount": (*stackless).runcount,
	"threads":  (*stackless).threads,
}

// plain makes a function without arguments.
func plain(get func(st *stackless) starlark.Value) func(c *call) (starlark.Value, error) {
	return func(c *call) (starlark.Value, error) {
		if err := c.unpack(); err != nil {
			return nil, err
		}
		return get(c.st), nil
	}
}

// runcount is how many tasklets are runnable, the current one included.
func (st *stackless) runcount() starlark.Value {
	if st.closed {
		return starlark.MakeInt(1)
	}
	return starlark.MakeInt(st.s.Len())
}

func (st *stackless) threads() starlark.Value { return starlark.NewList([]starlark.Value{theThread}) }

// Attr returns a member of the module.
func (m *stacklessModule) Attr(name string) (starlark.Value, error) {
	if get := stacklessProperties[name]; get != nil {
		if m.st == nil {
			return nil, fmt.Errorf("stackless.%s: the host has not said of which thread; use the function, or load it", name)
		}
		return get(m.st), nil
	}
	return stacklessMembers[name], nil
}

// AttrNames lists the members of the module.
func (m *stacklessModule) AttrNames() []string {
	if m.st == nil {
		return stacklessMembers.Keys()
	}
	return slices.Sorted(maps.Keys(m.members()))
}

// members returns what load("stackless", ...) can bind.
func (m *stacklessModule) members() starlark.StringDict {
	all := maps.Clone(stacklessMembers)
	for name, get := range stacklessProperties {
		if m.st != nil {
			all[name] = get(m.st)
		}
	}
	return all
}

// loadStackless is load("stackless", ...) in thread.
func loadStackless(thread *starlark.Thread) starlark.StringDict {
	m := &stacklessModule{}
	if f := fiberIn(thread); f != nil && !f.tree.stackless.closed {
		m.st = f.tree.stackless
	}
	return m.members()
}

// makeTasklet is tasklet(func=None, args=None, kwargs=None).
func makeTasklet(c *call) (starlark.Value, error) {
	var fn, args, kwargs starlark.Value = starlark.None, starlark.None, starlark.None
	if err := c.unpack("func?", &fn, "args?", &args, "kwargs?", &kwargs); err != nil {
		return nil, err
	}
	t := &task{st: c.st}
	return t, t.bind(fn, args, kwargs)
}
