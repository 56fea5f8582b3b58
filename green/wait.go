package green

import (
	"iter"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// A Waitable is what [Hub.WaitAny] and its like can wait for: a task, an event, a result, a queue, a semaphore, a
// timer. Waiting takes nothing from it: a queue that is ready may be empty again when the caller comes to it.
type Waitable interface {
	// Ready says whether waiting would end at once.
	Ready() bool
	// watch returns where to wait until Ready may have changed.
	watch() *tasklet.Line
}

// A pulse is a Waitable that wakes its line only when it is ready, if only for a moment.
type pulse interface{ pulses() }

// A rester is a Waitable that does something while it is watched, and hears when the watching has ended.
type rester interface{ rest() }

// WaitAny waits until one of ws is ready and returns its index; of several that are ready already, the first. It fails,
// with an index of -1, if the caller is killed or its deadline passes. Without ws it fails with a
// [*tasklet.DeadlockError], or waits until that.
func (h *Hub) WaitAny(ws ...Waitable) (int, error) {
	for i, w := range ws {
		if w.Ready() {
			return i, nil
		}
	}
	lines := make([]*tasklet.Line, len(ws))
	for i, w := range ws {
		lines[i] = w.watch()
	}
	defer func() {
		for _, w := range ws {
			if r, ok := w.(rester); ok {
				r.rest()
			}
		}
	}()
	for {
		i, err := h.s.WaitAny(lines...)
		if err != nil {
			return -1, err
		}
		if _, ok := ws[i].(pulse); ok || ws[i].Ready() {
			return i, nil
		}
		if r, ok := ws[i].(rester); ok { // a timer, say, that was set to later since
			r.rest()
			ws[i].watch()
		}
	}
}

// WaitAll waits until each of ws has been ready. It fails if the caller is killed or its deadline passes.
func (h *Hub) WaitAll(ws ...Waitable) error {
	for _, err := range h.AsCompleted(ws...) {
		if err != nil {
			return err
		}
	}
	return nil
}

// WaitN waits until n of ws have been ready, or all of them, and returns these in the order in which they were. If the
// caller is killed or its deadline passes before, it returns them all the same, with the error.
func (h *Hub) WaitN(n int, ws ...Waitable) (ready []Waitable, err error) {
	if h.Check(); n <= 0 {
		return nil, nil
	}
	for i, err := range h.AsCompleted(ws...) {
		if err != nil {
			return ready, err
		}
		if ready = append(ready, ws[i]); len(ready) == n {
			break
		}
	}
	return ready, nil
}

// AsCompleted returns the indexes of ws in the order in which they become ready, each once. If the caller is killed
// or its deadline passes, the error comes with an index of -1, and that is the end.
func (h *Hub) AsCompleted(ws ...Waitable) iter.Seq2[int, error] {
	h.Check()
	return func(yield func(int, error) bool) {
		left := make([]Waitable, len(ws))
		copy(left, ws)
		index := make([]int, len(ws))
		for i := range index {
			index[i] = i
		}
		for len(left) > 0 {
			i, err := h.WaitAny(left...)
			if err != nil {
				yield(-1, err)
				return
			}
			if !yield(index[i], nil) {
				return
			}
			left = append(left[:i], left[i+1:]...)
			index = append(index[:i], index[i+1:]...)
		}
	}
}

// An AnyTask is a [*Task] or a [*Job].
type AnyTask interface {
	Waitable
	task() *Task
}

func (t *Task) task() *Task { return t }

// JoinAll waits until all of ts have ended or one has failed, whatever is first, and returns the error of that one. The
// others go on. It fails, too, if the caller is killed or its deadline passes. One that was killed has not failed.
func (h *Hub) JoinAll(ts ...AnyTask) error {
	ws := make([]Waitable, len(ts))
	for i, t := range ts {
		ws[i] = t
	}
	for i, err := range h.AsCompleted(ws...) {
		if err != nil {
			return err
		}
		t := ts[i].task()
		if t.taken = true; t.err != nil && !isKilled(t.err) {
			return t.err
		}
	}
	return nil
}

// GetAll waits for all of jobs and returns their results in the same order, or the first error, as [Job.Get] does.
func GetAll[T any](jobs ...*Job[T]) ([]T, error) {
	vals := make([]T, 0, len(jobs))
	for _, j := range jobs {
		v, err := j.Get()
		if err != nil {
			return nil, err
		}
		vals = append(vals, v)
	}
	return vals, nil
}

// KillAll stops all of ts and waits until they have ended. It fails if the caller is killed or its deadline passes;
// told to stop they are then all the same. If the caller is among ts, it gets [ErrKilled] returned when the others
// have ended.
func (h *Hub) KillAll(ts ...AnyTask) error {
	me := h.Current()
	var own error
	for _, t := range ts {
		if t.task() == me {
			own = ErrKilled
		} else {
			t.task().Stop()
		}
	}
	for _, t := range ts {
		if t.task() == me {
			continue
		}
		if err := t.task().Join(); err != nil {
			return err
		}
	}
	return own
}

// A Timer is ready from a time on. It costs something only while somebody waits for it.
type Timer struct {
	_     noCopy
	h     *Hub
	at    time.Time
	line  *tasklet.Line
	alarm *tasklet.Alarm
}

// NewTimer makes a timer that is ready after d.
func (h *Hub) NewTimer(d time.Duration) *Timer {
	m := &Timer{h: h, at: h.Now().Add(d), line: h.s.NewLine("a timer")}
	m.alarm = h.s.NewAlarm(m.line.WakeAll)
	return m
}

// Reset makes the timer ready after d, from now.
func (m *Timer) Reset(d time.Duration) {
	m.at = m.h.Now().Add(d)
	if m.line.Len() > 0 {
		m.alarm.Set(d)
	}
}

// Ready says whether the time has come.
func (m *Timer) Ready() bool { return !m.h.Now().Before(m.at) }

// Wait waits until the time has come. It fails if the caller is killed or its deadline passes.
func (m *Timer) Wait() error {
	_, err := m.h.WaitAny(m)
	return err
}

func (m *Timer) watch() *tasklet.Line {
	if !m.alarm.IsSet() {
		m.alarm.Set(m.at.Sub(m.h.Now()))
	}
	return m.line
}

func (m *Timer) rest() {
	if m.line.Len() == 0 {
		m.alarm.Stop()
	}
}
