//go:build unix && !aix && !solaris && !illumos

package net

import (
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"github.com/go-greenlet/greenlet/green"
)

var native backend = sockets{}

// sockets is the backend on descriptors of its own.
type sockets struct{}

func (sockets) listen(h *green.Hub, addr net.Addr, c *ListenConfig) (acceptor, error) {
	fd, sa, err := bound(addr, syscall.SOCK_STREAM, c)
	if err != nil {
		return nil, err
	}
	_ = sa
	backlog := c.Backlog
	if backlog <= 0 {
		backlog = 4096
	}
	if err := syscall.Listen(fd, backlog); err != nil {
		syscall.Close(fd)
		return nil, os.NewSyscallError("listen", err)
	}
	s, err := open(h, fd)
	if err != nil {
		return nil, err
	}
	if u, ok := addr.(*net.UnixAddr); ok && u.Name != "" && u.Name[0] != '@' {
		s.unlink = u.Name
	}
	return listening{s, h}, nil
}

// bound makes a socket with the local address addr.
func bound(addr net.Addr, kind int, c *ListenConfig) (int, syscall.Sockaddr, error) {
	family, sa, err := sockaddr(addr)
	if err != nil {
		return -1, nil, err
	}
	fd, err := sysSocket(family, kind, 0)
	if err != nil && family == syscall.AF_INET6 && addrPort(addr).Addr().IsUnspecified() {
		// A machine without IPv6.
		family, sa = syscall.AF_INET, &syscall.SockaddrInet4{Port: int(addrPort(addr).Port())}
		fd, err = sysSocket(family, kind, 0)
	}
	if err != nil {
		return -1, nil, os.NewSyscallError("socket", err)
	}
	if kind == syscall.SOCK_STREAM && family != syscall.AF_UNIX {
		err = os.NewSyscallError("setsockopt", syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1))
	}
	if family == syscall.AF_INET6 {
		only := 0
		if ip := ipOf(addr); ip != nil {
			only = 1 // "::" was asked for; without a host it is both families
		}
		syscall.SetsockoptInt(fd, syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY, only)
	}
	if err == nil && c.ReusePort {
		err = reusePort(fd)
	}
	if err == nil {
		err = os.NewSyscallError("bind", syscall.Bind(fd, sa))
	}
	if err != nil {
		syscall.Close(fd)
		return -1, nil, err
	}
	return fd, sa, nil
}

func (sockets) dial(h *green.Hub, local, remote net.Addr) (stream, error) {
	s, sa, err := outgoing(h, local, remote, syscall.SOCK_STREAM)
	if err != nil {
		return nil, err
	}
	if err := s.connect(sa); err != nil {
		s.close()
		return nil, err
	}
	s.refresh()
	s.tune()
	return s, nil
}

// outgoing makes a socket that is to be connected to remote.
func outgoing(h *green.Hub, local, remote net.Addr, kind int) (*descriptor, syscall.Sockaddr, error) {
	family, sa, err := sockaddr(remote)
	if err != nil {
		return nil, nil, err
	}
	var fd int
	if local != nil {
		fd, _, err = bound(local, kind, &ListenConfig{})
	} else if fd, err = sysSocket(family, kind, 0); err != nil {
		err = os.NewSyscallError("socket", err)
	}
	if err != nil {
		return nil, nil, err
	}
	s, err := open(h, fd)
	return s, sa, err
}

// refresh asks for the addresses of a socket that was connected.
func (s *descriptor) refresh() {
	if sa, err := syscall.Getsockname(s.fd); err == nil {
		s.local = fromSockaddr(s.fd, sa)
	}
	if sa, err := syscall.Getpeername(s.fd); err == nil {
		s.remote = fromSockaddr(s.fd, sa)
	}
}

// tune makes the settings that package net makes.
func (s *descriptor) tune() {
	if _, tcp := s.local.(*net.TCPAddr); tcp {
		noDelay(uintptr(s.fd), true)
		keepAlive(uintptr(s.fd), 15*time.Second)
	}
}

func noDelay(fd uintptr, on bool) error {
	return os.NewSyscallError("setsockopt", syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_NODELAY, flag(on)))
}

func linger(fd uintptr, sec int) error {
	l := syscall.Linger{Onoff: int32(flag(sec >= 0)), Linger: int32(max(0, sec))}
	return os.NewSyscallError("setsockopt", syscall.SetsockoptLinger(int(fd), syscall.SOL_SOCKET, syscall.SO_LINGER, &l))
}

func keepAlive(fd uintptr, d time.Duration) error {
	err := syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, flag(d >= 0))
	if err == nil && d > 0 {
		err = keepAlivePeriod(int(fd), max(1, int(d.Round(time.Second)/time.Second)))
	}
	return os.NewSyscallError("setsockopt", err)
}

func flag(on bool) int {
	if on {
		return 1
	}
	return 0
}

// addrPort returns the address of a TCP or UDP address.
func addrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.TCPAddr:
		return a.AddrPort()
	case *net.UDPAddr:
		return a.AddrPort()
	}
	return netip.AddrPort{}
}

// sockaddr translates an address for the system.
func sockaddr(a net.Addr) (family int, sa syscall.Sockaddr, err error) {
	if u, ok := a.(*net.UnixAddr); ok {
		return syscall.AF_UNIX, &syscall.SockaddrUnix{Name: u.Name}, nil
	}
	ip := ipOf(a)
	ap := addrPort(a)
	switch addr := ap.Addr().Unmap(); {
	case ip == nil:
		return syscall.AF_INET6, &syscall.SockaddrInet6{Port: int(ap.Port())}, nil
	case addr.Is4():
		return syscall.AF_INET, &syscall.SockaddrInet4{Port: int(ap.Port()), Addr: addr.As4()}, nil
	default:
		zone := 0
		if z := addr.Zone(); z != "" {
			ifi, err := net.InterfaceByName(z)
			if err != nil {
				return 0, nil, err
			}
			zone = ifi.Index
		}
		return syscall.AF_INET6, &syscall.SockaddrInet6{Port: int(ap.Port()), Addr: addr.As16(), ZoneId: uint32(zone)}, nil
	}
}

// fromSockaddr translates an address of the socket fd from the system.
func fromSockaddr(fd int, sa syscall.Sockaddr) net.Addr {
	kind, _ := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_TYPE)
	var ip net.IP
	var port int
	zone := ""
	switch sa := sa.(type) {
	case *syscall.SockaddrInet4:
		ip, port = append(ip, sa.Addr[:]...), sa.Port
	case *syscall.SockaddrInet6:
		ip, port = append(ip, sa.Addr[:]...), sa.Port
		if sa.ZoneId != 0 {
			if ifi, err := net.InterfaceByIndex(int(sa.ZoneId)); err == nil {
				zone = ifi.Name
			}
		}
	case *syscall.SockaddrUnix:
		if kind == syscall.SOCK_DGRAM {
			return &net.UnixAddr{Name: sa.Name, Net: "unixgram"}
		}
		return &net.UnixAddr{Name: sa.Name, Net: "unix"}
	default:
		return nil
	}
	if kind == syscall.SOCK_DGRAM {
		return &net.UDPAddr{IP: ip, Port: port, Zone: zone}
	}
	return &net.TCPAddr{IP: ip, Port: port, Zone: zone}
}
