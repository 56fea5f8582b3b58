package trace

import (
	"slices"
	"time"

	"github.com/go-greenlet/greenlet"
)

// A Recorder keeps what happens in a tree of greenlets and writes it as a picture. T is the type of the values that
// travel there.
//
// A Recorder made by [Attach] may be used where the tree may, and once it is stopped from any goroutine; one made by
// [New] from any goroutine. In no case by two at the same time.
type Recorder[T any] struct {
	began time.Time
	ended time.Duration // when it was stopped; 0: it was not
	opts  options
	vals  *log[T]
	texts *log[string] // in the place of vals: the values are kept as text

	tracks map[uint64]*track
	prune  int    // how many tracks are too many
	first  uint64 // which greenlet ran when the recorder began; 0: not known

	main  *greenlet.Greenlet[T] // nil: made by New
	untap func()                // ends the trace
}

// A track is what is known of one greenlet.
type track struct {
	Track
	dead bool
}

// A Track describes a greenlet.
type Track struct {
	ID     uint64
	Name   string // "" if it has none
	Parent uint64 // the ID of its parent; 0 if it has none
	Label  string // what to show of it; "": something made of the others
}

// An Event is a transfer of control, as [Recorder.Add] takes it.
type Event[T any] struct {
	Kind     greenlet.Kind
	From, To uint64 // IDs; equal if a greenlet switched to itself
	Value    T      // what arrives
	Err      error  // with KindThrow
	Start    bool   // To starts with this
	End      bool   // From ended with this
}

// New returns a recorder that is attached to nothing: it records what it is told with [Recorder.Add]. It is for code
// that has coroutines of its own. running is the ID of the one that runs at the moment, or 0 if none does.
func New[T any](running uint64, opts ...Option) *Recorder[T] {
	r := &Recorder[T]{opts: newOptions(opts), tracks: map[uint64]*track{}, first: running}
	if r.opts.snapshot {
		r.texts = &log[string]{last: r.opts.last}
	} else {
		r.vals = &log[T]{last: r.opts.last}
	}
	r.prune = 1 << 12
	r.began = time.Now()
	return r
}

// Attach makes a recorder that records every switch and throw in g's tree, in addition to the tracers that may be
// there, until [Recorder.Stop]. It may be called where [greenlet.Greenlet.Trace] may. In a tree that was closed there
// is nothing to record.
//
// The endings of greenlets that the tree's Close ends are recorded, too, if the recorder is not stopped before.
func Attach[T any](g *greenlet.Greenlet[T], opts ...Option) *Recorder[T] {
	main := g.Main()
	r := New[T](main.Current().ID(), opts...)
	r.main = main
	r.refresh()
	r.discover(main.Current())
	r.began = time.Now()
	r.untap = main.Trace(r.event)
	return r
}

// event is the tracer.
func (r *Recorder[T]) event(e greenlet.Event[T]) error {
	x := Event[T]{Kind: e.Kind, To: e.To.ID(), Value: e.Value, Err: e.Err, Start: e.Start}
	if e.From != nil {
		x.From = e.From.ID()
		x.End = e.From.Dead()
	}
	r.add(&x)
	if e.Start {
		r.discover(e.To)
	}
	return nil
}

// Add records e as of now. After Stop it does nothing. A recorder that is attached to a tree records by itself; what
// is added to it all the same appears among the rest. An e.To of 0 is misuse and panics; with an e.From of 0 control
// comes from where it last arrived.
func (r *Recorder[T]) Add(e Event[T]) {
	if e.To == 0 {
		panic("trace: Add of an event that arrives at greenlet 0; IDs begin at 1")
	}
	if r.ended != 0 {
		return
	}
	r.add(&e)
	if e.Start && r.tracks[e.To] == nil {
		r.Describe(Track{ID: e.To})
	}
}

func (r *Recorder[T]) add(e *Event[T]) {
	now := int64(time.Since(r.began))
	if r.texts == nil {
		x := r.vals.next()
		x.fill(now, e.Kind, e.From, e.To, e.Start, e.End)
		x.err = e.Err
		if !r.opts.noValues {
			x.val = e.Value
		}
	} else {
		x := r.texts.next()
		x.fill(now, e.Kind, e.From, e.To, e.Start, e.End)
		x.val, x.err = r.text(e.Value, e.Kind), snapshot(e.Err)
	}
	if e.End {
		if t := r.tracks[e.From]; t != nil {
			t.dead = true
		}
	}
}

// Describe gives the greenlet with the ID t.ID, which may be new to the recorder, a name and a parent.
func (r *Recorder[T]) Describe(t Track) {
	if old := r.tracks[t.ID]; old != nil {
		old.Track = t
		return
	}
	r.tracks[t.ID] = &track{Track: t}
	if len(r.tracks) >= r.prune {
		r.forget()
	}
}

// Stop ends the recording. A second Stop does nothing.
func (r *Recorder[T]) Stop() {
	if r.ended != 0 {
		return
	}
	r.ended = max(time.Since(r.began), 1)
	r.refresh()
	if r.untap != nil {
		r.untap()
	}
	r.main, r.untap = nil, nil
}

// Len returns how many events the recorder holds: all that there were, but for those that were dropped.
func (r *Recorder[T]) Len() int {
	if r.texts != nil {
		return r.texts.size() - r.texts.excess()
	}
	return r.vals.size() - r.vals.excess()
}

// Dropped returns how many events there were before those that the recorder holds.
func (r *Recorder[T]) Dropped() uint64 {
	if r.texts != nil {
		return r.texts.dropped + uint64(r.texts.excess())
	}
	return r.vals.dropped + uint64(r.vals.excess())
}

// Tracks returns what is known of the greenlets, in the order of their IDs: of those that ran while the recorder was
// attached or were there when it was, and their parents. Of those that were dead before the oldest event that
// the recorder holds, nothing need be known.
func (r *Recorder[T]) Tracks() []Track {
	r.refresh()
	list := make([]Track, 0, len(r.tracks))
	for _, t := range r.tracks {
		list = append(list, t.Track)
	}
	slices.SortFunc(list, func(a, b Track) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return list
}

// discover describes g, and its parents as far as they are not known.
func (r *Recorder[T]) discover(g *greenlet.Greenlet[T]) {
	for ; g != nil; g = g.Parent() {
		t := Track{ID: g.ID(), Name: g.Name()}
		if p := g.Parent(); p != nil {
			t.Parent = p.ID()
		}
		r.Describe(t)
		if r.tracks[t.Parent] != nil {
			return
		}
	}
}

// refresh brings up to date what may have changed since a greenlet was first seen.
func (r *Recorder[T]) refresh() {
	if r.main == nil {
		return
	}
	for i := range r.main.All() {
		r.Describe(Track{ID: i.ID, Name: i.Name, Parent: i.Parent})
	}
}

// forget drops the tracks of dead greenlets of which no event is held and that are nobody's parent.
func (r *Recorder[T]) forget() {
	if r.Dropped() > 0 {
		used := map[uint64]bool{}
		for e := range r.events(false) {
			used[e.from], used[e.to] = true, true
		}
		for id, t := range r.tracks {
			used[id] = used[id] || !t.dead
		}
		for id := range used {
			for t := r.tracks[id]; t != nil && t.Parent != 0 && !used[t.Parent]; t = r.tracks[t.Parent] {
				used[t.Parent] = true
			}
		}
		for id := range r.tracks {
			if !used[id] {
				delete(r.tracks, id)
			}
		}
	}
	r.prune = max(1<<12, 2*len(r.tracks), r.opts.last)
}
