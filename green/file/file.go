package file

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/internal/aside"
)

// piece is how much one operation reads or writes at most: a task can be killed between two.
const piece = 1 << 20

// ErrStream is in the chain of the error when what was to be opened as a [File] is a pipe, a terminal or the like: it
// could block for ever. Open it with package os, pipes with syscall.O_NONBLOCK or in a goroutine, and take it over by
// [NewStream].
var ErrStream = errors.New("not a regular file: use NewStream")

// A File is a regular file, or a device that does not block, that belongs to a hub. Its methods may be called on the
// hub's goroutine alone. Several tasks may use it: their operations take place one after the other, in the order of
// the calls. But only one at a time may Read or Write at the file's position: another one gets [ErrBusy].
type File struct {
	h      *green.Hub
	f      *os.File
	name   string
	placed bool // it is read and written at a position
	append bool
	pos    int64
	closed bool
	moving bool   // an operation uses the position
	last   *turn  // of the latest operation
	spare  []byte // a buffer that nobody uses
}

// Open opens the file name for reading.
func Open(h *green.Hub, name string) (*File, error) { return OpenFile(h, name, os.O_RDONLY, 0) }

// Create makes the file name, empty, for reading and writing.
func Create(h *green.Hub, name string) (*File, error) {
	return OpenFile(h, name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o666)
}

// OpenFile is os.OpenFile. Its errors are that function's; [ErrStream]; and what ended the waiting: green.ErrKilled, an
// error with green.ErrTimeout in its chain, green.ErrClosed when Run is ending.
func OpenFile(h *green.Hub, name string, flag int, perm fs.FileMode) (*File, error) {
	type opened struct {
		f    *os.File
		mode fs.FileMode
	}
	offload := func(f func(context.Context) (opened, error)) (opened, error) { return green.Offload(h, f) }
	o, err := aside.Run(offload, func(context.Context) (o opened, err error) {
		if info, err := os.Stat(name); err == nil && info.Mode()&fs.ModeNamedPipe != 0 {
			return o, &fs.PathError{Op: "open", Path: name, Err: ErrStream}
		}
		if o.f, err = os.OpenFile(name, flag, perm); err != nil {
			return o, err
		}
		info, err := o.f.Stat()
		if err == nil {
			o.mode = info.Mode()
			if !o.mode.IsRegular() && o.f.SetReadDeadline(time.Time{}) == nil {
				err = &fs.PathError{Op: "open", Path: name, Err: ErrStream}
			}
		}
		if err != nil {
			o.f.Close()
		}
		return o, err
	}, func(o opened) { o.f.Close() })
	if err != nil {
		return nil, err
	}
	return &File{h: h, f: o.f, name: name, placed: o.mode.IsRegular(), append: flag&os.O_APPEND != 0}, nil
}

// Read reads at most len(p) bytes, and io.EOF at the end. It may read fewer than there are. If it fails since the
// task was killed or its deadline has passed, the position is where it was (of a device: unknown). Errors are
// *fs.PathErrors, in which errors.Is finds os.ErrClosed after Close, or those of [OpenFile].
func (f *File) Read(p []byte) (int, error) {
	if f.moving {
		return 0, &fs.PathError{Op: "read", Path: f.name, Err: ErrBusy}
	}
	f.moving = true
	defer func() { f.moving = false }()
	n, err := f.get("read", p, f.pos, f.placed)
	f.pos += int64(n)
	return n, err
}

// ReadAt reads len(p) bytes at off; if it returns fewer, the error says why. The position stays.
func (f *File) ReadAt(p []byte, off int64) (done int, err error) {
	f.h.Check()
	for done < len(p) && err == nil {
		var n int
		n, err = f.get("read", p[done:], off+int64(done), true)
		done += n
	}
	return done, err
}

// get reads up to one piece.
func (f *File) get(op string, p []byte, at int64, placed bool) (int, error) {
	if len(p) == 0 {
		return 0, f.ready(op)
	}
	buf := f.buffer(min(len(p), piece))
	n, err := perform(f, op, func() (n int, err error) {
		if placed {
			n, err = f.f.ReadAt(buf, at)
		} else {
			n, err = f.f.Read(buf)
		}
		if n > 0 && err == io.EOF {
			err = nil
		}
		return n, err
	})
	n = copy(p, buf[:n])
	f.giveBack(buf, err)
	return n, err
}

// Write writes all of p, in pieces of 1 MiB at most, and returns fewer than len(p) only with an error, which are
// Read's. If the task is killed or its deadline passes, what is written of the piece that was under way is unknown;
// the next operation starts when that has ended.
func (f *File) Write(p []byte) (done int, err error) {
	if f.moving {
		return 0, &fs.PathError{Op: "write", Path: f.name, Err: ErrBusy}
	}
	f.moving = true
	defer func() { f.moving = false }()
	done, err = f.put(p, f.pos, f.placed && !f.append)
	f.pos += int64(done)
	return done, err
}

// WriteAt writes p at off. The position stays. It fails if the file was opened with os.O_APPEND.
func (f *File) WriteAt(p []byte, off int64) (int, error) { return f.put(p, off, true) }

