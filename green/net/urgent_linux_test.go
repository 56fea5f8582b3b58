package net_test

import (
	stdnet "net"
	"syscall"
	"testing"

	"github.com/go-greenlet/greenlet/green"
)

// A read ends at urgent data, though there is more behind it: that does not have to wait for what comes next.
func TestConn_ReadsBehindUrgentData(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		l := listen(t, h, "tcp")
		defer l.Close()
		peer, err := stdnet.Dial("tcp", l.Addr().String())
		must(t, err)
		defer peer.Close()
		c, err := l.AcceptConn()
		must(t, err)
		defer c.Close()
		h.Go(func() error { // all of it comes while the other one waits, and before that has its turn
			raw, err := peer.(*stdnet.TCPConn).SyscallConn()
			if err != nil {
				return err
			}
			if _, err := peer.Write([]byte("before")); err != nil {
				return err
			}
			urgent := func(fd uintptr) { err = syscall.Sendto(int(fd), []byte("!"), syscall.MSG_OOB, nil) }
			if e := raw.Control(urgent); e != nil {
				return e
			}
			if err != nil {
				return err
			}
			_, err = peer.Write([]byte("behind"))
			return err
		})
		must(t, h.WithTimeout(10_000*ms, func(*green.Timeout) error {
			buf := make([]byte, 100)
			for got := ""; got != "beforebehind"; {
				n, err := c.Read(buf)
				if got += string(buf[:n]); err != nil {
					t.Errorf("got %q", got)
					return err
				}
			}
			return nil
		}))
	})
}
