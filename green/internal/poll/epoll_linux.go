//go:build !greenlet_kqueue

package poll

import (
	"os"
	"syscall"
	"unsafe"
)

func works() bool { return true }

const tellsUrgent = true

// A kernel is an epoll descriptor, and an eventfd to wake who waits for it.
type kernel struct {
	fd     int
	event  int
	events [256]syscall.EpollEvent
}

const (
	epollET      = 1 << 31
	epollOneShot = 1 << 30
	wakeFD       = -1
)

func (k *kernel) open() error {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("epoll_create1", err)
	}
	syscall.SetNonblock(fd, true) // for os.NewFile: only then is it a file to poll
	event, _, errno := syscall.Syscall(syscall.SYS_EVENTFD2, 0, syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
	if errno != 0 {
		syscall.Close(fd)
		return os.NewSyscallError("eventfd2", errno)
	}
	k.fd, k.event = fd, int(event)
	e := syscall.EpollEvent{Events: syscall.EPOLLIN | epollET, Fd: wakeFD}
	if err := syscall.EpollCtl(fd, syscall.EPOLL_CTL_ADD, k.event, &e); err != nil {
		k.closeWaker()
		syscall.Close(fd)
		return os.NewSyscallError("epoll_ctl", err)
	}
	return nil
}

func (k *kernel) closeWaker() { syscall.Close(k.event) }

func (k *kernel) add(d *Desc) error {
	if d.level {
		return k.control(syscall.EPOLL_CTL_ADD, d)
	}
	const both = syscall.EPOLLIN | syscall.EPOLLOUT | syscall.EPOLLRDHUP | syscall.EPOLLPRI | epollET
	e := syscall.EpollEvent{Events: both, Fd: int32(d.fd), Pad: d.seq}
	return os.NewSyscallError("epoll_ctl", syscall.EpollCtl(k.fd, syscall.EPOLL_CTL_ADD, d.fd, &e))
}

// arm watches a descriptor until it is ready for what is wanted of it, once.
func (k *kernel) arm(d *Desc) error { return k.control(syscall.EPOLL_CTL_MOD, d) }

func (k *kernel) control(op int, d *Desc) error {
	e := syscall.EpollEvent{Events: epollOneShot, Fd: int32(d.fd), Pad: d.seq}
	if d.read.wants {
		e.Events |= syscall.EPOLLIN | syscall.EPOLLRDHUP
	}
	if d.write.wants {
		e.Events |= syscall.EPOLLOUT
	}
	return os.NewSyscallError("epoll_ctl", syscall.EpollCtl(k.fd, op, d.fd, &e))
}

func (k *kernel) remove(d *Desc) {
	syscall.EpollCtl(k.fd, syscall.EPOLL_CTL_DEL, d.fd, nil)
}

// poll asks the kernel without waiting, and so without telling Go's scheduler.
func (k *kernel) poll() int {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(k.fd), uintptr(unsafe.Pointer(&k.events[0])),
		uintptr(len(k.events)), 0, 0, 0)
	if errno != 0 {
		return 0
	}
	return int(n)
}

func (k *kernel) dispatch(w *World, n int) {
	for i := range n {
		e := &k.events[i]
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
			k.arm(d) // the other direction, which is no longer watched either
		}
	}
}

// wake makes a wait return.
func (k *kernel) wake() {
	one := uint64(1)
	syscall.RawSyscall(syscall.SYS_WRITE, uintptr(k.event), uintptr(unsafe.Pointer(&one)), 8)
}
