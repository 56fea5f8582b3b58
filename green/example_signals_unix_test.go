//go:build unix

package green_test

import (
	"errors"
	"fmt"
	"log"
	"syscall"
	"time"

	"github.com/go-greenlet/greenlet/green"
)

// Ctrl-C ends the work: the tasks have ten seconds to finish what they are at, and a second Ctrl-C ends that.
func ExampleHandleSignals() {
	err := green.Run(func(h *green.Hub) error {
		worker := h.Go(func() error {
			for h.Shutdown().Cause() == nil {
				if err := h.Sleep(time.Millisecond); err != nil { // some work
					return err
				}
			}
			fmt.Println("finished in good order")
			return nil
		})
		syscall.Kill(syscall.Getpid(), syscall.SIGTERM) // as an operator would
		return worker.Join()
	}, green.HandleSignals(10*time.Second))
	var s *green.SignalError
	if errors.As(err, &s) {
		log.Fatal("a task did not end in time: ", err)
	}
	fmt.Println(err)
	// Output:
	// finished in good order
	// <nil>
}
