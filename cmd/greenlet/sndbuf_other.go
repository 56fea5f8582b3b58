//go:build !unix

package main

import "syscall"

// boundSending does nothing: the limit is the system's own.
func boundSending(syscall.Conn, int) {}
