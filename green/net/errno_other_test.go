//go:build !windows

package net_test

import "syscall"

// What the system says.
const (
	errReset   = syscall.ECONNRESET
	errShut    = syscall.EPIPE // to who writes after CloseWrite
	errRefused = syscall.ECONNREFUSED
	errInUse   = syscall.EADDRINUSE
)

// errsGone is what a task is told that writes when another has heard of the reset.
var errsGone = []error{syscall.EPIPE}

// errsNoSuch is what one gets where there are no sockets of a kind.
var errsNoSuch = []error{syscall.EAFNOSUPPORT, syscall.EPROTONOSUPPORT, syscall.ESOCKTNOSUPPORT, syscall.EPROTOTYPE}
