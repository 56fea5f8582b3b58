//go:build !amd64 && !arm64

package owner

import (
	"bytes"
	"runtime"
	"sync"
)

// Exact reports whether [Check] tells goroutines apart. Without assembly every way to tell is slower than a switch, so
// that Check doesn't; [Mark.Reach] does.
const Exact = false

// current returns the number of the calling goroutine, from the head of its dump: "goroutine 7 [". It takes a
// microsecond.
func current() (id uintptr) {
	buf := heads.Get().(*[64]byte)
	defer heads.Put(buf)
	for _, c := range bytes.TrimPrefix(buf[:runtime.Stack(buf[:], false)], []byte("goroutine ")) {
		if c < '0' || c > '9' {
			break
		}
		id = id*10 + uintptr(c-'0')
	}
	return id * minG // as far from each other as g's are
}

var heads = sync.Pool{New: func() any { return new([64]byte) }}

// Check returns *running, the field of a Mark: whoever calls passes.
func Check(running *uintptr) uintptr { return *running }

// is compares *running with want, unseen by the race detector: a caller from a wrong goroutine is to be told so by the
// library.
//
//go:norace
func is(running *uintptr, want uintptr) bool { return *running == want }
