package watch_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/watch"
	"github.com/go-greenlet/greenlet/internal/waittest"
)

// Whatever ends a wait, nothing is held afterwards, and no event is lost.
func TestEveryWait_LeavesThingsInOrder(t *testing.T) {
	waittest.Run(t, []waittest.Case{{Name: "Watcher.Get", Make: func(h *green.Hub) (wait, after func() error, err error) {
		dir := t.TempDir()
		w, err := watch.New(h, dir)
		if err != nil {
			return nil, nil, err
		}
		wait = func() error { _, err := w.Get(); return err }
		after = func() error {
			name := filepath.Join(dir, "new")
			if err := os.WriteFile(name, nil, 0o600); err != nil {
				return err
			}
			if e, err := w.Get(); err != nil || filepath.Base(e.Name) != "new" {
				return fmt.Errorf("got %v, %v", e, err)
			}
			return w.Close()
		}
		return wait, after, nil
	}}})
}
