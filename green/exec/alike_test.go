package exec_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	stdexec "os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/exec"
)

// What cannot be started fails with the same kinds of errors as in os/exec.
func TestStart_FailsAsInOSExec(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("what may be executed is not a matter of permissions here")
	}
	kindOf := func(err error) string {
		var kinds []string
		for _, known := range []error{
			exec.ErrNotFound, exec.ErrDot, fs.ErrNotExist, fs.ErrPermission, syscall.EINVAL, syscall.ENOTDIR, syscall.ENOEXEC,
		} {
			if errors.Is(err, known) {
				kinds = append(kinds, known.Error())
			}
		}
		if e, ok := errors.AsType[*exec.Error](err); ok {
			kinds = append(kinds, "exec.Error "+e.Name)
		}
		if e, ok := errors.AsType[*fs.PathError](err); ok {
			kinds = append(kinds, "PathError "+e.Op+" "+e.Path)
		}
		if err != nil && kinds == nil {
			return err.Error()
		}
		return strings.Join(kinds, ", ")
	}
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, []byte("no program"), 0o600); err != nil {
		t.Fatal(err)
	}
	self := os.Args[0]
	for _, row := range []struct {
		name, path, dir string
		args, env       []string
		unlike          string // the kind on purpose, where it is another
	}{
		{name: "NUL in an argument", path: self, args: []string{"a\x00b"}},
		{name: "NUL in the environment", path: self, env: []string{"A=a\x00b"}},
		{
			name: "NUL in Dir: the error names Dir, where os/exec complains of a variable PWD that nobody has set",
			path: self, dir: "a\x00b", unlike: syscall.EINVAL.Error() + ", PathError chdir a\x00b",
		},
		{name: "NUL in the path", path: "/a\x00b"},
		{name: "empty path"},
		{name: "Dir is a file", path: self, dir: plain},
		{name: "Dir is missing", path: self, dir: filepath.Join(dir, "missing")},
		{name: "missing path", path: filepath.Join(dir, "missing")},
		{name: "missing name", path: "no-such-program-of-greenlet"},
		{name: "not executable", path: plain},
		{name: "a folder", path: dir},
		{name: "below a file", path: plain + "/x"},
	} {
		t.Run(row.name, func(t *testing.T) {
			same := stdexec.Command(row.path, row.args...)
			same.Dir, same.Env = row.dir, row.env
			want := same.Run()
			if want == nil {
				t.Fatal("os/exec started it")
			}
			kind := kindOf(want)
			if row.unlike != "" {
				kind = row.unlike
			}
			for _, opts := range [][]green.Option{nil, {green.Portable()}} {
				err := green.Run(func(h *green.Hub) error {
					c := exec.Command(h, row.path, row.args...)
					c.Dir, c.Env = row.dir, row.env
					if err := c.Run(); kindOf(err) != kind {
						return fmt.Errorf("got %v (%s), want %s (os/exec: %v)", err, kindOf(err), kind, want)
					}
					return nil
				}, opts...)
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
}
