package tasklet

import (
	"context"
	"errors"
	"os"

	"github.com/go-greenlet/greenlet"
)

var (
	// ErrExit ends a tasklet: [Tasklet.Kill] throws it. A tasklet that returns it, or an error that wraps it and nothing
	// else, has ended without an error. It is Stackless's TaskletExit, and the same as greenlet.ErrExit; errors.Is
	// finds context.Canceled in it.
	ErrExit = greenlet.ErrExit

	// ErrClosed is returned by an operation on a closed channel, and by everything that would block after the
	// scheduler was closed.
	ErrClosed = errors.New("tasklet: closed")

	// ErrTimeout is in the chain of every error that says that a deadline has passed. errors.Is finds
	// context.DeadlineExceeded and os.ErrDeadlineExceeded in it, as in the errors of package net, and it has a method
	// Timeout that returns true. To ask whether one certain deadline has passed, see [Timeout.Owns].
	ErrTimeout error = timeout{}

	// ErrDead is returned by a Throw into a tasklet that is dead, and by Insert and Run of one that has nothing to run.
	ErrDead = errors.New("tasklet: the tasklet is dead or was never bound")

	// ErrBlocked is returned by an Insert, Remove or Run of a tasklet that waits for something: only that, or Throw, ends
	// its waiting.
	ErrBlocked = errors.New("tasklet: the tasklet is blocked")

	// ErrCurrent is returned by a Remove or Bind of the tasklet that runs.
	ErrCurrent = errors.New("tasklet: not possible for the current tasklet")

	// ErrAlive is returned by a Bind of a tasklet that has something to run.
	ErrAlive = errors.New("tasklet: the tasklet is alive")

	// ErrBlockTrap is returned by an operation that would block in a tasklet whose block trap is set.
	ErrBlockTrap = errors.New("tasklet: this tasklet does not like to be blocked")

	// ErrSwitchTrap is returned by an operation that would switch while the scheduler's switch trap is set.
	ErrSwitchTrap = errors.New("tasklet: switch trap")
)

// A timeout is ErrTimeout.
type timeout struct{}

func (timeout) Error() string { return "tasklet: deadline passed" }
func (timeout) Timeout() bool { return true }

// Is reports whether target is one of the errors by which Go's own packages say that a deadline has passed.
func (timeout) Is(target error) bool {
	return target == context.DeadlineExceeded || target == os.ErrDeadlineExceeded
}
