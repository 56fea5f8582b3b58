package starlark

import (
	"fmt"

	"github.com/go-greenlet/greenlet/green"
	"go.starlark.net/starlark"
)

// A greenTask is the Starlark value of a task.
type greenTask struct {
	*green.Task
	hub  *hub
	job  *green.Job[starlark.Value] // nil: it has no result, since it is the main task or of a map
	name string
	at   *fiber // which waits, or waited, or nil
}

var _ object = (*greenTask)(nil)

// spawn makes a task in in, after p, that calls what is first in args with the rest.
func (c *greenCall) spawn(in green.Spawner, p patience, args starlark.Tuple) (starlark.Value, error) {
	fn, args, err := c.callee(args)
	if err != nil {
		return nil, err
	}
	t := c.hub.newTask(fn)
	body := func() (starlark.Value, error) { return t.live(fn, args, c.kwargs) }
	t.adopt(green.SpawnAfter(in, p.d, body))
	return t, nil
}

func (b *hub) newTask(fn starlark.Callable) *greenTask { return &greenTask{hub: b, name: fn.Name()} }

func (t *greenTask) adopt(job *green.Job[starlark.Value]) {
	t.job, t.Task = job, &job.Task
	if t.Tasklet() != nil {
		t.SetName(t.name)
	}
}

// live is the life of t, which runs.
func (t *greenTask) live(fn starlark.Callable, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	b := t.hub
	t.Task = b.h.Current()
	root := b.root
	tree := &Tree{
		thread: root.newThread(t.label()), onThread: root.onThread, onTransfer: root.onTransfer, green: t,
		turn: &turn{lastID: 1, lastTask: 1, reins: root.reins, hub: b},
	}
	root.trees++
	tree.number = root.trees
	f := tree.open()
	b.tasks[t.Task] = t
	defer func() {
		delete(b.tasks, t.Task)
		t.at = nil
		tree.over = true
		tree.Close()
	}()
	f.enter()
	v, err := f.call(fn, args, kwargs)
	switch {
	case f.ended || err != nil && isExit(raised(err)):
		return nil, green.ErrKilled
	case err != nil:
		return nil, &crossing{from: t.label(), err: err, cause: cause(err)}
	}
	return v, nil
}

func (t *greenTask) label() string {
	switch {
	case t == t.hub.main:
		return mainLabel
	case t.Tasklet() == nil:
		return fmt.Sprintf("task (%s)", t.name)
	}
	return fmt.Sprintf("task %d (%s)", t.Tasklet().ID(), t.name)
}

func (t *greenTask) of() *hub              { return t.hub }
func (t *greenTask) String() string        { return "<" + t.label() + ">" }
func (t *greenTask) Type() string          { return "task" }
func (t *greenTask) Freeze()               {}
func (t *greenTask) Truth() starlark.Bool  { return starlark.Bool(!t.Ready()) }
func (t *greenTask) Hash() (uint32, error) { return starlark.String(t.label()).Hash() }

func (t *greenTask) waitable() green.Waitable { return t.Task }

var greenTaskAttrs = map[string]func(t *greenTask) starlark.Value{
	"name":    func(t *greenTask) starlark.Value { return starlark.String(t.name) },
	"ready":   func(t *greenTask) starlark.Value { return starlark.Bool(t.Ready()) },
	"started": func(t *greenTask) starlark.Value { return starlark.Bool(t.Started()) },
	"value": func(t *greenTask) starlark.Value {
		if t.job == nil || !t.Ready() || t.Err() != nil {
			return starlark.None
		}
		v, _ := t.job.Get() // it has ended, and without an error
		return v
	},
	"exception": func(t *greenTask) starlark.Value {
		err := t.Err()
		if err == nil {
			return starlark.None
		}
		return message(t.hub.translate(err))
	},
}

var greenTaskMethods map[string]*starlark.Builtin

func init() {
	greenTaskMethods = byName(
		greenMethod("get", getTask),
		greenMethod("join", func(c *greenCall, t *greenTask) (starlark.Value, error) {
			var p patience
			if err := c.unpack("timeout?", &p); err != nil {
				return nil, err
			}
			return starlark.None, c.join(t, p, t.Join)
		}),
		greenMethod("kill", killTask),
	)
}

