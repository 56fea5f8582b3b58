package main

import (
	"fmt"
	"net/http"
	"os"

	"github.com/go-greenlet/greenlet/internal/hostname"
)

// forHosts lets only requests through to h that name this server by its address, as localhost, by the machine's name
// or by one of names. A page elsewhere can make its own name lead to this machine (DNS rebinding), and would then be
// taken for ours by the browser.
func forHosts(names []string, h http.Handler) http.Handler {
	if machine, err := os.Hostname(); err == nil {
		names = append([]string{machine, machine + ".local"}, names...)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if host, own := hostname.Own(r.Host, names); !own {
			http.Error(w, fmt.Sprintf("this server does not know itself as %q; start it with --host %[1]s if that is right", host),
				http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	})
}
