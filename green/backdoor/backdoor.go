package backdoor

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/internal/poll"
)

// A Door is an open console: see [Open].
type Door struct {
	h      *green.Hub
	l      *net.UnixListener
	path   string
	forget func()
	ctx    context.Context // ends with the door
	cancel context.CancelFunc

	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	closed bool
	all    sync.WaitGroup

	trace *green.Trace // the hub's alone
}

// ErrNotPrivate is returned by [Open] for a path in a directory that others may use.
var ErrNotPrivate = errors.New("backdoor: the directory of the socket must be the owner's, with the mode 0700")

// Open opens a console for h at path until Close or the end of Run. The directory is made, with the mode 0700, if there is
// none; one that there is must be as private, or Open fails with [ErrNotPrivate]. A socket that is left of a process
// that has ended is replaced; one at which somebody listens, or any other file, is not. It is called in h.
func Open(h *green.Hub, path string) (*Door, error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := private(dir); err != nil {
		return nil, err
	}
	if err := clean(path); err != nil {
		return nil, err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, err
	}
	d := &Door{h: h, l: l, path: path, conns: map[net.Conn]struct{}{}}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.all.Add(1)
	go d.accept()
	d.forget = h.AtEnd(d.shut)
	return d, nil
}

// clean removes a socket at which nobody listens.
func clean(path string) error {
	switch i, err := os.Lstat(path); {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case i.Mode()&os.ModeSocket == 0:
		return fmt.Errorf("backdoor: %s is there, and no socket", path)
	}
	if c, err := net.Dial("unix", path); err == nil {
		c.Close()
		return fmt.Errorf("backdoor: somebody listens at %s already", path)
	}
	return os.Remove(path)
}

// Addr returns the path of the socket.
func (d *Door) Addr() string { return d.path }

// Close closes the console and every connection, and removes the socket. A second Close does nothing. It is called in the
// hub.
func (d *Door) Close() {
	d.forget()
	d.shut()
}

// shut returns when no goroutine is left. None of them can wait for the hub then: their calls end with their connections.
func (d *Door) shut() {
	d.cancel()
	d.mu.Lock()
	d.closed = true
	for c := range d.conns {
		c.Close()
	}
	d.mu.Unlock()
	d.l.Close()
	d.all.Wait()
	if d.trace != nil {
		d.trace.Stop()
		d.trace = nil
	}
}

func (d *Door) accept() {
	defer d.all.Done()
	for {
		c, err := d.l.AcceptUnix()
		if poll.Passing(err) {
			// Too many open files is when one wants to look: try again while there is somebody.
			select {
			case <-d.ctx.Done():
				return
			case <-time.After(100 * time.Millisecond):
				continue
			}
		}
		if err != nil {
			return // closed
		}
		if err := admit(c); err != nil {
			fmt.Fprintln(c, err)
			c.Close()
			continue
		}
		d.mu.Lock()
		if d.closed {
			c.Close()
		} else {
			d.conns[c] = struct{}{}
			d.all.Add(1)
			go d.serve(c)
		}
		d.mu.Unlock()
	}
}

func (d *Door) serve(c net.Conn) {
	defer d.all.Done()
	defer func() {
		c.Close()
		d.mu.Lock()
		delete(d.conns, c)
		d.mu.Unlock()
	}()
	s := newSession(d, c)
	defer s.out.Flush()
	lines := bufio.NewScanner(c)
	for s.prompt(); lines.Scan(); s.prompt() {
		if !s.do(lines.Text()) {
			return
		}
	}
}
