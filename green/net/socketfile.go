package net

import (
	"net"
	"os"
)

// A socketFile is the file of a Unix socket that is listened on. Nil is none.
type socketFile struct {
	name string
	was  os.FileInfo
	kept bool
}

// newSocketFile returns the file that binding to a has made, or nil.
func newSocketFile(a net.Addr) *socketFile {
	u, ok := a.(*net.UnixAddr)
	if !ok || u.Name == "" || u.Name[0] == '@' {
		return nil
	}
	was, err := os.Lstat(u.Name)
	if err != nil {
		return nil
	}
	return &socketFile{name: u.Name, was: was}
}

// remove removes the file, unless it is another by now: that of whoever has taken over the address. The socket must
// still be open, since the system may give the number of a file that is gone to another.
func (f *socketFile) remove() {
	if f == nil || f.kept {
		return
	}
	if is, err := os.Lstat(f.name); err == nil && os.SameFile(is, f.was) {
		os.Remove(f.name)
	}
}
