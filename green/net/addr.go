package net

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"

	"github.com/go-greenlet/greenlet/green"
)

func isPacket(network string) bool {
	return strings.HasPrefix(network, "udp") || network == "unixgram"
}

// localAddr returns the address to listen on.
func localAddr(h *green.Hub, network, address string) (net.Addr, error) {
	all, err := resolve(h, nil, network, address)
	if err != nil {
		return nil, err
	}
	// As package net does: rather IPv4 than IPv6, where the name leaves it open, and both where [::] does.
	for _, a := range all {
		switch ip := ipOf(a); {
		case ip == nil || ip.To4() != nil:
			return a, nil
		case ip.IsUnspecified() && network[3:] == "":
			return makeAddr(network, netip.Addr{}, int(addrPort(a).Port())), nil
		case ip.IsUnspecified():
			return a, nil
		}
	}
	return all[0], nil
}

// remoteAddrs returns the addresses to connect to: an unspecified one is this machine, as in package net.
func remoteAddrs(h *green.Hub, r *Resolver, network, address string) ([]net.Addr, error) {
	all, err := resolve(h, r, network, address)
	for i, a := range all {
		if _, local := a.(*net.UnixAddr); local {
			break
		}
		if ip := ipOf(a); ip == nil || ip.IsUnspecified() {
			self := netip.AddrFrom4([4]byte{127, 0, 0, 1})
			if network[3:] == "6" {
				self = netip.IPv6Loopback()
			}
			all[i] = makeAddr(network, self, int(addrPort(a).Port()))
		}
	}
	return all, err
}

// destination returns where a datagram from local to to goes.
func destination(local, to net.Addr) (net.Addr, error) {
	switch to := to.(type) {
	case *net.UDPAddr:
		here, udp := local.(*net.UDPAddr)
		switch {
		case !udp || to == nil:
		case len(to.IP) == 0 || to.IP.IsUnspecified():
			self := netip.IPv6Loopback()
			if here.IP.To4() != nil {
				self = netip.AddrFrom4([4]byte{127, 0, 0, 1})
			}
			return makeAddr("udp", self, to.Port), nil
		default:
			return to, nil
		}
	case *net.UnixAddr:
		if _, unix := local.(*net.UnixAddr); unix && to != nil {
			return to, nil
		}
	}
	return to, syscall.EINVAL // as package net
}

func addrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.TCPAddr:
		return a.AddrPort()
	case *net.UDPAddr:
		return a.AddrPort()
	}
	return netip.AddrPort{}
}

// ipOf returns the IP address in a, or nil.
func ipOf(a net.Addr) net.IP {
	switch a := a.(type) {
	case *net.TCPAddr:
		return a.IP
	case *net.UDPAddr:
		return a.IP
	}
	return nil
}

// resolve returns the addresses that address means, the preferred first.
func resolve(h *green.Hub, r *Resolver, network, address string) ([]net.Addr, error) {
	switch network {
	case "tcp", "tcp4", "tcp6", "udp", "udp4", "udp6":
	case "unix", "unixgram":
		return []net.Addr{&net.UnixAddr{Name: address, Net: network}}, nil
	default:
		return nil, net.UnknownNetworkError(network)
	}
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := portOf(network, service)
	if err != nil {
		return nil, err
	}
	ips := []netip.Addr{{}}
	if host != "" {
		if ips, err = lookup(h, r, host); err != nil {
			return nil, err
		}
	}
	var all []net.Addr
	for _, ip := range ips {
		if ip.IsValid() && (network[3:] == "4" && !ip.Unmap().Is4() || network[3:] == "6" && ip.Unmap().Is4()) {
			continue
		}
		all = append(all, makeAddr(network, ip, port))
	}
	if len(all) == 0 {
		return nil, &net.AddrError{Err: "no suitable address found", Addr: host}
	}
	return all, nil
}

// lookup returns the addresses of host, which may be one.
func lookup(h *green.Hub, r *Resolver, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		_, err := zoneIndex(ip.Zone())
		return []netip.Addr{ip}, err
	}
	if r == nil {
		r = DefaultResolver
	}
	return r.LookupNetIP(h, "ip", host)
}

// zoneIndex returns the number of the interface that zone means: its name, or a number.
func zoneIndex(zone string) (int, error) {
	if zone == "" {
		return 0, nil
	}
	ifi, err := net.InterfaceByName(zone)
	if err == nil {
		return ifi.Index, nil
	}
	if n, e := strconv.Atoi(zone); e == nil && n > 0 {
		return n, nil
	}
	return 0, err
}

// portOf returns the number of a service. Numbers need no look-up, and others none outside the machine.
func portOf(network, service string) (int, error) {
	if service == "" {
		return 0, nil
	}
	n := 0
	for _, c := range service {
		if c < '0' || c > '9' {
			return net.DefaultResolver.LookupPort(context.Background(), network, service)
		}
		if n = n*10 + int(c-'0'); n > 65535 {
			return 0, &net.AddrError{Err: "invalid port", Addr: service}
		}
	}
	return n, nil
}

// makeAddr makes the address of the network's type. An ip that is not valid means all.
func makeAddr(network string, ip netip.Addr, port int) net.Addr {
	var list net.IP
	zone := ""
	switch {
	case ip.IsValid():
		list, zone = ip.Unmap().AsSlice(), ip.Zone()
	case network[3:] == "4":
		list = net.IPv4zero
	case network[3:] == "6":
		list = net.IPv6zero
	}
	if network[:3] == "udp" {
		return &net.UDPAddr{IP: list, Port: port, Zone: zone}
	}
	return &net.TCPAddr{IP: list, Port: port, Zone: zone}
}

var errNoSuch = errors.New("not possible for this kind of socket")
