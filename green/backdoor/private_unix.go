//go:build unix

package backdoor

import (
	"os"
	"syscall"
)

// private says whether nobody but the owner of this process can get into dir.
func private(dir string) error {
	i, err := os.Stat(dir)
	if err != nil {
		return err
	}
	st, ok := i.Sys().(*syscall.Stat_t)
	if !ok || int(st.Uid) != os.Geteuid() || i.Mode().Perm()&0o077 != 0 {
		return ErrNotPrivate
	}
	return nil
}
