//go:build unix

package exec

import (
	"errors"
	"os"
	"syscall"
)

// groupOf adds a group of the program's own to attr, and says whether it has one.
func groupOf(attr *syscall.SysProcAttr, same bool) (*syscall.SysProcAttr, bool) {
	a := syscall.SysProcAttr{}
	if attr != nil {
		a = *attr
	}
	if a.Setsid || a.Setpgid && a.Pgid == 0 {
		return &a, true
	}
	if same || a.Setpgid || a.Foreground {
		return &a, a.Foreground && a.Pgid == 0
	}
	a.Setpgid = true
	return &a, true
}

func signalGroup(group int, sig os.Signal) error {
	s, ok := sig.(syscall.Signal)
	if !ok {
		return errors.New("exec: a signal that the system does not have")
	}
	err := syscall.Kill(-group, s)
	if err == syscall.ESRCH {
		return os.ErrProcessDone
	}
	return os.NewSyscallError("kill", err)
}

// terminate asks the group to end.
func (c *Cmd) terminate() error { return c.SignalGroup(syscall.SIGTERM) }
