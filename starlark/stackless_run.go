package starlark

import (
	"math"
	"reflect"

	"go.starlark.net/starlark"
)

// A watchdog counts the steps of the tasklets under run(timeout), and interrupts the one that makes too many.
type watchdog struct {
	timeout, left int64
	soft, total   bool
	task          *task  // who runs
	at            *fiber // in which thread, or nil
	since         uint64 // its steps when they were counted last
	spent         bool   // task was interrupted already, or will be
}

// run is run(timeout=0, threadblock=False, soft=False, ignore_nesting=False, totaltimeout=False).
func run(c *call) (starlark.Value, error) {
	var timeout int64
	var threadblock, soft, ignoreNesting, total bool
	err := c.unpack("timeout?", &timeout, "threadblock?", &threadblock, "soft?", &soft,
		"ignore_nesting?", &ignoreNesting, "totaltimeout?", &total)
	switch {
	case err != nil:
		return nil, err
	case c.st.locked:
		return nil, errCallback
	}
	st := c.st
	depth := c.depth + c.thread.CallStackDepth() + ownDepth
	if st.nested+depth > maxDepth {
		return nil, errDepth
	}
	st.nested += depth
	defer func() { st.nested -= depth }()
	c.me().temp = temp{}
	if timeout <= 0 || st.watchdog != nil {
		if _, err := c.arrive(st.s.Run()); err != nil {
			return nil, err
		}
		return starlark.None, nil
	}
	w := &watchdog{timeout: timeout, left: timeout, soft: soft, total: total}
	st.watchdog = w
	defer func() { // a panic may come, too
		if st.watchdog == w {
			st.watchdog = nil
		}
	}()
	victim, err := st.s.RunInterruptible()
	if st.watchdog == w {
		st.watchdog = nil
	}
	if _, err = c.arrive(err); err != nil {
		return nil, err
	}
	return st.value(victim), nil
}

// schedule is schedule(retval=getcurrent()).
func schedule(c *call) (starlark.Value, error) { return c.schedule(c.st.s.Schedule) }

// scheduleRemove is schedule_remove(retval=getcurrent()).
func scheduleRemove(c *call) (starlark.Value, error) { return c.schedule(c.st.s.ScheduleRemove) }

func (c *call) schedule(f func() error) (starlark.Value, error) {
	var retval starlark.Value = c.me()
	if err := c.unpack("retval?", &retval); err != nil {
		return nil, err
	}
	if c.st.locked {
		return nil, errCallback
	}
	c.me().temp = temp{v: retval}
	return c.arrive(f())
}

// follow makes the watchdog, if there is one, count the steps of f, which runs now.
func (st *stackless) follow(f *fiber) {
	w := st.watchdog
	if w == nil {
		f.unlimit()
		return
	}
	w.count()
	if t := f.tree.task; t != w.task {
		w.task, w.spent = t, false
		if !w.total {
			w.left = w.timeout
		}
	}
	w.watch(f)
}

// count counts the steps that were made since they were counted last.
func (w *watchdog) count() {
	if w.at != nil {
		w.left -= int64(w.at.thread.Steps - w.since)
		w.at = nil
	}
}

// watch limits the steps of f.
func (w *watchdog) watch(f *fiber) {
	w.at, w.since = f, f.thread.Steps
	left := uint64(max(w.left, 1))
	if w.spent {
		left = math.MaxUint64
	}
	f.limit(left)
}

// A limit is what the host set in a thread whose steps a watchdog limits.
type limit struct {
	max  uint64
	hook func(*starlark.Thread)
}

// limit makes f's thread call [fiber.expire] after n more steps, without prejudice to the limit of the host.
func (f *fiber) limit(n uint64) {
	if f.host == nil {
		f.host = &limit{maxSteps(f.thread), f.thread.OnMaxSteps}
		f.thread.OnMaxSteps = func(*starlark.Thread) { f.expire() }
	}
	end := f.thread.Steps + n
	if end < n {
		end = math.MaxUint64
	}
	f.thread.SetMaxExecutionSteps(min(end, f.host.max))
}

// unlimit takes back limit.
func (f *fiber) unlimit() {
	if h := f.host; h != nil {
		f.host = nil
		f.thread.OnMaxSteps = h.hook
		f.thread.SetMaxExecutionSteps(h.max)
	}
}

// maxSteps returns the limit of steps that the host set for thread, which the interpreter has no other way to tell.
func maxSteps(thread *starlark.Thread) uint64 {
	field := reflect.ValueOf(thread).Elem().FieldByName("maxSteps")
	if !field.IsValid() || !field.CanUint() || field.Uint() == 0 {
		return math.MaxUint64
	}
	return field.Uint()
}

// expire is called when f's thread has made as many steps as the host or the watchdog allow.
func (f *fiber) expire() {
	st := f.tree.stackless
	if h := f.host; h != nil && f.thread.Steps >= h.max {
		f.unlimit()
		if h.hook != nil {
			h.hook(f.thread)
		} else {
			f.thread.Cancel("too many steps")
		}
	}
	w := st.watchdog
	if w == nil {
		f.unlimit()
		return
	}
	w.count()
	if w.left > 0 || w.spent {
		w.watch(f)
		return
	}
	w.spent = true
	w.watch(f)
	err := st.back(f, st.s.Interrupt(!w.soft))
	if f.ended {
		return
	}
	if _, bomb := f.tree.task.claim(); err == nil {
		err = bomb
	}
	if err != nil {
		f.fail(err)
	}
}
