// Philosophers lets five of them dine who each need two forks, and share each fork with a neighbour. First everybody takes
// the left fork before the right one, until all wait for each other: the scheduler notices, and its report says who waits
// for what. Then one of them begins on the right, and all eat.
//
//	go run ./examples/philosophers
//
// With goroutines the first dinner would go well most of the time, and hang now and then. Here it fails each time.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/go-greenlet/greenlet/tasklet"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is main with its surroundings as arguments. It returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		fmt.Fprintf(stderr, "philosophers: %q: there are no arguments\nusage: philosophers\n", args)
		return 2
	}
	fmt.Fprintln(stdout, "Everybody begins on the left:")
	err := dine(false, stdout)
	var deadlock *tasklet.DeadlockError
	if !errors.As(err, &deadlock) {
		fmt.Fprintln(stderr, "philosophers: no deadlock, but", err)
		return 1
	}
	report(deadlock, stdout)
	fmt.Fprintln(stdout, "One begins on the right:")
	if err := dine(true, stdout); err != nil {
		fmt.Fprintln(stderr, "philosophers:", err)
		return 1
	}
	return 0
}

var names = []string{"Plato", "Hypatia", "Kant", "Arendt", "Hume"}

// A fork is a channel with room for one value, which is there while the fork lies on the table.
type fork = *tasklet.Chan[struct{}]

func dine(fixed bool, out io.Writer) error {
	return tasklet.Run(func(s *tasklet.Scheduler) error {
		var forks []fork
		for i := range names {
			f := tasklet.NewBuffered[struct{}](s, 1).SetName(fmt.Sprintf("fork %d", i+1))
			if err := f.Send(struct{}{}); err != nil {
				return err
			}
			forks = append(forks, f)
		}
		var guests []*tasklet.Tasklet
		for i, name := range names {
			first, second := forks[i], forks[(i+1)%len(forks)]
			if fixed && i == 0 {
				first, second = second, first
			}
			t := s.Go(func() error { return eat(s, name, first, second, out) })
			t.SetName(name)
			guests = append(guests, t)
		}
		for _, t := range guests {
			if err := t.Join(); err != nil {
				return err
			}
		}
		return nil
	})
}

func eat(s *tasklet.Scheduler, name string, first, second fork, out io.Writer) error {
	if _, err := first.Receive(); err != nil {
		return err
	}
	if err := s.Schedule(); err != nil { // a thought, while the others act
		return err
	}
	if _, err := second.Receive(); err != nil {
		return err
	}
	fmt.Fprintf(out, "  %s eats\n", name)
	if err := second.Send(struct{}{}); err != nil {
		return err
	}
	return first.Send(struct{}{})
}

// report prints what a DeadlockError holds, but for the places in the code, which its own text has, too.
func report(e *tasklet.DeadlockError, out io.Writer) {
	fmt.Fprintln(out, " ", e.Reason)
	for _, w := range e.Blocked {
		fmt.Fprintf(out, "  %s waits for %s\n", w.Name, w.For)
	}
}
