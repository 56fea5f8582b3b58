package net

import (
	"os"
	"syscall"
	"unsafe"
)

// The calls go to the kernel without telling Go's scheduler: the descriptor is non-blocking, so that they return at once.

func sysRead(fd int, p []byte) (int, syscall.Errno) {
	at := unsafe.Pointer(unsafe.SliceData(p))
	n, _, errno := syscall.RawSyscall(syscall.SYS_READ, uintptr(fd), uintptr(at), uintptr(len(p)))
	return int(n), errno
}

func sysWrite(fd int, p []byte) (int, syscall.Errno) {
	at := unsafe.Pointer(unsafe.SliceData(p))
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(at), uintptr(len(p)))
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
