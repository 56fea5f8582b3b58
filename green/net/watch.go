package net

import (
	"errors"
	"net"
	"syscall"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/internal/poll"
)

// A Watcher waits until a descriptor is ready: a pipe's, a terminal's, one of a library in C. It belongs to a hub.
// One task may wait for reading while another waits for writing.
type Watcher struct {
	h  *green.Hub
	fd int
	d  *poll.Desc // nil if the hub watches none, or the descriptor is always ready

	always      bool
	closed      bool
	read, write *waiting // for hubs that watch none
}

// Watch makes a watcher of the descriptor fd, which stays the caller's, in the mode in which it is: it is not closed,
// and must stay open until the watcher is closed. Regular files are always ready. It fails where descriptors can't be
// watched, as on Windows, with an error in which errors.Is finds errors.ErrUnsupported; and if the descriptor is
// watched already.
func Watch(h *green.Hub, fd uintptr) (*Watcher, error) {
	h.Check()
	w := &Watcher{h: h, fd: int(fd)}
	world, watched := poll.Of(h.Scheduler())
	var err error
	if watched {
		w.d, err = world.Watch(h.Scheduler(), w.fd)
	} else {
		var probe *poll.Waiter
		if probe, err = poll.NewWaiter(w.fd, false); err == nil {
			probe.Close()
		}
	}
	switch {
	case err == nil:
		return w, nil
	case errors.Is(err, syscall.EPERM):
		w.d, w.always = nil, true
		return w, nil
	}
	return nil, &net.OpError{Op: "watch", Err: err}
}

// WaitReadable waits until a read from the descriptor would not block: there is something, or its end, or an error. It
// returns at once if that is so already. Else it fails as the operations of a [Conn] do.
func (w *Watcher) WaitReadable() error {
	if w.d != nil && !w.d.Closed() {
		w.d.AskRead()
		return w.fail(w.d.WaitRead())
	}
	return w.fail(w.wait(&w.read, false))
}

// WaitWritable is WaitReadable for writing.
func (w *Watcher) WaitWritable() error {
	if w.d != nil && !w.d.Closed() {
		w.d.AskWrite()
		return w.fail(w.d.WaitWrite())
	}
	return w.fail(w.wait(&w.write, true))
}

func (w *Watcher) fail(err error) error {
	if err == nil {
		return nil
	}
	return &net.OpError{Op: "wait", Net: "descriptor", Err: err}
}

// Close ends the watcher. Tasks that wait in it get an error in which errors.Is finds net.ErrClosed. The descriptor
// stays open.
func (w *Watcher) Close() error {
	if w.closed {
		return w.fail(net.ErrClosed)
	}
	w.closed = true
	if w.d != nil {
		w.d.Close()
	}
	for _, x := range []*waiting{w.read, w.write} {
		if x != nil {
			x.Interrupt()
		}
	}
	return nil
}

// waiting is a task's, with the help of a goroutine.
type waiting struct{ *poll.Waiter }

func (w *Watcher) wait(x **waiting, write bool) error {
	switch {
	case w.closed:
		return net.ErrClosed
	case w.always:
		return nil
	case *x != nil:
		return ErrBusy
	}
	helper, err := poll.NewWaiter(w.fd, write)
	if err != nil {
		return err
	}
	defer helper.Close()
	*x = &waiting{helper}
	defer func() { *x = nil }()
	s := goSocket{h: w.h}
	o := newOperation(w.h)
	o.interrupt = helper.Interrupt
	if err := s.run(&o, helper.Wait); err != nil {
		return err
	}
	if w.closed {
		return net.ErrClosed
	}
	return nil
}
