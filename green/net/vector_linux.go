//go:build !greenlet_kqueue

package net

import (
	"net"
	"os"
	"syscall"
	"unsafe"
)

// maxVector is how many buffers the system takes at a time.
const maxVector = 1024

// vectored has the list of buffers of one write, kept for the next.
type vectored struct{ vec []syscall.Iovec }

// writeBuffers writes bufs in as few calls as the system allows, and takes off what is written.
func (s *descriptor) writeBuffers(bufs *net.Buffers) (done int64, err error) {
	if err := s.d.BeginWrite(); err != nil {
		return 0, err
	}
	defer s.d.EndWrite()
	defer func() { clear(s.vec) }()
	for len(*bufs) > 0 {
		s.vec = s.vec[:0]
		for _, b := range *bufs {
			if len(b) == 0 {
				continue
			}
			v := syscall.Iovec{Base: unsafe.SliceData(b)}
			v.SetLen(len(b))
			if s.vec = append(s.vec, v); len(s.vec) == maxVector {
				break
			}
		}
		if len(s.vec) == 0 {
			*bufs = nil
			break
		}
		at := unsafe.Pointer(&s.vec[0])
		beforeWritev()
		n, _, errno := syscall.RawSyscall(syscall.SYS_WRITEV, uintptr(s.fd), uintptr(at), uintptr(len(s.vec)))
		switch errno {
		case 0:
			done += int64(n)
			consume(bufs, int64(n))
			if err := s.d.GiveWay(); err != nil {
				return done, err
			}
		case syscall.EAGAIN:
			s.d.WriteFull()
			if err := s.d.WaitWrite(); err != nil {
				return done, err
			}
		case syscall.EINTR:
		default:
			return done, os.NewSyscallError("writev", errno)
		}
	}
	return done, nil
}
