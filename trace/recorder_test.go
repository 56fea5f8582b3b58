package trace_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/trace"
)

// run calls f with a new tree.
func run(t *testing.T, f func(main *greenlet.Greenlet[int])) {
	t.Helper()
	if err := greenlet.Run(func(main *greenlet.Greenlet[int]) error { f(main); return nil }); err != nil {
		t.Error(err)
	}
}

// echo makes a greenlet that sends back whatever comes.
func echo(main *greenlet.Greenlet[int]) *greenlet.Greenlet[int] {
	return main.New(func(v int) (int, error) {
		for {
			v, _ = main.Switch(v)
		}
	})
}

func TestNothingIsRecordedWhenOff(t *testing.T) {
	run(t, func(main *greenlet.Greenlet[int]) {
		g := echo(main)
		g.Switch(0)
		r := trace.Attach(main)
		if r.Len() != 0 {
			t.Errorf("%d events before the first", r.Len())
		}
		g.Switch(1)
		r.Stop()
		r.Stop()
		g.Switch(2)
		r.Add(trace.Event[int]{From: 1, To: 2})
		if r.Len() != 2 || r.Dropped() != 0 {
			t.Errorf("%d events and %d dropped, want 2 and none", r.Len(), r.Dropped())
		}
		chrome(t, r)
	})
}

func TestSeveralRecorders(t *testing.T) {
	run(t, func(main *greenlet.Greenlet[int]) {
		g := echo(main)
		a := trace.Attach(main)
		g.Switch(0)
		b := trace.Attach(g) // any greenlet of the tree will do
		g.Switch(0)
		a.Stop()
		g.Switch(0)
		b.Stop()
		if a.Len() != 4 || b.Len() != 4 {
			t.Errorf("%d and %d events, want 4 and 4", a.Len(), b.Len())
		}
	})
}

// A recorder that begins in the middle knows who is there, and who runs.
func TestAttachInGreenlet(t *testing.T) {
	run(t, func(main *greenlet.Greenlet[int]) {
		parked := echo(main)
		parked.SetName("parked")
		parked.Switch(0)
		pending := main.New(nil)
		pending.SetName("pending")
		var r *trace.Recorder[int]
		g := pending.New(func(int) (int, error) {
			r = trace.Attach(main)
			return main.Switch(7)
		})
		g.Switch(0)
		g.SetName("late")
		r.Stop()
		want := []trace.Track{{ID: 1}, {ID: 2, Name: "parked", Parent: 1}, {ID: 3, Name: "pending", Parent: 1}, {ID: 4, Name: "late", Parent: 3}}
		if got := r.Tracks(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("the tracks are %v, want %v", got, want)
		}
		if got := chrome(t, r).lines("X"); got != "X 4 running\nX 1 switch {\"from\":\"greenlet 4 \\\"late\\\"\",\"value\":\"7\"}\n" {
			t.Errorf("the slices are\n%s", got)
		}
	})
}

// Of a recorder with a limit the last events remain, and the tracks that they need.
func TestLast(t *testing.T) {
	const limit, all = 3000, 20_000
	run(t, func(main *greenlet.Greenlet[int]) {
		parked := echo(main)
		r := trace.Attach(main, trace.Last(limit))
		parked.Switch(0)
		for i := range all {
			main.New(func(v int) (int, error) { return v, nil }).Switch(i)
		}
		r.Stop()
		if r.Len() != limit || r.Dropped() != 2*all+2-limit {
			t.Errorf("%d events and %d dropped", r.Len(), r.Dropped())
		}
		tracks := r.Tracks()
		if len(tracks) > 3*limit || tracks[0].ID != 1 || tracks[1].ID != parked.ID() || tracks[len(tracks)-1].ID != all+2 {
			t.Errorf("%d tracks, the first ones %v", len(tracks), tracks[:3])
		}
		f := chrome(t, r)
		x := f.phase("X")
		if len(x) != limit || x[len(x)-1].Args["value"] != fmt.Sprint(all-1) || x[0].Args["value"] != fmt.Sprint(all-limit/2) {
			t.Errorf("%d slices, the first one %v, the last one %v", len(x), x[0], x[len(x)-1])
		}
		if got := f.OtherData["dropped"]; got != fmt.Sprint(r.Dropped()) {
			t.Errorf("the file says that %s were dropped", got)
		}
	})
}

func TestLastFew(t *testing.T) {
	for _, limit := range []int{1, 2, 1023, 1024, 1025, 5000, 0, -1} {
		run(t, func(main *greenlet.Greenlet[int]) {
			g := echo(main)
			r := trace.Attach(main, trace.Last(limit))
			for i := range 2500 {
				g.Switch(i)
			}
			r.Stop()
			want := limit
			if limit <= 0 || limit > 5000 {
				want = 5000
			}
			if x := chrome(t, r).phase("X"); r.Len() != want || r.Len()+int(r.Dropped()) != 5000 || x[len(x)-1].Args["value"] != "2499" {
				t.Errorf("with Last(%d): %d events, %d dropped, the last slice %v", limit, r.Len(), r.Dropped(), x[len(x)-1])
			}
		})
	}
}

