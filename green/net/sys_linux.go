//go:build !greenlet_kqueue

package net

import (
	"os"
	"syscall"
	"unsafe"
)

// The calls go to the kernel without telling Go's scheduler: the descriptor is non-blocking, so that they return at once. They are
// those of sockets, by which the kernel comes to them without the way that it shares with files.

func sysRead(fd int, p []byte) (int, syscall.Errno) {
	at := unsafe.Pointer(unsafe.SliceData(p))
	n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(fd), uintptr(at), uintptr(len(p)), 0, 0, 0)
	return int(n), errno
}

func sysWrite(fd int, p []byte) (int, syscall.Errno) {
	at := unsafe.Pointer(unsafe.SliceData(p))
	n, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(fd), uintptr(at), uintptr(len(p)), syscall.MSG_NOSIGNAL, 0, 0)
	return int(n), errno
}

func sysAccept(fd int) (int, syscall.Sockaddr, error) {
	return syscall.Accept4(fd, syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
}

func sysPair() ([2]int, error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	return fds, os.NewSyscallError("socketpair", err)
}

func sysSocket(family, kind, proto int) (int, error) {
	return syscall.Socket(family, kind|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, proto)
}
