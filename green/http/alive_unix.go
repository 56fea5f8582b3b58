//go:build unix && !aix && !solaris && !illumos

package http

import (
	"net"
	"syscall"
)

// alive says whether an idle connection can be used, as far as can be seen without waiting: the peer has neither closed it
// nor sent what nobody has asked for.
func alive(nc net.Conn) bool {
	s, ok := nc.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return false
	}
	quiet := false
	if err := raw.Control(func(fd uintptr) {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		quiet = err == syscall.EAGAIN || err == syscall.EINTR
	}); err != nil {
		return false
	}
	return quiet
}