// Attr returns a method or an attribute of t.
func (t *greenTask) Attr(name string) (starlark.Value, error) {
	return attrOf(t, name, greenTaskMethods, greenTaskAttrs)
}

// AttrNames lists what Attr knows.
func (t *greenTask) AttrNames() []string { return namesOf(greenTaskMethods, greenTaskAttrs) }

// attrOf finds the method or attribute name of v.
func attrOf[T starlark.Value](
	v T, name string, methods map[string]*starlark.Builtin, attrs map[string]func(T) starlark.Value,
) (starlark.Value, error) {
	if m := methods[name]; m != nil {
		return m.BindReceiver(v), nil
	}
	if get := attrs[name]; get != nil {
		return get(v), nil
	}
	return nil, nil
}

// join waits for t with f.
func (c *greenCall) join(t *greenTask, p patience, f func() error) error {
	if t == c.me() {
		return runtimeError("a task cannot wait for its own end")
	}
	return c.wait(p, f)
}

// getTask is t.get(timeout=None).
func getTask(c *greenCall, t *greenTask) (v starlark.Value, err error) {
	var p patience
	if err := c.unpack("timeout?", &p); err != nil {
		return nil, err
	}
	v = starlark.None
	err = c.join(t, p, func() (err error) {
		if t.job == nil {
			return t.Join()
		}
		v, err = t.job.Get()
		return err
	})
	return v, err
}

// killTask is t.kill(block=True).
func killTask(c *greenCall, t *greenTask) (starlark.Value, error) {
	block := true
	if err := c.unpack("block?", &block); err != nil {
		return nil, err
	}
	if t == c.me() {
		return nil, &Raised{greenletExit}
	}
	if !block {
		t.Stop()
		return starlark.None, nil
	}
	return starlark.None, c.wait(patience{}, t.Kill)
}

// spawnLater is spawn_later(seconds, f, *args, **kwargs).
func spawnLater(c *greenCall) (starlark.Value, error) {
	if len(c.args) == 0 {
		return nil, typeError("spawn_later() takes the seconds, a function and its arguments")
	}
	var p patience
	if err := p.Unpack(c.args[0]); err != nil {
		return nil, err
	}
	return c.spawn(c.hub.h, p, c.args[1:])
}

// joinAll is joinall(tasks, timeout=None), which raises the first failure.
func joinAll(c *greenCall) (starlark.Value, error) {
	var list starlark.Iterable
	var p patience
	if err := c.unpack("tasks", &list, "timeout?", &p); err != nil {
		return nil, err
	}
	var ts []green.AnyTask
	for v := range starlark.Elements(list) {
		t, ok := v.(*greenTask)
		switch {
		case !ok:
			return nil, typeError("joinall() takes tasks (got type %s)", typeName(v))
		case t.hub != c.hub:
			return nil, errOtherHub
		case t == c.me():
			return nil, runtimeError("a task cannot wait for its own end")
		}
		ts = append(ts, t.Task)
	}
	return starlark.None, c.wait(p, func() error { return c.hub.h.JoinAll(ts...) })
}

// waitAny is wait(*objects, timeout=None), which returns the first object that is ready.
func waitAny(c *greenCall) (starlark.Value, error) {
	var p patience
	objects := c.args
	c.args = nil
	if err := c.unpack("timeout?", &p); err != nil {
		return nil, err
	}
	ws := make([]green.Waitable, len(objects))
	for i, v := range objects {
		o, ok := v.(interface {
			object
			waitable() green.Waitable
		})
		switch {
		case !ok:
			return nil, typeError("wait() takes tasks, queues, events, semaphores and pools (got type %s)", typeName(v))
		case o.of() != c.hub:
			return nil, errOtherHub
		}
		ws[i] = o.waitable()
	}
	if len(ws) == 0 {
		return nil, typeError("wait() takes something to wait for")
	}
	var i int
	err := c.wait(p, func() (err error) {
		i, err = c.hub.h.WaitAny(ws...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return objects[i], nil
}
