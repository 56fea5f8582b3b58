package main

import (
	"bufio"
	"errors"
	"os"
	"runtime"
	"syscall"
	"time"
)

// An output is the buffered standard output. A terminal gets every line at once.
type output struct {
	file   *patient
	w      *bufio.Writer
	direct bool
}

func newOutput(f *os.File) *output {
	info, err := f.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	file := &patient{f: f, hurry: make(chan struct{})}
	return &output{file: file, w: bufio.NewWriterSize(file, 1<<16), direct: terminal}
}

// interrupt makes writes fail with errUnread from now on that wait too long for a reader. It may be called once, by any goroutine.
func (o *output) interrupt() { close(o.file.hurry) }

// errUnread says that a program was interrupted while nobody read its output.
var errUnread = errors.New("nobody reads it")

// patience is for how long one write of a program that was interrupted may wait for its reader.
const patience = time.Second

// A patient file waits for who reads it, until it is in a hurry. The system gives no other way out of such a write.
type patient struct {
	f     *os.File
	hurry chan struct{}
}

// Write may leave p in use when it fails. Then the bufio.Writer whose buffer that is fails, too, and leaves it alone.
func (w *patient) Write(p []byte) (int, error) {
	type result struct {
		n   int
		err error
	}
	done := make(chan result, 1)
	go func() {
		n, err := w.f.Write(p)
		done <- result{n, err}
	}()
	select {
	case r := <-done:
		return r.n, r.err
	case <-w.hurry:
	}
	select {
	case r := <-done:
		return r.n, r.err
	case <-time.After(patience):
		return 0, errUnread
	}
}

// line writes a line, and returns the first error there was in writing any.
func (o *output) line(s string) error {
	// The writer keeps its first error.
	o.w.WriteString(s)
	if err := o.w.WriteByte('\n'); err != nil || !o.direct {
		return err
	}
	return o.w.Flush()
}

func (o *output) flush() error { return o.w.Flush() }

// isBrokenPipe says whether err means that nobody reads the output any more.
func isBrokenPipe(err error) bool {
	if runtime.GOOS == "windows" {
		const errorBrokenPipe, errorNoData = syscall.Errno(109), syscall.Errno(232)
		return errors.Is(err, errorBrokenPipe) || errors.Is(err, errorNoData)
	}
	return errors.Is(err, syscall.EPIPE)
}
