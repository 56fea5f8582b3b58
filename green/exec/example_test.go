//go:build unix

package exec_test

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/exec"
)

// Three programs run at the same time, each waited for by a task.
func Example() {
	err := green.Run(func(h *green.Hub) error {
		words := []string{"one", "two", "three"}
		said := make([]string, len(words))
		err := h.Group(func(g *green.Group) error {
			for i, w := range words {
				g.Go(func() error {
					out, err := exec.Command(h, "echo", w).Output()
					said[i] = string(out)
					return err
				})
			}
			return nil
		})
		fmt.Print(said[0], said[1], said[2])
		return err
	})
	fmt.Println(err)
	// Output:
	// one
	// two
	// three
	// <nil>
}

// The deadline of the task ends the program, and those that it has started.
func ExampleCmd_Run() {
	err := green.Run(func(h *green.Hub) error {
		err := h.WithTimeout(10*time.Millisecond, func(*green.Timeout) error {
			return exec.Command(h, "sh", "-c", "sleep 1000 & sleep 1000").Run()
		})
		fmt.Println(errors.Is(err, green.ErrTimeout))
		return nil
	})
	fmt.Println(err)
	// Output:
	// true
	// <nil>
}

func ExampleCmd_StdinPipe() {
	err := green.Run(func(h *green.Hub) error {
		c := exec.Command(h, "tr", "a-z", "A-Z")
		in, err := c.StdinPipe()
		if err != nil {
			return err
		}
		out, err := c.StdoutPipe()
		if err != nil {
			return err
		}
		defer out.Close()
		if err := c.Start(); err != nil {
			return err
		}
		h.Go(func() error {
			defer in.Close()
			_, err := io.WriteString(in, "hello")
			return err
		})
		said, err := io.ReadAll(out)
		fmt.Println(string(said))
		return errors.Join(err, c.Wait())
	})
	fmt.Println(err)
	// Output:
	// HELLO
	// <nil>
}
