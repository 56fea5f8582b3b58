package poll

import (
	"os"
	"syscall"
	"time"
	"unsafe"
)

// A queue is an epoll descriptor, registered with Go's netpoller, and an eventfd to wake it.
type queue struct {
	fd     int
	file   *os.File
	raw    syscall.RawConn
	event  int
	events [256]syscall.EpollEvent
	n      int
	until  time.Time // file's deadline
	try    func(uintptr) bool
}

const (
	epollET      = 1 << 31
	epollOneShot = 1 << 30
	wakeFD       = -1
)

func newQueue() (*queue, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	syscall.SetNonblock(fd, true) // for os.NewFile: only then is it a file to poll
	event, _, errno := syscall.Syscall(syscall.SYS_EVENTFD2, 0, syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
	if errno != 0 {
		syscall.Close(fd)
		return nil, os.NewSyscallError("eventfd2", errno)
	}
	q := &queue{fd: fd, event: int(event)}
	q.file = os.NewFile(uintptr(fd), "epoll")
	q.try = func(uintptr) bool {
		q.n = q.poll()
		return q.n != 0
	}
	e := syscall.EpollEvent{Events: syscall.EPOLLIN | epollET, Fd: wakeFD}
	if err = syscall.EpollCtl(fd, syscall.EPOLL_CTL_ADD, q.event, &e); err == nil {
		q.raw, err = q.file.SyscallConn()
	}
	if err == nil {
		err = q.file.SetReadDeadline(time.Time{}) // fails if the netpoller did not take it
	}
	if err != nil {
		q.close()
		return nil, os.NewSyscallError("epoll", err)
	}
	return q, nil
}

func (q *queue) close() error {
	syscall.Close(q.event)
	return q.file.Close()
}

func (q *queue) add(d *Desc) error {
	if d.level {
		return q.control(syscall.EPOLL_CTL_ADD, d)
	}
	const both = syscall.EPOLLIN | syscall.EPOLLOUT | syscall.EPOLLRDHUP | syscall.EPOLLPRI | epollET
	e := syscall.EpollEvent{Events: both, Fd: int32(d.fd), Pad: d.seq}
	return os.NewSyscallError("epoll_ctl", syscall.EpollCtl(q.fd, syscall.EPOLL_CTL_ADD, d.fd, &e))
}

// arm watches a descriptor until it is ready for what is wanted of it, once.
func (q *queue) arm(d *Desc) error { return q.control(syscall.EPOLL_CTL_MOD, d) }

func (q *queue) control(op int, d *Desc) error {
	e := syscall.EpollEvent{Events: epollOneShot, Fd: int32(d.fd), Pad: d.seq}
	if d.read.wants {
		e.Events |= syscall.EPOLLIN | syscall.EPOLLRDHUP
	}
	if d.write.wants {
		e.Events |= syscall.EPOLLOUT
	}
	return os.NewSyscallError("epoll_ctl", syscall.EpollCtl(q.fd, op, d.fd, &e))
}

func (q *queue) remove(d *Desc) {
	syscall.EpollCtl(q.fd, syscall.EPOLL_CTL_DEL, d.fd, nil)
}

// poll asks the kernel without waiting, and so without telling Go's scheduler.
func (q *queue) poll() int {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(q.fd), uintptr(unsafe.Pointer(&q.events[0])),
		uintptr(len(q.events)), 0, 0, 0)
	if errno != 0 {
		return 0
	}
	return int(n)
}

func (q *queue) dispatch(w *World, n int) {
	for i := range n {
		e := &q.events[i]
		if e.Fd == wakeFD {
			continue // edge-triggered: it need not be read
		}
		d := w.descs[e.Fd]
		if d == nil || d.seq != e.Pad {
			continue // closed since
		}
		bad := e.Events&(syscall.EPOLLERR|syscall.EPOLLHUP) != 0
		hup := bad || e.Events&syscall.EPOLLRDHUP != 0
		urgent := e.Events&syscall.EPOLLPRI != 0 // a read ends there, though there is more behind it
		d.edge(hup || e.Events&syscall.EPOLLIN != 0, bad || e.Events&syscall.EPOLLOUT != 0, hup || urgent)
		if d.level && (d.read.wants && !d.read.ready || d.write.wants && !d.write.ready) {
			q.arm(d) // the other direction, which is no longer watched either
		}
	}
}

// block waits, with the calling goroutine, until something is ready or wake is called.
func (q *queue) block() { q.raw.Read(q.try) }

// wake makes wait return.
func (q *queue) wake() {
	one := uint64(1)
	syscall.RawSyscall(syscall.SYS_WRITE, uintptr(q.event), uintptr(unsafe.Pointer(&one)), 8)
}
