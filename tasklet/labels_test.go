package tasklet_test

import (
	"bytes"
	"context"
	"regexp"
	"runtime"
	"runtime/pprof"
	"testing"

	"github.com/go-greenlet/greenlet/tasklet"
)

//go:noinline
func labelMarker(f func()) { f() }

// labelsHere returns the profiler labels of the calling goroutine, as a goroutine profile has them.
func labelsHere() string {
	var b bytes.Buffer
	labelMarker(func() { pprof.Lookup("goroutine").WriteTo(&b, 1) })
	for _, p := range bytes.Split(b.Bytes(), []byte("\n\n")) {
		if bytes.Contains(p, []byte("labelMarker")) {
			if m := regexp.MustCompile(`# labels: (.*)`).FindSubmatch(p); m != nil {
				return string(m[1])
			}
			return "none"
		}
	}
	return "not found"
}

// A tasklet has the labels of whoever made it, as with a go statement, and with Record its own besides.
func TestLabels(t *testing.T) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("labels cannot be read on " + runtime.GOARCH)
	}
	for _, record := range []bool{false, true} {
		var opts []tasklet.Option
		want := []string{`{"request":"alice"}`, `{"request":"bob"}`, "none"}
		if record {
			opts = append(opts, tasklet.Record())
			want = []string{`{"request":"alice", "tasklet":"tasklet 2 \"hot\""}`, `{"request":"bob", "tasklet":"tasklet 3 \"hot\""}`, `{"tasklet":"tasklet 4 \"hot\""}`}
		}
		err := tasklet.Run(func(s *tasklet.Scheduler) error {
			var got []string
			spawn := func(context.Context) {
				s.Go(func() error { got = append(got, labelsHere()); return nil }).SetName("hot")
			}
			pprof.Do(context.Background(), pprof.Labels("request", "alice"), spawn)
			pprof.Do(context.Background(), pprof.Labels("request", "bob"), spawn)
			spawn(context.Background())
			err := s.Run()
			if len(got) != 3 {
				t.Fatalf("got %v", got)
			}
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("record %v: got %s, want %s", record, got[i], want[i])
				}
			}
			return err
		}, opts...)
		if err != nil {
			t.Error(err)
		}
	}
}
