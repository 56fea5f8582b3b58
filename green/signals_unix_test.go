//go:build unix

package green_test

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
)

func raise(t *testing.T, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(os.Getpid(), sig); err != nil {
		t.Fatal(err)
	}
}

func TestSignals_Next(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		s := h.NewSignals(syscall.SIGUSR1)
		raise(t, syscall.SIGUSR1)
		sig, err := s.Next() // nothing else could wake the hub, and it waits
		expect(t, "signal", sig, os.Signal(syscall.SIGUSR1))
		expect(t, "ready", s.Ready(), false)
		closed := h.Go(func() error { _, err := s.Next(); expectIs(t, "Next", err, green.ErrClosed); return nil })
		h.Yield()
		s.Close()
		s.Close()
		closed.Join()
		_, late := s.Next()
		expectIs(t, "Next", late, green.ErrClosed)
		return err
	})
}

func TestSignals_DoNotKeepTheHub(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		h.NewSignals(syscall.SIGUSR1)
		return nil
	}, green.HandleSignals(time.Second))
}

func TestSignals_DeadlineAndNone(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		s := h.NewSignals(syscall.SIGUSR1)
		other := h.Go(func() error { _, err := s.Next(); return err })
		h.Yield()
		other.Kill()
		expectIs(t, "killed", other.Err(), green.ErrKilled)
		expectPanic(t, "without signals", func() { h.NewSignals() })
		return nil
	})
}

// The first signal begins the shutdown, and a second one ends the grace.
func TestHandleSignals(t *testing.T) {
	var cause *green.SignalError
	err := run(func(h *green.Hub) error {
		raise(t, syscall.SIGTERM)
		if err := h.Shutdown().Wait(); err != nil {
			return err
		}
		if !errors.As(h.Shutdown().Cause(), &cause) || cause.Signal != syscall.SIGTERM {
			t.Errorf("cause: %v", h.Shutdown().Cause())
		}
		defer h.Hold()() // so that the clock does not jump over the grace
		raise(t, syscall.SIGINT)
		return h.Sleep(time.Hour)
	}, green.HandleSignals(time.Minute))
	if !errors.As(err, &cause) || cause.Signal != syscall.SIGTERM {
		t.Errorf("Run: %v", err)
	}
}

// After Run the signal does what it did before: it ends the process.
func TestHandleSignals_GivenBack(t *testing.T) {
	if os.Getenv("GREEN_SIGNAL_CHILD") != "" {
		signal.Reset(syscall.SIGTERM)
		green.Run(func(h *green.Hub) error { return nil }, green.HandleSignals(time.Minute))
		syscall.Kill(os.Getpid(), syscall.SIGTERM)
		select {} // the signal comes to one of the threads
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestHandleSignals_GivenBack$")
	cmd.Env = append(os.Environ(), "GREEN_SIGNAL_CHILD=1")
	err := cmd.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
		t.Errorf("the child ended with %v", err)
	}
}
