//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package poll

import "syscall"

type event = syscall.Kevent_t

const (
	filterRead  = syscall.EVFILT_READ
	filterWrite = syscall.EVFILT_WRITE
	evAdd       = syscall.EV_ADD
	evDelete    = syscall.EV_DELETE
	evDisable   = syscall.EV_DISABLE
	evOneShot   = syscall.EV_ONESHOT
	evClear     = syscall.EV_CLEAR
	evEOF       = syscall.EV_EOF
	evError     = syscall.EV_ERROR
)

func kqueue() (int, error) { return syscall.Kqueue() }

func closeKqueue(fd int) error { return syscall.Close(fd) }

func setEvent(e *event, fd, filter, flags int) { syscall.SetKevent(e, fd, filter, flags) }

func kevent(kq int, changes, events []event, timeout *syscall.Timespec) (int, error) {
	return syscall.Kevent(kq, changes, events, timeout)
}
