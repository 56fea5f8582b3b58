//go:build unix

package main

import "syscall"

// boundSending makes the system keep no more than about n bytes, or twice that, which a peer has not taken yet. Where
// it fails, the system's own limit holds.
func boundSending(c syscall.Conn, n int) {
	raw, err := c.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF, n) })
}
