//go:build !greenlet_kqueue

package net

import (
	"io"
	"os"
	"syscall"
)

// maxSend is how much is sent in one call: others have their turn in between.
const maxSend = 1 << 20

// A file is an *os.File, or what io.Copy makes of one.
type file interface {
	Stat() (os.FileInfo, error)
	SyscallConn() (syscall.RawConn, error)
}

// sendFile sends what r, a regular file, has left, without a copy in this program. It says whether r is one that it can
// send.
func (s *descriptor) sendFile(r io.Reader) (done int64, handled bool, err error) {
	left := int64(-1)
	limited, _ := r.(*io.LimitedReader)
	if limited != nil {
		r, left = limited.R, limited.N
	}
	f, ok := r.(file)
	if !ok || s.packet {
		return 0, false, nil
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return 0, false, nil
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return 0, false, nil
	}
	if err := s.d.BeginWrite(); err != nil {
		return 0, true, err
	}
	defer s.d.EndWrite()
	if limited != nil {
		defer func() { limited.N -= done }()
	}
	for left != 0 {
		n, size := 0, int64(maxSend)
		if left > 0 {
			size = min(size, left)
		}
		if e := raw.Control(func(fd uintptr) { n, err = syscall.Sendfile(s.fd, int(fd), nil, int(size)) }); e != nil {
			return done, true, e
		}
		switch {
		case err == nil && n == 0:
			return done, true, nil
		case err == nil:
			if done += int64(n); left > 0 {
				left -= int64(n)
			}
			err = s.d.GiveWay()
		case err == syscall.EAGAIN:
			s.d.WriteFull()
			err = s.d.WaitWrite()
		case err == syscall.EINTR:
			err = nil
		case done == 0 && (err == syscall.EINVAL || err == syscall.ENOSYS || err == syscall.EOPNOTSUPP):
			return 0, false, nil
		default:
			err = os.NewSyscallError("sendfile", err)
		}
		if err != nil {
			return done, true, err
		}
	}
	return done, true, nil
}
