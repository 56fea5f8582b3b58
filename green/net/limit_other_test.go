//go:build !unix

package net_test

// openLimit is how many descriptors a process may have.
func openLimit() int { return 256 }
