// Package hostname tells requests that name this server from those of a page elsewhere that made its own name lead to
// this machine (DNS rebinding), and would then be taken for the server's own by the browser.
package hostname

import (
	"net"
	"net/netip"
	"slices"
	"strings"
)

// Own returns the Host of a request without its port, and reports whether that can only be this server: an address,
// localhost, or one of names. Nothing is, too: a program that is no browser may name no host.
func Own(host string, names []string) (name string, own bool) {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.Trim(host, "[]"), ".")
	_, err := netip.ParseAddr(host)
	return host, err == nil || host == "" || strings.EqualFold(host, "localhost") ||
		slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, host) })
}
