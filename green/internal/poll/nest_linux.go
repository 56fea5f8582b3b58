//go:build !greenlet_kqueue

package poll

import (
	"os"
	"syscall"
	"time"
)

// A nest is the way to wait in Go's own poller, where an epoll descriptor is a file as any: it holds no thread.
type nest struct {
	file *os.File
	raw  syscall.RawConn
	end  time.Time // file's deadline
	try  func(uintptr) bool
	n    int
}

func waitingFor(k *kernel) (waiting, error) {
	x := &nest{file: os.NewFile(uintptr(k.fd), "epoll")}
	x.try = func(uintptr) bool {
		x.n = k.poll()
		return x.n != 0
	}
	var err error
	if x.raw, err = x.file.SyscallConn(); err == nil {
		err = x.file.SetReadDeadline(time.Time{}) // fails if Go's poller did not take it
	}
	if err != nil {
		x.file.Close()
		return nil, os.NewSyscallError("epoll", err)
	}
	return x, nil
}

func (x *nest) until(t time.Time) int {
	if !t.Equal(x.end) {
		x.file.SetReadDeadline(t)
		x.end = t
	}
	x.n = 0
	x.raw.Read(x.try) // or the deadline
	return x.n
}

func (x *nest) Close() error { return x.file.Close() }
