//go:build (linux && greenlet_kqueue) || darwin || freebsd || netbsd || openbsd || dragonfly

package poll

import (
	"os"
	"sync"
	"syscall"
	"time"
)

// works finds out once: nobody has run this on all of these systems, and where a kqueue does something else than what their
// manuals say, connections are served without it.
var works = sync.OnceValue(func() bool { return attempt(5*time.Second) == nil })

const tellsUrgent = false // but for some of these systems, each in its own way

// A kernel is a kqueue descriptor, and a pipe to wake who waits for it.
type kernel struct {
	fd     int
	pipe   [2]int
	events [256]event
}

func (k *kernel) open() error {
	syscall.ForkLock.RLock() // until they close in what is executed
	defer syscall.ForkLock.RUnlock()
	var err error
	if k.fd, err = kqueue(); err != nil {
		return os.NewSyscallError("kqueue", err)
	}
	syscall.CloseOnExec(k.fd)
	if err := syscall.Pipe(k.pipe[:]); err != nil {
		closeKqueue(k.fd)
		return os.NewSyscallError("pipe", err)
	}
	for _, p := range k.pipe {
		syscall.CloseOnExec(p)
		syscall.SetNonblock(p, true)
	}
	var e [1]event
	setEvent(&e[0], k.pipe[0], filterRead, evAdd|evClear)
	if _, err := kevent(k.fd, e[:], nil, nil); err != nil {
		k.closeWaker()
		closeKqueue(k.fd)
		return os.NewSyscallError("kevent", err)
	}
	return nil
}

func (k *kernel) closeWaker() {
	syscall.Close(k.pipe[0])
	syscall.Close(k.pipe[1])
}

func (k *kernel) add(d *Desc) error {
	if d.level {
		return k.takes(d.fd)
	}
	var e [2]event
	setEvent(&e[0], d.fd, filterRead, evAdd|evClear)
	setEvent(&e[1], d.fd, filterWrite, evAdd|evClear)
	_, err := kevent(k.fd, e[:], nil, nil)
	return os.NewSyscallError("kevent", err)
}

// takes returns an error for what can't be watched; for files, which are always ready, the one of epoll: a kqueue would take them,
// and never say that they are at their end.
func (k *kernel) takes(fd int) error {
	var stat syscall.Stat_t
	if err := syscall.Fstat(fd, &stat); err != nil {
		return os.NewSyscallError("fstat", err)
	}
	if kind := stat.Mode & syscall.S_IFMT; kind == syscall.S_IFREG || kind == syscall.S_IFDIR {
		return os.NewSyscallError("kevent", syscall.EPERM)
	}
	var failed error
	for _, filter := range [...]int{filterRead, filterWrite} {
		var e [1]event
		setEvent(&e[0], fd, filter, evAdd|evDisable)
		if _, failed = kevent(k.fd, e[:], nil, nil); failed == nil {
			setEvent(&e[0], fd, filter, evDelete)
			kevent(k.fd, e[:], nil, nil)
			return nil
		}
	}
	return os.NewSyscallError("kevent", failed)
}

// arm watches a descriptor until it is ready for what is wanted of it, once.
func (k *kernel) arm(d *Desc) error {
	var e [2]event
	n := 0
	if d.read.wants {
		setEvent(&e[n], d.fd, filterRead, evAdd|evOneShot)
		n++
	}
	if d.write.wants {
		setEvent(&e[n], d.fd, filterWrite, evAdd|evOneShot)
		n++
	}
	_, err := kevent(k.fd, e[:n], nil, nil)
	return os.NewSyscallError("kevent", err)
}

func (k *kernel) remove(d *Desc) {
	// In two calls: a filter that has gone already would keep the other one from going.
	for _, filter := range [...]int{filterRead, filterWrite} {
		var e [1]event
		setEvent(&e[0], d.fd, filter, evDelete)
		kevent(k.fd, e[:], nil, nil)
	}
}

// poll asks the kernel without waiting.
func (k *kernel) poll() int {
	n, err := kevent(k.fd, nil, k.events[:], &syscall.Timespec{})
	if err != nil {
		return 0
	}
	return n
}

func (k *kernel) dispatch(w *World, n int) {
	for i := range n {
		e := &k.events[i]
		fd := int(e.Ident)
		if fd == k.pipe[0] {
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
		bad := e.Flags&(evError|evEOF) != 0
		w.descs[fd].edge(bad || int(e.Filter) == filterRead, bad || int(e.Filter) == filterWrite, bad)
	}
}

// sleep waits, with the calling thread, until something is ready or d has passed; without limit if d is negative.
func (k *kernel) sleep(d time.Duration) int {
	var limit *syscall.Timespec
	if d >= 0 {
		t := syscall.NsecToTimespec(int64(min(d, maxSleep)))
		limit = &t
	}
	n, err := kevent(k.fd, nil, k.events[:], limit)
	for err == syscall.EINTR && d < 0 {
		n, err = kevent(k.fd, nil, k.events[:], limit)
	}
	return max(0, n)
}

// maxSleep is a time that no system refuses to wait for. To return early does no harm.
const maxSleep = 24 * time.Hour

// wake makes a wait return.
func (k *kernel) wake() {
	syscall.Write(k.pipe[1], []byte{0})
}

// waitingFor uses the thread. Go's own poller asks of each descriptor whether it can be written, too, and a kqueue is refused.
func waitingFor(k *kernel) (waiting, error) { return thread{k}, nil }

// A thread is the way to wait that holds one.
type thread struct{ *kernel }

func (t thread) until(at time.Time) int {
	if at.IsZero() {
		return t.sleep(-1)
	}
	return t.sleep(max(0, time.Until(at)))
}

func (t thread) Close() error { return closeKqueue(t.fd) }
