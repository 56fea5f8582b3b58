//go:build !greenlet_kqueue && !race && !386 && !s390x

package net

import (
	"syscall"
	"unsafe"
)

// The calls go to the kernel without telling Go's scheduler: the descriptor is non-blocking, so that they return at
// once. They are those of sockets, by which the kernel comes to them without the way that it shares with files.

func sysRead(fd int, p []byte) (int, syscall.Errno) {
	at := unsafe.Pointer(unsafe.SliceData(p))
	n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(fd), uintptr(at), uintptr(len(p)), 0, 0, 0)
	return int(n), errno
}

func sysWrite(fd int, p []byte) (int, syscall.Errno) {
	at := unsafe.Pointer(unsafe.SliceData(p))
	n, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO,
		uintptr(fd), uintptr(at), uintptr(len(p)), syscall.MSG_NOSIGNAL, 0, 0)
	return int(n), errno
}
