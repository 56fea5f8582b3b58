// Ratelimited is a client of a service that allows five requests a second, and three at the same time. Ten tasks want to
// make a request each at once.
//
//	go run ./examples/ratelimited
//
// A bucket of tokens is a semaphore that a task fills up; the number at the same time is a second semaphore. Each request
// has a deadline too, which counts from when it may begin. The clock is virtual.
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

const (
	perSecond = 5
	together  = 3
	requests  = 10
	patience  = 700 * time.Millisecond
)

// run is main with its surroundings as arguments. It returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		fmt.Fprintln(stderr, "usage: ratelimited")
		return 2
	}
	start := time.Unix(0, 0)
	err := green.Run(func(h *green.Hub) error {
		c := newClient(h)
		defer c.filler.Stop()
		return h.Group(func(g *green.Group) error {
			for n := range requests {
				g.Go(func() error {
					answer, err := c.request(n)
					if errors.Is(err, green.ErrTimeout) {
						answer, err = "took too long", nil
					}
					fmt.Fprintf(stdout, "%6v  %d: %s\n", h.Now().Sub(start), n, answer)
					return err
				})
			}
			return nil
		})
	}, green.WithWorld(tasklet.NewClock(start)))
	if err != nil {
		fmt.Fprintln(stderr, "ratelimited:", err)
		return 1
	}
	return 0
}

// A client makes no more requests than it may.
type client struct {
	h      *green.Hub
	tokens *green.Semaphore
	slots  *green.Semaphore
	filler *green.Task
}

func newClient(h *green.Hub) *client {
	c := &client{h: h, tokens: h.NewSemaphore(0), slots: h.NewSemaphore(together)}
	c.filler = green.Rate(h, perSecond, time.Second, func(time.Time) error {
		if c.tokens.Free() < together { // what nobody used is not saved up for ever
			c.tokens.Release()
		}
		return nil
	})
	return c
}

// request makes request n when there is a token and a slot for it. Both queues are first come, first served.
func (c *client) request(n int) (answer string, err error) {
	if err := c.tokens.Acquire(); err != nil {
		return "", err
	}
	err = c.slots.With(func() error {
		return c.h.WithTimeout(patience, func(*green.Timeout) (err error) {
			answer, err = c.serve(n)
			return err
		})
	})
	return answer, err
}

// serve stands for the service. Every fourth request takes very long.
func (c *client) serve(n int) (string, error) {
	took := 300 * time.Millisecond
	if n%4 == 3 {
		took = time.Hour
	}
	if err := c.h.Sleep(took); err != nil {
		return "", err
	}
	return "answered", nil
}
