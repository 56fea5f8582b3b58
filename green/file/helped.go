package file

import (
	"io/fs"
	"os"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
)

// helpedPiece is how much a helper reads or writes at once.
const helpedPiece = 64 << 10

// A helped stream blocks helper goroutines. A task may leave, and the helper stays until the system answers.
type helped struct {
	h        *green.Hub
	f        *os.File
	borrowed bool // somebody else closes f
	closed   bool
	in, out  helper
}

// A helper is one direction of a helped stream. The hub's goroutine writes and reads it.
type helper struct {
	line *tasklet.Line
	busy bool // a task is in it
	runs bool // a goroutine is
	rest []byte
	err  error
}

func newHelped(h *green.Hub, f *os.File, borrowed bool) *helped {
	s := h.Scheduler()
	return &helped{h: h, f: f, borrowed: borrowed,
		in: helper{line: s.NewLine("data to read")}, out: helper{line: s.NewLine("room to write")}}
}

func (s *helped) begin(x *helper) error {
	s.h.Check()
	switch {
	case s.closed:
		return fs.ErrClosed
	case x.busy:
		return ErrBusy
	}
	x.busy = true
	return nil
}

func (s *helped) read(p []byte) (int, error) {
	x := &s.in
	if err := s.begin(x); err != nil {
		return 0, err
	}
	defer func() { x.busy = false }()
	if len(p) == 0 {
		return 0, nil
	}
	if len(x.rest) == 0 && x.err == nil {
		if !x.runs {
			buf := make([]byte, min(len(p), helpedPiece))
			s.start(x, func() ([]byte, error) {
				n, err := s.f.Read(buf)
				return buf[:n], err
			})
		}
		if err := s.wait(x); err != nil {
			return 0, err
		}
	}
	n := copy(p, x.rest)
	if x.rest = x.rest[n:]; n > 0 {
		return n, nil
	}
	err := x.err
	x.err = nil
	return 0, err
}

func (s *helped) write(p []byte) (done int, err error) {
	x := &s.out
	if err := s.begin(x); err != nil {
		return 0, err
	}
	defer func() { x.busy = false }()
	if err := s.settle(x); err != nil { // one that a task has left
		return 0, err
	}
	for done < len(p) {
		buf := append([]byte(nil), p[done:min(len(p), done+helpedPiece)]...)
		n := 0
		s.start(x, func() ([]byte, error) {
			var err error
			n, err = s.f.Write(buf)
			return nil, err
		})
		if err := s.wait(x); err != nil {
			return done, err
		}
		done += n
		if err := s.settle(x); err != nil {
			return done, err
		}
	}
	return done, nil
}

// settle waits until no goroutine runs, and takes the error that the last one has left.
func (s *helped) settle(x *helper) error {
	if err := s.wait(x); err != nil {
		return err
	}
	err := x.err
	x.err = nil
	return err
}

// start runs f on a goroutine.
func (s *helped) start(x *helper, f func() ([]byte, error)) {
	x.runs = true
	sched := s.h.Scheduler()
	go func() {
		rest, err := f()
		sched.Post(func() error {
			x.runs, x.rest, x.err = false, rest, err
			x.line.WakeAll()
			return nil
		})
	}()
}

// wait waits until no goroutine runs.
func (s *helped) wait(x *helper) error {
	if !x.runs {
		return nil
	}
	defer s.h.Scheduler().Hold()() // deferred, since the panic of another task may be raised in Wait
	for x.runs {
		err := x.line.Wait()
		switch {
		case err != nil:
			return err
		case s.closed:
			return fs.ErrClosed
		}
	}
	return nil
}

func (s *helped) close() error {
	s.h.Check()
	if s.closed {
		return fs.ErrClosed
	}
	s.closed = true
	s.in.line.WakeAll()
	s.out.line.WakeAll()
	if s.borrowed {
		return nil
	}
	return s.f.Close()
}
