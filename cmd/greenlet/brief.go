package main

import (
	"strings"

	"go.starlark.net/starlark"
)

// How much of a value a trace shows.
const (
	briefItems = 8  // of a list, tuple, set or dictionary
	briefDepth = 3  // of those in each other
	briefText  = 80 // bytes of a string or of bytes
)

// brief writes a value as repr would, but no more of it than can be looked at: it is done at every switch.
func brief(v any) string {
	if v == nil {
		return ""
	}
	var b strings.Builder
	writeBrief(&b, v.(starlark.Value), briefDepth)
	return b.String()
}

func writeBrief(b *strings.Builder, v starlark.Value, depth int) {
	switch v := v.(type) {
	case starlark.String:
		if len(v) > briefText {
			b.WriteString(starlark.String(strings.ToValidUTF8(string(v[:briefText]), "")).String() + "…")
			return
		}
		b.WriteString(v.String())
	case starlark.Bytes:
		if len(v) > briefText {
			b.WriteString(v[:briefText].String() + "…")
			return
		}
		b.WriteString(v.String())
	case *starlark.Dict:
		writeItems(b, "{", "}", v, v.Len(), depth, func(key starlark.Value) {
			writeBrief(b, key, depth-1)
			b.WriteString(": ")
			item, _, _ := v.Get(key)
			writeBrief(b, item, depth-1)
		})
	case *starlark.List:
		writeItems(b, "[", "]", v, v.Len(), depth, func(item starlark.Value) { writeBrief(b, item, depth-1) })
	case *starlark.Set:
		writeItems(b, "set([", "])", v, v.Len(), depth, func(item starlark.Value) { writeBrief(b, item, depth-1) })
	case starlark.Tuple:
		end := ")"
		if len(v) == 1 {
			end = ",)"
		}
		writeItems(b, "(", end, v, len(v), depth, func(item starlark.Value) { writeBrief(b, item, depth-1) })
	default:
		b.WriteString(v.String())
	}
}

// writeItems writes the first of the n items of a collection with item.
func writeItems(b *strings.Builder, open, end string, of starlark.Iterable, n, depth int, item func(starlark.Value)) {
	b.WriteString(open)
	defer b.WriteString(end)
	if n > 0 && depth == 0 {
		b.WriteString("…")
		return
	}
	it := of.Iterate()
	defer it.Done()
	var x starlark.Value
	for i := 0; it.Next(&x); i++ {
		if i > 0 {
			b.WriteString(", ")
		}
		if i == briefItems {
			b.WriteString("…")
			return
		}
		item(x)
	}
}
