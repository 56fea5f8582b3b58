//go:build unix

package exec_test

import (
	"io"
	"testing"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/exec"
	"github.com/go-greenlet/greenlet/internal/waittest"
)

// Whatever ends a Wait, nothing is held afterwards, and one may wait again. The program ends when its input does.
func TestEveryWait_LeavesThingsInOrder(t *testing.T) {
	cases := []waittest.Case{{Name: "Cmd.Wait", Make: func(h *green.Hub) (wait, after func() error, err error) {
		c := exec.Command(h, "cat")
		in, err := c.StdinPipe()
		if err != nil {
			return nil, nil, err
		}
		c.Stdout = io.Discard
		if err := c.Start(); err != nil {
			return nil, nil, err
		}
		after = func() error {
			if err := in.Close(); err != nil {
				return err
			}
			return c.Wait()
		}
		return c.Wait, after, nil
	}}}
	waittest.Run(t, cases)
	t.Run("by goroutines", func(t *testing.T) {
		defer exec.NoHandles()()
		waittest.Run(t, cases)
	})
}
