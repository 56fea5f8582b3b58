// Taskletring passes a number around a ring of a thousand tasklets, each of which adds one to it.
//
//	go run ./examples/taskletring [TASKLETS [ROUNDS]]
//
// It is the program with which Stackless used to be shown. A tasklet is a loop that receives from the one before it and
// sends to the one behind; the scheduler runs whoever has something to do, on one goroutine.
package main

import (
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/go-greenlet/greenlet/tasklet"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

const usage = "usage: taskletring [TASKLETS [ROUNDS]]"

// run is main with its surroundings as arguments. It returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	numbers := []int{1000, 3}
	if len(args) > len(numbers) {
		fmt.Fprintf(stderr, "taskletring: %d arguments are too many\n%s\n", len(args), usage)
		return 2
	}
	for i, arg := range args {
		n, err := strconv.Atoi(arg)
		if err != nil || n < 1 {
			fmt.Fprintf(stderr, "taskletring: %q is no number of 1 or more\n%s\n", arg, usage)
			return 2
		}
		numbers[i] = n
	}
	if err := pass(numbers[0], numbers[1], stdout); err != nil {
		fmt.Fprintln(stderr, "taskletring:", err)
		return 1
	}
	return 0
}

// pass sends a number around a ring of size tasklets, main not counted.
func pass(size, rounds int, out io.Writer) error {
	return tasklet.Run(func(s *tasklet.Scheduler) error {
		first := tasklet.NewChan[int](s)
		last := first
		for range size {
			in, next := last, tasklet.NewChan[int](s)
			s.Spawn(func() error {
				for {
					n, err := in.Receive()
					if err != nil {
						return err // the scheduler is being closed
					}
					if err := next.Send(n + 1); err != nil {
						return err
					}
				}
			})
			last = next
		}
		n := 0
		for round := range rounds {
			// Main is where the ring begins and ends.
			if err := first.Send(n); err != nil {
				return err
			}
			var err error
			if n, err = last.Receive(); err != nil {
				return err
			}
			if _, err := fmt.Fprintf(out, "round %d: %d\n", round+1, n); err != nil {
				return err
			}
		}
		return nil
	})
}
