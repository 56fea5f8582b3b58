//go:build !linux

package exec

import (
	"os"

	"github.com/go-greenlet/greenlet/green"
)

// watchHandle is for systems whose processes have descriptors to be watched.
func watchHandle(*green.Hub, *os.Process) (bool, error) { return false, nil }

// awaitExit is for systems that can wait for a process and leave it to be reaped.
func awaitExit(int) bool { return false }
