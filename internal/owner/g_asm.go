//go:build amd64 || arm64

package owner

// Exact reports whether [Check] tells goroutines apart.
const Exact = true

// current returns the address of the runtime's g.
//
//go:noescape
func current() uintptr

// Check returns the identity of the calling goroutine if it is *running, the field of a Mark, else 0. It reads
// *running in assembly so that a call from a wrong goroutine ends in the library's message and not in a
// report of the race detector about the library's own check.
//
//go:noescape
func Check(running *uintptr) uintptr

// is compares *running with want, unseen by the race detector like Check.
//
//go:noescape
func is(running *uintptr, want uintptr) bool
