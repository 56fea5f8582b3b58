package exec

import (
	"errors"
	"os"
	"time"
)

// Wait waits until the program has ended and what it wrote has been copied. It returns nil if the program succeeded, an
// [*ExitError] if it did not, an error of the copying, or what [CommandContext] says. If the task is killed, or its
// deadline passes, it returns that error and the program goes on: one may wait again. Any number of tasks may wait,
// and all get the same.
func (c *Cmd) Wait() error {
	c.h.Check()
	if c.Process == nil {
		return errors.New("exec: not started")
	}
	for !c.over {
		if c.watched {
			if err := c.line.Wait(); err != nil {
				return err
			}
			continue
		}
		if err := c.lead(); err != nil {
			return err
		}
	}
	return c.err
}

// lead waits for the end, for the other tasks too.
func (c *Cmd) lead() error {
	c.watched = true
	defer func() {
		c.watched = false
		c.line.WakeAll()
	}()
	if !c.exited {
		if err := c.watch(); err != nil {
			return err
		}
		c.exited = true
	}
	copied, err := c.finishCopies()
	if err != nil {
		return err
	}
	c.reap(copied)
	return nil
}

// watch waits until the process has ended: until reaping it would not block.
func (c *Cmd) watch() error {
	if c.helper == nil {
		done, err := watchHandle(c.h, c.Process)
		if done || err != nil {
			return err
		}
		c.helper = newWaiter(c.h, c.Process)
	}
	return c.helper.wait()
}

// reap takes what became of the process from the system. Its number may be another's from then on.
func (c *Cmd) reap(copied error) {
	if c.stop != nil {
		c.stop()
	}
	var state *os.ProcessState
	var err error
	c.mu.Lock()
	if w := c.helper; w != nil && w.reaped {
		state, err = w.state, w.err
	} else {
		state, err = c.Process.Wait()
	}
	c.reaped = true
	killed := c.killed
	c.mu.Unlock()
	c.ProcessState = state
	switch {
	case err != nil:
		c.err = err
	case killed != nil && !state.Success():
		c.err = killed
	case !state.Success():
		c.err = &ExitError{ProcessState: state}
	default:
		c.err = copied
	}
	c.over = true
}

// finishCopies waits for the tasks that copy. The first error is theirs, the second one the caller's.
func (c *Cmd) finishCopies() (copied, err error) {
	for i, x := range c.copies {
		if i == 0 && x.input {
			x.task.StopWith(errExited) // nobody reads any more
		}
	}
	wait := func() error {
		for _, x := range c.copies {
			if err := x.task.Join(); err != nil {
				return err
			}
		}
		return nil
	}
	if c.WaitDelay > 0 {
		inTime, e := c.h.Within(c.WaitDelay, wait)
		if e == nil && !inTime {
			copied = ErrWaitDelay
			c.closePipes(c.ours)
			e = wait()
		}
		err = e
	} else {
		err = wait()
	}
	if err != nil {
		return nil, err
	}
	for _, x := range c.copies {
		if copied == nil {
			copied = x.result()
		}
	}
	c.closePipes(c.ours)
	c.ours = nil
	return copied, nil
}

// Run starts the program and waits for it. If the task is killed meanwhile, or its deadline passes, the program is
// killed with its group, and the error is the task's.
func (c *Cmd) Run() error {
	if err := c.Start(); err != nil {
		return err
	}
	return c.waitOrKill()
}

// waitOrKill is Wait that leaves nothing behind.
func (c *Cmd) waitOrKill() (err error) {
	returned := false
	defer func() {
		if !returned || !c.over {
			c.end()
		}
	}()
	err = c.Wait()
	returned = true
	return err
}

// end kills the program and takes what is left of it.
func (c *Cmd) end() {
	c.Kill()
	c.h.Shield(func() error {
		if c.WaitDelay <= 0 || c.WaitDelay > time.Second {
			c.WaitDelay = time.Second // for what has left the group and holds the output
		}
		c.Wait()
		return nil
	})
	if !c.over && c.helper == nil { // the hub has ended meanwhile
		go c.Process.Wait()
	}
	c.closePipes(c.ours)
}

// Stop asks the group to end (os.Interrupt's and Kill's middle: a SIGTERM), waits for the program's end for as long as
// grace, and then kills the group. It returns what [Cmd.Wait] does; an error of the task, if that is killed or its
// deadline passes, and the group is killed then too. On Windows it kills at once.
func (c *Cmd) Stop(grace time.Duration) error {
	if err := c.terminate(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		c.Kill()
	}
	returned := false
	defer func() {
		if !returned && !c.over { // the panic of another task goes on
			c.end()
		}
	}()
	inTime, err := c.h.Within(grace, c.waitOnly)
	returned = true
	if inTime && err == nil {
		return c.waitOrKill()
	}
	c.Kill()
	if err != nil {
		c.end()
		return err
	}
	return c.waitOrKill()
}

// waitOnly waits for the end, whatever that is.
func (c *Cmd) waitOnly() error {
	if err := c.Wait(); !c.over {
		return err
	}
	return nil
}

// errExited is what a task is stopped with that writes to a program which has ended.
var errExited = errors.New("exec: the program has ended")
