package trace

import (
	"bufio"
	"embed"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/go-greenlet/greenlet"
)

//go:embed page
var page embed.FS

// A pageMeta is what the page gets beside the columns.
type pageMeta struct {
	Began   string    `json:"began"`
	Dropped uint64    `json:"dropped"`
	End     int64     `json:"end"`    // when the last slice ends
	First   int       `json:"first"`  // the track of the greenlet that ran before the first event; -1: not known
	Tracks  []pageRow `json:"tracks"` // in the order of their IDs
	Texts   []string  `json:"texts"`  // of values and errors; the first is ""
}

type pageRow struct {
	ID     uint64 `json:"id"`
	Label  string `json:"label"`
	Parent int    `json:"parent"` // an index; -1: none that is known
}

// Flags of an event in the page.
const (
	pageThrow = 1 << iota
	pageStart
	pageEnd
)

func (e *entry) flags() (f byte) {
	if e.kind == greenlet.KindThrow {
		f |= pageThrow
	}
	if e.start {
		f |= pageStart
	}
	if e.end {
		f |= pageEnd
	}
	return f
}

// The columns are little-endian arrays with an element for each event.
type pageColumns struct {
	times                  []byte // float64, nanoseconds
	from, to, values, errs []byte // uint32, indices of tracks and of texts
	flags                  []byte
}

// WriteHTML writes what the recorder holds as one HTML page that needs nothing else: no network, no server. It shows
// a time line with a row for each greenlet, to be zoomed and panned, an arrow for each switch and throw, the tree of
// parents, who switched with what value or error when the pointer is on a slice, and a search.
func (r *Recorder[T]) WriteHTML(w io.Writer) error {
	meta, cols := r.page()
	out := bufio.NewWriterSize(w, 1<<16)
	insert := func(name string) error {
		switch name {
		case "meta":
			text, err := json.Marshal(meta) // which escapes what could end a script element
			out.Write(text)
			return err
		case "times", "from", "to", "values", "errors", "flags":
			enc := base64.NewEncoder(base64.StdEncoding, out)
			enc.Write(cols.column(name))
			return enc.Close()
		}
		text, err := page.ReadFile("page/" + name)
		out.Write(text)
		return err
	}
	html, err := page.ReadFile("page/page.html")
	if err != nil {
		return err
	}
	for i, part := range strings.Split(string(html), "<!--insert ") {
		if i > 0 {
			name, rest, _ := strings.Cut(part, "-->")
			if err := insert(name); err != nil {
				return err
			}
			part = rest
		}
		out.WriteString(part)
	}
	return out.Flush()
}

func (c *pageColumns) column(name string) []byte {
	return map[string][]byte{
		"times": c.times, "from": c.from, "to": c.to, "values": c.values, "errors": c.errs, "flags": c.flags,
	}[name]
}

// page turns what is held into what the page wants.
func (r *Recorder[T]) page() (*pageMeta, *pageColumns) {
	meta := &pageMeta{Began: r.began.Format(timeFormat), Dropped: r.Dropped(), End: r.over(), Texts: []string{""}}
	tracks := map[uint64]int{}
	list := r.Tracks()
	track := func(id uint64) int {
		i, known := tracks[id]
		if !known {
			if id == 0 {
				return -1
			}
			i = len(meta.Tracks)
			tracks[id] = i
			meta.Tracks = append(meta.Tracks, pageRow{ID: id, Label: fmt.Sprintf("greenlet %d", id), Parent: -1})
		}
		return i
	}
	for i, t := range list {
		tracks[t.ID] = i
		meta.Tracks = append(meta.Tracks, pageRow{ID: t.ID, Label: t.label()})
	}
	for i, t := range list {
		parent := track(t.Parent) // which may add one
		meta.Tracks[i].Parent = parent
	}
	texts := map[string]uint32{"": 0}
	text := func(s string) uint32 {
		i, known := texts[s]
		if !known {
			i = uint32(len(meta.Texts))
			texts[s] = i
			meta.Texts = append(meta.Texts, s)
		}
		return i
	}
	meta.First = track(r.origin())
	running := r.origin()
	c := &pageColumns{}
	for e := range r.events(true) {
		if e.from == 0 {
			e.from = running
		}
		if e.from == 0 {
			e.from = e.to
		}
		running = e.to
		le := binary.LittleEndian
		c.times = le.AppendUint64(c.times, math.Float64bits(float64(e.when)))
		c.from = le.AppendUint32(c.from, uint32(track(e.from)))
		c.to = le.AppendUint32(c.to, uint32(track(e.to)))
		c.values = le.AppendUint32(c.values, text(e.value))
		c.errs = le.AppendUint32(c.errs, text(e.err))
		c.flags = append(c.flags, e.flags())
	}
	return meta, c
}
