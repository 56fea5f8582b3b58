package main

import (
	"strings"
	"testing"
)

const results = `goos: linux
BenchmarkSwitch/greenlet-2   100  84.0 ns/op  42.0 ns/switch  0 B/op  0 allocs/op
BenchmarkSwitch/greenlet-2   100  99.0 ns/op  60.0 ns/switch  0 B/op  0 allocs/op
BenchmarkSwitch/greenlet-2   100  80.0 ns/op  40.0 ns/switch  0 B/op  0 allocs/op
BenchmarkSwitch/iter.Pull-2  100  56.0 ns/op  28.0 ns/switch  0 B/op  0 allocs/op
BenchmarkSpawn/greenlet-2    100  150 ns/op  64 B/op  1 allocs/op
BenchmarkSpawn/go-2          100  300 ns/op  24 B/op  1 allocs/op
PASS
`

func TestRatiosOfMedians(t *testing.T) {
	var out strings.Builder
	if err := run(strings.NewReader(results), &out); err != nil {
		t.Fatal(err)
	}
	want := `Switch  greenlet   42 ns/switch  1.50 x iter.Pull
Switch  iter.Pull  28 ns/switch  
Spawn   greenlet   150 ns/op     0.50 x go
Spawn   greenlet   1 allocs/op   1.00 x go
Spawn   go         300 ns/op     
Spawn   go         1 allocs/op   
`
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTargets(t *testing.T) {
	const results = `BenchmarkSchedule/tasklet-2          100  120 ns/op  60.0 ns/switch  1 allocs/op
BenchmarkSchedule/runtime.Gosched-2  100  300 ns/op  150 ns/switch  1 allocs/op
BenchmarkSchedule/greenlet-2         100  100 ns/op  50.0 ns/switch  1 allocs/op
BenchmarkRendezvous/tasklet-2        100  95 ns/op
BenchmarkRendezvous/channel-2        100  100 ns/op
`
	var out strings.Builder
	if err := run(strings.NewReader(results), &out); err != nil {
		t.Fatal(err)
	}
	want := `Schedule    tasklet          60 ns/switch   0.40 x runtime.Gosched, 1.20 x greenlet (at most 1.30: met)
Schedule    tasklet          1 allocs/op    1.00 x runtime.Gosched, 1.00 x greenlet
Schedule    runtime.Gosched  150 ns/switch  
Schedule    runtime.Gosched  1 allocs/op    
Schedule    greenlet         50 ns/switch   0.33 x runtime.Gosched
Schedule    greenlet         1 allocs/op    1.00 x runtime.Gosched
Rendezvous  tasklet          95 ns/op       0.95 x channel (at most 0.90: missed)
Rendezvous  channel          100 ns/op      
`
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestNothingToReadIsAnError(t *testing.T) {
	if err := run(strings.NewReader("PASS\n"), &strings.Builder{}); err == nil {
		t.Error("no error")
	}
}
