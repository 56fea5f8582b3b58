//go:build unix

package net_test

import "syscall"

// openLimit is how many descriptors a process may have.
func openLimit() int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return 256
	}
	return int(min(limit.Cur, 1<<20))
}
