//go:build unix && !aix && !solaris && !illumos

package file

import (
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/internal/poll"
)

// A polled stream stands on a non-blocking descriptor that the hub's world watches.
type polled struct {
	fd int
	d  *poll.Desc
}

// watch takes over f, or returns nil if that can't be watched.
func watch(h *green.Hub, f *os.File) (source, error) {
	w, watched := poll.Of(h.Scheduler())
	if !watched || f.SetReadDeadline(time.Time{}) != nil && f.SetWriteDeadline(time.Time{}) != nil {
		return nil, nil // what package os can't poll is no pipe, or is in blocking mode for reasons of others'
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	fd, err := poll.Dup(raw)
	if err != nil {
		return nil, err
	}
	s := &polled{fd: fd}
	if s.d, err = w.Open(h.Scheduler(), fd, s); err != nil {
		syscall.Close(fd)
		return nil, err
	}
	f.Close()
	return s, nil
}

func (s *polled) read(p []byte) (int, error) {
	if err := s.d.BeginRead(); err != nil {
		return 0, err
	}
	defer s.d.EndRead()
	if len(p) == 0 {
		return 0, nil
	}
	for {
		if !s.d.CanRead() {
			if err := s.d.WaitRead(); err != nil {
				return 0, err
			}
		}
		n, err := syscall.Read(s.fd, p)
		switch {
		case n > 0:
			return n, nil // there may be more: a terminal gives one line at a time
		case err == syscall.EAGAIN:
			s.d.ReadEmpty()
		case err == nil:
			return 0, io.EOF
		case err != syscall.EINTR:
			return 0, os.NewSyscallError("read", err)
		}
	}
}

func (s *polled) write(p []byte) (done int, err error) {
	if err := s.d.BeginWrite(); err != nil {
		return 0, err
	}
	defer s.d.EndWrite()
	for done < len(p) {
		n, err := syscall.Write(s.fd, p[done:])
		switch {
		case err == nil:
			done += n
			err = s.d.GiveWay()
		case err == syscall.EAGAIN:
			s.d.WriteFull()
			err = s.d.WaitWrite()
		case err == syscall.EINTR:
			err = nil
		default:
			err = os.NewSyscallError("write", err)
		}
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

func (s *polled) close() error {
	if s.d.Closed() {
		return net.ErrClosed
	}
	s.d.Close()
	return os.NewSyscallError("close", syscall.Close(s.fd))
}

// Abandon closes what nobody has closed when the hub ends.
func (s *polled) Abandon() { syscall.Close(s.fd) }
