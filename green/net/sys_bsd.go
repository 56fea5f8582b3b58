//go:build (linux && greenlet_kqueue) || darwin || freebsd || netbsd || openbsd || dragonfly

package net

import (
	"os"
	"syscall"
)

func sysAccept(fd int) (int, syscall.Sockaddr, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	n, sa, err := syscall.Accept(fd)
	if err == nil {
		err = prepare(n)
	}
	return n, sa, err
}

func sysSocket(family, kind, proto int) (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := syscall.Socket(family, kind, proto)
	if err == nil {
		err = prepare(fd)
	}
	return fd, err
}

func sysPair() ([2]int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return fds, os.NewSyscallError("socketpair", err)
	}
	for i, fd := range fds {
		if err := prepare(fd); err != nil {
			syscall.Close(fds[1-i])
			return fds, err
		}
	}
	return fds, nil
}

// prepare makes fd what the others make it in one call.
func prepare(fd int) error {
	syscall.CloseOnExec(fd)
	if err := syscall.SetNonblock(fd, true); err != nil {
		syscall.Close(fd)
		return err
	}
	return nil
}
