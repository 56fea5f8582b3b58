package poll

import (
	"errors"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// ErrBusy says that two tasks do the same with one descriptor.
var ErrBusy = errors.New("another task is doing that with the same descriptor already; " +
	"give each direction to one task, or use a lock")

// maxRun is how many operations may succeed one after the other, none of which waits, until the others get a turn: who
// always finds something to read must not starve who does not.
const maxRun = 64

// A Desc is a descriptor that is watched.
type Desc struct {
	w           *World
	s           *tasklet.Scheduler
	fd          int
	seq         int32 // tells it from earlier ones with the same number
	closed      bool
	hup         bool // the peer has closed its side, or has sent urgent data: a short read says nothing
	level       bool // watched only while somebody waits, see Watch
	read, write side
	owner       Owner // nil if it is somebody else's
}

// An Owner owns a descriptor and closes it.
type Owner interface {
	// Abandon closes the descriptor when the world ends. Nobody waits for it any more.
	Abandon()
}

// A side is one direction of a descriptor.
type side struct {
	line  tasklet.Line
	ready bool // as far as known
	busy  bool
	wants bool // somebody waits, for those that are watched only then
	limit Limit
}

func (x *side) init(s *tasklet.Scheduler, what string, ready bool) {
	x.line.Init(s, what, nil)
	x.limit = NewLimit(s)
	x.ready = ready
}

// Open starts to watch fd, which is in non-blocking mode, for tasklets of s. It belongs to owner, who closes it, by
// [Desc.Close] first; what is left at the end of the world is abandoned.
func (w *World) Open(s *tasklet.Scheduler, fd int, owner Owner) (*Desc, error) {
	d := &Desc{w: w, s: s, fd: fd, owner: owner}
	d.read.init(s, "data to read", true)
	d.write.init(s, "room to write", true)
	return d, w.add(d)
}

// Watch watches fd, which may be in any mode and stays somebody else's, while a tasklet of s waits for it. Files, which
// are always ready, can't be watched: it returns syscall.EPERM or the like.
func (w *World) Watch(s *tasklet.Scheduler, fd int) (*Desc, error) {
	d := &Desc{w: w, s: s, fd: fd, level: true}
	d.read.init(s, "a readable descriptor", false)
	d.write.init(s, "a writable descriptor", false)
	return d, w.add(d)
}

func (w *World) add(d *Desc) error {
	if w.closed {
		return net.ErrClosed // nobody would give up what is made now
	}
	if w.queue == nil {
		q, err := newQueue()
		if err != nil {
			return err
		}
		w.mu.Lock()
		w.queue = q
		w.mu.Unlock()
	}
	w.seq++
	d.seq = w.seq
	for d.fd >= len(w.descs) {
		w.descs = append(w.descs, make([]*Desc, max(16, len(w.descs)))...)
	}
	old := w.descs[d.fd]
	if old != nil && !old.level {
		return os.NewSyscallError("watch", syscall.EEXIST)
	}
	if err := w.queue.add(d); err != nil {
		return err
	}
	if old != nil { // its descriptor was closed behind its back, and the number used again
		old.closed = true
		old.edge(true, true, false)
	}
	w.descs[d.fd] = d
	return nil
}

// FD returns the descriptor.
func (d *Desc) FD() int { return d.fd }

// Closed says whether Close was called.
func (d *Desc) Closed() bool { return d.closed }

// CanRead says whether a read may find something: if not, wait first.
func (d *Desc) CanRead() bool { return d.read.ready }

// ReadShort notes that a read found less than it asked for: all that there was. The next one waits for the next edge,
// unless the peer has closed, of which there is none, or the system does not tell of urgent data, at which a read
// ends, too.
func (d *Desc) ReadShort() {
	if tellsUrgent && !d.hup {
		d.read.ready = false
	}
}

// ReadEmpty notes that a read found nothing.
func (d *Desc) ReadEmpty() { d.read.ready = false }

// WriteFull notes that a write found no room.
func (d *Desc) WriteFull() { d.write.ready = false }

// WaitRead parks the calling tasklet until there may be something to read. It returns net.ErrClosed if the descriptor
// is closed meanwhile, [ErrBusy] if another tasklet waits to read, os.ErrDeadlineExceeded after the limit, or why it
// was woken early.
func (d *Desc) WaitRead() error { return d.wait(&d.read) }

// WaitWrite is WaitRead for writing.
func (d *Desc) WaitWrite() error { return d.wait(&d.write) }

func (d *Desc) wait(s *side) error {
	for !s.ready {
		if d.closed {
			return net.ErrClosed
		}
		if s.line.Len() > 0 {
			return ErrBusy
		}
		if d.level {
			s.wants = true
			if err := d.w.queue.arm(d); err != nil {
				s.wants = false
				return err
			}
			if s.ready {
				s.wants = false
				break
			}
		}
		if err := d.park(s); err != nil {
			return err
		}
	}
	if d.closed {
		return net.ErrClosed
	}
	return nil
}

// park waits for an edge. Nothing of it is left when the panic of another task is raised here: a world with a tasklet
// that waits lets no scheduler end.
func (d *Desc) park(s *side) error {
	if err := s.limit.begin(&s.line); err != nil {
		s.wants = false
		return err
	}
	d.w.run = 0
	d.w.waiting++
	defer func() {
		d.w.waiting--
		s.wants = false
		s.limit.end()
	}()
	return s.limit.result(s.line.Wait()) // Limit.Wait, by hand
}

// BeginRead claims reading for the calling task, until EndRead. A second one gets [ErrBusy]. It also is where a task
// gives way that never has to wait, and fails with what was thrown into it then.
func (d *Desc) BeginRead() error { return d.begin(&d.read) }

// EndRead ends BeginRead.
func (d *Desc) EndRead() { d.read.busy = false }

// BeginWrite is BeginRead for writing.
func (d *Desc) BeginWrite() error { return d.begin(&d.write) }

// EndWrite ends BeginWrite.
func (d *Desc) EndWrite() { d.write.busy = false }

func (d *Desc) begin(s *side) error {
	d.check()
	switch {
	case d.closed:
		return net.ErrClosed
	case s.busy:
		return ErrBusy
	case !s.limit.at.IsZero() && s.limit.Passed():
		return os.ErrDeadlineExceeded
	}
	s.busy = true
	if d.w.run++; d.w.run >= maxRun {
		if err := d.giveWay(); err != nil {
			s.busy = false
			return err
		}
	}
	return nil
}

// check panics unless the caller runs in the scheduler: most operations never come to where it would look.
func (d *Desc) check() { d.s.Len() }

// giveWay lets the other tasklets, timers and descriptors have their turn.
func (d *Desc) giveWay() error {
	d.w.run = 0
	if err := d.s.Sleep(0); err != nil && err != tasklet.ErrSwitchTrap {
		return err
	}
	if d.closed {
		return net.ErrClosed
	}
	return nil
}

// GiveWay is for an operation that is long and has not waited: it counts as one more. It fails with what was thrown
// into the task meanwhile.
func (d *Desc) GiveWay() error {
	if d.w.run++; d.w.run >= maxRun {
		return d.giveWay()
	}
	return nil
}

// LimitRead sets until when reads may wait, the one that waits now included.
func (d *Desc) LimitRead(t time.Time) {
	d.check()
	d.read.limit.Set(t)
}

// LimitWrite is LimitRead for writes.
func (d *Desc) LimitWrite(t time.Time) {
	d.check()
	d.write.limit.Set(t)
}

// WriteLate reports whether the limit of writes has passed.
func (d *Desc) WriteLate() bool { return d.write.limit.Passed() }

// AskRead makes WaitRead look again, of a descriptor that is watched only while somebody waits.
func (d *Desc) AskRead() { d.read.ready = false }

// AskWrite is AskRead for writing.
func (d *Desc) AskWrite() { d.write.ready = false }

// Close stops to watch, and wakes who waits with net.ErrClosed. Closing the descriptor itself is the caller's.
func (d *Desc) Close() {
	d.check()
	if d.closed {
		return
	}
	d.closed = true
	if d.w.descs[d.fd] == d {
		d.w.descs[d.fd] = nil
		if d.w.queue != nil {
			d.w.queue.remove(d)
		}
	}
	d.edge(true, true, false)
}

// edge notes that something has become possible.
func (d *Desc) edge(read, write, hup bool) {
	if hup {
		d.hup = true
	}
	if read && !d.read.ready { // else nobody waits
		d.read.ready = true
		d.read.line.WakeAll()
	}
	if write && !d.write.ready {
		d.write.ready = true
		d.write.line.WakeAll()
	}
}
