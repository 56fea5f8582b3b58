// Package outcome knows how code that runs on behalf of somebody else can end.
package outcome

import (
	"bytes"
	"runtime"
	"slices"
	"strings"
)

// IsExit reports whether err is exit, or wraps it alone. errors.Is would also find it beside another error, which would
// then be lost. P is the type of an error that carries a panic: an exit that was panicked with is a panic.
func IsExit[P error](err, exit error) bool {
	for err != nil {
		if err == exit {
			return true
		}
		if _, ok := err.(P); ok {
			return false
		}
		u, ok := err.(interface{ Unwrap() error })
		if !ok {
			return false
		}
		err = u.Unwrap()
	}
	return false
}

// PanicStack cuts from a stack, taken by debug.Stack in the deferred call that recovered a panic, what lies between.
func PanicStack(stack []byte) []byte {
	const raised = "\npanic("
	header, _, _ := bytes.Cut(stack, []byte("\n"))
	_, rest, found := bytes.Cut(stack, []byte(raised))
	if !found {
		return stack
	}
	return slices.Concat(header, []byte(raised), rest)
}

// Discarded is the value of a panic that was on its way when runtime.Goexit ended the deferred call that it ran. Nobody
// but the runtime knows the real one.
const Discarded = "a value that is lost: a deferred call, run by a panic or just recovered from it, was told to end " +
	"more than a hundred times and had to be ended by runtime.Goexit"

// Panicking reports whether a panic runs a deferred call from which the caller was called. That panic may have been
// recovered by the call already. Only calls inside of the innermost function whose name ends in base count, if there is
// one. It looks at the whole stack, which takes a microsecond or more.
func Panicking(base string) bool {
	pcs := make([]uintptr, 64)
	n := runtime.Callers(2, pcs)
	for n == len(pcs) {
		pcs = make([]uintptr, 4*n)
		n = runtime.Callers(2, pcs)
	}
	for _, pc := range pcs[:n] {
		switch name := runtime.FuncForPC(pc - 1).Name(); {
		case name == "runtime.gopanic":
			return true
		case base != "" && strings.HasSuffix(name, base):
			return false
		}
	}
	return false
}
