//go:build unix && !aix && !solaris && !illumos

package net_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
)

// ways are how the hub of a child meets the outside.
var ways = map[string][]green.Option{"poller": nil, "portable": {green.Portable()}}

// again is this test's program, started again for this test alone, with way for its hub.
func again(t *testing.T, way string) (cmd *exec.Cmd, in io.WriteCloser, out *bufio.Reader) {
	t.Helper()
	cmd = exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=1m")
	cmd.Env = append(os.Environ(), "GREEN_CLOCK_TEST_CHILD="+way)
	in, err := cmd.StdinPipe()
	must(t, err)
	r, err := cmd.StdoutPipe()
	must(t, err)
	cmd.Stderr = cmd.Stdout
	return cmd, in, bufio.NewReader(r)
}

// line waits for a line from the other process, which ends the test if it is another one.
func line(t *testing.T, r *bufio.Reader, want string) {
	t.Helper()
	if got, err := r.ReadString('\n'); got != want+"\n" {
		rest, _ := io.ReadAll(r)
		t.Fatalf("got %q, %v, want %q\n%s", got, err, want, rest)
	}
}

// A dueTimer is a timer that noted when it was due, as exactly as can be known, and when it fired.
type dueTimer struct{ from, to, fired time.Time }

// timers starts timers of 25 ms to half a second, in no order, each of which puts itself into the list that is returned.
func timers(t *testing.T, h *green.Hub) (all []*dueTimer, fired *[]*dueTimer) {
	fired = new([]*dueTimer)
	for i := range 20 {
		timer, d := &dueTimer{}, time.Duration(i*37%20+1)*25*ms
		timer.from = h.Now().Add(d)
		h.Scheduler().AfterFunc(d, func() error {
			if !timer.fired.IsZero() {
				t.Error("a timer fired twice")
			}
			timer.fired = h.Now()
			*fired = append(*fired, timer)
			return nil
		})
		timer.to = h.Now().Add(d)
		all = append(all, timer)
	}
	return all, fired
}

// checkTimers wants all timers to have fired, none too early, and in order.
func checkTimers(t *testing.T, h *green.Hub, all []*dueTimer, fired *[]*dueTimer) {
	t.Helper()
	for len(*fired) < len(all) {
		must(t, h.Sleep(ms))
	}
	for i, timer := range *fired {
		if timer.fired.Before(timer.from) {
			t.Errorf("fired %v too early", timer.from.Sub(timer.fired))
		}
		for _, earlier := range (*fired)[:i] {
			if earlier.from.After(timer.to) {
				t.Error("fired in another order than they were due")
			}
		}
	}
}

const stopped = 700 * ms // at least: all that the child waits for is due by then

// A process that is stopped and goes on later finds all that became due meanwhile, once and in order.
func TestHub_StopOfTheProcess(t *testing.T) {
	if way := os.Getenv("GREEN_CLOCK_TEST_CHILD"); way != "" {
		must(t, green.Run(func(h *green.Hub) error { beStopped(t, h); return nil }, ways[way]...))
		return
	}
	for way := range ways {
		cmd, in, out := again(t, way)
		must(t, cmd.Start())
		line(t, out, "ready")
		must(t, cmd.Process.Signal(syscall.SIGSTOP))
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(cmd.Process.Pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
			t.Errorf("waiting for the stop: %v, %v", status, err)
		}
		time.Sleep(stopped)
		must(t, cmd.Process.Signal(syscall.SIGCONT))
		fmt.Fprintln(in, "go on")
		rest, err := io.ReadAll(out)
		must(t, err)
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v\n%s", way, err, rest)
		}
	}
}

// beStopped is the child.
func beStopped(t *testing.T, h *green.Hub) {
	a, b := pair(t, h, "tcp")
	defer a.Close()
	defer b.Close()
	begin := h.Now()
	all, fired := timers(t, h)
	must(t, a.SetReadDeadline(begin.Add(100*ms).Round(0)))
	byConn := h.Go(func() error { _, err := a.Read(make([]byte, 1)); return err })
	byTask := h.Go(func() error {
		return h.WithTimeout(100*ms, func(*green.Timeout) error { _, err := b.Read(make([]byte, 1)); return err })
	})
	byConn.LinkError(func(*green.Task) {})
	byTask.LinkError(func(*green.Task) {})
	const every = 10 * ms
	ticks := 0
	ticker := h.Scheduler().NewTicker(every)
	counts := h.Go(func() error {
		for ; ; ticks++ {
			if _, err := ticker.C.Receive(); err != nil {
				return err
			}
		}
	})
	blocked(t, h)
	fmt.Println("ready")
	_, err := green.Offload(h, func(context.Context) (string, error) { return bufio.NewReader(os.Stdin).ReadString('\n') })
	must(t, err)
	must(t, h.Sleep(5*every))
	must(t, counts.Kill())
	ticker.Stop()
	elapsed := h.Now().Sub(begin)
	if elapsed < stopped {
		t.Errorf("only %v have passed", elapsed)
	}
	// One for all that the stop has left out, and one each for what it broke into.
	if most := int((elapsed-stopped)/every) + 3; ticks > most || ticks == 0 {
		t.Errorf("%d ticks, at most %d in %v", ticks, most, elapsed)
	}
	checkTimers(t, h, all, fired)
	must(t, byConn.Join())
	expectIs(t, "read with a deadline", byConn.Err(), os.ErrDeadlineExceeded)
	must(t, byTask.Join())
	expectIs(t, "read in a scope", byTask.Err(), green.ErrTimeout)
	must(t, a.SetReadDeadline(time.Time{}))
	pass(t, h, a, b, "afterwards")
	pass(t, h, b, a, "and back")
}

