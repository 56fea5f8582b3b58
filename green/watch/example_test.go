package watch_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/watch"
)

func Example() {
	dir, err := os.MkdirTemp("", "watch")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	err = green.Run(func(h *green.Hub) error {
		w, err := watch.New(h, dir)
		if err != nil {
			return err
		}
		h.Go(func() error {
			defer w.Close()
			e, err := w.Get()
			fmt.Println(e.Op, filepath.Base(e.Name))
			return err
		})
		h.Yield()
		return os.Mkdir(filepath.Join(dir, "new"), 0o700)
	})
	fmt.Println(err)
	// Output:
	// CREATE new
	// <nil>
}
