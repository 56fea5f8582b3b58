package file

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"os"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/internal/poll"
)

// ErrBusy is in the chain of the error when two tasks read from one stream at the same time, or two write.
var ErrBusy = poll.ErrBusy

// A Stream is a pipe, a terminal or the like that belongs to a hub. Its methods may be called on the hub's goroutine
// alone. One task may read while another writes; two that read at once, or write at once, are an error.
type Stream struct {
	h    *green.Hub
	name string
	s    source
}

// A source is what a Stream stands on. Its errors are bare.
type source interface {
	read(p []byte) (int, error)
	write(p []byte) (int, error)
	close() error
}

var _ io.ReadWriteCloser = (*Stream)(nil)

// NewStream makes a stream of f, which must not be used any more: a pipe of os.Pipe, a named pipe or a terminal that
// was opened with package os. It waits in the hub if f can be watched, and with the help of goroutines if not. If it
// fails, f is as it was. For the standard streams see [Stdin].
func NewStream(h *green.Hub, f *os.File) (*Stream, error) {
	h.Check()
	s, err := watch(h, f)
	if err != nil {
		return nil, &fs.PathError{Op: "watch", Path: f.Name(), Err: err}
	}
	if s == nil {
		s = newHelped(h, f, false)
	}
	return &Stream{h, f.Name(), s}, nil
}

// Pipe returns two streams: what is written to w can be read from r. See the limits of os.Pipe; between tasks of one
// hub a [green.Queue] is better.
func Pipe(h *green.Hub) (r, w *Stream, err error) {
	fr, fw, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	if r, err = NewStream(h, fr); err != nil {
		fr.Close()
		fw.Close()
		return nil, nil, err
	}
	if w, err = NewStream(h, fw); err != nil {
		r.Close()
		fw.Close()
		return nil, nil, err
	}
	return r, w, nil
}

// Read reads what there is, at most len(p) bytes, and waits until there is something. At the end it returns io.EOF.
// Errors are *fs.PathErrors, in which errors.Is finds os.ErrClosed, [ErrBusy], green.ErrTimeout, green.ErrKilled or
// the system's. No byte is lost by a read that fails.
func (s *Stream) Read(p []byte) (int, error) {
	n, err := s.s.read(p)
	return n, s.fail("read", err)
}

// Write writes all of p, and waits while there is no room. It returns fewer than len(p) only with an error, which are
// Read's. In a stream that is served by goroutines, a piece of at most 64 KiB that was under way is not counted then,
// and may still be written.
func (s *Stream) Write(p []byte) (int, error) {
	n, err := s.s.write(p)
	return n, s.fail("write", err)
}

// Close closes the stream; of a standard one, only the stream and not the descriptor. Tasks that wait in it get an
// error in which errors.Is finds os.ErrClosed.
func (s *Stream) Close() error { return s.fail("close", s.s.close()) }

// Name returns the name of what the stream was made of.
func (s *Stream) Name() string { return s.name }

// Hub returns the hub that s belongs to.
func (s *Stream) Hub() *green.Hub { return s.h }

// fail makes the errors of a stream.
func (s *Stream) fail(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	if errors.Is(err, net.ErrClosed) {
		err = fs.ErrClosed
	}
	var inner *fs.PathError
	if errors.As(err, &inner) {
		err = inner.Err
	}
	return &fs.PathError{Op: op, Path: s.name, Err: err}
}
