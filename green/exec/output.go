package exec

import (
	"bytes"
	"errors"
	"io"
)

// ErrOutputLimit is returned when a program wrote more than [Cmd.OutputLimit].
var ErrOutputLimit = errors.New("exec: the program wrote more than the limit")

const (
	outputLimit = 16 << 20
	stderrLimit = 64 << 10
)

// Output runs the program as [Cmd.Run] does and returns what it wrote to its standard output. If Stderr is not set, an
// [*ExitError] holds the first 64 KiB that it wrote there.
func (c *Cmd) Output() ([]byte, error) {
	c.h.Check()
	if c.Stdout != nil {
		return nil, errors.New("exec: Stdout already set")
	}
	out := &gathering{left: c.limit(), full: c.tooMuch}
	c.Stdout = out
	var said *gathering
	if c.Stderr == nil {
		said = &gathering{left: stderrLimit}
		c.Stderr = said
	}
	err := out.result(c.Run())
	var exit *ExitError
	if said != nil && errors.As(err, &exit) {
		exit.Stderr = said.Bytes()
	}
	return out.Bytes(), err
}

// CombinedOutput runs the program as [Cmd.Run] does and returns what it wrote to its standard output and its standard
// error, in the order in which it did.
func (c *Cmd) CombinedOutput() ([]byte, error) {
	c.h.Check()
	if c.Stdout != nil || c.Stderr != nil {
		return nil, errors.New("exec: Stdout or Stderr already set")
	}
	out := &gathering{left: c.limit(), full: c.tooMuch}
	c.Stdout, c.Stderr = out, out
	err := out.result(c.Run())
	return out.Bytes(), err
}

// Communicate runs the program as [Cmd.Run] does, gives it input to read, and returns what it wrote:
// Popen.communicate of Python. With an error too it returns what came until then.
func (c *Cmd) Communicate(input []byte) (stdout, stderr []byte, err error) {
	c.h.Check()
	if c.Stdin != nil || c.Stdout != nil || c.Stderr != nil {
		return nil, nil, errors.New("exec: Stdin, Stdout or Stderr already set")
	}
	c.Stdin = bytes.NewReader(input)
	out, said := &gathering{left: c.limit(), full: c.tooMuch}, &gathering{left: c.limit(), full: c.tooMuch}
	c.Stdout, c.Stderr = out, said
	err = said.result(out.result(c.Run()))
	return out.Bytes(), said.Bytes(), err
}

func (c *Cmd) limit() int {
	if c.OutputLimit == 0 {
		return outputLimit
	}
	return c.OutputLimit
}

// tooMuch ends a program that writes too much.
func (c *Cmd) tooMuch() { c.Kill() }

// A gathering is a buffer with a limit. What is more is thrown away.
type gathering struct {
	bytes.Buffer
	left  int // below 0: no limit
	full  func()
	spilt bool
}

func (g *gathering) Write(p []byte) (int, error) {
	if g.left < 0 {
		return g.Buffer.Write(p)
	}
	keep := min(len(p), g.left)
	g.left -= keep
	g.Buffer.Write(p[:keep])
	if keep < len(p) && !g.spilt {
		g.spilt = true
		if g.full != nil {
			g.full()
		}
	}
	return len(p), nil
}

// ReadFrom hides that of bytes.Buffer, which knows no limit.
func (g *gathering) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{g}, r)
}

// result is what a run that returned err is to return.
func (g *gathering) result(err error) error {
	if g.spilt && g.full != nil {
		return ErrOutputLimit
	}
	return err
}
