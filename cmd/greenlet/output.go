package main

import (
	"bufio"
	"errors"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

// An output is the buffered standard output. A terminal gets every line at once.
type output struct {
	file   *counted
	w      *bufio.Writer
	direct bool
}

// A counted file knows whether a write is under way.
type counted struct {
	*os.File
	begun, done atomic.Uint64
}

func (f *counted) Write(p []byte) (int, error) {
	f.begun.Add(1)
	defer f.done.Add(1)
	return f.File.Write(p)
}

func newOutput(f *os.File) *output {
	info, err := f.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	file := &counted{File: f}
	return &output{file: file, w: bufio.NewWriterSize(file, 1<<16), direct: terminal}
}

// patience is for how long one write of a program that was interrupted may wait for its reader.
const patience = time.Second

// untilStuck returns when a write has waited for so long that its reader will not come: nothing else ends such a write. Else it
// does not return.
func (o *output) untilStuck() {
	for {
		n := o.file.begun.Load()
		time.Sleep(patience)
		if o.file.begun.Load() == n && o.file.done.Load() < n {
			return
		}
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
