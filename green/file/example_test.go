package file_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/file"
)

func Example() {
	dir, err := os.MkdirTemp("", "file")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	err = green.Run(func(h *green.Hub) error {
		name := filepath.Join(dir, "poem")
		if err := file.WriteFile(h, name, []byte("roses\nviolets\n"), 0o600); err != nil {
			return err
		}
		f, err := file.Open(h, name)
		if err != nil {
			return err
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			fmt.Println(lines.Text())
		}
		return lines.Err()
	})
	fmt.Println(err)
	// Output:
	// roses
	// violets
	// <nil>
}

// Two tasks and a pipe between them.
func ExamplePipe() {
	err := green.Run(func(h *green.Hub) error {
		r, w, err := file.Pipe(h)
		if err != nil {
			return err
		}
		defer r.Close()
		h.Go(func() error {
			defer w.Close()
			_, err := fmt.Fprintln(w, "hello")
			return err
		})
		line, err := bufio.NewReader(r).ReadString('\n')
		fmt.Print(line)
		return err
	})
	fmt.Println(err)
	// Output:
	// hello
	// <nil>
}
