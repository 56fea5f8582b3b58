//go:build unix && !aix && !solaris && !illumos

package net

import (
	"net"
	"net/netip"
	"os"
	"syscall"

	"github.com/go-greenlet/greenlet/green"
)

// listenTCP makes a listening socket.
func listenTCP(h *green.Hub, addr netip.AddrPort) (*descriptor, net.Addr, error) {
	family, sa := sockaddr(addr)
	fd, err := sysSocket(family, syscall.SOCK_STREAM, syscall.IPPROTO_TCP)
	if err != nil {
		return nil, nil, os.NewSyscallError("socket", err)
	}
	syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	if err := syscall.Bind(fd, sa); err != nil {
		syscall.Close(fd)
		return nil, nil, os.NewSyscallError("bind", err)
	}
	if err := syscall.Listen(fd, 4096); err != nil {
		syscall.Close(fd)
		return nil, nil, os.NewSyscallError("listen", err)
	}
	local, _ := syscall.Getsockname(fd)
	s, err := open(h, fd)
	return s, tcpAddr(local), err
}

// dialTCP connects to addr.
func dialTCP(h *green.Hub, addr netip.AddrPort) (*Conn, error) {
	family, sa := sockaddr(addr)
	fd, err := sysSocket(family, syscall.SOCK_STREAM, syscall.IPPROTO_TCP)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	s, err := open(h, fd)
	if err != nil {
		return nil, err
	}
	if err := s.connect(sa); err != nil {
		s.close()
		return nil, err
	}
	remote, _ := syscall.Getpeername(fd)
	return newTCP(h, s, tcpAddr(remote)), nil
}

// newTCP makes a connection of a connected socket.
func newTCP(h *green.Hub, s *descriptor, remote net.Addr) *Conn {
	syscall.SetsockoptInt(s.fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
	local, _ := syscall.Getsockname(s.fd)
	return &Conn{h: h, s: s, local: tcpAddr(local), remote: remote}
}

func sockaddr(a netip.AddrPort) (family int, sa syscall.Sockaddr) {
	if a.Addr().Is4() || a.Addr().Is4In6() {
		return syscall.AF_INET, &syscall.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return syscall.AF_INET6, &syscall.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

func tcpAddr(sa syscall.Sockaddr) net.Addr {
	switch sa := sa.(type) {
	case *syscall.SockaddrInet4:
		return &net.TCPAddr{IP: append(net.IP(nil), sa.Addr[:]...), Port: sa.Port}
	case *syscall.SockaddrInet6:
		return &net.TCPAddr{IP: append(net.IP(nil), sa.Addr[:]...), Port: sa.Port}
	}
	return nil
}
