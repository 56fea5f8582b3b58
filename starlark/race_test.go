//go:build race

package starlark_test

// Calls take several times the memory under the race detector.
func init() { deep = false }
