//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package net

import "syscall"

func sysRead(fd int, p []byte) (int, syscall.Errno) {
	n, err := syscall.Read(fd, p)
	errno, _ := err.(syscall.Errno)
	return n, errno
}

func sysWrite(fd int, p []byte) (int, syscall.Errno) {
	n, err := syscall.Write(fd, p)
	errno, _ := err.(syscall.Errno)
	return n, errno
}

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

// prepare makes fd what the others make it in one call.
func prepare(fd int) error {
	syscall.CloseOnExec(fd)
	if err := syscall.SetNonblock(fd, true); err != nil {
		syscall.Close(fd)
		return err
	}
	return nil
}