func TestTexts(t *testing.T) {
	type value struct {
		s    string
		list []int
	}
	tests := map[string]struct {
		opts []trace.Option
		want string
	}{
		"plain":    {nil, "{x [9]}"},
		"snapshot": {[]trace.Option{trace.Snapshot()}, "{x [1]}"},
		"none":     {[]trace.Option{trace.NoValues()}, ""},
		"format":   {[]trace.Option{trace.Format(func(v any) string { return v.(*value).s })}, "x"},
		"long":     {[]trace.Option{trace.Format(func(any) string { return strings.Repeat("ä", 1000) })}, strings.Repeat("ä", 250) + "…"},
		"default":  {[]trace.Option{trace.Format(nil), trace.Snapshot()}, "{x [1]}"},
	}
	for name, test := range tests {
		err := greenlet.Run(func(main *greenlet.Greenlet[*value]) error {
			r := trace.Attach(main, test.opts...)
			v := &value{"x", []int{1}}
			main.Switch(v)
			v.list[0] = 9
			main.Throw(errors.New("e"))
			r.Stop()
			x := chrome(t, r).phase("X")
			got, _ := x[1].Args["value"].(string)
			if strings.TrimPrefix(got, "&") != test.want || x[2].Args["error"] != "e" || x[2].Args["value"] != nil {
				t.Errorf("%s: %v and %v", name, x[1].Args, x[2].Args)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// Told what happens, a recorder shows what it is told.
func TestAdd(t *testing.T) {
	r := trace.New[string](0)
	r.Describe(trace.Track{ID: 10, Name: "ten"})
	r.Add(trace.Event[string]{To: 10, Start: true, Value: "go"})
	r.Add(trace.Event[string]{From: 10, To: 20, Start: true})
	r.Add(trace.Event[string]{Kind: greenlet.KindThrow, To: 10, Err: errors.New("oops"), End: true}) // from 20, then
	r.Add(trace.Event[string]{From: 99, To: 10})
	r.Stop()
	want := `X 10 switch {"starts":true,"value":"\"go\""}
s 10 switch
X 20 switch {"from":"main greenlet 10 \"ten\"","starts":true,"value":"\"\""}
f 20 switch
i 20 dead
s 20 throw
X 10 throw {"error":"oops","from":"main greenlet 20"}
f 10 throw
i 10 throw: oops
X 10 switch {"value":"\"\""}
`
	if got := chrome(t, r).lines("Xsfi"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	var b bytes.Buffer
	if err := r.WriteHTML(&b); err != nil || !strings.Contains(b.String(), "greenlet 99") {
		t.Errorf("the page: %v\n%s", err, &b)
	}
	defer func() {
		if p := fmt.Sprint(recover()); !strings.HasPrefix(p, "trace: Add") {
			t.Errorf("the panic is %v", p)
		}
	}()
	trace.New[int](0).Add(trace.Event[int]{})
}

// A recorder does not keep greenlets from being found abandoned, nor does it mind how its tree ends.
func TestClosedTree(t *testing.T) {
	var r *trace.Recorder[int]
	run(t, func(main *greenlet.Greenlet[int]) {
		r = trace.Attach(main)
		echo(main).Switch(3)
	})
	if got := chrome(t, r).lines("i"); got != "i 2 throw: greenlet: exit\ni 2 dead\n" {
		t.Errorf("the marks are\n%s", got)
	}
	r.Stop()
	var b bytes.Buffer
	if err := r.WriteHTML(&b); err != nil {
		t.Error(err)
	}
	main := greenlet.Main[int]()
	main.Close()
	if r := trace.Attach(main); r.Len() != 0 {
		t.Error("a closed tree was recorded")
	}
}

type failing struct{}

var errDisk = errors.New("disk full")

func (failing) Write([]byte) (int, error) { return 0, errDisk }

func TestWriterFails(t *testing.T) {
	run(t, func(main *greenlet.Greenlet[int]) {
		r := trace.Attach(main)
		g := echo(main)
		for i := range 2000 {
			g.Switch(i)
		}
		r.Stop()
		if err := r.WriteChrome(failing{}); !errors.Is(err, errDisk) {
			t.Errorf("the trace event format: %v", err)
		}
		if err := r.WriteHTML(failing{}); !errors.Is(err, errDisk) {
			t.Errorf("the page: %v", err)
		}
	})
}

func TestNoAllocations(t *testing.T) {
	run(t, func(main *greenlet.Greenlet[int]) {
		g := echo(main)
		trace.Attach(main, trace.Last(1))
		for range 4096 {
			g.Switch(0)
		}
		if n := testing.AllocsPerRun(2000, func() { g.Switch(1) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}
