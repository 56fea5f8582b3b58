package starlark

import "go.starlark.net/starlark"

// A call is a call of one of stackless's functions.
type call struct {
	*fiber
	st     *stackless
	b      *starlark.Builtin
	args   starlark.Tuple
	kwargs []starlark.Tuple
}

// me is the tasklet that calls.
func (c *call) me() *task { return c.tree.task }

// unpack is starlark.UnpackArgs.
func (c *call) unpack(pairs ...any) error {
	return starlark.UnpackArgs(c.b.Name(), c.args, c.kwargs, pairs...)
}

// function makes the builtin name, which does f.
func function(name string, f func(c *call) (starlark.Value, error)) *starlark.Builtin {
	return starlark.NewBuiltin(name, func(
		thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple,
	) (starlark.Value, error) {
		fb, err := fiberOf(thread, b.Name())
		switch {
		case err != nil:
			return nil, err
		case fb.ended:
			return nil, errEnded
		case fb.failed != nil:
			return nil, errStopped
		}
		return f(&call{fb, fb.tree.stackless, b, args, kwargs})
	})
}

// method makes the method name of tasklets. If switches is true it may let others run.
func method(name string, switches bool, f func(c *call, t *task) (starlark.Value, error)) *starlark.Builtin {
	return function(name, func(c *call) (starlark.Value, error) {
		t := c.b.Receiver().(*task)
		switch {
		case t.st != c.st:
			return nil, errOtherTasklets
		case switches && c.st.locked:
			return nil, errCallback
		}
		return f(c, t)
	})
}

var taskMethods map[string]*starlark.Builtin

func init() {
	taskMethods = byName(
		method("bind", false, bind),
		method("setup", false, setup),
		method("insert", false, insert),
		method("remove", false, remove),
		method("run", true, func(c *call, t *task) (starlark.Value, error) { return switchTo(c, t, false) }),
		method("switch", true, func(c *call, t *task) (starlark.Value, error) { return switchTo(c, t, true) }),
		method("throw", true, throw),
		method("raise_exception", true, raiseException),
		method("kill", true, kill),
		method("set_atomic", true, setAtomic),
		method("set_ignore_nesting", false, setIgnoreNesting),
	)
}

func byName(all ...*starlark.Builtin) map[string]*starlark.Builtin {
	m := make(map[string]*starlark.Builtin, len(all))
	for _, b := range all {
		m[b.Name()] = b
	}
	return m
}

// bind is t.bind(func=None, args=None, kwargs=None).
func bind(c *call, t *task) (starlark.Value, error) {
	var fn, args, kwargs starlark.Value = starlark.None, starlark.None, starlark.None
	if err := c.unpack("func?", &fn, "args?", &args, "kwargs?", &kwargs); err != nil {
		return nil, err
	}
	if err := t.bind(fn, args, kwargs); err != nil {
		return nil, err
	}
	return t, nil
}

func (t *task) bind(fn, args, kwargs starlark.Value) error {
	nothing := args == starlark.None && kwargs == starlark.None
	callable, isCallable := fn.(starlark.Callable)
	switch {
	case fn != starlark.None && !isCallable:
		return typeError("tasklet function must be a callable or None")
	case t.current():
		return runtimeError("can't (re)bind the current tasklet")
	case t.scheduled() || t.blocked():
		return runtimeError("tasklet is scheduled")
	case t == t.st.main && nothing:
		return runtimeError("can't unbind the main tasklet")
	case t.phase == begun:
		return runtimeError("tasklet has C state on its stack")
	}
	var list starlark.Tuple
	var named []starlark.Tuple
	switch args := args.(type) {
	case starlark.NoneType:
	case starlark.Iterable:
		it := args.Iterate()
		defer it.Done()
		for v := starlark.Value(nil); it.Next(&v); {
			list = append(list, v)
		}
	default:
		return typeError("argument 2 must be tuple, not %s", typeName(args))
	}
	switch kwargs := kwargs.(type) {
	case starlark.NoneType:
	case *starlark.Dict:
		named = kwargs.Items()
	default:
		return typeError("argument 3 must be dict, not %s", typeName(kwargs))
	}
	if isCallable {
		t.fn, t.name = callable, callable.Name()
	} else if nothing {
		t.fn = nil
	}
	t.phase, t.args, t.kwargs, t.temp = idle, nil, nil, temp{}
	if nothing {
		return nil
	}
	return t.arm(list, named)
}

// arm gives t, which is not alive, its arguments.
func (t *task) arm(args starlark.Tuple, kwargs []starlark.Tuple) error {
	if t.fn == nil {
		return runtimeError("the tasklet was not bound to a function")
	}
	t.phase, t.args, t.kwargs, t.temp, t.doomed = bound, args, kwargs, temp{}, nil
	return nil
}

// setup is t.setup(*args, **kwargs), and t(*args, **kwargs).
func setup(c *call, t *task) (starlark.Value, error) {
	if t.phase != idle {
		return nil, runtimeError("tasklet is alive")
	}
	if err := t.arm(c.args, c.kwargs); err != nil {
		return nil, err
	}
	return t, translate(t.ready().Insert())
}

