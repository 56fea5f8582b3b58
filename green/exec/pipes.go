package exec

import (
	"errors"
	"io"
	"os"
	"reflect"
	"syscall"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/file"
)

// A copying is a task between a program and the caller's reader or writer.
type copying struct {
	input bool
	copy  func() error
	task  *green.Task
	err   error
}

func (x *copying) start(h *green.Hub) {
	x.task = h.Go(func() error {
		x.err = x.copy()
		return nil
	})
	x.task.SetName("copies for a program")
}

// result returns what went wrong in the copying.
func (x *copying) result() error {
	err := x.err
	if err == nil {
		err = x.task.Err()
	}
	if errors.Is(err, errExited) {
		return nil
	}
	return err
}

// StdinPipe returns the hub's end of a pipe from which the program reads. Close it, or the program does not see an end.
func (c *Cmd) StdinPipe() (*file.Stream, error) {
	if err := c.mayPipe(c.Stdin != nil, "Stdin"); err != nil {
		return nil, err
	}
	s, child, err := c.pipe(true)
	if err != nil {
		return nil, err
	}
	c.Stdin = child
	c.theirs = append(c.theirs, s)
	return s, nil
}

// StdoutPipe returns the hub's end of a pipe to which the program writes. Close it in the end: Wait does not.
func (c *Cmd) StdoutPipe() (*file.Stream, error) { return c.outPipe(&c.Stdout, "Stdout") }

// StderrPipe is StdoutPipe for the program's standard error.
func (c *Cmd) StderrPipe() (*file.Stream, error) { return c.outPipe(&c.Stderr, "Stderr") }

func (c *Cmd) outPipe(to *io.Writer, what string) (*file.Stream, error) {
	if err := c.mayPipe(*to != nil, what); err != nil {
		return nil, err
	}
	s, child, err := c.pipe(false)
	if err != nil {
		return nil, err
	}
	*to = child
	c.theirs = append(c.theirs, s)
	return s, nil
}

func (c *Cmd) mayPipe(set bool, what string) error {
	c.h.Check()
	switch {
	case set:
		return errors.New("exec: " + what + " already set")
	case c.Process != nil:
		return errors.New("exec: " + what + "Pipe after the program has started")
	}
	return nil
}

// pipe makes a pipe: ours, and the program's end.
func (c *Cmd) pipe(toProgram bool) (*file.Stream, *os.File, error) {
	child, f, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	if !toProgram {
		child, f = f, child
	}
	s, err := file.NewStream(c.h, f)
	if err != nil {
		child.Close()
		f.Close()
		return nil, nil, err
	}
	c.child = append(c.child, child)
	return s, child, nil
}

// plumb connects the program's three standard streams.
func (c *Cmd) plumb() error {
	switch in := c.Stdin.(type) {
	case nil:
	case *os.File:
		c.cmd.Stdin = in
	default:
		s, child, err := c.pipe(true)
		if err != nil {
			return err
		}
		c.ours = append(c.ours, s)
		c.cmd.Stdin = child
		c.copies = append(c.copies, &copying{input: true, copy: func() error {
			_, err := io.Copy(s, in)
			if errors.Is(err, syscall.EPIPE) {
				err = nil // it did not want to read everything
			}
			s.Close()
			return err
		}})
	}
	out, err := c.output(c.Stdout)
	if err != nil {
		return err
	}
	if out != nil {
		c.cmd.Stdout = out
	}
	if c.Stderr != nil && same(c.Stdout, c.Stderr) {
		c.cmd.Stderr = c.cmd.Stdout
		return nil
	}
	if out, err = c.output(c.Stderr); out != nil {
		c.cmd.Stderr = out
	}
	return err
}

// output returns what the program writes to for it to arrive at w.
func (c *Cmd) output(w io.Writer) (*os.File, error) {
	switch w := w.(type) {
	case nil:
		return nil, nil
	case *os.File:
		return w, nil
	}
	s, child, err := c.pipe(false)
	if err != nil {
		return nil, err
	}
	c.ours = append(c.ours, s)
	c.copies = append(c.copies, &copying{copy: func() error {
		_, err := io.Copy(w, s)
		if err != nil {
			s.Close() // so that the program hears of it
		}
		return err
	}})
	return child, nil
}

// same says whether the two are one.
func same(a, b io.Writer) bool {
	return a != nil && reflect.TypeOf(a).Comparable() && reflect.TypeOf(b).Comparable() && a == b
}

func (c *Cmd) closePipes(list []*file.Stream) {
	for _, s := range list {
		s.Close()
	}
}
