package poll

import (
	"errors"
	"net"

	"github.com/go-greenlet/greenlet/tasklet"
)

// ErrBusy says that two tasks do the same with one descriptor.
var ErrBusy = errors.New("another task is doing that with the same descriptor already; give each direction to one task, or use a lock")

// A Desc is a descriptor that is watched.
type Desc struct {
	w           *World
	fd          int
	seq         int32 // tells it from earlier ones with the same number
	read, write side
	closed      bool
	hup         bool // the peer has closed its side
}

// A side is one direction of a descriptor.
type side struct {
	line  *tasklet.Line
	ready bool // as far as known
	busy  bool
}

// Open starts to watch fd, which is in non-blocking mode, for tasklets of s.
func (w *World) Open(s *tasklet.Scheduler, fd int) (*Desc, error) {
	if w.queue == nil {
		q, err := newQueue()
		if err != nil {
			return nil, err
		}
		w.queue = q
	}
	w.seq++
	d := &Desc{w: w, fd: fd, seq: w.seq}
	d.read = side{line: s.NewLine("reading"), ready: true}
	d.write = side{line: s.NewLine("writing"), ready: true}
	for fd >= len(w.descs) {
		w.descs = append(w.descs, make([]*Desc, max(16, len(w.descs)))...)
	}
	if err := w.queue.add(d); err != nil {
		return nil, err
	}
	w.descs[fd] = d
	return d, nil
}

// FD returns the descriptor.
func (d *Desc) FD() int { return d.fd }

// Closed says whether Close was called.
func (d *Desc) Closed() bool { return d.closed }

// CanRead says whether a read may find something: if not, wait first.
func (d *Desc) CanRead() bool { return d.read.ready }

// CanWrite is CanRead for writing.
func (d *Desc) CanWrite() bool { return d.write.ready }

// ReadShort notes that a read found less than it asked for: all that there was. The next one waits for the next edge,
// unless the peer has closed, of which there is none.
func (d *Desc) ReadShort() {
	if !d.hup {
		d.read.ready = false
	}
}

// ReadEmpty notes that a read found nothing.
func (d *Desc) ReadEmpty() { d.read.ready = false }

// WriteFull notes that a write found no room.
func (d *Desc) WriteFull() { d.write.ready = false }

// WaitRead parks the calling tasklet until there may be something to read. It returns net.ErrClosed if the descriptor
// is closed meanwhile, [ErrBusy] if another tasklet waits to read, or why it was woken early.
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
		d.w.waiting++
		err := s.line.Wait()
		d.w.waiting--
		if err != nil {
			return err
		}
	}
	if d.closed {
		return net.ErrClosed
	}
	return nil
}

// Acquire claims reading for the calling task, until release. A second one gets [ErrBusy].
func (d *Desc) AcquireRead() error { return d.read.acquire() }

// ReleaseRead ends AcquireRead.
func (d *Desc) ReleaseRead() { d.read.busy = false }

// AcquireWrite claims writing for the calling task.
func (d *Desc) AcquireWrite() error { return d.write.acquire() }

// ReleaseWrite ends AcquireWrite.
func (d *Desc) ReleaseWrite() { d.write.busy = false }

func (s *side) acquire() error {
	if s.busy {
		return ErrBusy
	}
	s.busy = true
	return nil
}

// Close stops to watch, and wakes who waits with net.ErrClosed. Closing the descriptor itself is the caller's.
func (d *Desc) Close() {
	if d.closed {
		return
	}
	d.closed = true
	d.w.descs[d.fd] = nil
	if d.w.queue != nil {
		d.w.queue.remove(d)
	}
	d.edge(true, true, false)
}

// edge notes that something has become possible.
func (d *Desc) edge(read, write, hup bool) {
	if hup {
		d.hup = true
	}
	if read {
		d.read.ready = true
		d.read.line.WakeAll()
	}
	if write {
		d.write.ready = true
		d.write.line.WakeAll()
	}
}
