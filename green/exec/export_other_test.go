//go:build !linux

package exec

// NoHandles does nothing: there are none.
func NoHandles() func() { return func() {} }
