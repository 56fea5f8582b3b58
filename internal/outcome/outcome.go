// Package outcome knows how code that runs on behalf of somebody else can end.
package outcome

import (
	"bytes"
	"slices"
)

// IsExit says whether err is exit, or wraps it alone. errors.Is would also find it beside another error, which would
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
