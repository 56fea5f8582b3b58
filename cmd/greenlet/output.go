package main

import (
	"bufio"
	"errors"
	"os"
	"runtime"
	"syscall"
)

// An output is the buffered standard output. A terminal gets every line at once.
type output struct {
	w      *bufio.Writer
	direct bool
}

func newOutput(f *os.File) *output {
	info, err := f.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	return &output{w: bufio.NewWriterSize(f, 1<<16), direct: terminal}
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
