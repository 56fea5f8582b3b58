package file_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/file"
	"github.com/go-greenlet/greenlet/internal/waittest"
)

// Whatever ends a wait, nothing is held afterwards, and no byte is lost.
func TestEveryWait_LeavesThingsInOrder(t *testing.T) {
	cases := []waittest.Case{
		{Name: "Stream.Read", Make: func(h *green.Hub) (wait, after func() error, err error) {
			r, w, err := file.Pipe(h)
			if err != nil {
				return nil, nil, err
			}
			wait = func() error { _, err := r.Read(make([]byte, 10)); return err }
			after = func() error {
				h.Go(func() error {
					if _, err := io.WriteString(w, "all of it"); err != nil {
						return err
					}
					return w.Close()
				})
				if got, err := io.ReadAll(r); err != nil || string(got) != "all of it" {
					return fmt.Errorf("read %q, %v", got, err)
				}
				return r.Close()
			}
			return wait, after, nil
		}},
		{Name: "Stream.Write", Make: func(h *green.Hub) (wait, after func() error, err error) {
			r, w, err := file.Pipe(h)
			if err != nil {
				return nil, nil, err
			}
			wait = func() error { _, err := w.Write(bytes.Repeat([]byte("x"), 1<<20)); return err }
			after = func() error {
				h.Go(func() error {
					if _, err := io.WriteString(w, "the end"); err != nil {
						return err
					}
					return w.Close()
				})
				if got, err := io.ReadAll(r); err != nil || !bytes.HasSuffix(got, []byte("xthe end")) {
					return fmt.Errorf("read %d bytes, %v", len(got), err)
				}
				return r.Close()
			}
			return wait, after, nil
		}},
	}
	waittest.Run(t, cases)
	t.Run("Portable", func(t *testing.T) { waittest.Run(t, cases, green.Portable()) })
}
