// Package exec runs programs from the tasks of a hub: os/exec, of which everything that waits blocks the calling task and
// nobody else, ends at the task's deadline and when the task is killed. It is what gevent.subprocess is to Python.
//
//	out, err := exec.Command(h, "git", "log", "-1").Output()
//
// # Time
//
// What runs a program from its start to its end ([Cmd.Run], [Cmd.Output], [Cmd.CombinedOutput], [Cmd.Communicate]) kills
// it, with its group, when the task is killed or its deadline passes, and returns when it is gone:
//
//	err := h.WithTimeout(10*time.Second, func(*green.Timeout) error {
//		return exec.Command(h, "make").Run()
//	})
//
// After [Cmd.Start] the program is the caller's: a [Cmd.Wait] that fails leaves it alone, and one may wait again, or
// [Cmd.Kill] it, or [Cmd.Stop] it with some grace. [CommandContext] binds it to a context: that of a task,
// [green.Task.Context], ends with the task.
//
// # Groups
//
// A program gets a process group of its own, so that Kill reaches the programs that it has started itself, as long as these
// did not leave the group. The other side of it: a Ctrl-C at the terminal reaches only the caller's program, which has to
// hand it on. [Cmd.SameGroup] asks for the other way. The process is not taken off the system's list before everything that
// Wait waits for has ended, so that its number, which is the group's, can't be another's when it is killed. Windows has no
// groups: there Kill reaches the program alone.
//
// # Pipes
//
// [Cmd.StdinPipe], [Cmd.StdoutPipe] and [Cmd.StderrPipe] are the hub's ends of pipes: see [file.Stream]. Unlike those of
// os/exec they stay open until they are closed, so one may read after Wait. Stdin, Stdout and Stderr may be anything that
// can be read from or written to in a task: a buffer, a connection of package green/net, another program's pipe; a task
// does the copying.
//
// # How it waits
//
// Where processes have descriptors (Linux since 5.4) the hub watches these: a program that runs costs neither goroutine nor
// thread, and SIGCHLD is left alone. Elsewhere a goroutine waits, from the first Wait until the program's end. Starting a
// program takes a moment, in which the hub stands still.
package exec
