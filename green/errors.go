package green

import (
	"context"
	"errors"

	"github.com/go-greenlet/greenlet/tasklet"
)

var (
	// ErrKilled is what arrives in a task that was killed, and what Get returns of one that ended by it. It is the same
	// as greenlet.ErrExit: a task that returns it has not failed. errors.Is finds context.Canceled in it.
	ErrKilled = tasklet.ErrExit

	// ErrTimeout is in the chain of every error that says that a deadline has passed. errors.Is finds
	// context.DeadlineExceeded and os.ErrDeadlineExceeded in it, as in the errors of package net.
	ErrTimeout = tasklet.ErrTimeout

	// ErrCanceled is what arrives in the body of a group when one of its tasks has failed. errors.Is finds
	// context.Canceled in it.
	ErrCanceled error = canceled{}

	// ErrGoexit is what a task ended with that called runtime.Goexit. errors.Is finds it also in the error of a task
	// that went on after it was killed, until its hub unwound it; that error says which task it was, and where.
	ErrGoexit = errors.New("green: the task called runtime.Goexit")

	// ErrClosed is returned by what was closed or shut down.
	ErrClosed = tasklet.ErrClosed

	// ErrBroken is returned by a [Barrier] that one of its tasks has left without the others.
	ErrBroken = errors.New("green: the barrier is broken")
)

// A canceled is ErrCanceled.
type canceled struct{}

func (canceled) Error() string { return "green: canceled, since another task of the group failed" }

// Is reports whether target is context.Canceled.
func (canceled) Is(target error) bool { return target == context.Canceled }
