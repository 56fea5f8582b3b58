package main

import "iter"

// got keeps what would otherwise be unused.
var got int

func pullPingpong(deep int) func(n int) {
	next, _ := iter.Pull(func(yield func(int) bool) {
		atDepth(deep, func() {
			for yield(got) {
			}
		})
	})
	next()
	return func(n int) {
		for i := 0; i < n; i += 2 {
			got = i
			next()
		}
	}
}

// pullRing goes over a trampoline, since a Pull coroutine can only go back to who called it: each yields the number of
// the next.
func pullRing() func(n int) {
	ring := make([]func() (int, bool), ringSize)
	for i := range ring {
		ring[i], _ = iter.Pull(func(yield func(int) bool) {
			for yield((i + 1) % ringSize) {
			}
		})
		ring[i]()
	}
	return func(n int) {
		for i, at := 0, 0; i < n; i++ {
			at, _ = ring[at]()
		}
	}
}

func pullSpawn(n int) {
	for i := range n {
		next, _ := iter.Pull(func(func(int) bool) { got = i })
		next()
	}
}

func pullChain(n int) int {
	var link func(v int) int
	link = func(v int) (result int) {
		if v == n {
			return v
		}
		next, _ := iter.Pull(func(func(int) bool) { result = link(v + 1) })
		next()
		return result
	}
	return link(0)
}

var keptPulls []func() (int, bool)

func pullPark(n int) {
	for i := range n {
		next, _ := iter.Pull(func(yield func(int) bool) { yield(i) })
		next()
		keptPulls = append(keptPulls, next)
	}
}
