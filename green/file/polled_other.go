//go:build !unix || aix || solaris || illumos

package file

import (
	"os"

	"github.com/go-greenlet/greenlet/green"
)

// watch is for systems that can tell when a descriptor is ready.
func watch(*green.Hub, *os.File) (source, error) { return nil, nil }

// borrow is, too.
func borrow(*green.Hub, *os.File) source { return nil }
