package green

import (
	"io"
	"maps"
	"slices"

	"github.com/go-greenlet/greenlet/tasklet"
	"github.com/go-greenlet/greenlet/trace"
)

// A Trace records which task of a hub runs when, and what it waits for then. It writes the pictures of package trace,
// with a row for each task, and one for the time in which the hub waits for the outside. The value at an arrow is
// what the task that it comes from waits for.
//
// Until it is stopped it is used in the hub; after that on any goroutine.
type Trace struct {
	h       *Hub
	rec     *trace.Recorder[string]
	running bool
	woke    bool                        // the next switch was recorded already
	known   map[uint64]*tasklet.Tasklet // that live
}

// idleTrack is the row of the hub that waits. It is no tasklet's number, and one that JavaScript has.
const idleTrack = 1 << 50

// Trace begins to record every switch of the hub, until [Trace.Stop] or the end of Run. opts are those of package
// trace; values of the program's are not in it. A recorded switch costs some hundred nanoseconds more, and one that
// is not recorded nothing. While it records, the schedule callback of the scheduler is taken: set yours before.
func (h *Hub) Trace(opts ...trace.Option) *Trace {
	h.Check()
	current := h.s.Current()
	r := &Trace{
		h: h, rec: trace.New[string](current.ID(), append(opts, trace.Format(func(v any) string { return v.(string) }))...),
		running: true, known: map[uint64]*tasklet.Tasklet{},
	}
	r.rec.Describe(trace.Track{ID: idleTrack, Label: "the hub waits"})
	for t := range h.s.All() {
		r.meet(t)
	}
	o := &h.ops
	o.tracing = append(o.tracing, r)
	if len(o.tracing) == 1 {
		schedule := h.s.SetScheduleCallback(nil)
		idle := h.s.SetIdleCallback(nil)
		h.s.SetScheduleCallback(func(prev, next *tasklet.Tasklet) {
			if schedule != nil {
				schedule(prev, next)
			}
			for _, r := range o.tracing {
				r.switched(prev, next)
			}
		})
		h.s.SetIdleCallback(func(next *tasklet.Tasklet) {
			if idle != nil {
				idle(next)
			}
			for _, r := range o.tracing {
				r.waits(next)
			}
		})
		forget := h.AtEnd(func() {
			for len(o.tracing) > 0 {
				o.tracing[0].Stop()
			}
		})
		o.untrace = func() {
			h.s.SetScheduleCallback(schedule)
			h.s.SetIdleCallback(idle)
			forget()
		}
	}
	return r
}

// meet describes t.
func (r *Trace) meet(t *tasklet.Tasklet) {
	r.known[t.ID()] = t
	track := trace.Track{ID: t.ID(), Label: t.String()}
	if task, is := t.Data().(*Task); is {
		track.Label = task.String()
		if p := task.parent; p != nil && p.t != nil && p.state != ended {
			track.Parent = p.t.ID()
		}
	}
	r.rec.Describe(track)
}

func (r *Trace) switched(prev, next *tasklet.Tasklet) {
	if r.woke {
		r.woke = false // it was told by waits
		return
	}
	r.arrive(next, r.leave(prev))
}

// waits hears of the beginning, next is nil, and the end of a time in which nobody runs.
func (r *Trace) waits(next *tasklet.Tasklet) {
	if next == nil {
		e := r.leave(r.h.s.Current())
		e.To = idleTrack
		r.rec.Add(e)
		return
	}
	r.woke = next != r.h.s.Current() // the schedule callback follows
	r.arrive(next, trace.Event[string]{From: idleTrack})
}

// leave is an event that begins at t.
func (r *Trace) leave(t *tasklet.Tasklet) trace.Event[string] {
	e := trace.Event[string]{From: t.ID(), Value: t.WaitsFor(), End: !t.Alive()}
	if e.End {
		r.meet(t) // it may have got its name since
		delete(r.known, e.From)
	}
	return e
}

// arrive records e as an event that ends at t.
func (r *Trace) arrive(t *tasklet.Tasklet, e trace.Event[string]) {
	e.To = t.ID()
	if r.known[e.To] == nil {
		r.meet(t)
		e.Start = t.Switches() == 0
	}
	r.rec.Add(e)
}

// Stop ends the recording. Stopped already, it does nothing.
func (r *Trace) Stop() {
	if r.over() {
		return
	}
	r.running = false
	for _, id := range slices.Sorted(maps.Keys(r.known)) {
		r.meet(r.known[id]) // names may have changed
	}
	r.known = nil
	r.rec.Stop()
	o := &r.h.ops
	o.tracing = slices.DeleteFunc(slices.Clone(o.tracing), func(x *Trace) bool { return x == r })
	if len(o.tracing) == 0 {
		o.untrace()
	}
}

// over reports whether the recording has ended, so that any goroutine may use it; else the caller must be in the hub.
func (r *Trace) over() bool {
	if r.running {
		r.h.Check()
	}
	return !r.running
}

// Len returns how many switches the trace holds.
func (r *Trace) Len() int {
	r.over()
	return r.rec.Len()
}

// Dropped returns how many there were before those that it holds: see [trace.Last].
func (r *Trace) Dropped() uint64 {
	r.over()
	return r.rec.Dropped()
}

// WriteHTML writes one page that any browser shows: see [trace.Recorder.WriteHTML].
func (r *Trace) WriteHTML(w io.Writer) error {
	r.over()
	return r.rec.WriteHTML(w)
}

// WriteChrome writes the trace event format: see [trace.Recorder.WriteChrome].
func (r *Trace) WriteChrome(w io.Writer) error {
	r.over()
	return r.rec.WriteChrome(w)
}
