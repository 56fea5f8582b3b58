//go:build unix && !aix && !solaris && !illumos

package file

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"runtime"
	"syscall"

	"github.com/go-greenlet/greenlet/green"
	greennet "github.com/go-greenlet/greenlet/green/net"
)

// A lent stream stands on a descriptor of the process's, most likely in blocking mode. It is watched only while a task
// waits for it, so that it may be lent several times.
type lent struct {
	h                *green.Hub
	f                *os.File // so that it is not collected
	fd               int
	w                *greennet.Watcher // while there are users
	users            int
	reading, writing bool
	closed           bool
}

// borrow makes a stream of f if that can be watched.
func borrow(h *green.Hub, f *os.File) source {
	info, err := f.Stat()
	if err != nil || info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket|fs.ModeCharDevice) == 0 {
		return nil
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return nil
	}
	s := &lent{h: h, f: f, fd: -1}
	raw.Control(func(fd uintptr) { s.fd = int(fd) }) // not by Fd, which changes the mode
	probe, err := greennet.Watch(h, uintptr(s.fd))
	switch {
	case err == nil:
		probe.Close()
	case !errors.Is(err, syscall.EEXIST): // that one: another stream waits for it
		return nil
	}
	return s
}

// sure is how much fits into what is writable: less could have room for less.
func sure() int {
	if runtime.GOOS == "linux" {
		return 4096
	}
	return 512
}

func (s *lent) read(p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	err = s.when(&s.reading, (*greennet.Watcher).WaitReadable, func() (err error) {
		n, err = syscall.Read(s.fd, p)
		return err
	})
	n = max(n, 0)
	if n == 0 && err == nil {
		err = io.EOF
	}
	return n, err
}

func (s *lent) write(p []byte) (done int, err error) {
	for done < len(p) && err == nil {
		n := 0
		err = s.when(&s.writing, (*greennet.Watcher).WaitWritable, func() (err error) {
			n, err = syscall.Write(s.fd, p[done:min(len(p), done+sure())])
			return err
		})
		done += max(n, 0)
	}
	return done, err
}

// when calls f when the descriptor is ready.
func (s *lent) when(busy *bool, wait func(*greennet.Watcher) error, f func() error) error {
	s.h.Check()
	switch {
	case s.closed:
		return fs.ErrClosed
	case *busy:
		return ErrBusy
	}
	if s.w == nil {
		w, err := greennet.Watch(s.h, uintptr(s.fd))
		if errors.Is(err, syscall.EEXIST) {
			return ErrBusy // another stream's task waits
		}
		if err != nil {
			return bare(err)
		}
		s.w = w
	}
	*busy = true
	s.users++
	defer s.leave(busy)
	for {
		if err := wait(s.w); err != nil {
			return bare(err)
		}
		switch err := f(); err {
		case syscall.EAGAIN, syscall.EINTR: // somebody else was faster, and the descriptor is non-blocking
		case nil:
			return nil
		default:
			return os.NewSyscallError("descriptor", err)
		}
	}
}

func (s *lent) leave(busy *bool) {
	*busy = false
	if s.users--; s.users == 0 && !s.closed {
		s.w.Close()
		s.w = nil
	}
}

// bare takes off the wrapper of package net.
func bare(err error) error {
	var e *net.OpError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

func (s *lent) close() error {
	s.h.Check()
	if s.closed {
		return fs.ErrClosed
	}
	s.closed = true
	if s.w != nil {
		s.w.Close()
	}
	return nil
}
