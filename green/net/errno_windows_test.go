package net_test

import "syscall"

// What the system says: its sockets have numbers of their own.
const (
	errReset   = syscall.WSAECONNRESET
	errShut    = syscall.Errno(10058) // WSAESHUTDOWN, to who writes after CloseWrite
	errRefused = syscall.Errno(10061) // WSAECONNREFUSED
	errInUse   = syscall.Errno(10048) // WSAEADDRINUSE
)

// errsGone is what a task is told that writes when another has heard of the reset.
var errsGone = []error{errReset, syscall.WSAECONNABORTED, errShut}

// errsNoSuch is what one gets where there are no sockets of a kind: WSAEAFNOSUPPORT, WSAEPROTONOSUPPORT,
// WSAESOCKTNOSUPPORT and WSAEPROTOTYPE.
var errsNoSuch = []error{syscall.Errno(10047), syscall.Errno(10043), syscall.Errno(10044), syscall.Errno(10041)}
