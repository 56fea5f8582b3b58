package exec

import (
	"errors"
	gonet "net"
	"os"
	"syscall"
	"unsafe"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
)

// handles says whether to wait by descriptors of processes. Tests change it.
var handles = true

// watchHandle waits for the end of p by its descriptor, and says whether that is how it was.
func watchHandle(h *green.Hub, p *os.Process) (done bool, err error) {
	if !handles {
		return false, nil
	}
	fd := -1
	if e := p.WithHandle(func(handle uintptr) {
		syscall.ForkLock.RLock()
		defer syscall.ForkLock.RUnlock()
		if fd, err = syscall.Dup(int(handle)); err == nil {
			syscall.CloseOnExec(fd)
		}
	}); e != nil {
		return false, nil // no descriptors on this system
	}
	if err != nil {
		return false, os.NewSyscallError("dup", err)
	}
	defer syscall.Close(fd)
	w, err := net.Watch(h, uintptr(fd))
	if err != nil {
		return false, err
	}
	defer w.Close()
	err = w.WaitReadable()
	var e *gonet.OpError
	if errors.As(err, &e) {
		err = e.Err // the descriptor is nobody else's business
	}
	return err == nil, err
}

// awaitExit blocks until the process has ended, and leaves it to be reaped. It says whether it could.
func awaitExit(pid int) bool {
	const (
		pPid     = 1         // P_PID
		exited   = 4         // WEXITED
		leave    = 0x1000000 // WNOWAIT
		infoSize = 128
	)
	var info [infoSize / 8]uint64
	for {
		_, _, e := syscall.Syscall6(syscall.SYS_WAITID, pPid, uintptr(pid), uintptr(unsafe.Pointer(&info)), exited|leave, 0, 0)
		if e != syscall.EINTR {
			return e == 0
		}
	}
}
