package starlark

import (
	"errors"

	tasklets "github.com/go-greenlet/greenlet/tasklet"
	"go.starlark.net/starlark"
)

// exchange is set_..._callback(f): it puts f into slot and returns what was there.
func (c *call) exchange(slot *starlark.Value) (starlark.Value, error) {
	var f starlark.Value
	if err := starlark.UnpackPositionalArgs(c.b.Name(), c.args, c.kwargs, 1, &f); err != nil {
		return nil, err
	}
	if _, ok := f.(starlark.Callable); !ok && f != starlark.None {
		return nil, typeError("parameter must be callable or None")
	}
	old := orNone(*slot)
	if f == starlark.None {
		f = nil
	}
	*slot = f
	return old, nil
}

func orNone(v starlark.Value) starlark.Value {
	if v == nil {
		return starlark.None
	}
	return v
}

func setScheduleCallback(c *call) (starlark.Value, error) {
	old, err := c.exchange(&c.st.onSwitch)
	if err != nil {
		return nil, err
	}
	if c.st.onSwitch == nil {
		c.st.s.SetScheduleCallback(nil)
	} else {
		c.st.s.SetScheduleCallback(c.st.switching)
	}
	return old, nil
}

// switching calls the schedule callback. That has a thread of its own: neither prev, which may be dead, nor next, which
// may not have begun, can lend one. What it fails with goes to who runs next.
func (st *stackless) switching(prev, next *tasklets.Tasklet) {
	if st.closed || st.locked {
		return
	}
	running := st.root.running.Load()
	if st.hook == nil {
		st.hook = st.newTree(nil, "schedule callback")
		st.hook.tree.barred = true
	}
	f := st.hook
	f.tree.task = st.task(prev)
	if f.tree.task == nil {
		f.tree.task = st.main
	}
	st.locked = true
	st.root.running.Store(f)
	defer func() {
		st.locked = false
		st.root.running.Store(running)
	}()
	_, err := f.call(st.onSwitch, starlark.Tuple{st.value(prev), st.value(next)}, nil)
	if err != nil && st.hookErr == nil {
		st.hookErr = err
	}
}

// switchTrap is switch_trap(delta=0).
func switchTrap(c *call) (starlark.Value, error) {
	delta := 0
	if err := c.unpack("delta?", &delta); err != nil {
		return nil, err
	}
	old := c.st.s.SwitchTrap(delta)
	// A watchdog that was held back may have come.
	if _, err := c.arrive(nil); err != nil {
		return nil, err
	}
	return starlark.MakeInt(old), nil
}

// atomically is atomic(f, *args, **kwargs): Starlark has no with.
func atomically(c *call) (starlark.Value, error) {
	if len(c.args) == 0 {
		return nil, errors.New("atomic: missing argument for f")
	}
	me := c.me()
	old, err := c.setAtomic(me, true)
	if err != nil {
		return nil, err
	}
	v, err := c.call(c.args[0], c.args[1:], c.kwargs)
	if c.ended {
		return nil, errEnded
	}
	if _, e := c.setAtomic(me, old); err == nil {
		err = e
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}
