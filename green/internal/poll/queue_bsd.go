//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package poll

import (
	"os"
	"syscall"
	"time"
)

// A queue is a kqueue descriptor, registered with Go's netpoller, and a pipe to wake it.
type queue struct {
	fd     int
	file   *os.File
	raw    syscall.RawConn
	pipe   [2]int
	events [256]syscall.Kevent_t
	n      int
	until  time.Time // file's deadline
	try    func(uintptr) bool
}

func newQueue() (*queue, error) {
	fd, err := syscall.Kqueue()
	if err != nil {
		return nil, os.NewSyscallError("kqueue", err)
	}
	syscall.CloseOnExec(fd)
	syscall.SetNonblock(fd, true) // for os.NewFile: only then is it a file to poll
	q := &queue{fd: fd}
	if err := syscall.Pipe(q.pipe[:]); err != nil {
		syscall.Close(fd)
		return nil, os.NewSyscallError("pipe", err)
	}
	for _, p := range q.pipe {
		syscall.CloseOnExec(p)
		syscall.SetNonblock(p, true)
	}
	q.file = os.NewFile(uintptr(fd), "kqueue")
	q.try = func(uintptr) bool {
		q.n = q.poll()
		return q.n != 0
	}
	var e [1]syscall.Kevent_t
	syscall.SetKevent(&e[0], q.pipe[0], syscall.EVFILT_READ, syscall.EV_ADD|syscall.EV_CLEAR)
	_, err = syscall.Kevent(fd, e[:], nil, nil)
	if err == nil {
		q.raw, err = q.file.SyscallConn()
	}
	if err == nil {
		err = q.file.SetReadDeadline(time.Time{}) // fails if the netpoller did not take it
	}
	if err != nil {
		q.close()
		return nil, ErrUnsupported
	}
	return q, nil
}

func (q *queue) close() error {
	syscall.Close(q.pipe[0])
	syscall.Close(q.pipe[1])
	return q.file.Close()
}

func (q *queue) add(d *Desc) error {
	if d.level {
		return nil
	}
	var e [2]syscall.Kevent_t
	syscall.SetKevent(&e[0], d.fd, syscall.EVFILT_READ, syscall.EV_ADD|syscall.EV_CLEAR)
	syscall.SetKevent(&e[1], d.fd, syscall.EVFILT_WRITE, syscall.EV_ADD|syscall.EV_CLEAR)
	_, err := syscall.Kevent(q.fd, e[:], nil, nil)
	return os.NewSyscallError("kevent", err)
}

// arm watches a descriptor until it is ready for what is wanted of it, once.
func (q *queue) arm(d *Desc) error {
	var e [2]syscall.Kevent_t
	n := 0
	if d.read.wants {
		syscall.SetKevent(&e[n], d.fd, syscall.EVFILT_READ, syscall.EV_ADD|syscall.EV_ONESHOT)
		n++
	}
	if d.write.wants {
		syscall.SetKevent(&e[n], d.fd, syscall.EVFILT_WRITE, syscall.EV_ADD|syscall.EV_ONESHOT)
		n++
	}
	_, err := syscall.Kevent(q.fd, e[:n], nil, nil)
	return os.NewSyscallError("kevent", err)
}

func (q *queue) remove(d *Desc) {
	// In two calls: a filter that has gone already would keep the other one from going.
	for _, filter := range [...]int{syscall.EVFILT_READ, syscall.EVFILT_WRITE} {
		var e [1]syscall.Kevent_t
		syscall.SetKevent(&e[0], d.fd, filter, syscall.EV_DELETE)
		syscall.Kevent(q.fd, e[:], nil, nil)
	}
}

// poll asks the kernel without waiting.
func (q *queue) poll() int {
	n, err := syscall.Kevent(q.fd, nil, q.events[:], &syscall.Timespec{})
	if err != nil {
		return 0
	}
	return n
}

func (q *queue) dispatch(w *World, n int) {
	for i := range n {
		e := &q.events[i]
		fd := int(e.Ident)
		if fd == q.pipe[0] {
			var buf [64]byte
			for {
				if n, err := syscall.Read(fd, buf[:]); n <= 0 || err != nil {
					break
				}
			}
			continue
		}
		if fd >= len(w.descs) || w.descs[fd] == nil {
			continue // closed since
		}
		bad := e.Flags&(syscall.EV_ERROR|syscall.EV_EOF) != 0
		w.descs[fd].edge(bad || int(e.Filter) == syscall.EVFILT_READ, bad || int(e.Filter) == syscall.EVFILT_WRITE, bad)
	}
}

// block waits, with the calling goroutine, until something is ready or wake is called.
func (q *queue) block() { q.raw.Read(q.try) }

// wake makes wait return.
func (q *queue) wake() {
	syscall.Write(q.pipe[1], []byte{0})
}
