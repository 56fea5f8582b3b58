package file_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/file"
	"github.com/go-greenlet/greenlet/tasklet"
)

func TestFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	mustRun(t, func(h *green.Hub) error {
		f, err := file.Create(h, name)
		if err != nil {
			return err
		}
		defer f.Close()
		n, err := io.WriteString(f, "hello, world")
		expect(t, "written", n, 12)
		if err != nil {
			return err
		}
		if _, err := f.WriteAt([]byte("J"), 0); err != nil {
			return err
		}
		at, err := f.Seek(-5, io.SeekEnd)
		expect(t, "position", at, 7)
		if err != nil {
			return err
		}
		rest, err := io.ReadAll(f)
		expect(t, "rest", string(rest), "world")
		if err != nil {
			return err
		}
		buf := make([]byte, 5)
		if _, err := f.ReadAt(buf, 0); err != nil {
			return err
		}
		expect(t, "start", string(buf), "Jello")
		n, err = f.ReadAt(buf, 10)
		expect(t, "at the end", n, 2)
		expectIs(t, "at the end", err, io.EOF)
		at, err = f.Seek(0, io.SeekCurrent)
		expect(t, "position", at, 12)
		if err != nil {
			return err
		}
		if _, err := f.Seek(-1, io.SeekStart); err == nil {
			t.Error("a position before the start")
		}
		if err := errors.Join(f.Truncate(3), f.Sync()); err != nil {
			return err
		}
		info, err := f.Stat()
		if err != nil {
			return err
		}
		expect(t, "size", info.Size(), 3)
		expect(t, "name", f.Name(), name)
		if err := f.Close(); err != nil {
			return err
		}
		expectIs(t, "Close again", f.Close(), os.ErrClosed)
		_, err = f.Read(buf)
		expectIs(t, "Read afterwards", err, os.ErrClosed)
		_, err = f.Seek(0, io.SeekStart)
		expectIs(t, "Seek afterwards", err, os.ErrClosed)
		return nil
	})
}

func TestWhole(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	big := bytes.Repeat([]byte("0123456789"), 300_000) // several pieces
	mustRun(t, func(h *green.Hub) error {
		_, err := file.ReadFile(h, name)
		expectIs(t, "ReadFile", err, os.ErrNotExist)
		_, err = file.Open(h, name)
		expectIs(t, "Open", err, os.ErrNotExist)
		if err := file.WriteFile(h, name, big, 0o600); err != nil {
			return err
		}
		f, err := file.OpenFile(h, name, os.O_RDWR|os.O_APPEND, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		if _, err := f.Write(big); err != nil {
			return err
		}
		if _, err := f.WriteAt(big, 0); err == nil {
			t.Error("WriteAt in a file to append to")
		}
		got, err := io.ReadAll(io.NewSectionReader(f, 0, 1<<30))
		expect(t, "all", bytes.Equal(got, append(bytes.Clone(big), big...)), true)
		if err != nil {
			return err
		}
		got, err = file.ReadFile(h, name)
		expect(t, "whole", len(got), 2*len(big))
		return err
	})
}

// hold makes every offload wait until it is called: there is one at a time.
func hold(h *green.Hub) (release func()) {
	begun, free := make(chan struct{}), make(chan struct{})
	h.Go(func() error {
		_, err := green.Offload(h, func(context.Context) (int, error) {
			close(begun)
			<-free
			return 0, nil
		})
		return err
	})
	h.Yield()
	<-begun
	return func() { close(free) }
}

// One that is killed, or late, has moved nothing: at each of the operations.
func TestFile_KillAndDeadline(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(name, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	mustRun(t, func(h *green.Hub) error {
		f, err := file.OpenFile(h, name, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		buf := make([]byte, 2)
		operations := map[string]func() error{
			"Open":      func() error { _, err := file.Open(h, name); return err },
			"ReadFile":  func() error { _, err := file.ReadFile(h, name); return err },
			"WriteFile": func() error { return file.WriteFile(h, name, nil, 0) },
			"Read":      func() error { _, err := f.Read(buf); return err },
			"ReadAt":    func() error { _, err := f.ReadAt(buf, 0); return err },
			"Write":     func() error { _, err := f.Write([]byte("x")); return err },
			"WriteAt":   func() error { _, err := f.WriteAt([]byte("x"), 0); return err },
			"Seek":      func() error { _, err := f.Seek(0, io.SeekEnd); return err },
			"Stat":      func() error { _, err := f.Stat(); return err },
			"Sync":      f.Sync,
			"Truncate":  func() error { return f.Truncate(0) },
		}
		release := hold(h)
		for what, do := range operations {
			task := h.Go(do)
			h.Yield()
			task.Kill()
			expectIs(t, what+" of a killed one", task.Err(), green.ErrKilled)
			err := h.WithTimeout(time.Millisecond, func(*green.Timeout) error { return do() })
			expectIs(t, what+" at a deadline", err, green.ErrTimeout)
		}
		release()
		all, err := io.ReadAll(f)
		expect(t, "all", string(all), "abc")
		if err != nil {
			return err
		}
		return f.Close()
	}, green.OffloadLimit(1))
}

// Close is shielded; the operations after it find the file closed, those before it are not hurt.
func TestFile_CloseOfAKilledTask(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	mustRun(t, func(h *green.Hub) error {
		f, err := file.Create(h, name)
		if err != nil {
			return err
		}
		release := hold(h)
		write := h.Go(func() error { _, err := f.Write([]byte("x")); return err })
		h.Yield()
		task := h.Go(f.Close)
		h.Yield()
		task.Stop()
		h.Yield()
		release()
		if err := errors.Join(task.Join(), write.Join()); err != nil {
			return err
		}
		expect(t, "the write", write.Err(), nil)
		_, err = f.Write([]byte("x"))
		expectIs(t, "Write afterwards", err, os.ErrClosed)
		got, err := os.ReadFile(name)
		expect(t, "content", string(got), "x")
		return err
	}, green.OffloadLimit(1))
}

func TestFile_Busy(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	mustRun(t, func(h *green.Hub) error {
		f, err := file.Create(h, name)
		if err != nil {
			return err
		}
		defer f.Close()
		release := hold(h)
		task := h.Go(func() error { _, err := f.Write([]byte("x")); return err })
		h.Yield()
		_, err = f.Write([]byte("y"))
		expectIs(t, "a second Write", err, file.ErrBusy)
		_, err = f.Read(make([]byte, 1))
		expectIs(t, "a Read meanwhile", err, file.ErrBusy)
		release()
		return task.Join()
	}, green.OffloadLimit(1))
}

// At the end of Run, a deferred Close closes.
func TestFile_EndOfRun(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	oops := errors.New("oops")
	var closed error
	err := green.Run(func(h *green.Hub) error {
		h.Go(func() error {
			f, err := file.Create(h, name)
			if err != nil {
				return err
			}
			defer func() { closed = f.Close() }()
			return h.Sleep(time.Hour)
		})
		if err := h.Sleep(20 * time.Millisecond); err != nil {
			return err
		}
		return oops
	})
	expectIs(t, "Run", err, oops)
	expect(t, "Close", closed, nil)
}

// A hub with a clock reads files as well.
func TestFile_Clock(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	mustRun(t, func(h *green.Hub) error {
		if err := file.WriteFile(h, name, []byte("x"), 0o600); err != nil {
			return err
		}
		got, err := file.ReadFile(h, name)
		expect(t, "content", string(got), "x")
		return err
	}, green.WithWorld(tasklet.NewClock(time.Unix(0, 0))))
}
