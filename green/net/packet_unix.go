//go:build unix && !aix && !solaris && !illumos

package net

import (
	"net"
	"os"
	"syscall"

	"github.com/go-greenlet/greenlet/green"
)

func (sockets) packet(h *green.Hub, local, remote net.Addr, c *ListenConfig) (packets, error) {
	if remote != nil {
		s, _, err := outgoing(h, local, remote, syscall.SOCK_DGRAM)
		if err != nil {
			return nil, err
		}
		return s, nil
	}
	fd, err := bound(local, syscall.SOCK_DGRAM, c)
	if err != nil {
		return nil, err
	}
	s, err := open(h, fd, true)
	if err != nil {
		return nil, err
	}
	s.made = newSocketFile(local)
	return s, nil
}

func (s *descriptor) readFrom(p []byte) (int, net.Addr, error) {
	if err := s.d.BeginRead(); err != nil {
		return 0, nil, err
	}
	defer s.d.EndRead()
	for {
		n, sa, err := syscall.Recvfrom(s.fd, p, 0)
		switch err {
		case nil:
			if s.remote != nil || sa == nil {
				return n, s.remote, nil
			}
			return n, fromSockaddr(sa, true), nil
		case syscall.EAGAIN:
			s.d.ReadEmpty()
			if err := s.d.WaitRead(); err != nil {
				return 0, nil, err
			}
		case syscall.EINTR:
		default:
			return 0, nil, os.NewSyscallError("recvfrom", err)
		}
	}
}

func (s *descriptor) writeTo(p []byte, to net.Addr) (int, error) {
	if s.d.Closed() {
		return 0, net.ErrClosed
	}
	var sa syscall.Sockaddr
	switch {
	case s.remote == nil && to == nil:
		return 0, syscall.EDESTADDRREQ
	case s.remote == nil:
		var err error
		if _, sa, err = s.destination(to); err != nil {
			return 0, err
		}
	}
	if err := s.d.BeginWrite(); err != nil {
		return 0, err
	}
	defer s.d.EndWrite()
	for {
		n, err := len(p), error(nil)
		if sa == nil {
			n, err = syscall.Write(s.fd, p)
		} else {
			err = syscall.Sendto(s.fd, p, 0, sa)
		}
		switch err {
		case nil:
			return n, nil
		case syscall.EAGAIN:
			s.d.WriteFull()
			if err := s.d.WaitWrite(); err != nil {
				return 0, err
			}
		case syscall.EINTR:
		default:
			return 0, os.NewSyscallError("sendto", err)
		}
	}
}

// destination translates to for the family of the socket.
func (s *descriptor) destination(to net.Addr) (int, syscall.Sockaddr, error) {
	family, sa, err := sockaddr(to)
	if v4, ok := sa.(*syscall.SockaddrInet4); ok && ipOf(s.local) != nil && ipOf(s.local).To4() == nil {
		mapped := &syscall.SockaddrInet6{Port: v4.Port}
		copy(mapped.Addr[10:], []byte{0xff, 0xff})
		copy(mapped.Addr[12:], v4.Addr[:])
		return syscall.AF_INET6, mapped, err
	}
	if _, v6 := sa.(*syscall.SockaddrInet6); v6 && ipOf(s.local).To4() != nil {
		return 0, nil, &net.AddrError{Err: "non-IPv4 address", Addr: ipOf(to).String()} // as package net
	}
	return family, sa, err
}
