//go:build unix && !aix && !solaris && !illumos

package file_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/file"
)

// blockingPipe returns a pipe in blocking mode, as a shell gives it.
func blockingPipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	var fds [2]int
	if err := syscall.Pipe(fds[:]); err != nil {
		t.Fatal(err)
	}
	r, w = os.NewFile(uintptr(fds[0]), "r"), os.NewFile(uintptr(fds[1]), "w")
	t.Cleanup(func() {
		if nonblocking(t, r) || nonblocking(t, w) {
			t.Error("a descriptor was left in non-blocking mode")
		}
		r.Close()
		w.Close()
	})
	return r, w
}

func nonblocking(t *testing.T, f *os.File) bool {
	raw, err := f.SyscallConn()
	if err != nil {
		return false // closed
	}
	on := false
	raw.Control(func(fd uintptr) {
		flags, _, e := syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_GETFL, 0)
		if e != 0 {
			t.Error(e)
		}
		on = flags&syscall.O_NONBLOCK != 0
	})
	return on
}

// Standard streams on pipes: read at a deadline, killed, and with something to read; never non-blocking.
func TestStdin(t *testing.T) {
	eachWay(t, func(t *testing.T, opts ...green.Option) {
		r, w := blockingPipe(t)
		old := os.Stdin
		os.Stdin = r
		defer func() { os.Stdin = old }()
		mustRun(t, func(h *green.Hub) error {
			in := file.Stdin(h)
			buf := make([]byte, 10)
			read := func() error { _, err := in.Read(buf); return err }
			err := h.WithTimeout(time.Millisecond, func(*green.Timeout) error { return read() })
			expectIs(t, "late", err, green.ErrTimeout)
			task := h.Go(read)
			h.Yield()
			expect(t, "blocking meanwhile", nonblocking(t, r), false)
			expectIs(t, "two at once", read(), file.ErrBusy)
			task.Kill()
			expectIs(t, "killed", task.Err(), green.ErrKilled)
			h.Go(func() error { _, err := w.WriteString("hello"); return err })
			n, err := in.Read(buf)
			expect(t, "read", string(buf[:n]), "hello")
			if err != nil {
				return err
			}
			n, err = file.Stdin(h).Read(nil) // another one, which asks for nothing
			expect(t, "nothing", n, 0)
			if err != nil {
				return err
			}
			task = h.Go(read)
			h.Yield()
			if err := in.Close(); err != nil {
				return err
			}
			if err := task.Join(); err != nil {
				return err
			}
			expectIs(t, "closed", task.Err(), os.ErrClosed)
			expectIs(t, "closed", read(), os.ErrClosed)
			w.Close()
			rest, err := io.ReadAll(file.Stdin(h)) // the descriptor is still open
			expect(t, "rest", len(rest), 0)
			return err
		}, opts...)
	})
}

func TestStdout(t *testing.T) {
	eachWay(t, func(t *testing.T, opts ...green.Option) {
		r, w := blockingPipe(t)
		old := os.Stdout
		os.Stdout = w
		defer func() { os.Stdout = old }()
		mustRun(t, func(h *green.Hub) error {
			out, in := file.Stdout(h), file.Borrow(h, r)
			n := 0
			err := h.WithTimeout(20*time.Millisecond, func(*green.Timeout) (err error) {
				n, err = out.Write(make([]byte, 1<<20))
				return err
			})
			expectIs(t, "late", err, green.ErrTimeout)
			if n == 0 || n == 1<<20 {
				t.Errorf("wrote %d bytes into a full pipe", n)
			}
			task := h.Go(func() error { _, err := out.Write(make([]byte, 1<<20)); return err })
			h.Yield()
			task.Kill()
			expectIs(t, "killed", task.Err(), green.ErrKilled)
			if _, err := io.ReadFull(in, make([]byte, n)); err != nil {
				return err
			}
			want := bytes.Repeat([]byte("0123456789"), 100_000)
			h.Go(func() error {
				_, err := out.Write(want)
				w.Close()
				return err
			})
			got, err := io.ReadAll(in)
			expect(t, "all", bytes.Equal(got[len(got)-len(want):], want), true)
			return err
		}, opts...)
	})
}

// Standard output in a file, and the null device.
func TestBorrow_Files(t *testing.T) {
	eachWay(t, func(t *testing.T, opts ...green.Option) {
		f, err := os.Create(filepath.Join(t.TempDir(), "f"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer null.Close()
		mustRun(t, func(h *green.Hub) error {
			s := file.Borrow(h, f)
			if _, err := io.WriteString(s, "hello"); err != nil {
				return err
			}
			if err := s.Close(); err != nil {
				return err
			}
			got, err := os.ReadFile(f.Name())
			expect(t, "file", string(got), "hello")
			if err != nil {
				return err
			}
			s = file.Borrow(h, null)
			if _, err := io.WriteString(s, "hello"); err != nil {
				return err
			}
			got, err = io.ReadAll(s)
			expect(t, "null", len(got), 0)
			return err
		}, opts...)
	})
}

// A named pipe is no File, but a Stream when it is open.
func TestNamedPipe(t *testing.T) {
	eachWay(t, func(t *testing.T, opts ...green.Option) {
		name := filepath.Join(t.TempDir(), "p")
		if err := syscall.Mkfifo(name, 0o600); err != nil {
			t.Skip(err)
		}
		mustRun(t, func(h *green.Hub) error {
			_, err := file.Open(h, name)
			expectIs(t, "Open", err, file.ErrStream)
			f, err := os.OpenFile(name, os.O_RDWR|syscall.O_NONBLOCK, 0)
			if err != nil {
				return err
			}
			s, err := file.NewStream(h, f)
			if err != nil {
				return err
			}
			buf := make([]byte, 10)
			err = h.WithTimeout(time.Millisecond, func(*green.Timeout) error { _, err := s.Read(buf); return err })
			expectIs(t, "late", err, green.ErrTimeout)
			if _, err := io.WriteString(s, "x"); err != nil {
				return err
			}
			n, err := s.Read(buf)
			expect(t, "read", string(buf[:n]), "x")
			return errors.Join(err, s.Close())
		}, opts...)
	})
}