func insert(c *call, t *task) (starlark.Value, error) {
	if err := c.unpack(); err != nil {
		return nil, err
	}
	if err := t.runnable(); err != nil {
		return nil, err
	}
	return t, translate(t.ready().Insert())
}

// runnable says what keeps t from running.
func (t *task) runnable() error {
	switch {
	case t.blocked():
		return errRunBlocked
	case !t.alive():
		return errRunDead
	}
	return nil
}

func remove(c *call, t *task) (starlark.Value, error) {
	if err := c.unpack(); err != nil {
		return nil, err
	}
	switch {
	case t.blocked():
		return nil, runtimeError("You cannot remove a blocked tasklet.")
	case t.current():
		return nil, runtimeError("The current tasklet cannot be removed.")
	case t.scheduled():
		return t, translate(t.core.Remove())
	}
	return t, nil
}

// switchTo is t.run(), and t.switch() if leave is true.
func switchTo(c *call, t *task, leave bool) (starlark.Value, error) {
	if err := c.unpack(); err != nil {
		return nil, err
	}
	if err := t.runnable(); err != nil {
		return nil, err
	}
	return c.hop(t, leave)
}

// hop switches to t, which can run, and returns what arrives.
func (c *call) hop(t *task, leave bool) (starlark.Value, error) {
	core := t.ready()
	me := c.me()
	me.temp = temp{}
	if t == me {
		return starlark.None, nil
	}
	f := core.Run
	if leave {
		f = core.Switch
	}
	return c.arrive(f())
}

// arrive is the end of an operation that may have let others run: it returns what arrived for the caller.
func (c *call) arrive(err error) (starlark.Value, error) {
	err = c.st.back(c.fiber, err)
	v, bomb := c.me().claim()
	if err == nil {
		err = bomb
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}

// throw is t.throw(exc=None, val=None, tb=None, pending=False).
func throw(c *call, t *task) (starlark.Value, error) {
	var exc, val, tb starlark.Value
	pending := false
	if err := c.unpack("exc?", &exc, "val?", &val, "tb?", &tb, "pending?", &pending); err != nil {
		return nil, err
	}
	e, err := makeException(c.fiber, exc, val, tb)
	if err != nil {
		return nil, err
	}
	return c.throw(t, e, pending)
}

// raiseException is t.raise_exception(exc, *args).
func raiseException(c *call, t *task) (starlark.Value, error) {
	if len(c.args) == 0 || len(c.kwargs) > 0 {
		return nil, typeError("raise_exception() takes an exception and its arguments")
	}
	e, err := callException(c.fiber, c.args[0], c.args[1:])
	if err != nil {
		return nil, err
	}
	return c.throw(t, e, false)
}

// kill is t.kill(pending=False).
func kill(c *call, t *task) (starlark.Value, error) {
	pending := false
	if err := c.unpack("pending?", &pending); err != nil {
		return nil, err
	}
	return c.throw(t, &Raised{taskletExit}, pending)
}

// throw raises e in t, at once or when its turn comes.
func (c *call) throw(t *task, e *Raised, pending bool) (starlark.Value, error) {
	switch {
	case t == c.me():
		return nil, e
	case !t.alive() && taskletExit.is(e.Value):
		return starlark.None, nil
	case !t.alive():
		return nil, errThrowDead
	case t.blocked() && pending:
		return starlark.None, translate(t.core.ThrowLater(thrown{e}))
	case t.blocked():
		c.me().temp = temp{}
		return c.arrive(t.core.Throw(thrown{e}))
	}
	// As in Stackless, it takes the place of what would have arrived.
	before := t.temp
	if t.phase == bound {
		t.doomed = e
	} else {
		t.temp = temp{err: e}
	}
	if pending {
		return starlark.None, translate(t.ready().Insert())
	}
	v, err := c.hop(t, false)
	if err == errSwitchTrap {
		t.temp, t.doomed = before, nil
	}
	return v, err
}

// setAtomic is t.set_atomic(flag).
func setAtomic(c *call, t *task) (starlark.Value, error) {
	var flag bool
	if err := c.unpack("flag", &flag); err != nil {
		return nil, err
	}
	old, err := c.setAtomic(t, flag)
	return starlark.Bool(old), err
}

func (c *call) setAtomic(t *task, flag bool) (old bool, err error) {
	old, t.atomic = t.atomic, flag
	if t.core == nil {
		return old, nil
	}
	t.core.SetAtomic(flag)
	if t != c.me() {
		return old, nil
	}
	// A watchdog that was held back may have come.
	_, err = c.arrive(nil)
	return old, err
}

// setIgnoreNesting is t.set_ignore_nesting(flag). It changes nothing, since nothing nests here that could not be
// interrupted.
func setIgnoreNesting(c *call, t *task) (starlark.Value, error) {
	var flag bool
	if err := c.unpack("flag", &flag); err != nil {
		return nil, err
	}
	var old bool
	old, t.ignoreNesting = t.ignoreNesting, flag
	return starlark.Bool(old), nil
}
