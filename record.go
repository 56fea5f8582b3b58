package greenlet

import (
	"context"
	"runtime"
	"runtime/pprof"
	"time"
)

// Record makes a tree note for each greenlet where it was created, how often control arrived there and since when it is
// in its state, for [Info]; and it labels the goroutine of each but main with the greenlet's number and name
// (runtime/pprof, key "greenlet", beside the labels of its Context), so that a CPU profile splits by greenlet and a goroutine profile names them. A switch
// then costs several times more, and a New some hundred nanoseconds and two allocations. Without it none of this costs
// anything.
func Record() Option { return func(o *options) { o.record = true } }

// OnLeak makes Close of main call f first, in main, with the greenlets that are still suspended then, and where they are
// parked, if there are any. It is for programs and tests in which every greenlet should have ended by itself.
func OnLeak(f func([]Info)) Option { return func(o *options) { o.onLeak = f } }

// A record is what a tree with the option Record notes of a greenlet.
type record struct {
	created  [8]uintptr
	depth    int
	switches uint64
	since    time.Time
	shown    *label // what the goroutine is labelled with
}

// newRecord makes the record of a greenlet that is created skip calls above the caller of newRecord.
func newRecord(skip int) *record {
	r := &record{since: time.Now()}
	r.depth = runtime.Callers(skip+2, r.created[:])
	return r
}

func (r *record) tell(i *Info) {
	i.Created = frames(r.created[:r.depth])
	i.Switches = r.switches
	i.For = time.Since(r.since)
}

// note records that control went from one greenlet to the current one.
func (t *tree[T]) note(from *Greenlet[T]) {
	now := time.Now()
	if l := from.identity().label; l != nil && l.record != nil {
		l.record.since = now
	}
	l := t.cur.identity().label
	l.record.since = now
	l.record.switches++
	if l != l.record.shown && t.cur != t.main {
		// First time on this goroutine, or renamed.
		l.record.shown = l
		name, ctx := t.cur.identity().String(), l.ctx
		if ctx == nil {
			ctx = context.Background()
		}
		pprof.SetGoroutineLabels(pprof.WithLabels(ctx, pprof.Labels("greenlet", name)))
	}
}
