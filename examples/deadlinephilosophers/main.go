// Deadlinephilosophers lets five philosophers dine who all take the left fork first. That would be a deadlock; but none
// of them waits for the right fork longer than a deadline: then he puts the left one back, thinks for a while, and tries
// again.
//
//	go run ./examples/deadlinephilosophers
//
// In examples/philosophers the same dinner ends in a deadlock, and its report. The clock is virtual.
package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

var names = []string{"Aristotle", "Diogenes", "Hypatia", "Plato", "Zeno"}

// run is main with its surroundings as arguments. It returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		fmt.Fprintln(stderr, "usage: deadlinephilosophers")
		return 2
	}
	start := time.Unix(0, 0)
	err := green.Run(func(h *green.Hub) error {
		forks := make([]*green.Mutex, len(names))
		for i := range forks {
			forks[i] = h.NewMutex()
		}
		return h.Group(func(g *green.Group) error {
			for i, name := range names {
				p := &philosopher{h: h, name: name, left: forks[i], right: forks[(i+1)%len(forks)]}
				p.think = time.Duration(i+1) * 10 * time.Millisecond
				g.Go(func() error {
					tries, err := p.dine()
					fmt.Fprintf(stdout, "%6v  %s has eaten, at try %d\n", h.Now().Sub(start), name, tries)
					return err
				})
			}
			return nil
		})
	}, green.WithWorld(tasklet.NewClock(start)))
	if err != nil {
		fmt.Fprintln(stderr, "deadlinephilosophers:", err)
		return 1
	}
	return 0
}

const (
	patience = 50 * time.Millisecond
	meal     = 100 * time.Millisecond
)

// A philosopher needs both forks to eat.
type philosopher struct {
	h           *green.Hub
	name        string
	left, right *green.Mutex
	think       time.Duration // after a try in vain; another time for each, or they would do the same again
}

// dine returns how many tries it took.
func (p *philosopher) dine() (tries int, err error) {
	for {
		tries++
		ate := false
		err := p.left.With(func() (err error) {
			if err := p.h.Sleep(time.Millisecond); err != nil { // time enough for all to take their left fork
				return err
			}
			ate, err = p.eat()
			return err
		})
		if ate || err != nil {
			return tries, err
		}
		if err := p.h.Sleep(p.think); err != nil {
			return tries, err
		}
	}
}

// eat says whether the right fork came in time. The deadline is that of the fork alone, not of the meal.
func (p *philosopher) eat() (bool, error) {
	inTime, err := p.h.Within(patience, p.right.Lock)
	if !inTime || err != nil {
		return false, err
	}
	defer p.right.Unlock()
	return true, p.h.Sleep(meal)
}
