package trace

import (
	"fmt"
	"iter"
	"reflect"
	"strings"
	"time"

	"github.com/go-greenlet/greenlet"
)

// An entry is one event as it is written.
type entry struct {
	when     int64
	from, to uint64
	kind     greenlet.Kind
	start    bool
	end      bool
	value    string
	err      string
}

// events yields what is held, oldest first, with or without the texts. No two are at the same time: what the clock
// could not tell apart is set apart by a nanosecond, so that nothing has to be drawn with no length. The entry is the
// same each time.
func (r *Recorder[T]) events(texts bool) iter.Seq[*entry] {
	if r.texts != nil {
		return entries(r.texts, texts, func(v string, _ greenlet.Kind) string { return v })
	}
	if r.opts.noValues {
		return entries(r.vals, texts, func(T, greenlet.Kind) string { return "" })
	}
	return entries(r.vals, texts, r.text)
}

func entries[V any](l *log[V], texts bool, text func(V, greenlet.Kind) string) iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		var last int64
		for x := range l.all() {
			e := entry{when: max(x.when, last+1), from: x.from, to: x.to, kind: x.kind, start: x.start, end: x.end}
			last = e.when
			if texts {
				e.value = text(x.val, x.kind)
				if x.err != nil {
					e.err = cut(fmt.Sprint(x.err), maxError)
				}
			}
			if !yield(&e) {
				return
			}
		}
	}
}

// origin returns which greenlet ran before the oldest event that is held, and since when; 0 if that is not known.
func (r *Recorder[T]) origin() uint64 {
	if r.Dropped() > 0 {
		return 0
	}
	return r.first
}

// over returns when the last slice ends.
func (r *Recorder[T]) over() int64 {
	end := r.ended
	if end == 0 {
		end = time.Since(r.began)
	}
	var last int64
	for e := range r.events(false) {
		last = e.when
	}
	return max(int64(end), last+1)
}

// How long the texts may be, in bytes.
const (
	maxValue = 500
	maxError = 4000
)

// text is what to write of a value.
func (r *Recorder[T]) text(v T, kind greenlet.Kind) string {
	if kind == greenlet.KindThrow && reflect.ValueOf(&v).Elem().IsZero() {
		return "" // beside an error it says nothing
	}
	return cut(r.opts.format(v), maxValue)
}

// plain is the format of values unless another one was asked for.
func plain(v any) string {
	switch v := v.(type) {
	case nil, struct{}:
		return ""
	case string:
		return fmt.Sprintf("%q", cut(v, maxValue))
	}
	return bounded(v)
}

// cut returns s, or of one that is longer than limit the beginning.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}

// A snap is the text of an error at the time at which it arrived.
type snap string

func (s snap) Error() string { return string(s) }

func snapshot(err error) error {
	if err == nil {
		return nil
	}
	return snap(cut(fmt.Sprint(err), maxError))
}

// label names a greenlet as its String does, without the state.
func (t Track) label() string {
	if t.Label != "" {
		return t.Label
	}
	kind := "greenlet"
	if t.Parent == 0 {
		kind = "main greenlet"
	}
	if t.Name == "" {
		return fmt.Sprintf("%s %d", kind, t.ID)
	}
	return fmt.Sprintf("%s %d %q", kind, t.ID, t.Name)
}
