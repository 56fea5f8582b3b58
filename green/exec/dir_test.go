package exec_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/exec"
)

// A folder that is not there is named in the error, and not the program, which is.
func TestStart_MissingDir(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	err := green.Run(func(h *green.Hub) error {
		c := exec.Command(h, "true")
		c.Dir = missing
		return c.Run()
	})
	var path *fs.PathError
	if !errors.As(err, &path) || path.Op != "chdir" || path.Path != missing || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Run: %v", err)
	}
}
