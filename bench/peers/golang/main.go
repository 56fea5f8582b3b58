// Golang does one work of the comparison with this library, with iter.Pull or with goroutines and channels, and prints
// one line of JSON:
//
//	golang SYSTEM WORK N
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"
)

// depth is how many calls down the work named depth switches.
const depth = 400

// ringSize is how many pass control around in the work named ring.
const ringSize = 100

// A system does each work on something. The functions that return a function prepare; what they return does it n times.
type system struct {
	pingpong func(deep int) func(n int)
	ring     func() func(n int)
	spawn    func(n int)
	chain    func(n int) int
	park     func(n int) // leaves n of them parked
	tasks    map[string]func(n int)
}

var systems = map[string]system{
	"green":    {tasks: greenWorks},
	"greenlet": {greenletPingpong, greenletRing, greenletSpawn, greenletChain, greenletPark, taskWorks},
	"pull":     {pullPingpong, pullRing, pullSpawn, pullChain, pullPark, nil},
	"channel":  {channelPingpong, channelRing, channelSpawn, channelChain, channelPark, nil},
}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "golang:", err)
		os.Exit(2)
	}
}

// A line is what is printed.
type line struct {
	Work  string `json:"work"`
	N     int    `json:"n"`
	Ns    int64  `json:"ns,omitempty"`
	Bytes int64  `json:"bytes,omitempty"`
}

func run(args []string, out io.Writer) error {
	if len(args) != 3 {
		return fmt.Errorf("want SYSTEM WORK N, got %q", args)
	}
	s, ok := systems[args[0]]
	if !ok {
		return fmt.Errorf("no system %q", args[0])
	}
	n, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	l := line{Work: args[1], N: n}
	if f := s.tasks[l.Work]; f != nil {
		l.Ns = timed(f, n)
		return json.NewEncoder(out).Encode(l)
	}
	if s.pingpong == nil {
		return fmt.Errorf("no work %q of %s", l.Work, args[0])
	}
	switch l.Work {
	case "switch":
		l.Ns = timed(s.pingpong(0), n)
	case "depth":
		l.Ns = timed(s.pingpong(depth), n)
	case "ring":
		l.Ns = timed(s.ring(), n)
	case "spawn":
		l.Ns = timed(s.spawn, n)
	case "chain":
		start := time.Now()
		got := s.chain(n)
		l.Ns = time.Since(start).Nanoseconds()
		if got != n {
			return fmt.Errorf("the chain returned %d", got)
		}
	case "memory":
		before := resident()
		s.park(n)
		l.Bytes = resident() - before
	default:
		return fmt.Errorf("no work %q", l.Work)
	}
	return json.NewEncoder(out).Encode(l)
}

// timed returns how many nanoseconds f takes for n, after a fifth of that as a warm-up.
func timed(f func(n int), n int) int64 {
	f(n / 5)
	start := time.Now()
	f(n)
	return time.Since(start).Nanoseconds()
}

// atDepth calls f below n more calls.
//
//go:noinline
func atDepth(n int, f func()) int {
	if n == 0 {
		f()
		return 0
	}
	return atDepth(n-1, f) + 1
}

// resident returns how many bytes of this process are in memory, after the collector gave back what it can.
func resident() int64 {
	debug.FreeOSMemory()
	if statm, err := os.ReadFile("/proc/self/statm"); err == nil {
		var size, rss int64
		if k, _ := fmt.Sscan(string(statm), &size, &rss); k == 2 {
			return rss * int64(os.Getpagesize())
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse + m.OtherSys)
}
