package conformance

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
)

//go:embed oracle.py
var oracleSource string

// ErrNoOracle is returned by StartOracle where there is no Python that has greenlet.
var ErrNoOracle = errors.New("no Python with greenlet found (Debian: python3-greenlet); PYTHON may name one")

// An Oracle is a process of Python that executes scripts with the original.
type Oracle struct {
	Python, Greenlet string // versions

	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// FindPython returns the first Python that can import greenlet: PYTHON, those on the PATH, the system's own.
func FindPython() (string, error) {
	candidates := []string{"python3", "/usr/bin/python3", "/usr/local/bin/python3", "python"}
	if p := os.Getenv("PYTHON"); p != "" {
		candidates = slices.Insert(candidates, 0, p)
	}
	for _, python := range candidates {
		if exec.Command(python, "-c", "import greenlet, os; os.fork").Run() == nil {
			return python, nil
		}
	}
	return "", ErrNoOracle
}

// StartOracle starts a process of Python. It must be closed.
func StartOracle() (*Oracle, error) {
	python, err := FindPython()
	if err != nil {
		return nil, err
	}
	o := &Oracle{cmd: exec.Command(python, "-c", oracleSource)}
	o.cmd.Stderr = os.Stderr
	if o.in, err = o.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := o.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	o.out = bufio.NewReader(out)
	if err := o.cmd.Start(); err != nil {
		return nil, err
	}
	if err := o.read(o); err != nil {
		return nil, errors.Join(err, o.Close())
	}
	return o, nil
}

// Run executes script and returns what it printed.
func (o *Oracle) Run(script string) (string, error) {
	line, err := json.Marshal(script)
	if err != nil {
		return "", err
	}
	if _, err := o.in.Write(append(line, '\n')); err != nil {
		return "", err
	}
	var log string
	err = o.read(&log)
	return log, err
}

func (o *Oracle) read(into any) error {
	line, err := o.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("python ended: %w", err)
	}
	return json.Unmarshal(line, into)
}

// Close ends the process.
func (o *Oracle) Close() error {
	return errors.Join(o.in.Close(), o.cmd.Wait())
}
