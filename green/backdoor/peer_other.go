//go:build !linux

package backdoor

import "net"

// admit lets everybody in whom the directory and the mode of the socket let come here.
func admit(*net.UnixConn) error { return nil }
