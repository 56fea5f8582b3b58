//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package net

import (
	"os"
	"syscall"
)

func reusePort(fd int) error {
	return os.NewSyscallError("setsockopt", syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEPORT, 1))
}

// keepAlivePeriod leaves the period to the system.
func keepAlivePeriod(fd, sec int) error { return nil }
