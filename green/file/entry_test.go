package file_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/file"
	"github.com/go-greenlet/greenlet/internal/entrytest"
)

// No file is made from a wrong goroutine either.
func TestEveryMethod_RefusesOtherGoroutines(t *testing.T) {
	name := filepath.Join(t.TempDir(), "new")
	made := entrytest.Line(1)
	err := green.Run(func(h *green.Hub) error {
		f, err := file.Open(h, os.Args[0])
		if err != nil {
			return err
		}
		r, w, err := file.Pipe(h)
		if err != nil {
			return err
		}
		entrytest.Table{
			Package: "green/file", Made: made, Values: []any{f, r},
			Funcs: map[string]any{
				"ReadFile": file.ReadFile, "WriteFile": file.WriteFile, "Create": file.Create, "Open": file.Open,
				"OpenFile": file.OpenFile, "Borrow": file.Borrow, "NewStream": file.NewStream, "Pipe": file.Pipe,
				"Stderr": file.Stderr, "Stdin": file.Stdin, "Stdout": file.Stdout,
			},
			Args: []any{h, name, os.Stdout},
			Anywhere: map[string]string{
				"File.Hub": entrytest.Constant, "File.Name": entrytest.Constant,
				"Stream.Hub": entrytest.Constant, "Stream.Name": entrytest.Constant,
			},
		}.Run(t)
		if _, err := os.Stat(name); err == nil {
			t.Error("a file was made")
		}
		for _, c := range []interface{ Close() error }{f, r, w} {
			if err := c.Close(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
