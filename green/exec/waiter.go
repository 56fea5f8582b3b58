package exec

import (
	"os"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
)

// A waiter is a goroutine that waits for the end of a process, and ends with it. The hub's goroutine reads it.
type waiter struct {
	h      *green.Hub
	line   *tasklet.Line
	done   bool
	reaped bool // where the end can't be waited for without that
	state  *os.ProcessState
	err    error
}

func newWaiter(h *green.Hub, p *os.Process) *waiter {
	w := &waiter{h: h, line: h.Scheduler().NewLine("a process")}
	go func() {
		var state *os.ProcessState
		var err error
		dead := awaitExit(p.Pid)
		if !dead {
			state, err = p.Wait()
		}
		h.Scheduler().Post(func() error {
			w.done, w.reaped, w.state, w.err = true, !dead, state, err
			w.line.WakeAll()
			return nil
		})
	}()
	return w
}

func (w *waiter) wait() error {
	if w.done {
		return nil
	}
	defer w.h.Scheduler().Hold()() // deferred, since the panic of another task may be raised in Wait
	for !w.done {
		if err := w.line.Wait(); err != nil {
			return err
		}
	}
	return nil
}
