// Gameloop shows how games use tasklets: each character is a tasklet whose behaviour is written straight down, as a story,
// and the loop of the game runs them all a little in each frame.
//
//	go run ./examples/gameloop [FRAMES]
//
// Without tasklets each behaviour would be a machine of states that is called once in a frame. When a character dies, its
// tasklet is killed wherever it happens to be in its story, and the deferred calls there run.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/go-greenlet/greenlet/tasklet"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is main with its surroundings as arguments. It returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	frames := 6
	if len(args) > 0 {
		n, err := strconv.Atoi(args[0])
		if err != nil || n < 0 || len(args) > 1 {
			fmt.Fprintf(stderr, "gameloop: FRAMES is one number, 0 or more, not %q\nusage: gameloop [FRAMES]\n", args)
			return 2
		}
		frames = n
	}
	if err := play(frames, stdout); err != nil {
		fmt.Fprintln(stderr, "gameloop:", err)
		return 1
	}
	return 0
}

// A game is what its characters share. Only one tasklet runs at a time, so nothing here needs a lock.
type game struct {
	s     *tasklet.Scheduler
	next  *tasklet.Line // who waits for the next frame
	frame int
	guard *tasklet.Tasklet
	out   io.Writer
}

func play(frames int, out io.Writer) error {
	return tasklet.Run(func(s *tasklet.Scheduler) error {
		g := &game{s: s, next: s.NewLine("the next frame"), out: out}
		g.guard = s.Go(g.patrol)
		s.Spawn(g.hunt)
		s.Spawn(g.trade)
		for g.frame < frames {
			g.frame++
			g.next.WakeAll()
			if err := s.Run(); err != nil { // until everybody waits for the next frame
				return err
			}
		}
		return nil
	})
}

func (g *game) say(format string, args ...any) {
	fmt.Fprintf(g.out, "frame %d: %s\n", g.frame, fmt.Sprintf(format, args...))
}

// wait lets n frames pass. It works at any depth of calls.
func (g *game) wait(n int) error {
	for range n {
		if err := g.next.Wait(); err != nil {
			return err
		}
	}
	return nil
}

func (g *game) walk(who string, places ...string) error {
	for _, place := range places {
		g.say("the %s walks to the %s", who, place)
		if err := g.wait(1); err != nil {
			return err
		}
	}
	return nil
}

func (g *game) patrol() error {
	defer func() { g.say("the guard's lantern falls to the ground") }()
	for {
		if err := g.walk("guard", "gate", "tower"); err != nil {
			return err
		}
	}
}

func (g *game) hunt() error {
	if err := g.wait(2); err != nil {
		return err
	}
	g.say("the wolf howls")
	if err := g.wait(2); err != nil {
		return err
	}
	g.say("the wolf attacks")
	return g.guard.Kill() // in the middle of his walk
}

func (g *game) trade() error {
	for apples := 3; apples > 0; apples-- {
		g.say("the merchant's apples: %d", apples)
		if err := g.wait(2); errors.Is(err, tasklet.ErrExit) {
			g.say("the merchant packs up") // the game is over
			return err
		} else if err != nil {
			return err
		}
	}
	g.say("the merchant goes home")
	return nil
}
