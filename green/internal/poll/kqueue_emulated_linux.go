//go:build greenlet_kqueue

package poll

import (
	"sync"
	"syscall"
	"time"
)

// This is what this package needs of a kqueue, on Linux, so that the code for macOS and the BSDs can be tested there. A kqueue
// has two epoll descriptors here, one for each filter, as a descriptor can be in both, and a third in which those are.

type event struct {
	Ident  uint64
	Filter int16
	Flags  uint16
}

const (
	filterRead  = -1
	filterWrite = -2
	evAdd       = 1
	evDelete    = 2
	evDisable   = 8
	evOneShot   = 0x10
	evClear     = 0x20
	evError     = 0x4000
	evEOF       = 0x8000
)

// An emulated is a kqueue.
type emulated struct {
	mu      sync.Mutex
	filters [2]int // epoll descriptors
	once    map[[2]int]bool
	buf     [256]syscall.EpollEvent
}

var kqueues sync.Map // by the third descriptor

func kqueue() (int, error) {
	q := &emulated{once: map[[2]int]bool{}}
	var fds [3]int
	for i := range fds {
		fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
		if err != nil {
			for _, fd := range fds[:i] {
				syscall.Close(fd)
			}
			return -1, err
		}
		fds[i] = fd
	}
	q.filters = [2]int(fds[:2])
	for _, fd := range q.filters {
		if err := syscall.EpollCtl(fds[2], syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN}); err != nil {
			panic(err)
		}
	}
	kqueues.Store(fds[2], q)
	return fds[2], nil
}

func closeKqueue(fd int) error {
	q, _ := kqueues.LoadAndDelete(fd)
	for _, fd := range q.(*emulated).filters {
		syscall.Close(fd)
	}
	return syscall.Close(fd)
}

func setEvent(e *event, fd, filter, flags int) {
	*e = event{Ident: uint64(fd), Filter: int16(filter), Flags: uint16(flags)}
}

func kevent(kq int, changes, events []event, timeout *syscall.Timespec) (int, error) {
	found, ok := kqueues.Load(kq)
	if !ok {
		return -1, syscall.EBADF
	}
	q := found.(*emulated)
	for _, c := range changes {
		if err := q.change(int(c.Ident), int(c.Filter), int(c.Flags)); err != nil {
			return -1, err
		}
	}
	if events == nil {
		return 0, nil
	}
	ms := -1
	if timeout != nil {
		ms = int((time.Duration(timeout.Nano()) + time.Millisecond - 1) / time.Millisecond)
	}
	var any [2]syscall.EpollEvent
	if n, err := syscall.EpollWait(kq, any[:], ms); err != nil || n == 0 {
		return 0, err
	}
	return q.take(events), nil
}

func (q *emulated) change(fd, filter, flags int) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if flags&evDelete != 0 {
		return syscall.EpollCtl(q.filters[-1-filter], syscall.EPOLL_CTL_DEL, fd, nil)
	}
	e := syscall.EpollEvent{Fd: int32(fd), Events: syscall.EPOLLIN | syscall.EPOLLRDHUP}
	if filter == filterWrite {
		e.Events = syscall.EPOLLOUT
	}
	if flags&evClear != 0 {
		e.Events |= 1 << 31 // EPOLLET
	}
	if flags&evDisable != 0 {
		e.Events = 1 << 30 // EPOLLONESHOT
	}
	q.once[[2]int{fd, filter}] = flags&evOneShot != 0
	err := syscall.EpollCtl(q.filters[-1-filter], syscall.EPOLL_CTL_ADD, fd, &e)
	if err == syscall.EEXIST {
		err = syscall.EpollCtl(q.filters[-1-filter], syscall.EPOLL_CTL_MOD, fd, &e)
	}
	return err
}

// take takes what is ready, without waiting.
func (q *emulated) take(events []event) (taken int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, ep := range q.filters {
		room := min(len(q.buf), len(events)-taken)
		if room == 0 {
			break
		}
		n, _ := syscall.EpollWait(ep, q.buf[:room], 0)
		for _, e := range q.buf[:max(0, n)] {
			bad := uint32(syscall.EPOLLHUP | syscall.EPOLLERR)
			if i == 0 {
				bad |= syscall.EPOLLRDHUP
			}
			flags := 0
			if e.Events&bad != 0 {
				flags = evEOF
			}
			setEvent(&events[taken], int(e.Fd), -1-i, flags)
			taken++
			if q.once[[2]int{int(e.Fd), -1 - i}] {
				syscall.EpollCtl(ep, syscall.EPOLL_CTL_DEL, int(e.Fd), nil)
			}
		}
	}
	return taken
}
