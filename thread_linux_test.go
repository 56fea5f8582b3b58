//go:build !greenlet_chan

package greenlet_test

import "syscall"

// threadID is the calling thread; 0 where there is no cheap way to tell, or nothing to tell of.
func threadID() int { return syscall.Gettid() }
