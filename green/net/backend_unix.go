//go:build unix && !aix && !solaris && !illumos

package net

import (
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/internal/poll"
)

var native backend = sockets{}

// sockets is the backend on descriptors of its own.
type sockets struct{}

func (sockets) listen(h *green.Hub, addr net.Addr, c *ListenConfig) (acceptor, error) {
	fd, err := bound(addr, syscall.SOCK_STREAM, c)
	if err != nil {
		return nil, err
	}
	backlog := c.Backlog
	if backlog <= 0 {
		backlog = 4096
	}
	if err := syscall.Listen(fd, backlog); err != nil {
		syscall.Close(fd)
		return nil, os.NewSyscallError("listen", err)
	}
	s, err := open(h, fd, false)
	if err != nil {
		return nil, err
	}
	s.made = newSocketFile(addr)
	return listening{s, h}, nil
}

// bound makes a socket with the local address addr.
func bound(addr net.Addr, kind int, c *ListenConfig) (int, error) {
	family, sa, err := sockaddr(addr)
	if err != nil {
		return -1, err
	}
	fd, err := sysSocket(family, kind, 0)
	if err != nil && family == syscall.AF_INET6 && addrPort(addr).Addr().IsUnspecified() {
		// A machine without IPv6.
		family, sa = syscall.AF_INET, &syscall.SockaddrInet4{Port: int(addrPort(addr).Port())}
		fd, err = sysSocket(family, kind, 0)
	}
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	if kind == syscall.SOCK_STREAM && family != syscall.AF_UNIX {
		err = os.NewSyscallError("setsockopt", syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1))
	}
	if family == syscall.AF_INET6 {
		only := 0
		if ip := ipOf(addr); ip != nil {
			only = 1 // else it is both families
		}
		refused := syscall.SetsockoptInt(fd, syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY, only)
		if refused != nil && only == 0 { // as on OpenBSD: rather IPv4, as package net
			syscall.Close(fd)
			return bound(makeAddr(addr.Network(), netip.IPv4Unspecified(), int(addrPort(addr).Port())), kind, c)
		}
	}
	if err == nil && c.ReusePort {
		err = reusePort(fd)
	}
	if err == nil {
		err = os.NewSyscallError("bind", syscall.Bind(fd, sa))
	}
	if err != nil {
		syscall.Close(fd)
		return -1, err
	}
	return fd, nil
}

func (sockets) dial(h *green.Hub, local, remote net.Addr) (stream, error) {
	s, waits, err := outgoing(h, local, remote, syscall.SOCK_STREAM)
	if err != nil {
		return nil, err
	}
	if waits {
		if err := s.connected(); err != nil {
			s.close()
			return nil, err
		}
		s.refresh()
	}
	s.tune()
	return s, nil
}

// outgoing makes a socket, tells it to connect to remote, and says whether it has to wait for that. It is watched only
// then: one that is not being connected looks as if the peer had hung up.
func outgoing(h *green.Hub, local, remote net.Addr, kind int) (s *descriptor, waits bool, err error) {
	family, sa, err := sockaddr(remote)
	if err != nil {
		return nil, false, err
	}
	var fd int
	if local != nil {
		if ip := ipOf(local); family != syscall.AF_UNIX && (ip == nil || ip.IsUnspecified()) { // any of the family of remote
			any := netip.IPv6Unspecified()
			if family == syscall.AF_INET {
				any = netip.IPv4Unspecified()
			}
			local = makeAddr(local.Network(), any, int(addrPort(local).Port()))
		}
		fd, err = bound(local, kind, &ListenConfig{})
	} else if fd, err = sysSocket(family, kind, 0); err != nil {
		err = os.NewSyscallError("socket", err)
	}
	if err != nil {
		return nil, false, err
	}
	switch err := syscall.Connect(fd, sa); err {
	case nil, syscall.EISCONN:
	case syscall.EINPROGRESS, syscall.EALREADY, syscall.EINTR:
		waits = true
	default:
		syscall.Close(fd)
		return nil, false, os.NewSyscallError("connect", err)
	}
	if s, err = open(h, fd, kind == syscall.SOCK_DGRAM); err != nil {
		return nil, false, err
	}
	s.refresh()
	return s, waits, nil
}

// refresh asks for the addresses of a socket that was connected.
func (s *descriptor) refresh() {
	if sa, err := syscall.Getsockname(s.fd); err == nil {
		s.local = fromSockaddr(sa, s.packet)
	}
	if sa, err := syscall.Getpeername(s.fd); err == nil {
		s.remote = fromSockaddr(sa, s.packet)
	}
}

func (sockets) pair(h *green.Hub) (stream, stream, error) {
	fds, err := sysPair()
	if err != nil {
		return nil, nil, err
	}
	a, err := open(h, fds[0], false)
	if err != nil {
		syscall.Close(fds[1])
		return nil, nil, err
	}
	b, err := open(h, fds[1], false)
	if err != nil {
		a.close()
		return nil, nil, err
	}
	a.refresh()
	b.refresh()
	return a, b, nil
}

// adopt makes a stream of a connection of package net, which it closes; nil if that stands on no socket.
func (sockets) adopt(h *green.Hub, c net.Conn) (stream, error) {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return nil, nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil, err
	}
	fd, err := poll.Dup(raw)
	if err != nil {
		return nil, err
	}
	if _, err := syscall.Getsockname(fd); err == syscall.ENOTSOCK {
		syscall.Close(fd)
		return nil, nil
	}
	s, err := open(h, fd, isPacket(c.LocalAddr().Network()))
	if err != nil {
		return nil, err
	}
	c.Close()
	s.refresh()
	return s, nil
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
		zone, err := zoneIndex(addr.Zone())
		if err != nil {
			return 0, nil, err
		}
		return syscall.AF_INET6, &syscall.SockaddrInet6{Port: int(ap.Port()), Addr: addr.As16(), ZoneId: uint32(zone)}, nil
	}
}

// fromSockaddr translates an address from the system: that of a packet socket or of a stream.
func fromSockaddr(sa syscall.Sockaddr, packet bool) net.Addr {
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
		if packet {
			return &net.UnixAddr{Name: sa.Name, Net: "unixgram"}
		}
		return &net.UnixAddr{Name: sa.Name, Net: "unix"}
	default:
		return nil
	}
	if packet {
		return &net.UDPAddr{IP: ip, Port: port, Zone: zone}
	}
	return &net.TCPAddr{IP: ip, Port: port, Zone: zone}
}
