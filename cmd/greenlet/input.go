package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"go.starlark.net/starlark"
)

// An input gives the lines of standard input to scripts. It reads them on a goroutine of its own, so that an interrupt
// need not wait for a line.
type input struct {
	r         io.Reader
	out       *output
	begin     sync.Once
	lines     chan line
	interrupt func() // ends a wait for a line; may be called from any goroutine, more than once
	stopped   chan struct{}
	asked     chan struct{} // gets a value when answer is to be called
	answer    func()        // nil: nobody asks
	ended     *line
}

// A line is what reading one came to.
type line struct {
	text string
	err  error
}

func newInput(r io.Reader, out *output) *input {
	in := &input{r: r, out: out, lines: make(chan line, 256), stopped: make(chan struct{}), asked: make(chan struct{}, 1)}
	in.interrupt = sync.OnceFunc(func() { close(in.stopped) })
	return in
}

// readLine is read_line(): the next line of standard input without its end, or None when there is no more.
func (in *input) readLine(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if err := starlark.UnpackPositionalArgs(b.Name(), args, kwargs, 0); err != nil {
		return nil, err
	}
	l := in.next()
	switch {
	case l.err == io.EOF:
		return starlark.None, nil
	case l.err != nil:
		return nil, fmt.Errorf("read_line: %w", l.err)
	}
	return starlark.String(l.text), nil
}

// next returns the next line. The end, of whatever kind, comes again and again.
func (in *input) next() line {
	in.begin.Do(func() { go in.read() })
	if in.ended != nil {
		return *in.ended
	}
	var l line
	select {
	case l = <-in.lines:
	default:
		// Whoever types the line wants to see what was printed so far. A failure shows at the next print.
		_ = in.out.flush()
		for waiting := true; waiting; {
			select {
			case l = <-in.lines:
				waiting = false
			case <-in.asked:
				in.answer()
			case <-in.stopped:
				return line{err: errors.New("interrupted")}
			}
		}
	}
	if l.err != nil {
		in.ended = &l
	}
	return l
}

// read sends the lines until there is no more, or until the process ends.
func (in *input) read() {
	r := bufio.NewReader(in.r)
	for {
		text, err := r.ReadString('\n')
		if text != "" {
			in.lines <- line{text: strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")}
		}
		if err != nil {
			in.lines <- line{err: err}
			return
		}
	}
}
