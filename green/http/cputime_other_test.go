//go:build !unix

package http_test

// cpuTime is not known on this system.
func cpuTime() int64 { return 0 }
