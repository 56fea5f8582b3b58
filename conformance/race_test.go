//go:build race

package conformance_test

func init() { usual = 300 }
