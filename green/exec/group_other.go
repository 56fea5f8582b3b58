//go:build !unix

package exec

import (
	"os"
	"syscall"
)

// groupOf is for systems that have process groups.
func groupOf(attr *syscall.SysProcAttr, same bool) (*syscall.SysProcAttr, bool) { return attr, false }

func signalGroup(int, os.Signal) error { return os.ErrInvalid }

// terminate ends the program: there is no way to ask.
func (c *Cmd) terminate() error { return c.Kill() }
