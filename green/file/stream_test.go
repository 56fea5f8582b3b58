package file_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/file"
)

// All bytes arrive, more than a pipe holds, while others run.
func TestStream_All(t *testing.T) {
	eachWay(t, func(t *testing.T, opts ...green.Option) {
		mustRun(t, func(h *green.Hub) error {
			r, w, err := file.Pipe(h)
			if err != nil {
				return err
			}
			want := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
			h.Go(func() error {
				_, err := w.Write(want)
				return errors.Join(err, w.Close())
			})
			got, err := io.ReadAll(r)
			expect(t, "all", bytes.Equal(got, want), true)
			if err != nil {
				return err
			}
			return r.Close()
		}, opts...)
	})
}

// A read that was killed or late has lost nothing.
func TestStream_ReadKillAndDeadline(t *testing.T) {
	eachWay(t, func(t *testing.T, opts ...green.Option) {
		mustRun(t, func(h *green.Hub) error {
			r, w, err := file.Pipe(h)
			if err != nil {
				return err
			}
			defer r.Close()
			defer w.Close()
			buf := make([]byte, 10)
			read := func() error { _, err := r.Read(buf); return err }
			task := h.Go(read)
			h.Yield()
			_, err = r.Read(buf)
			expectIs(t, "two at once", err, file.ErrBusy)
			task.Kill()
			expectIs(t, "killed", task.Err(), green.ErrKilled)
			err = h.WithTimeout(time.Millisecond, func(*green.Timeout) error { return read() })
			expectIs(t, "late", err, green.ErrTimeout)
			if _, err := io.WriteString(w, "abc"); err != nil {
				return err
			}
			n, err := r.Read(buf[:2])
			expect(t, "first", string(buf[:n]), "ab")
			if err != nil {
				return err
			}
			n, err = r.Read(buf)
			expect(t, "rest", string(buf[:n]), "c")
			return err
		}, opts...)
	})
}

func TestStream_WriteKillAndDeadline(t *testing.T) {
	eachWay(t, func(t *testing.T, opts ...green.Option) {
		mustRun(t, func(h *green.Hub) error {
			r, w, err := file.Pipe(h)
			if err != nil {
				return err
			}
			defer r.Close()
			defer w.Close()
			write := func() error { _, err := w.Write(make([]byte, 1<<20)); return err }
			err = h.WithTimeout(5*time.Millisecond, func(*green.Timeout) error { return write() })
			expectIs(t, "late", err, green.ErrTimeout)
			task := h.Go(write)
			h.Yield()
			task.Kill()
			expectIs(t, "killed", task.Err(), green.ErrKilled)
			return nil
		}, opts...)
	})
}

func TestStream_Close(t *testing.T) {
	eachWay(t, func(t *testing.T, opts ...green.Option) {
		mustRun(t, func(h *green.Hub) error {
			r, w, err := file.Pipe(h)
			if err != nil {
				return err
			}
			task := h.Go(func() error { _, err := r.Read(make([]byte, 1)); return err })
			h.Yield()
			if err := r.Close(); err != nil {
				return err
			}
			if err := task.Join(); err != nil {
				return err
			}
			expectIs(t, "the one that waited", task.Err(), os.ErrClosed)
			expectIs(t, "again", r.Close(), os.ErrClosed)
			_, err = r.Read(make([]byte, 1))
			expectIs(t, "Read", err, os.ErrClosed)
			if _, err = w.Write([]byte("x")); err == nil {
				t.Error("wrote to nobody")
			}
			if err := w.Close(); err != nil {
				return err
			}
			_, err = w.Write([]byte("x"))
			expectIs(t, "Write", err, os.ErrClosed)
			return nil
		}, opts...)
	})
}

// What the hub leaves open is closed at its end: goleak, and the peer.
func TestStream_EndOfRun(t *testing.T) {
	pr, pw, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	mustRun(t, func(h *green.Hub) error {
		_, err := file.NewStream(h, pw)
		return err
	})
	defer pw.Close() // where it was not
	if _, err := pw.Write([]byte("x")); err == nil {
		t.Skip("this system's descriptors are not watched")
	}
	_, err = pr.Read(make([]byte, 1))
	expectIs(t, "the peer's read", err, io.EOF)
	pr.Close()
}
