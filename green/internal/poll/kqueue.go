//go:build (linux && greenlet_kqueue) || darwin || freebsd || netbsd || openbsd || dragonfly

package poll

import (
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// works finds out once: nobody has run this on all of these systems, and where a kqueue does something else than what their
// manuals say, connections are served without it.
func works() bool {
	once.Lock()
	defer once.Unlock()
	if !tried {
		err := attempt(5 * time.Second)
		tried = !Passing(err) // for lack of descriptors, say
		fine = err == nil
	}
	return fine
}

var (
	once        sync.Mutex
	tried, fine bool
)

const tellsUrgent = false // but for some of these systems, each in its own way

// A kernel is a kqueue descriptor, and a pipe to wake who waits for it.
type kernel struct {
	fd     int
	pipe   [2]int
	events [256]event
	lent   map[int]place // what is watched only while somebody waits
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
		return k.lend(d.fd)
	}
	// One after the other, and one will do: some systems refuse to watch a pipe for writing that nobody reads any more.
	read := k.change(d.fd, filterRead, evAdd|evClear)
	if write := k.change(d.fd, filterWrite, evAdd|evClear); read != nil && write != nil {
		return os.NewSyscallError("kevent", read)
	}
	return nil
}

// A place is what a descriptor stands for.
type place struct{ dev, ino uint64 }

// lend notes a descriptor that stays somebody else's, and returns an error for what can't be watched: for files, which are
// always ready, the one of epoll, since a kqueue would take them, and never say that they are at their end; and for what is lent
// already the one of epoll.
func (k *kernel) lend(fd int) error {
	var stat syscall.Stat_t
	if err := syscall.Fstat(fd, &stat); err != nil {
		return os.NewSyscallError("fstat", err)
	}
	kind := stat.Mode & syscall.S_IFMT
	at := place{uint64(stat.Dev), uint64(stat.Ino)}
	before, lent := k.lent[fd]
	switch {
	case kind == syscall.S_IFREG || kind == syscall.S_IFDIR:
		return os.NewSyscallError("kevent", syscall.EPERM)
	case lent && before == at:
		return os.NewSyscallError("kevent", syscall.EEXIST)
	case runtime.GOOS == "darwin" && kind == syscall.S_IFIFO && stat.Dev != 0:
		return os.NewSyscallError("kevent", syscall.ENOTSUP) // one with a name, whose readers it does not tell of the end
	}
	if err := k.change(fd, filterRead, evAdd|evDisable); err != nil {
		if k.change(fd, filterWrite, evAdd|evDisable) != nil {
			return os.NewSyscallError("kevent", err)
		}
	}
	k.change(fd, filterRead, evDelete)
	k.change(fd, filterWrite, evDelete)
	if k.lent == nil {
		k.lent = map[int]place{}
	}
	k.lent[fd] = at
	return nil
}

// arm watches a descriptor until it is ready for what is wanted of it, once.
func (k *kernel) arm(d *Desc) error {
	if d.read.wants {
		if err := k.once(d, filterRead, &d.read); err != nil {
			return err
		}
	}
	if d.write.wants {
		return k.once(d, filterWrite, &d.write)
	}
	return nil
}

func (k *kernel) once(d *Desc, filter int, x *side) error {
	k.change(d.fd, filter, evDelete) // one that has fired for somebody who waits no more would say so again
	switch err := k.change(d.fd, filter, evAdd|evOneShot); err {
	case nil:
		return nil
	case syscall.EPIPE, syscall.EBADF: // of a pipe with nobody at the other end
		x.ready = true
		return nil
	default:
		return os.NewSyscallError("kevent", err)
	}
}

func (k *kernel) change(fd, filter, flags int) error {
	var e [1]event
	setEvent(&e[0], fd, filter, flags)
	_, err := kevent(k.fd, e[:], nil, nil)
	return err
}

func (k *kernel) remove(d *Desc) {
	delete(k.lent, d.fd)
	k.change(d.fd, filterRead, evDelete)
	k.change(d.fd, filterWrite, evDelete)
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
		// The end of one direction says nothing of the other one: there is an event for each.
		read := int(e.Filter) == filterRead
		w.descs[fd].edge(read, !read, e.Flags&(evError|evEOF) != 0)
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
