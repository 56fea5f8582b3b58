//go:build unix && !aix && !solaris && !illumos

package http

import (
	"errors"
	"net"
	"syscall"
)

// alive reports whether an idle connection can be used, as far as can be seen without waiting: the peer has neither
// closed it nor sent what nobody has asked for. Of one that has no descriptor, a tunnel or a pipe, nothing can be seen:
// if it is dead, the request will find that out.
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
	err = raw.Control(func(fd uintptr) {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		quiet = err == syscall.EAGAIN || err == syscall.EINTR
	})
	if err != nil {
		return !errors.Is(err, net.ErrClosed)
	}
	return quiet
}
