//go:build unix && !aix && !solaris && !illumos

package net

import (
	"net"
	"os"
)

// plainPair returns two connected connections of package net.
func plainPair() (a, b net.Conn, err error) {
	fds, err := sysPair()
	if err != nil {
		return nil, nil, err
	}
	var conns [2]net.Conn
	for i, fd := range fds {
		f := os.NewFile(uintptr(fd), "socketpair")
		c, e := net.FileConn(f) // with a descriptor of its own
		f.Close()
		if e != nil {
			err = e
		} else {
			conns[i] = c
		}
	}
	if err != nil {
		for _, c := range conns {
			if c != nil {
				c.Close()
			}
		}
		return nil, nil, err
	}
	return conns[0], conns[1], nil
}
