//go:build unix

package backdoor_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/backdoor"
)

// A task waits for what will never come, and somebody ends it by the console.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "hub") // with the mode 0700, as Open wants it
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	err = green.Run(func(h *green.Hub) error {
		door, err := backdoor.Open(h, filepath.Join(dir, "socket"))
		if err != nil {
			return err
		}
		stuck := h.Go(h.NewEvent().Wait).SetName("stuck")

		// What somebody would type into: nc -U PATH
		answer, err := green.Offload(h, func(context.Context) (string, error) {
			c, err := net.Dial("unix", door.Addr())
			if err != nil {
				return "", err
			}
			defer c.Close()
			fmt.Fprintln(c, "kill 2")
			return bufio.NewReader(c).ReadString('\n')
		})
		fmt.Print(answer)
		if err != nil {
			return err
		}
		err = stuck.Join() // returns when the task has ended
		fmt.Println("killed:", errors.Is(stuck.Err(), green.ErrKilled))
		return err
	})
	fmt.Println("ended:", err)
	// Output:
	// > task 2 "stuck" was told to end
	// killed: true
	// ended: <nil>
}
