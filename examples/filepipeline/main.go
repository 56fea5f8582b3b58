// Filepipeline reads a file through a pipeline of tasklets, with a channel between each two: one reads lines, one keeps
// those that contain a text, one numbers them, and one writes.
//
//	go run ./examples/filepipeline TEXT FILE
//
// A read of a file blocks the goroutine that does it. So it is done by [tasklet.Await] on another one, and the tasklets
// behind go on meanwhile. An error goes down the pipeline like a line, and ends each stage that it comes to.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/go-greenlet/greenlet/tasklet"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is main with its surroundings as arguments. It returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) != 2 {
		fmt.Fprintf(stderr, "filepipeline: 2 arguments, please, not %d\nusage: filepipeline TEXT FILE\n", len(args))
		return 2
	}
	f, err := os.Open(args[1])
	if err == nil {
		err = pipeline(args[0], f, stdout)
		f.Close()
	}
	if err != nil {
		fmt.Fprintln(stderr, "filepipeline:", err)
		return 1
	}
	return 0
}

// A line is a line of the file and its number there.
type line struct {
	n    int
	text string
}

// A pipe leads from one stage to the next.
type pipe = *tasklet.Chan[line]

// A stage reads from one pipe and writes to another. What it returns goes on to the next stage.
type stage func(in, out pipe) error

func pipeline(text string, file io.Reader, stdout io.Writer) error {
	return tasklet.Run(func(s *tasklet.Scheduler) error {
		var last pipe
		for _, f := range []stage{reader(s, file), number, grep(text)} {
			last = start(s, f, last)
		}
		return write(stdout)(last, nil) // main is the last stage
	})
}

// start makes a tasklet of f and returns the pipe that leads out of it.
func start(s *tasklet.Scheduler, f stage, in pipe) pipe {
	out := tasklet.NewBuffered[line](s, 16)
	s.Spawn(func() error {
		err := f(in, out)
		if err != nil && !errors.Is(err, tasklet.ErrExit) {
			err = out.SendError(err)
		}
		out.Close()
		return err
	})
	return out
}

func reader(s *tasklet.Scheduler, file io.Reader) stage {
	return func(_, out pipe) error {
		in := bufio.NewReader(file)
		for {
			// Until the answer is here nobody else touches in.
			text, err := tasklet.Await(s, func(context.Context) (string, error) {
				text, err := in.ReadString('\n')
				if err == io.EOF && text != "" {
					err = nil // the last line need not end
				}
				return text, err
			})
			if err == io.EOF {
				return nil
			} else if err != nil {
				return err
			}
			if err := out.Send(line{text: strings.TrimRight(text, "\r\n")}); err != nil {
				return err
			}
		}
	}
}

// each makes a stage of a function that is called with each line.
func each(in pipe, f func(line) error) error {
	for {
		l, err := in.Receive()
		if err == tasklet.ErrClosed {
			return nil
		} else if err != nil {
			return err
		}
		if err := f(l); err != nil {
			return err
		}
	}
}

func number(in, out pipe) error {
	n := 0
	return each(in, func(l line) error {
		n++
		return out.Send(line{n, l.text})
	})
}

func grep(text string) stage {
	return func(in, out pipe) error {
		return each(in, func(l line) error {
			if !strings.Contains(l.text, text) {
				return nil
			}
			return out.Send(l)
		})
	}
}

func write(stdout io.Writer) stage {
	return func(in, _ pipe) error {
		return each(in, func(l line) error {
			_, err := fmt.Fprintf(stdout, "%d: %s\n", l.n, l.text)
			return err
		})
	}
}
