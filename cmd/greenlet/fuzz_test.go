package main

import (
	"bufio"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"go.starlark.net/starlark"
)

// A maker makes values of what is left of shape.
type maker struct {
	shape string
	text  string
	made  int
	big   bool // one of the values has more than brief shows
}

func (m *maker) next() int {
	if m.shape == "" {
		return 0
	}
	b := m.shape[0]
	m.shape = m.shape[1:]
	return int(b)
}

// value makes a value that may have depth more within it.
func (m *maker) value(depth int) starlark.Value {
	m.made++
	kind := m.next()
	n := kind / 16
	if kind %= 10; depth == 0 && kind > 5 {
		kind = 4
	}
	var elems []starlark.Value
	if kind > 5 {
		for range n {
			elems = append(elems, m.value(depth-1))
		}
		m.big = m.big || n > briefItems
	}
	switch kind {
	case 1:
		return starlark.MakeInt(n - 8)
	case 2:
		return starlark.Float(n) / 7
	case 3:
		m.big = m.big || len(m.text) > briefText
		return starlark.Bytes(m.text)
	case 4, 5:
		s := m.text[:len(m.text)*n/15]
		m.big = m.big || len(s) > briefText
		return starlark.String(s)
	case 6:
		return starlark.NewList(elems)
	case 7:
		return starlark.Tuple(elems)
	case 8:
		d := starlark.NewDict(n)
		for i, e := range elems {
			_ = d.SetKey(starlark.MakeInt(i), e)
		}
		return d
	case 9:
		s := starlark.NewSet(n)
		for _, e := range elems {
			_ = s.Insert(e) // or not, if it has no hash
		}
		return s
	}
	return starlark.None
}

// depthOf is how many collections of v are in each other.
func depthOf(v starlark.Value) int {
	var elems []starlark.Value
	switch v := v.(type) {
	case *starlark.Dict:
		for _, pair := range v.Items() {
			elems = append(elems, pair...)
		}
	case starlark.Iterable:
		for e := range starlark.Elements(v) {
			elems = append(elems, e)
		}
	}
	deepest := 0
	for _, e := range elems {
		deepest = max(deepest, 1+depthOf(e))
	}
	return deepest
}

// FuzzBrief writes values of any shape as a trace shows them: a small one as repr does, a large one not much longer.
func FuzzBrief(f *testing.F) {
	f.Add("\x00", "")
	f.Add("\x36\x11\x27\x04\x94\x18\x24\x29\x31\x31", "text \"and\" more\n")
	f.Add("\xf6\xf7\xf8\xf9\xf4\xf4\xf4\xf4\xf4\xf4\xf4", strings.Repeat("ä", 100))
	f.Add("\x96\x01\x01\x01\x01\x01\x01\x01\x01\x01", "")
	f.Add("\x16\x17\x18\x16\x19", "")
	f.Add("\x03", strings.Repeat("\x00\xff", 1000))
	f.Fuzz(func(t *testing.T, shape, text string) {
		m := &maker{shape: shape[:min(len(shape), 200)], text: text}
		v := m.value(5)
		got := brief(v)
		// Each byte of a string takes four at most. Keys, brackets and commas are the rest.
		if limit := m.made * (4*briefText + 20); len(got) > limit {
			t.Errorf("%d bytes for %d values: %s", len(got), m.made, got)
		}
		switch small := !m.big && depthOf(v) <= briefDepth; {
		case small && got != v.String():
			t.Errorf("got %s, want %s", got, v)
		case len(got) > 4*len(v.String())+10:
			t.Errorf("%s is longer than %s", got, v)
		}
		l := starlark.NewList([]starlark.Value{v})
		_ = l.Append(l)
		if got := brief(l); !strings.Contains(got, "…") {
			t.Errorf("a list in itself is %s", got)
		}
	})
}

// FuzzReadLine gives scripts any input, in pieces of any size. They get its lines.
func FuzzReadLine(f *testing.F) {
	f.Add("a\nb\r\n\nc", byte(0))
	f.Add("", byte(1))
	f.Add("\r\r\n\n\x00\xff", byte(2))
	f.Add(strings.Repeat("\n", 300)+strings.Repeat("long ", 2000), byte(3))
	f.Fuzz(func(t *testing.T, text string, pieces byte) {
		var r io.Reader = strings.NewReader(text)
		switch pieces % 4 {
		case 1:
			r = iotest.OneByteReader(r)
		case 2:
			r = iotest.HalfReader(r)
		case 3:
			r = iotest.DataErrReader(r)
		}
		in := newInput(r, &output{w: bufio.NewWriter(io.Discard)})
		want := bufio.NewScanner(strings.NewReader(text))
		want.Buffer(nil, len(text)+1)
		for want.Scan() {
			if l := in.next(); l.err != nil || l.text != want.Text() {
				t.Fatalf("got %q, %v; want %q", l.text, l.err, want.Text())
			}
		}
		for range 2 {
			if l := in.next(); l.err != io.EOF || l.text != "" {
				t.Errorf("at the end there is %q, %v", l.text, l.err)
			}
		}
	})
}
