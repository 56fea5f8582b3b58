package exec

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/file"
	"github.com/go-greenlet/greenlet/tasklet"
)

// The errors of package os/exec that also are this package's.
var (
	ErrNotFound  = exec.ErrNotFound  // there is no such program
	ErrDot       = exec.ErrDot       // it is in the current folder only
	ErrWaitDelay = exec.ErrWaitDelay // see Cmd.WaitDelay
)

// An ExitError says that a program did not succeed. It is os/exec's.
type ExitError = exec.ExitError

// An Error says why a program was not found. It is os/exec's.
type Error = exec.Error

// A Cmd is a program that is to be run, or runs, or ran. It belongs to a hub; all but [Cmd.Kill] and [Cmd.Signal] is
// for the hub's goroutine alone. The fields are to be set before it starts. It runs once.
type Cmd struct {
	// Path is the program; Command looks it up. Args are its arguments, its own name first.
	Path string
	Args []string
	// Env is the environment, "key=value"; nil means the caller's.
	Env []string
	// Dir is where it runs; "" means where the caller does. If it cannot be entered, Start returns
	// a *fs.PathError for it, also if it contains a NUL.
	Dir string
	// Stdin, Stdout and Stderr are what the program reads and writes. nil means the null device. An *os.File is given to
	// the program as it is. Of anything else a task reads, or to it a task writes, and Wait waits for that too; these may
	// block their task, and must belong to the same hub if they belong to one. If Stdout and Stderr are the same, at most
	// one task writes to it at a time.
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// ExtraFiles are what the program has open beside these, from descriptor 3 on. Not on Windows.
	ExtraFiles []*os.File
	// SysProcAttr holds what only some systems have.
	SysProcAttr *syscall.SysProcAttr
	// SameGroup leaves the program in the caller's process group. Kill then reaches the program only.
	SameGroup bool
	// OutputLimit is how many bytes Output, CombinedOutput and Communicate keep, of each stream. When there are more, the
	// program is killed, and [ErrOutputLimit] returned. 0 means 16 MiB, below 0 that there is no limit.
	OutputLimit int
	// WaitDelay is how long Wait goes on waiting, when the program has ended, for others that hold its output open.
	// Then it gives up with [ErrWaitDelay], if there is no other error. 0 means as long as it takes.
	WaitDelay time.Duration

	// Process is the process, once it has started. Do not wait for it or release it.
	Process *os.Process
	// ProcessState is what became of it, once Wait has returned.
	ProcessState *os.ProcessState

	h       *green.Hub
	ctx     context.Context
	cmd     *exec.Cmd
	child   []*os.File     // the program's ends of the pipes, until it has started
	ours    []*file.Stream // the hub's ends that the copying tasks use
	theirs  []*file.Stream // those that the caller has
	copies  []*copying
	stop    func() bool // takes the context's hand off
	line    *tasklet.Line
	watched bool // a task waits for the end itself
	exited  bool
	over    bool // Wait has returned what there is
	err     error
	helper  *waiter // that waits where the hub can't

	mu     sync.Mutex // what follows is of any goroutine
	group  bool
	reaped bool
	killed error // what the context ended with, when it killed the program
}

// Command makes a Cmd of a program and its arguments. If name has no slash, it is looked up in the PATH; if it is not
// there, Start fails.
func Command(h *green.Hub, name string, args ...string) *Cmd {
	h.Check()
	c := exec.Command(name, args...)
	return &Cmd{Path: c.Path, Args: c.Args, h: h, cmd: c, line: h.Scheduler().NewLine("a process")}
}

// CommandContext is [Command] of a program that is killed, with its group, when ctx ends. Wait then returns the cause
// of ctx, unless the program has succeeded. Wait for it even so, or the system keeps what is left of it until the
// caller's program ends.
func CommandContext(h *green.Hub, ctx context.Context, name string, args ...string) *Cmd {
	c := Command(h, name, args...)
	c.ctx = ctx
	return c
}

// Start starts the program. An error means that it was not.
func (c *Cmd) Start() error {
	c.h.Check()
	if c.Process != nil || c.cmd.Process != nil {
		return errors.New("exec: already started")
	}
	err := c.start()
	for _, f := range c.child {
		f.Close()
	}
	c.child = nil
	if err != nil {
		c.closePipes(c.ours)
		c.closePipes(c.theirs)
		c.copies, c.ours, c.theirs = nil, nil, nil
		return err
	}
	c.Process = c.cmd.Process
	for _, x := range c.copies {
		x.start(c.h)
	}
	if c.ctx != nil {
		c.stop = context.AfterFunc(c.ctx, func() {
			c.kill(context.Cause(c.ctx))
		})
	}
	return nil
}

func (c *Cmd) start() error {
	if c.ctx != nil && c.ctx.Err() != nil {
		return context.Cause(c.ctx)
	}
	if err := c.plumb(); err != nil {
		return err
	}
	x := c.cmd
	x.Path, x.Args, x.Env, x.Dir, x.ExtraFiles = c.Path, c.Args, c.Env, c.Dir, c.ExtraFiles
	if c.Dir != "" && c.SysProcAttr == nil { // package os checks this only without attributes, and we set some
		if _, err := os.Stat(c.Dir); err != nil {
			var path *fs.PathError
			if errors.As(err, &path) {
				path.Op = "chdir"
			}
			return err
		}
	}
	x.SysProcAttr, c.group = groupOf(c.SysProcAttr, c.SameGroup)
	return x.Start()
}

// Pid returns the number of the process, or 0 if it has not started.
func (c *Cmd) Pid() int {
	c.h.Check()
	if c.Process == nil {
		return 0
	}
	return c.Process.Pid
}

// String returns the program and its arguments.
func (c *Cmd) String() string {
	c.h.Check()
	return c.cmd.String()
}

// Environ returns the environment with which the program would start.
func (c *Cmd) Environ() []string {
	c.h.Check()
	c.cmd.Env, c.cmd.Dir = c.Env, c.Dir
	return c.cmd.Environ()
}

// Signal sends sig to the program: not to its group. It returns os.ErrProcessDone when Wait has returned what became
// of it. Any goroutine may call it.
func (c *Cmd) Signal(sig os.Signal) error { return c.send(sig, false) }

// SignalGroup is [Cmd.Signal] to all the programs of the group.
func (c *Cmd) SignalGroup(sig os.Signal) error { return c.send(sig, true) }

// Kill ends the program and all of its group at once, as far as it has a group of its own. It does not wait for the
// end. Any goroutine may call it.
func (c *Cmd) Kill() error { return c.send(os.Kill, true) }

func (c *Cmd) send(sig os.Signal, all bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sendLocked(sig, all)
}

func (c *Cmd) sendLocked(sig os.Signal, all bool) error {
	p := c.cmd.Process
	switch {
	case p == nil:
		return errors.New("exec: not started")
	case c.reaped:
		return os.ErrProcessDone
	case all && c.group:
		return signalGroup(p.Pid, sig)
	}
	return p.Signal(sig)
}

// kill is the context's.
func (c *Cmd) kill(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sendLocked(os.Kill, true) == nil {
		c.killed = cause
	}
}
