// Mm1 simulates a queue with one server: customers come by chance, and each is served for a time that is up to chance. How
// long they wait on average is known (it is what the theory of queues calls M/M/1), so that the two can be compared.
//
//	go run ./examples/mm1 [CUSTOMERS [SEED]]
//
// The clock is a virtual one: hours of queueing take as long as their events take to compute, and the same seed gives the
// same figures each time. The program reads as if it waited: it sleeps, sends and receives.
package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

const usage = "usage: mm1 [CUSTOMERS [SEED]]"

const (
	arrivals = 0.8 // customers a second
	services = 1.0 // customers a second, if there are always some
)

// run is main with its surroundings as arguments. It returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	customers, seed := 200_000, uint64(1)
	var err error
	if len(args) > 0 {
		if customers, err = strconv.Atoi(args[0]); err != nil || customers < 1 {
			fmt.Fprintf(stderr, "mm1: %q is no number of customers\n%s\n", args[0], usage)
			return 2
		}
	}
	if len(args) > 1 {
		if seed, err = strconv.ParseUint(args[1], 10, 64); err != nil || len(args) > 2 {
			fmt.Fprintf(stderr, "mm1: SEED is one number, 0 or more, not %q\n%s\n", args[1:], usage)
			return 2
		}
	}
	r, err := simulate(customers, seed)
	if err != nil {
		fmt.Fprintln(stderr, "mm1:", err)
		return 1
	}
	const formula = arrivals / (services * (services - arrivals))
	mean := r.waited.Seconds() / float64(customers)
	_, err = fmt.Fprintf(stdout, "%d customers in %v\nmean wait: %.2f s; the formula says %.2f s\n",
		customers, r.took.Round(time.Minute), mean, formula)
	if err != nil {
		fmt.Fprintln(stderr, "mm1:", err)
		return 1
	}
	return 0
}

// A result is what came of a simulation.
type result struct {
	waited time.Duration // all customers together, until they were served
	took   time.Duration // from the beginning to the end of the last service
}

func simulate(customers int, seed uint64) (r result, err error) {
	chance := rand.New(rand.NewPCG(seed, 0))
	seconds := func(rate float64) time.Duration {
		return time.Duration(chance.ExpFloat64() / rate * float64(time.Second))
	}
	start := time.Unix(0, 0)
	err = tasklet.Run(func(s *tasklet.Scheduler) error {
		counter := tasklet.NewChan[time.Time](s) // who cannot be served waits in it, first come, first served
		s.Spawn(func() error {
			for range customers {
				if err := s.Sleep(seconds(arrivals)); err != nil {
					return err
				}
				arrived := s.Now()
				s.Spawn(func() error { return counter.Send(arrived) })
			}
			return nil
		})
		for range customers { // main is the server
			arrived, err := counter.Receive()
			if err != nil {
				return err
			}
			r.waited += s.Now().Sub(arrived)
			if err := s.Sleep(seconds(services)); err != nil {
				return err
			}
		}
		r.took = s.Now().Sub(start)
		return nil
	}, tasklet.WithWorld(tasklet.NewClock(start)))
	return r, err
}
