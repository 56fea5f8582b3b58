package trace_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/trace"
)

// A chromeFile is the trace event format in its form as an object, as far as this package uses it. Fields that are not
// here are not allowed.
type chromeFile struct {
	TraceEvents     []chromeEvent     `json:"traceEvents"`
	DisplayTimeUnit string            `json:"displayTimeUnit"`
	OtherData       map[string]string `json:"otherData"`
}

type chromeEvent struct {
	Name string         `json:"name"`
	Cat  string         `json:"cat"`
	Ph   string         `json:"ph"`
	Ts   *float64       `json:"ts"` // microseconds
	Dur  *float64       `json:"dur"`
	Pid  *uint64        `json:"pid"`
	Tid  *uint64        `json:"tid"`
	ID   uint64         `json:"id"`
	Bp   string         `json:"bp"`
	S    string         `json:"s"`
	Args map[string]any `json:"args"`
}

func (e chromeEvent) end() float64 { return *e.Ts + *e.Dur }

// chrome writes r and checks that the result is valid.
func chrome[T any](t *testing.T, r *trace.Recorder[T]) *chromeFile {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteChrome(&b); err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(&b)
	d.DisallowUnknownFields()
	f := new(chromeFile)
	if err := d.Decode(f); err != nil {
		t.Fatal(err)
	}
	if d.More() {
		t.Error("something follows the object")
	}
	if f.DisplayTimeUnit != "ns" && f.DisplayTimeUnit != "ms" {
		t.Errorf("displayTimeUnit is %q", f.DisplayTimeUnit)
	}
	last := 0.0
	for i, e := range f.TraceEvents {
		if err := e.valid(); err != nil {
			t.Fatalf("event %d, %+v: %v", i, e, err)
		}
		if *e.Ts < last {
			t.Fatalf("event %d, %+v, is out of order", i, e)
		}
		last = *e.Ts
	}
	f.checkSlices(t)
	f.checkFlows(t)
	return f
}

// valid says whether e has the fields that its phase needs and no other.
func (e chromeEvent) valid() error {
	if e.Name == "" || e.Ts == nil || e.Pid == nil || e.Tid == nil || *e.Ts < 0 {
		return errors.New("name, ts, pid and tid are needed")
	}
	if (e.Dur != nil) != (e.Ph == "X") {
		return errors.New("dur belongs to X")
	}
	if (e.ID != 0) != (e.Ph == "s" || e.Ph == "f") {
		return errors.New("id belongs to flows")
	}
	if (e.Bp != "") != (e.Ph == "f") || e.Bp != "" && e.Bp != "e" {
		return errors.New("bp is e, and belongs to f")
	}
	if (e.S != "") != (e.Ph == "i") || e.S != "" && !strings.Contains("gpt", e.S) {
		return errors.New("s is g, p or t, and belongs to i")
	}
	switch e.Ph {
	case "X":
		if *e.Dur <= 0 {
			return errors.New("it takes no time")
		}
	case "i", "s", "f":
	case "M":
		switch e.Name {
		case "process_name", "thread_name":
			if s, ok := e.Args["name"].(string); !ok || s == "" {
				return errors.New("no name")
			}
		case "thread_sort_index":
			if _, ok := e.Args["sort_index"].(float64); !ok {
				return errors.New("no sort_index")
			}
		default:
			return errors.New("unknown metadata")
		}
	default:
		return errors.New("unknown phase")
	}
	return nil
}

// tolerance is for sums of numbers that have three decimals each.
const tolerance = 1e-4

// checkSlices checks that the slices, of all threads together, do not overlap.
func (f *chromeFile) checkSlices(t *testing.T) {
	t.Helper()
	end := 0.0
	for _, e := range f.phase("X") {
		if *e.Ts < end-tolerance {
			t.Errorf("%+v begins before %v, when the slice before ends", e, end)
		}
		end = e.end()
	}
}

// checkFlows checks that each arrow has two ends, one after the other, each in a slice of its thread.
func (f *chromeFile) checkFlows(t *testing.T) {
	t.Helper()
	slices := f.phase("X")
	enclosed := func(e chromeEvent) bool {
		for _, s := range slices {
			if *s.Tid == *e.Tid && *s.Ts <= *e.Ts+tolerance/10 && *e.Ts < s.end()-tolerance/10 {
				return true
			}
		}
		return false
	}
	begun := map[uint64]chromeEvent{}
	for _, e := range f.TraceEvents {
		switch e.Ph {
		case "s":
			if _, twice := begun[e.ID]; twice || !enclosed(e) {
				t.Errorf("%+v begins twice, or in no slice", e)
			}
			begun[e.ID] = e
		case "f":
			s, ok := begun[e.ID]
			if !ok || s.Name != e.Name || s.Cat != e.Cat || !enclosed(e) {
				t.Errorf("%+v has no beginning, or ends in no slice", e)
			}
			delete(begun, e.ID)
		}
	}
	if len(begun) > 0 {
		t.Errorf("these arrows have no end: %v", begun)
	}
}

// phase returns the events of a phase.
func (f *chromeFile) phase(ph string) []chromeEvent {
	return slices.DeleteFunc(slices.Clone(f.TraceEvents), func(e chromeEvent) bool { return e.Ph != ph })
}

// lines writes the events of some phases, without what differs from run to run.
func (f *chromeFile) lines(phases string) string {
	var b strings.Builder
	for _, e := range f.TraceEvents {
		if strings.Contains(phases, e.Ph) {
			args, _ := json.Marshal(e.Args)
			fmt.Fprintf(&b, "%s %d %s", e.Ph, *e.Tid, e.Name)
			if len(e.Args) > 0 {
				fmt.Fprintf(&b, " %s", args)
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func TestChrome(t *testing.T) {
	err := greenlet.Run(func(main *greenlet.Greenlet[string]) error {
		r := trace.Attach(main)
		fragile := main.New(func(string) (string, error) { return "", errors.New("<broken>") })
		fragile.SetName("fragile")
		parent := main.New(func(string) (string, error) {
			_, err := fragile.Switch("a\nb")
			return "over", err
		})
		parent.Switch("begin")
		main.Switch("self")
		parent.Throw(nil)
		r.Stop()
		f := chrome(t, r)
		want := `M 0 process_name {"name":"greenlets"}
M 1 thread_name {"name":"main greenlet 1"}
M 2 thread_name {"name":"greenlet 2 \"fragile\""}
M 3 thread_name {"name":"greenlet 3"}
X 1 running
s 1 switch
X 3 switch {"from":"main greenlet 1","starts":true,"value":"\"begin\""}
f 3 switch
s 3 switch
X 2 switch {"from":"greenlet 3","starts":true,"value":"\"a\\nb\""}
f 2 switch
i 2 dead
s 2 throw
X 1 throw {"error":"\u003cbroken\u003e","from":"greenlet 2 \"fragile\""}
f 1 throw
i 1 throw: <broken>
s 1 switch
X 1 switch {"from":"main greenlet 1","value":"\"self\""}
f 1 switch
s 1 throw
X 3 throw {"error":"greenlet: exit","from":"main greenlet 1"}
f 3 throw
i 3 throw: greenlet: exit
i 3 dead
s 3 switch
X 1 switch {"from":"greenlet 3","value":"\"over\""}
f 1 switch
`
		got := f.lines("MXsfi")
		if got = strings.Join(slices.DeleteFunc(strings.SplitAfter(got, "\n"), func(s string) bool { return strings.Contains(s, "sort_index") }), ""); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
