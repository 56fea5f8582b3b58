//go:build unix && (!linux || greenlet_kqueue || race || 386 || s390x) && !aix && !solaris && !illumos

package net

import "syscall"

// maxCall is how much is read or written in one call, as in package net: some of these systems refuse 2 GiB and more.
const maxCall = 1 << 30

// Calls through package syscall also tell the race detector that what a program did before it wrote happens before what
// another goroutine does after it read, as package net's do. Without that it would report races that are none. Two of
// Linux's processors have no calls of their own for sockets.

func sysRead(fd int, p []byte) (int, syscall.Errno) {
	n, err := syscall.Read(fd, p[:min(len(p), maxCall)])
	errno, _ := err.(syscall.Errno)
	return n, errno
}

func sysWrite(fd int, p []byte) (int, syscall.Errno) {
	n, err := syscall.Write(fd, p[:min(len(p), maxCall)])
	errno, _ := err.(syscall.Errno)
	return n, errno
}
