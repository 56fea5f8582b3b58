package poll

import (
	"errors"
	"runtime"
	"syscall"
)

// Passing says whether accepting may succeed a little later.
func Passing(err error) bool {
	errs := []error{
		syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED, syscall.ECONNRESET,
	}
	if runtime.GOOS == "windows" { // whose sockets have errors of their own
		const emfile, enobufs = syscall.Errno(10024), syscall.Errno(10055)
		const econnaborted, econnreset = syscall.Errno(10053), syscall.Errno(10054)
		errs = []error{emfile, enobufs, econnaborted, econnreset}
	}
	for _, e := range errs {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
