package trace_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/trace"
)

// A told is what a recorder was told, as what it writes is to show it.
type told struct {
	rec    *trace.Recorder[string]
	first  uint64 // who ran before; 0: not known
	tracks map[uint64]trace.Track
	events []trace.Event[string] // those that it holds
}

// tell makes a recorder and tells it what ops say: two bytes each, a deed and who does it.
func tell(ops []byte, mode byte, name, value, fault string) *told {
	const ids = 8
	opts := []trace.Option{trace.Format(func(v any) string { return v.(string) })}
	if mode&1 != 0 {
		opts = append(opts, trace.Snapshot())
	}
	if mode&2 != 0 {
		opts = append(opts, trace.NoValues())
		value = ""
	}
	last := int(mode>>2%4) * 3
	opts = append(opts, trace.Last(last))
	x := &told{first: uint64(mode >> 4 % 4), tracks: map[uint64]trace.Track{}}
	x.rec = trace.New[string](x.first, opts...)
	for ; len(ops) >= 2; ops = ops[2:] {
		deed, a, b := ops[0], uint64(ops[1]%(ids+1)), uint64(ops[1]/(ids+1)%ids+1)
		if deed&3 == 0 {
			x.tracks[b] = trace.Track{ID: b, Name: strings.Repeat(name, int(deed>>2%3)), Parent: a}
			x.rec.Describe(x.tracks[b])
			continue
		}
		e := trace.Event[string]{From: a, To: b, Start: deed&16 != 0, End: deed&32 != 0}
		switch deed & 3 {
		case 1:
			e.Value = value
		case 2:
			e.Kind, e.Err = greenlet.KindThrow, errors.New(fault)
		case 3:
			e.Kind, e.Err, e.Value = greenlet.KindThrow, fmt.Errorf("%s: %w", name, errors.New(fault)), value
		}
		x.rec.Add(e)
		if _, known := x.tracks[b]; e.Start && !known {
			x.tracks[b] = trace.Track{ID: b}
		}
		x.events = append(x.events, e)
	}
	x.rec.Stop()
	if n := len(x.events) - last; last > 0 && n > 0 {
		x.events, x.first = x.events[n:], 0
	}
	return x
}

