package trace

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"github.com/go-greenlet/greenlet"
)

// A chromeEvent is an object of the trace event format.
type chromeEvent struct {
	Name  string      `json:"name"`
	Cat   string      `json:"cat,omitempty"`
	Phase string      `json:"ph"`
	Time  json.Number `json:"ts"` // in microseconds
	Dur   json.Number `json:"dur,omitempty"`
	PID   int         `json:"pid"`
	TID   uint64      `json:"tid"`
	ID    uint64      `json:"id,omitempty"`
	Bind  string      `json:"bp,omitempty"`
	Scope string      `json:"s,omitempty"`
	Args  any         `json:"args,omitempty"`
}

type (
	nameArgs struct {
		Name string `json:"name"`
	}
	sortArgs struct {
		Index int `json:"sort_index"`
	}
	sliceArgs struct {
		From  string `json:"from,omitempty"`
		Value string `json:"value,omitempty"`
		Err   string `json:"error,omitempty"`
		Start bool   `json:"starts,omitempty"`
	}
)

// The one process of the file, and the category of its events.
const (
	chromePID = 1
	chromeCat = "greenlet"
)

// micros is a time in nanoseconds as the format wants it.
func micros(ns int64) json.Number {
	return json.Number(fmt.Sprintf("%d.%03d", ns/1000, ns%1000))
}

// A chromeWriter writes events, and keeps the first error.
type chromeWriter struct {
	w   *bufio.Writer
	sep string
	err error
}

func (c *chromeWriter) event(e chromeEvent) {
	e.PID = chromePID
	text, err := json.Marshal(e)
	if c.err == nil {
		c.err = err
	}
	// The bufio.Writer keeps its own first error.
	c.w.WriteString(c.sep)
	c.w.Write(text)
	c.sep = ",\n"
}

// WriteChrome writes what the recorder holds in the trace event format, as a JSON object, which Perfetto
// (ui.perfetto.dev) and chrome://tracing open. Each greenlet is a thread with a slice for each time that it ran, from
// the moment at which control arrived until it left; the slice's arguments say who switched, and with what value or
// error. An arrow leads to it from where control came from. Throws and deaths are marked besides.
func (r *Recorder[T]) WriteChrome(w io.Writer) error {
	c := &chromeWriter{w: bufio.NewWriterSize(w, 1<<16)}
	fmt.Fprintf(c.w, `{"displayTimeUnit":"ns","otherData":{"began":%q,"dropped":"%d"},"traceEvents":[`+"\n",
		r.began.Format(timeFormat), r.Dropped())
	names := map[uint64]string{}
	c.event(chromeEvent{Name: "process_name", Phase: "M", Time: "0", Args: nameArgs{"greenlets"}})
	for i, t := range r.Tracks() {
		names[t.ID] = t.label()
		c.event(chromeEvent{Name: "thread_name", Phase: "M", Time: "0", TID: t.ID, Args: nameArgs{names[t.ID]}})
		c.event(chromeEvent{Name: "thread_sort_index", Phase: "M", Time: "0", TID: t.ID, Args: sortArgs{i}})
	}
	r.chromeSlices(c, names)
	c.w.WriteString("\n]}\n")
	if err := c.w.Flush(); err != nil {
		return err
	}
	return c.err
}

// timeFormat is how files say when the recorder began.
const timeFormat = "2006-01-02 15:04:05 -0700"

// chromeSlices writes the events between the header and the end, in the order of their times. names are those of the
// greenlets.
func (r *Recorder[T]) chromeSlices(c *chromeWriter, names map[uint64]string) {
	slice := chromeEvent{Name: "running", Cat: chromeCat, Phase: "X", TID: r.origin()}
	var begin int64
	var arrow uint64 // the one that leads to slice; 0: none
	finish := func(end int64) {
		if slice.TID == 0 {
			return
		}
		slice.Time, slice.Dur = micros(begin), micros(end-begin)
		c.event(slice)
		// Marks of its beginning come after it, or they would belong to whatever it lies in.
		mark := chromeEvent{Name: slice.Name, Cat: chromeCat, Time: slice.Time, TID: slice.TID}
		if arrow != 0 {
			mark.Phase, mark.ID, mark.Bind = "f", arrow, "e"
			c.event(mark)
		}
		if args, _ := slice.Args.(sliceArgs); slice.Name == greenlet.KindThrow.String() {
			mark.Name, mark.Phase, mark.Scope = "throw: "+cut(args.Err, 100), "i", "t"
			mark.ID, mark.Bind = 0, ""
			c.event(mark)
		}
	}
	var n uint64
	for e := range r.events(true) {
		finish(e.when)
		n++
		running := slice.TID
		if e.from == 0 {
			e.from = running
		}
		name := e.kind.String()
		left := micros(e.when - 1) // within the slice that ends now
		if e.end {
			c.event(chromeEvent{Name: "dead", Cat: chromeCat, Phase: "i", Time: left, TID: e.from, Scope: "t"})
		}
		arrow = 0
		if e.from == running && running != 0 { // an arrow needs a slice to begin in
			arrow = n
			c.event(chromeEvent{Name: name, Cat: chromeCat, Phase: "s", Time: left, TID: e.from, ID: arrow})
		}
		slice.Name, slice.TID, begin = name, e.to, e.when
		slice.Args = sliceArgs{From: names[e.from], Value: e.value, Err: e.err, Start: e.start}
	}
	finish(r.over())
}
