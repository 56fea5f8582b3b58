package backdoor

import (
	"fmt"
	"net"
	"os"
	"syscall"
)

// admit turns away whoever is not the owner of this process: a second lock behind the directory's.
func admit(c *net.UnixConn) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var who *syscall.Ucred
	if e := raw.Control(func(fd uintptr) {
		who, err = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	}); e != nil {
		return e
	}
	if err != nil {
		return err
	}
	return allow(who.Uid, uint32(os.Geteuid()))
}

func allow(peer, owner uint32) error {
	if peer != owner {
		return fmt.Errorf("backdoor: only user %d may connect, and this is user %d", owner, peer)
	}
	return nil
}
