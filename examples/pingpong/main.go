// Pingpong shows the smallest thing that greenlets do: two functions hand a ball to each other, and the value that one
// passes to Switch is what the other one's Switch returns.
//
//	go run ./examples/pingpong [ROUNDS]
//
// No scheduler decides who is next, so there is nothing to wait for and nothing to lock, and the output is the same each
// time.
package main

import (
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/go-greenlet/greenlet"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

const usage = "usage: pingpong [ROUNDS]"

// run is main with its surroundings as arguments. It returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	rounds := 3
	if len(args) > 0 {
		n, err := strconv.Atoi(args[0])
		if err != nil || n < 0 || len(args) > 1 {
			fmt.Fprintf(stderr, "pingpong: ROUNDS is one number, 0 or more, not %q\n%s\n", args, usage)
			return 2
		}
		rounds = n
	}
	if err := play(rounds, stdout); err != nil {
		fmt.Fprintln(stderr, "pingpong:", err)
		return 1
	}
	return 0
}

// play plays as many rounds, of two hits each. What travels with a switch is the number of hits so far.
func play(rounds int, out io.Writer) error {
	return greenlet.Run(func(main *greenlet.Greenlet[int]) error {
		var ping, pong *greenlet.Greenlet[int]
		// other is a pointer to a variable, since neither player can exist before the other one.
		player := func(name string, other **greenlet.Greenlet[int]) func(int) (int, error) {
			return func(hits int) (int, error) {
				for hits < 2*rounds {
					hits++
					fmt.Fprintf(out, "%s hits ball %d\n", name, hits)
					var err error
					if hits, err = (*other).Switch(hits); err != nil {
						return 0, err // Run is closing the tree: somebody has to be left waiting for the ball
					}
				}
				fmt.Fprintf(out, "%s has the ball at the end\n", name)
				return hits, nil // goes to the parent, which is main
			}
		}
		ping = main.New(player("ping", &pong))
		pong = main.New(player("pong", &ping))
		hits, err := ping.Switch(0)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%d hits; ping is %v, pong is %v\n", hits, ping.State(), pong.State())
		return nil
	})
}
