package file

import (
	"os"

	"github.com/go-greenlet/greenlet/green"
)

// Stdin returns a stream that reads the process's standard input: os.Stdin, as it is when Stdin is called. Its mode is
// never changed. Make one and keep it: where goroutines help, what a task has left unread is in the stream. Nothing
// else may read standard input meanwhile. A goroutine that helps and waits for input stays after the hub has ended,
// for the system has no way to take a read back.
func Stdin(h *green.Hub) *Stream { return Borrow(h, os.Stdin) }

// Stdout returns a stream that writes to the process's standard output: os.Stdout.
func Stdout(h *green.Hub) *Stream { return Borrow(h, os.Stdout) }

// Stderr returns a stream that writes to the process's standard error: os.Stderr.
func Stderr(h *green.Hub) *Stream { return Borrow(h, os.Stderr) }

// Borrow makes a stream of f, which stays the caller's, in the mode in which it is: what [Stdin] is made by. f must
// stay open until the stream was closed, which does not close f, and nobody waits in it.
func Borrow(h *green.Hub, f *os.File) *Stream {
	h.Check()
	s := borrow(h, f)
	if s == nil {
		s = newHelped(h, f, true)
	}
	return &Stream{h, f.Name(), s}
}
