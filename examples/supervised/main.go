// Supervised keeps two services running. When one fails, it is started again after a pause, which grows with every
// failure; after too many of them the supervisor gives up, and ends the other one too.
//
//	go run ./examples/supervised
//
// The clock is virtual: what is printed is when it would have happened.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is main with its surroundings as arguments. It returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		fmt.Fprintln(stderr, "usage: supervised")
		return 2
	}
	start := time.Unix(0, 0)
	err := green.Run(func(h *green.Hub) error {
		say := func(format string, args ...any) {
			fmt.Fprintf(stdout, "%5v  %s\n", h.Now().Sub(start), fmt.Sprintf(format, args...))
		}
		policy := green.Restarts{
			Limit: 4, Within: time.Minute,
			Min: time.Second, Max: 4 * time.Second,
			OnRestart: func(child *green.Task, err error) { say("%s failed: %v", child.Name(), err) },
		}
		err := h.Supervise(policy, func(s *green.Supervisor) error {
			s.Go("clock", func() error { return clock(h, say) })
			s.Go("feed", func() error { return feed(h, say) })
			return nil
		})
		var gaveUp *green.RestartError
		if errors.As(err, &gaveUp) {
			say("given up after %d restarts: %v", gaveUp.Limit, gaveUp.Err)
			return nil
		}
		return err
	}, green.WithWorld(tasklet.NewClock(start)))
	if err != nil {
		fmt.Fprintln(stderr, "supervised:", err)
		return 1
	}
	return 0
}

// clock is a service that never fails. When it is ended, it cleans up.
func clock(h *green.Hub, say func(string, ...any)) error {
	say("the clock starts")
	defer say("the clock is put away")
	for {
		if err := h.Sleep(5 * time.Second); err != nil {
			return err
		}
		say("tick")
	}
}

var errLost = errors.New("the connection is lost")

// feed is a service that fails two seconds after each start.
func feed(h *green.Hub, say func(string, ...any)) error {
	say("the feed connects")
	if err := h.Sleep(2 * time.Second); err != nil {
		return err
	}
	return errLost
}