// shown is s as it can be shown: text, and of a long one the beginning.
func shown(s string, limit int) string {
	if len(s) > limit {
		return strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return string([]rune(s)) // each byte that is no text becomes U+FFFD
}

// texts are what is to be shown of the value and the error of e.
func texts(e trace.Event[string]) (value, fault string) {
	if e.Err != nil {
		fault = shown(e.Err.Error(), 4000)
	}
	return shown(e.Value, 500), fault
}

// checkLabel checks that label is that of t.
func checkLabel(t *testing.T, label string, of trace.Track) {
	t.Helper()
	label, isMain := strings.CutPrefix(label, "main ")
	rest, ok := strings.CutPrefix(label, fmt.Sprintf("greenlet %d", of.ID))
	name := ""
	if rest != "" {
		var err error
		name, err = strconv.Unquote(strings.TrimPrefix(rest, " "))
		ok = ok && err == nil
	}
	if !ok || isMain != (of.Parent == 0) || name != of.Name {
		t.Errorf("%+v is shown as %q", of, label)
	}
}

func seedTrace(f *testing.F) {
	const evil = "</script><script>alert(1)</script><!--<script>\u2028\x00\xff"
	everything := []byte("\x01\x09\x10\x11\x00\x0a\x04\x13\x08\x1c\x31\x14\x12\x13\x22\x0c\x13\x1b\x33\x09")
	f.Add(everything, byte(0x10), "worker", "42", "broken")
	f.Add(everything, byte(0x11), evil, evil, evil)
	f.Add(everything, byte(0x06), `"`, `\`, "a\nb")
	f.Add(everything, byte(0x29), strings.Repeat("ä", 300), strings.Repeat("ä", 251), strings.Repeat("a\xff", 2001))
	f.Add([]byte{}, byte(0), "", "", "")
	f.Add([]byte("\x00\x00\x00\x01\x02\x01"), byte(0x14), "]]>", "&lt;", "'")
}

// FuzzChrome checks that whatever names, values and errors are, the file of the trace event format is valid JSON that has
// each of them, and each event once.
func FuzzChrome(f *testing.F) {
	seedTrace(f)
	f.Fuzz(func(t *testing.T, ops []byte, mode byte, name, value, fault string) {
		x := tell(ops[:min(len(ops), 200)], mode, name, value, fault)
		file := chrome(t, x.rec)
		named := 0
		for _, e := range file.phase("M") {
			if e.Name == "thread_name" {
				named++
				checkLabel(t, e.Args["name"].(string), x.tracks[*e.Tid])
			}
		}
		if named != len(x.tracks) {
			t.Errorf("%d names for %d tracks", named, len(x.tracks))
		}
		slices := file.phase("X")
		if x.first != 0 {
			if len(slices) == 0 || *slices[0].Tid != x.first {
				t.Fatalf("nobody runs at first, and %d should", x.first)
			}
			slices = slices[1:]
		}
		if len(slices) != len(x.events) {
			t.Fatalf("%d slices for %d events", len(slices), len(x.events))
		}
		for i, e := range x.events {
			v, fault := texts(e)
			s := slices[i]
			gotV, _ := s.Args["value"].(string)
			gotErr, _ := s.Args["error"].(string)
			start, _ := s.Args["starts"].(bool)
			if *s.Tid != e.To || s.Name != e.Kind.String() || gotV != v || gotErr != fault || start != e.Start {
				t.Errorf("%+v is shown as %+v", e, s)
			}
		}
	})
}

// A pageData is what a page has, as the script in it reads it.
type pageData struct {
	Began   string
	Dropped uint64
	End     float64
	First   int
	Tracks  []struct {
		ID     uint64
		Label  string
		Parent int
	}
	Texts []string

	columns map[string][]byte
}

// pageOf writes r, and returns the page without its data and the data.
func pageOf(t *testing.T, r *trace.Recorder[string]) (string, *pageData) {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	d := &pageData{columns: map[string][]byte{}}
	parts := strings.Split(b.String(), `<script type="`)
	for i, part := range parts[1:] {
		tag, rest, _ := strings.Cut(part, ">")
		data, rest, _ := strings.Cut(rest, "</script>")
		if strings.Contains(data, "<") {
			t.Fatalf("there is markup in %q", data)
		}
		parts[i+1] = tag + rest
		name, err := strconv.Unquote(tag[strings.LastIndex(tag, "=")+1:])
		switch {
		case err != nil:
		case name == "meta":
			j := json.NewDecoder(strings.NewReader(data))
			j.DisallowUnknownFields()
			err = j.Decode(d)
		default:
			d.columns[name], err = base64.StdEncoding.DecodeString(data)
		}
		if err != nil {
			t.Fatalf("%s: %v", tag, err)
		}
	}
	return strings.Join(parts, ""), d
}

// FuzzHTML checks that whatever names, values and errors are, they change nothing of the page but its data, and that these
// are what was recorded.
func FuzzHTML(f *testing.F) {
	seedTrace(f)
	empty := ""
	f.Fuzz(func(t *testing.T, ops []byte, mode byte, name, value, fault string) {
		if empty == "" {
			empty, _ = pageOf(t, trace.New[string](0))
		}
		x := tell(ops[:min(len(ops), 200)], mode, name, value, fault)
		html, d := pageOf(t, x.rec)
		if html != empty {
			t.Fatalf("the page is changed:\n%s", html)
		}
		n := len(x.events)
		for name, size := range map[string]int{"times": 8, "from": 4, "to": 4, "values": 4, "errors": 4, "flags": 1} {
			if len(d.columns[name]) != n*size {
				t.Fatalf("%d bytes of %s for %d events", len(d.columns[name]), name, n)
			}
		}
		index := map[uint64]int{}
		for i, track := range d.Tracks {
			if _, twice := index[track.ID]; twice {
				t.Fatalf("two tracks of %d", track.ID)
			}
			index[track.ID] = i
		}
		for id, track := range x.tracks {
			i, ok := index[id]
			if !ok {
				t.Fatalf("no track of %d", id)
			}
			checkLabel(t, d.Tracks[i].Label, track)
			parent := -1
			if track.Parent != 0 {
				parent = index[track.Parent]
			}
			if d.Tracks[i].Parent != parent {
				t.Errorf("the parent of %d is track %d, not %d", id, d.Tracks[i].Parent, parent)
			}
		}
		if (d.First < 0) != (x.first == 0) || d.First >= 0 && d.Tracks[d.First].ID != x.first {
			t.Errorf("track %d runs at first, not %d", d.First, x.first)
		}
		running, last := x.first, 0.0
		for i, e := range x.events {
			uint32At := func(name string) int { return int(binary.LittleEndian.Uint32(d.columns[name][4*i:])) }
			if e.From == 0 {
				e.From = running
			}
			if e.From == 0 {
				e.From = e.To // nothing better is known
			}
			running = e.To
			var flags byte
			for bit, is := range []bool{e.Kind == greenlet.KindThrow, e.Start, e.End} {
				if is {
					flags |= 1 << bit
				}
			}
			v, fault := texts(e)
			when := math.Float64frombits(binary.LittleEndian.Uint64(d.columns["times"][8*i:]))
			if d.Tracks[uint32At("from")].ID != e.From || d.Tracks[uint32At("to")].ID != e.To || d.columns["flags"][i] != flags ||
				d.Texts[uint32At("values")] != v || d.Texts[uint32At("errors")] != fault || when <= last {
				t.Errorf("event %d, %+v, is not what is shown", i, e)
			}
			last = when
		}
		if d.End <= last {
			t.Errorf("it ends at %v, and the last slice begins at %v", d.End, last)
		}
	})
}
