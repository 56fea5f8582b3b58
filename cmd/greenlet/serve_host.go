package main

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
)

// forHosts lets only requests through to h that name this server by its address, as localhost, by the machine's name or by one
// of names. A page elsewhere can make its own name lead to this machine (DNS rebinding), and would then be taken for ours by
// the browser.
func forHosts(names []string, h http.Handler) http.Handler {
	if own, err := os.Hostname(); err == nil {
		names = append([]string{own, own + ".local"}, names...)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if host := hostOf(r.Host); !ownHost(host, names) {
			http.Error(w, fmt.Sprintf("this server does not know itself as %q; start it with --host %[1]s if that is right", host),
				http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// hostOf is host without a port.
func hostOf(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.TrimSuffix(strings.Trim(host, "[]"), ".")
}

// ownHost reports whether host can only be this server: an address, localhost, or one of names. A program that is no browser
// may name no host.
func ownHost(host string, names []string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil || host == "" || strings.EqualFold(host, "localhost") ||
		slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, host) })
}
