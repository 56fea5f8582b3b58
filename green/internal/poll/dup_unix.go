//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package poll

import (
	"os"
	"syscall"
)

// Dup returns a second descriptor for what raw stands on. It is non-blocking if the first one is.
func Dup(raw syscall.RawConn) (fd int, err error) {
	fd = -1
	if e := raw.Control(func(old uintptr) {
		syscall.ForkLock.RLock()
		defer syscall.ForkLock.RUnlock()
		if fd, err = syscall.Dup(int(old)); err == nil {
			syscall.CloseOnExec(fd)
		}
	}); e != nil {
		err = e
	}
	return fd, os.NewSyscallError("dup", err)
}
