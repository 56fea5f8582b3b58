// Backpressure shows what a bounded queue is for: a fast stage of a pipeline has to wait for a slow one, instead of
// piling up work.
//
//	go run ./examples/backpressure [SIZE]
//
// A reader makes ten records, one every 10 ms. A writer takes 50 ms for each. The queue between them has room for SIZE
// records, 2 by default. The clock is virtual.
package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

const usage = "usage: backpressure [SIZE]"

const (
	records   = 10
	readTime  = 10 * time.Millisecond
	writeTime = 50 * time.Millisecond
)

// run is main with its surroundings as arguments. It returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	size := 2
	if len(args) > 0 {
		n, err := strconv.Atoi(args[0])
		if err != nil || n < 0 || len(args) > 1 {
			fmt.Fprintf(stderr, "backpressure: SIZE is one number, 0 or more, not %q\n%s\n", args, usage)
			return 2
		}
		size = n
	}
	if err := pipeline(size, stdout); err != nil {
		fmt.Fprintln(stderr, "backpressure:", err)
		return 1
	}
	return 0
}

// pipeline runs both stages as a group: if one fails, the other one ends too.
func pipeline(size int, out io.Writer) error {
	start := time.Unix(0, 0)
	return green.Run(func(h *green.Hub) error {
		since := func() time.Duration { return h.Now().Sub(start) }
		queue := green.NewQueue[int](h, size)
		waited := time.Duration(0)
		most := 0
		err := h.Group(func(g *green.Group) error {
			g.Go(func() error {
				defer queue.Shutdown() // the writer's loop ends when the queue is empty
				for n := range records {
					if err := h.Sleep(readTime); err != nil {
						return err
					}
					before := since()
					if err := queue.Put(n); err != nil {
						return err
					}
					waited += since() - before
					most = max(most, queue.Len())
				}
				fmt.Fprintf(out, "%6v the reader is done; it waited %v for room\n", since(), waited)
				return nil
			})
			g.Go(func() error {
				for range queue.All() {
					if err := h.Sleep(writeTime); err != nil {
						return err
					}
				}
				return nil
			})
			return nil
		})
		fmt.Fprintf(out, "%6v the writer is done; never more than %d records waited\n", since(), most)
		return err
	}, green.WithWorld(tasklet.NewClock(start)))
}
