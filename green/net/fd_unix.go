//go:build unix && !aix && !solaris && !illumos

package net

import (
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/internal/poll"
)

// A descriptor is a stream on a socket that the hub's world watches.
type descriptor struct {
	fd            int
	packet        bool
	d             *poll.Desc
	local, remote net.Addr
	made          *socketFile
	lingers       *green.Hub // nil unless closing may take seconds
	partial       int        // what a write that waits has written
	vectored                 // for writes of several buffers
}

func (s *descriptor) addr() net.Addr { return s.local }
func (s *descriptor) peer() net.Addr { return s.remote }

func (s *descriptor) late() bool { return s.d.WriteLate() }

// limit sets the deadlines.
func (s *descriptor) limit(read, write bool, t time.Time) error {
	if read {
		s.d.LimitRead(t)
	}
	if write {
		s.d.LimitWrite(t)
	}
	if s.d.Closed() {
		return net.ErrClosed
	}
	return nil
}

// open takes over fd, which is non-blocking. On an error it closes it.
func open(h *green.Hub, fd int, packet bool) (*descriptor, error) {
	w, ok := h.Scheduler().World().(*poll.World)
	if !ok {
		syscall.Close(fd)
		return nil, poll.ErrUnsupported
	}
	s := &descriptor{fd: fd, packet: packet}
	var err error
	if s.d, err = w.Open(h.Scheduler(), fd, s); err != nil {
		syscall.Close(fd)
		return nil, err
	}
	if sa, err := syscall.Getsockname(fd); err == nil {
		s.local = fromSockaddr(sa, packet)
	}
	return s, nil
}

func (s *descriptor) read(p []byte) (int, error) {
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
		n, errno := sysRead(s.fd, p)
		switch {
		case errno == 0:
			if n < len(p) {
				s.d.ReadShort()
			}
			if n == 0 {
				return 0, io.EOF
			}
			return n, nil
		case errno == syscall.EAGAIN:
			s.d.ReadEmpty()
		case errno != syscall.EINTR:
			return 0, os.NewSyscallError("read", errno)
		}
	}
}

func (s *descriptor) waitReadable() error {
	if err := s.d.BeginRead(); err != nil {
		return err
	}
	defer s.d.EndRead()
	if s.d.CanRead() { // as far as known: there was no read yet, or the last one found all that it asked for
		var b [1]byte
		switch _, _, err := syscall.Recvfrom(s.fd, b[:], syscall.MSG_PEEK); err {
		case nil, syscall.EINTR:
			return nil
		case syscall.EAGAIN:
			s.d.ReadEmpty()
		default:
			return os.NewSyscallError("read", err)
		}
	}
	return s.d.WaitRead()
}

func (s *descriptor) write(p []byte) (done int, err error) {
	if err := s.d.BeginWrite(); err != nil {
		return 0, err
	}
	defer s.d.EndWrite()
	for {
		n, errno := sysWrite(s.fd, p[done:])
		switch {
		case errno == 0:
			if done += n; done == len(p) {
				return done, nil
			}
		case errno == syscall.EAGAIN:
			s.d.WriteFull()
			s.partial = done
			if err := s.d.WaitWrite(); err != nil {
				return done, err
			}
		case errno != syscall.EINTR:
			return done, os.NewSyscallError("write", errno)
		}
	}
}

func (s *descriptor) wrote() int { return s.partial }

func (s *descriptor) closeRead() error { return s.shutdown(syscall.SHUT_RD) }

func (s *descriptor) closeWrite() error { return s.shutdown(syscall.SHUT_WR) }

func (s *descriptor) shutdown(how int) error {
	if s.d.Closed() {
		return net.ErrClosed
	}
	return os.NewSyscallError("shutdown", syscall.Shutdown(s.fd, how))
}

func (s *descriptor) linger(h *green.Hub, on bool) {
	s.lingers = nil
	if on {
		s.lingers = h
	}
}

func (s *descriptor) close() error {
	if s.d.Closed() {
		return net.ErrClosed
	}
	s.d.Close()
	if s.lingers != nil {
		closeAside(s.lingers, s.end)
		return nil
	}
	return s.end()
}

// Abandon closes a socket that nobody has closed when the hub ends.
func (s *descriptor) Abandon() { s.end() }

func (s *descriptor) end() error {
	s.made.remove()
	return os.NewSyscallError("close", syscall.Close(s.fd))
}

func (s *descriptor) control(f func(uintptr)) error {
	if s.d.Closed() {
		return net.ErrClosed
	}
	f(uintptr(s.fd))
	return nil
}

// A listening is an acceptor on a socket.
type listening struct {
	*descriptor
	h *green.Hub
}

func (s listening) file() *socketFile { return s.made }

func (s listening) accept() (stream, error) { return s.take(s.descriptor.accept(true)) }

func (s listening) acceptNow() (stream, error) { return s.take(s.descriptor.accept(false)) }

func (s listening) take(fd int, sa syscall.Sockaddr, err error) (stream, error) {
	if err != nil {
		return nil, err
	}
	c, err := open(s.h, fd, false)
	if err != nil {
		return nil, err
	}
	c.remote = fromSockaddr(sa, false)
	c.tune()
	return c, nil
}

// accept takes a connection, and may wait for it.
func (s *descriptor) accept(wait bool) (int, syscall.Sockaddr, error) {
	if err := s.d.BeginRead(); err != nil {
		return -1, nil, err
	}
	defer s.d.EndRead()
	for {
		fd, sa, err := sysAccept(s.fd)
		switch err {
		case nil:
			return fd, sa, nil
		case syscall.EAGAIN:
			s.d.ReadEmpty()
			if !wait {
				return -1, nil, os.ErrDeadlineExceeded
			}
			if err := s.d.WaitRead(); err != nil {
				return -1, nil, err
			}
		case syscall.EINTR, syscall.ECONNABORTED:
		default:
			return -1, nil, os.NewSyscallError("accept", err)
		}
	}
}

// connected waits until the socket, which was told to connect, is connected.
func (s *descriptor) connected() error {
	for {
		s.d.WriteFull()
		if err := s.d.WaitWrite(); err != nil {
			return err
		}
		code, err := syscall.GetsockoptInt(s.fd, syscall.SOL_SOCKET, syscall.SO_ERROR)
		if err != nil {
			return os.NewSyscallError("getsockopt", err)
		}
		switch errno := syscall.Errno(code); errno {
		case syscall.EINPROGRESS, syscall.EALREADY, syscall.EINTR:
		case 0, syscall.EISCONN:
			if _, err := syscall.Getpeername(s.fd); err == nil {
				return nil // else it was woken for nothing
			}
		default:
			return os.NewSyscallError("connect", errno)
		}
	}
}