var errNoJump = errors.New("no way to change the time that a process sees")

// jumps starts a child that sees another wall clock, where that is possible. In the child, jump moves the clock.
var (
	jumps = func(*exec.Cmd) error { return errNoJump }
	jump  = func(time.Duration) error { return errNoJump }
)

// A wall clock that is set, forth and back, moves no timer and no deadline that was reckoned from now; one that was given in
// its own time has passed when it says so.
func TestHub_WallClockIsSet(t *testing.T) {
	if way := os.Getenv("GREEN_CLOCK_TEST_CHILD"); way != "" {
		must(t, green.Run(func(h *green.Hub) error { seeJumps(t, h); return nil }, ways[way]...))
		return
	}
	for way := range ways {
		cmd, in, out := again(t, way)
		if err := jumps(cmd); errors.Is(err, errNoJump) {
			t.Skip(err)
		} else if err != nil {
			t.Fatal(err)
		}
		in.Close()
		rest, err := io.ReadAll(out)
		must(t, err)
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v\n%s", way, err, rest)
		}
	}
}

// seeJumps is the child.
func seeJumps(t *testing.T, h *green.Hub) {
	for _, by := range []time.Duration{10 * time.Hour, -20 * time.Hour} {
		a, b := pair(t, h, "tcp")
		all, fired := timers(t, h)
		begin := h.Now()
		must(t, a.SetReadDeadline(begin.Add(100*ms)))
		must(t, b.SetDeadline(begin.Add(time.Hour)))
		byConn := h.Go(func() error { _, err := a.Read(make([]byte, 1)); return err })
		byTask := h.Go(func() error {
			return h.WithTimeout(100*ms, func(*green.Timeout) error { _, err := b.Read(make([]byte, 1)); return err })
		})
		byConn.LinkError(func(*green.Task) {})
		byTask.LinkError(func(*green.Task) {})
		ticks := 0
		const every = 10 * ms
		ticker := h.Scheduler().NewTicker(every)
		counts := h.Go(func() error {
			for ; ; ticks++ {
				if _, err := ticker.C.Receive(); err != nil {
					return err
				}
			}
		})
		must(t, h.Sleep(40*ms))

		before := time.Now()
		must(t, jump(by))
		if moved := time.Now().Round(0).Sub(before.Round(0)); (moved - by).Abs() > time.Hour {
			t.Fatalf("the wall clock moved by %v, not %v", moved, by)
		}
		if moved := time.Since(before); moved < 0 || moved > time.Hour {
			t.Fatalf("the monotonic clock moved by %v", moved)
		}

		must(t, byConn.Join())
		expectIs(t, "read with a deadline", byConn.Err(), os.ErrDeadlineExceeded)
		must(t, byTask.Join())
		expectIs(t, "read in a scope", byTask.Err(), green.ErrTimeout)
		if waited := h.Now().Sub(begin); waited < 100*ms || waited > time.Hour {
			t.Errorf("both ended after %v", waited)
		}
		checkTimers(t, h, all, fired)
		elapsed := h.Now().Sub(begin)
		must(t, counts.Kill())
		ticker.Stop()
		if most := int(elapsed/every) + 2; ticks > most || ticks == 0 {
			t.Errorf("%d ticks, at most %d in %v", ticks, most, elapsed)
		}

		must(t, a.SetReadDeadline(time.Time{}))
		pass(t, h, a, b, "in time, whatever the wall clock says")
		pass(t, h, b, a, "and back")

		// In the time of the wall clock itself.
		must(t, a.SetReadDeadline(h.Now().Round(0).Add(time.Hour)))
		pass(t, h, b, a, "in time")
		must(t, jump(by+2*time.Hour))
		_, err := a.Read(make([]byte, 1))
		expectIs(t, "read after a deadline of the wall clock", err, os.ErrDeadlineExceeded)
		err = h.WithDeadline(before.Round(0).Add(by-time.Hour), func(*green.Timeout) error { return h.Sleep(time.Hour) })
		expectIs(t, "a sleep after a deadline of the wall clock", err, green.ErrTimeout)
		must(t, a.SetReadDeadline(h.Now().Round(0).Add(20*ms)))
		_, err = a.Read(make([]byte, 1))
		expectIs(t, "read until a deadline of the wall clock", err, os.ErrDeadlineExceeded)
		must(t, jump(0))
		must(t, a.Close())
		must(t, b.Close())
	}
}
