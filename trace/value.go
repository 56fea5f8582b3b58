package trace

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// How far the text of a value goes. What is beyond is shown as …: a value may contain itself, or be huge, and package
// fmt would follow it without end.
const (
	maxDepth = 20   // of values in each other
	maxParts = 1000 // of a value that fmt writes, which has no way to stop early
	maxBytes = 1 << 16
)

// bounded is what fmt.Sprint makes of v, or of a v that is too large or too deep the beginning of that.
func bounded(v any) string {
	left := budget{parts: maxParts, bytes: maxBytes}
	if left.fits(reflect.ValueOf(v), maxDepth) {
		return fmt.Sprint(v)
	}
	w := writer{left: budget{parts: maxParts, bytes: 2 * maxValue}}
	w.value(reflect.ValueOf(v), maxDepth, true)
	return w.String()
}

// A budget is how much of a value may be looked at.
type budget struct{ parts, bytes int }

// speaks reports whether fmt leaves the text of v to v.
func speaks(v reflect.Value) bool {
	if !v.CanInterface() {
		return false
	}
	switch v.Interface().(type) {
	case fmt.Formatter, fmt.Stringer, error:
		return true
	}
	return false
}

// fits reports whether v can be left to fmt. It looks where fmt looks: not behind pointers within other values.
func (b *budget) fits(v reflect.Value, depth int) bool {
	if b.parts--; b.parts < 0 || depth < 0 {
		return false
	}
	if !v.IsValid() || speaks(v) {
		return true
	}
	switch v.Kind() {
	case reflect.String:
		b.bytes -= v.Len()
		return b.bytes >= 0
	case reflect.Pointer:
		if depth == maxDepth && follows(v) {
			return b.fits(v.Elem(), depth-1)
		}
	case reflect.Interface:
		return v.IsNil() || b.fits(v.Elem(), depth-1)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if !b.fits(v.Index(i), depth-1) {
				return false
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if !b.fits(v.Field(i), depth-1) {
				return false
			}
		}
	case reflect.Map:
		if v.Len() > b.parts {
			return false
		}
		for i := v.MapRange(); i.Next(); {
			if !b.fits(i.Key(), depth-1) || !b.fits(i.Value(), depth-1) {
				return false
			}
		}
	}
	return true
}

// follows reports whether fmt shows what the outermost pointer v leads to.
func follows(v reflect.Value) bool {
	if v.IsNil() {
		return false
	}
	switch v.Elem().Kind() {
	case reflect.Array, reflect.Slice, reflect.Struct, reflect.Map:
		return true
	}
	return false
}

// A writer writes the beginning of a value.
type writer struct {
	strings.Builder
	left budget
}

const more = "…"

// full reports whether nothing more is to be written.
func (w *writer) full() bool { return w.left.parts < 0 || w.Len() > w.left.bytes }

func (w *writer) value(v reflect.Value, depth int, outermost bool) {
	w.left.parts--
	switch {
	case w.full() || depth < 0:
		w.WriteString(more)
	case !v.IsValid():
		w.WriteString("<nil>")
	case speaks(v):
		w.WriteString(cut(fmt.Sprint(v.Interface()), maxValue))
	default:
		w.kind(v, depth-1, outermost)
	}
}

func (w *writer) kind(v reflect.Value, depth int, outermost bool) {
	switch v.Kind() {
	case reflect.Interface:
		w.value(v.Elem(), depth, false)
	case reflect.String:
		w.WriteString(cut(v.String(), maxValue))
	case reflect.Bool:
		w.WriteString(strconv.FormatBool(v.Bool()))
	case reflect.Pointer:
		if outermost && follows(v) {
			w.WriteByte('&')
			w.value(v.Elem(), depth, false)
			return
		}
		fmt.Fprintf(w, "%#x", v.Pointer())
	case reflect.Slice, reflect.Array:
		w.list("[", "]", v.Len(), func(i int) { w.value(v.Index(i), depth, false) })
	case reflect.Struct:
		w.list("{", "}", v.NumField(), func(i int) { w.value(v.Field(i), depth, false) })
	case reflect.Map:
		// In no order: to sort the keys, one would have to look at all of them.
		each := v.MapRange()
		w.list("map[", "]", v.Len(), func(int) {
			if each.Next() {
				w.value(each.Key(), depth, false)
				w.WriteByte(':')
				w.value(each.Value(), depth, false)
			}
		})
	default:
		fmt.Fprint(w, v) // a number, a function or a channel
	}
}

// list writes n things, or as many as there is room for.
func (w *writer) list(open, end string, n int, one func(i int)) {
	w.WriteString(open)
	for i := range n {
		if i > 0 {
			w.WriteByte(' ')
		}
		if w.full() {
			w.WriteString(more)
			break
		}
		one(i)
	}
	w.WriteString(end)
}