func (f *File) put(p []byte, at int64, placed bool) (done int, err error) {
	if len(p) == 0 {
		return 0, f.ready("write")
	}
	for done < len(p) && err == nil {
		part := p[done:min(len(p), done+piece)]
		buf := f.buffer(len(part))
		copy(buf, part)
		where := at + int64(done)
		var n int
		n, err = perform(f, "write", func() (int, error) {
			if placed {
				return f.f.WriteAt(buf, where)
			}
			return f.f.Write(buf)
		})
		f.giveBack(buf, err)
		done += n
	}
	return done, err
}

// Seek sets the position, as os.File's Seek does. Only relative to the end it blocks.
func (f *File) Seek(offset int64, whence int) (int64, error) {
	if err := f.ready("seek"); err != nil {
		return 0, err
	}
	if !f.placed {
		return perform(f, "seek", func() (int64, error) { return f.f.Seek(offset, whence) })
	}
	at := offset
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		at += f.pos
	case io.SeekEnd:
		info, err := f.Stat()
		if err != nil {
			return 0, err
		}
		at += info.Size()
	default:
		at = -1
	}
	if at < 0 {
		return 0, &fs.PathError{Op: "seek", Path: f.name, Err: fs.ErrInvalid}
	}
	f.pos = at
	return at, nil
}

// Stat returns what the system knows of the file.
func (f *File) Stat() (fs.FileInfo, error) { return perform(f, "stat", f.f.Stat) }

// Sync returns when what was written is on the disk.
func (f *File) Sync() error { return f.do("sync", f.f.Sync) }

// Truncate changes the size of the file.
func (f *File) Truncate(size int64) error {
	return f.do("truncate", func() error { return f.f.Truncate(size) })
}

// Close closes the file; operations that wait for their turn fail with os.ErrClosed. It is shielded from kills and
// deadlines, and once begun it ends: a file is closed even by a task that was killed. A file that is never closed stays
// open until the garbage collector finds it.
func (f *File) Close() error {
	if err := f.ready("close"); err != nil {
		return err
	}
	var err error
	f.h.Shield(func() error {
		err = f.do("close", f.f.Close)
		return nil
	})
	f.closed = true
	if errors.Is(err, green.ErrClosed) {
		err = f.f.Close() // Run is ending, and nothing is left that would be held up
	}
	return err
}

// Name returns the name with which the file was opened.
func (f *File) Name() string { return f.name }

// Hub returns the hub that f belongs to.
func (f *File) Hub() *green.Hub { return f.h }

func (f *File) ready(op string) error {
	f.h.Check()
	if f.closed {
		return &fs.PathError{Op: op, Path: f.name, Err: fs.ErrClosed}
	}
	return nil
}

func (f *File) buffer(n int) []byte {
	b := f.spare
	f.spare = nil
	if cap(b) < n {
		b = make([]byte, n)
	}
	return b[:n]
}

// giveBack keeps a buffer, unless its operation may go on.
func (f *File) giveBack(b []byte, err error) {
	if err == nil || err == io.EOF {
		f.spare = b
	}
}

func (f *File) do(op string, g func() error) error {
	_, err := perform(f, op, func() (struct{}, error) { return struct{}{}, g() })
	return err
}

// A turn is an operation's place in the order of a file's.
type turn struct {
	begun atomic.Bool // or given up before
	over  chan struct{}
}

// perform runs g on another goroutine when the operations before it have ended: one whose task has left may still run.
func perform[T any](f *File, op string, g func() (T, error)) (T, error) {
	var zero T
	if err := f.ready(op); err != nil {
		return zero, err
	}
	before, me := f.last, &turn{over: make(chan struct{})}
	f.last = me
	v, err := green.Offload(f.h, func(context.Context) (v T, err error) {
		if before != nil {
			<-before.over
		}
		if !me.begun.CompareAndSwap(false, true) {
			return v, fs.ErrClosed // nobody waits for it
		}
		defer close(me.over)
		return g()
	})
	if err != nil && me.begun.CompareAndSwap(false, true) {
		me.skip(before)
	}
	var already *fs.PathError
	if err != nil && err != io.EOF && !errors.As(err, &already) {
		err = &fs.PathError{Op: op, Path: f.name, Err: err}
	}
	return v, err
}

// skip ends an operation that has not begun, when those before it have ended.
func (t *turn) skip(before *turn) {
	if before == nil {
		close(t.over)
		return
	}
	select {
	case <-before.over:
		close(t.over)
	default:
		go func() {
			<-before.over
			close(t.over)
		}()
	}
}

// ReadFile returns what the file name holds, all of it.
func ReadFile(h *green.Hub, name string) ([]byte, error) {
	return green.Offload(h, func(context.Context) ([]byte, error) { return os.ReadFile(name) })
}

// WriteFile makes data what the file name holds, and makes the file if need be. A task that is killed meanwhile leaves
// unknown how much was written.
func WriteFile(h *green.Hub, name string, data []byte, perm fs.FileMode) error {
	data = slices.Clone(data) // the caller may leave earlier
	_, err := green.Offload(h, func(context.Context) (struct{}, error) {
		return struct{}{}, os.WriteFile(name, data, perm)
	})
	return err
}
