// Actors shows tasklets that share nothing and send each other messages. An actor is a tasklet with a mailbox, which is a
// channel with a buffer; a question carries the channel for its answer. One actor watches over another, and starts it anew
// when it fails.
//
//	go run ./examples/actors
//
// The order of all that happens is the same each time, which a program of goroutines could not promise.
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
		fmt.Fprintf(stderr, "actors: %q: there are no arguments\nusage: actors\n", args)
		return 2
	}
	if err := bank(stdout); err != nil {
		fmt.Fprintln(stderr, "actors:", err)
		return 1
	}
	return 0
}

// A mailbox takes messages, ten before a sender has to wait.
type mailbox = *tasklet.Chan[any]

func newMailbox(s *tasklet.Scheduler, name string) mailbox {
	return tasklet.NewBuffered[any](s, 10).SetName(name)
}

// Messages to an account.
type (
	deposit  int
	transfer struct {
		amount int
		to     mailbox
	}
	balance struct{ answer *tasklet.Chan[int] }
)

var errOverdrawn = errors.New("the account is overdrawn")

// account answers messages until its mailbox is closed. It fails when more is taken than there is.
func account(in mailbox) error {
	has := 0
	for m := range in.All() {
		switch m := m.(type) {
		case deposit:
			has += int(m)
		case transfer:
			if m.amount > has {
				return errOverdrawn
			}
			has -= m.amount
			if err := m.to.Send(deposit(m.amount)); err != nil {
				return err
			}
		case balance:
			if err := m.answer.Send(has); err != nil {
				return err
			}
		}
	}
	return nil
}

// supervise keeps an account open: one that fails begins again, with nothing and the same mailbox.
func supervise(s *tasklet.Scheduler, in mailbox, out io.Writer) error {
	for {
		t := s.Go(func() error { return account(in) })
		if err := t.Join(); err != nil {
			return err
		}
		if t.Err() == nil {
			return nil
		}
		fmt.Fprintf(out, "%s: %v; it is opened anew\n", in.Name(), t.Err())
	}
}

func bank(out io.Writer) error {
	return tasklet.Run(func(s *tasklet.Scheduler) error {
		ann, bob := newMailbox(s, "Ann"), newMailbox(s, "Bob")
		for _, in := range []mailbox{ann, bob} {
			s.Spawn(func() error { return supervise(s, in, out) })
		}
		for _, m := range []struct {
			to mailbox
			m  any
		}{
			{ann, deposit(100)},
			{bob, deposit(20)},
			{ann, transfer{30, bob}},
			{bob, transfer{500, ann}},
		} {
			if err := m.to.Send(m.m); err != nil {
				return err
			}
		}
		if err := s.Run(); err != nil { // until all mailboxes are empty
			return err
		}
		for _, in := range []mailbox{ann, bob} {
			has, err := ask(s, in)
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "%s has %d\n", in.Name(), has)
			in.Close() // the account comes to its end, and so does who watches over it
		}
		if err := s.Run(); err != nil {
			return err
		}
		left := 0
		for range s.All() {
			left++
		}
		_, err := fmt.Fprintf(out, "%d tasklet is left\n", left)
		return err
	})
}

// ask asks an account for its balance.
func ask(s *tasklet.Scheduler, in mailbox) (int, error) {
	answer := tasklet.NewChan[int](s)
	if err := in.Send(balance{answer}); err != nil {
		return 0, err
	}
	return answer.Receive()
}
