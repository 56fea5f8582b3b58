//go:build unix

package exec_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/exec"
)

// alive says whether there is a process pid that is not a zombie.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return !errors.Is(err, os.ErrNotExist)
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(after, "Z")
}

func TestRun(t *testing.T) {
	eachWay(t, func(t *testing.T, opts ...green.Option) {
		mustRun(t, func(h *green.Hub) error {
			out, err := sh(h, "echo hello; pwd").Output()
			wd, _ := os.Getwd()
			expect(t, "output", string(out), "hello\n"+wd+"\n")
			if err != nil {
				return err
			}
			c := sh(h, "echo $GREETING >&2; exit 3")
			c.Env = []string{"GREETING=hi"}
			_, err = c.Output()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 3 || string(exit.Stderr) != "hi\n" {
				t.Errorf("a failure: %v", err)
			}
			out, err = sh(h, "echo 1; echo 2 >&2; echo 3").CombinedOutput()
			expect(t, "combined", string(out), "1\n2\n3\n")
			return err
		}, opts...)
	})
}

// The others run while a program does.
func TestRun_OthersRun(t *testing.T) {
	eachWay(t, func(t *testing.T, opts ...green.Option) {
		mustRun(t, func(h *green.Hub) error {
			c := exec.Command(h, "cat")
			in, err := c.StdinPipe()
			if err != nil {
				return err
			}
			h.Go(func() error { // while Run waits
				return in.Close()
			})
			return c.Run()
		}, opts...)
	})
}

// What goes in comes out, however much it is: more than pipes hold.
func TestCommunicate(t *testing.T) {
	eachWay(t, func(t *testing.T, opts ...green.Option) {
		mustRun(t, func(h *green.Hub) error {
			input := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
			out, said, err := sh(h, "tee /dev/stderr").Communicate(input)
			expect(t, "stdout", bytes.Equal(out, input), true)
			expect(t, "stderr", bytes.Equal(said, input), true)
			return err
		}, opts...)
	})
}

// A program that does not read its input, and one that ends before it has come.
func TestCommunicate_NotRead(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		if _, _, err := exec.Command(h, "true").Communicate(make([]byte, 1<<20)); err != nil {
			t.Errorf("a large input: %v", err)
		}
		c := exec.Command(h, "true")
		q := green.NewQueue[[]byte](h, 1)
		c.Stdin = reader(func(p []byte) (int, error) {
			b, err := q.Get() // nobody puts
			return copy(p, b), err
		})
		return c.Run()
	})
}

type reader func([]byte) (int, error)

func (r reader) Read(p []byte) (int, error) { return r(p) }

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

func TestOutputLimit(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		c := exec.Command(h, "yes")
		c.OutputLimit = 1000
		out, err := c.Output()
		expectIs(t, "Output", err, exec.ErrOutputLimit)
		expect(t, "kept", len(out), 1000)
		gone(t, c.Pid())
		c = exec.Command(h, "yes")
		c.OutputLimit = 1000
		out, err = c.CombinedOutput()
		expectIs(t, "CombinedOutput", err, exec.ErrOutputLimit)
		expect(t, "kept", len(out), 1000)
		c = sh(h, "yes >&2")
		c.OutputLimit = 1000
		_, said, err := c.Communicate(nil)
		expectIs(t, "Communicate", err, exec.ErrOutputLimit)
		expect(t, "kept", len(said), 1000)
		c = sh(h, "printf 12345")
		c.OutputLimit = 5
		out, err = c.Output()
		expect(t, "as much as the limit", string(out), "12345")
		return err
	})
}

// Run at a deadline, and in a task that is killed: the whole group is gone then.
func TestRun_KillsTheGroup(t *testing.T) {
	const script = "sleep 1000 & echo $!; sleep 1000"
	eachWay(t, func(t *testing.T, opts ...green.Option) {
		mustRun(t, func(h *green.Hub) error {
			var c *exec.Cmd
			var inner int
			started := h.NewEvent()
			run := func() error {
				c = sh(h, script)
				c.Stdout = writer(func(p []byte) (int, error) {
					inner, _ = strconv.Atoi(strings.TrimSpace(string(p)))
					started.Set()
					return len(p), nil
				})
				return c.Run()
			}
			task := h.Go(run)
			if err := started.Wait(); err != nil {
				return err
			}
			expect(t, "alive", alive(inner), true)
			task.Kill()
			expectIs(t, "killed", task.Err(), green.ErrKilled)
			gone(t, c.Pid())
			gone(t, inner)
			inner = 0
			err := h.WithTimeout(200*time.Millisecond, func(*green.Timeout) error { return run() })
			expectIs(t, "deadline", err, green.ErrTimeout)
			gone(t, c.Pid())
			if inner != 0 {
				gone(t, inner)
			}
			return nil
		}, opts...)
	})
}

// The program has ended, and another of its group holds the output: the deadline ends that one too.
func TestRun_HeldOutput(t *testing.T) {
	eachWay(t, func(t *testing.T, opts ...green.Option) {
		mustRun(t, func(h *green.Hub) error {
			var out []byte
			c := sh(h, "sleep 1000 & echo $!")
			err := h.WithTimeout(300*time.Millisecond, func(*green.Timeout) (err error) {
				out, err = c.Output()
				return err
			})
			expectIs(t, "Output", err, green.ErrTimeout)
			if pid, _ := strconv.Atoi(strings.TrimSpace(string(out))); pid > 0 {
				gone(t, pid)
			} else {
				t.Logf("nothing was written in time: %q", out)
			}
			return nil
		}, opts...)
	})
}

func TestWaitDelay(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		c := sh(h, "sleep 1000 & echo $!")
		c.WaitDelay = 100 * time.Millisecond
		out, err := c.Output()
		expectIs(t, "Output", err, exec.ErrWaitDelay)
		pid, _ := strconv.Atoi(strings.TrimSpace(string(out)))
		syscall.Kill(pid, syscall.SIGKILL)
		gone(t, pid)
		return nil
	})
}

// A Wait that fails leaves the program alone, and any number of tasks may wait.
func TestWait(t *testing.T) {
	eachWay(t, func(t *testing.T, opts ...green.Option) {
		mustRun(t, func(h *green.Hub) error {
			c := exec.Command(h, "cat")
			in, err := c.StdinPipe()
			if err != nil {
				return err
			}
			if err := c.Wait(); err == nil {
				t.Error("waited for what has not started")
			}
			if err := c.Start(); err != nil {
				return err
			}
			if err := c.Start(); err == nil {
				t.Error("started twice")
			}
			err = h.WithTimeout(time.Millisecond, func(*green.Timeout) error { return c.Wait() })
			expectIs(t, "deadline", err, green.ErrTimeout)
			var tasks []*green.Task
			for range 3 {
				tasks = append(tasks, h.Go(c.Wait))
			}
			h.Yield()
			tasks[0].Kill() // it is the one that watches
			expectIs(t, "killed", tasks[0].Err(), green.ErrKilled)
			expect(t, "alive", alive(c.Pid()), true)
			in.Close()
			for _, x := range tasks[1:] {
				if err := x.Join(); err != nil {
					return err
				}
				expect(t, "its error", x.Err(), nil)
			}
			expectIs(t, "Kill afterwards", c.Kill(), os.ErrProcessDone)
			return c.Wait()
		}, opts...)
	})
}

func TestPipes(t *testing.T) {
	eachWay(t, func(t *testing.T, opts ...green.Option) {
		mustRun(t, func(h *green.Hub) error {
			c := sh(h, `while read x; do echo "<$x>"; done; echo end >&2`)
			in, err := c.StdinPipe()
			if err != nil {
				return err
			}
			out, err := c.StdoutPipe()
			if err != nil {
				return err
			}
			said, err := c.StderrPipe()
			if err != nil {
				return err
			}
			if _, err := c.StdoutPipe(); err == nil {
				t.Error("two pipes of one output")
			}
			if err := c.Start(); err != nil {
				return err
			}
			buf := make([]byte, 100)
			for _, x := range []string{"a", "b"} { // by turns: nothing waits in a buffer
				if _, err := io.WriteString(in, x+"\n"); err != nil {
					return err
				}
				n, err := out.Read(buf)
				expect(t, "answer", string(buf[:n]), "<"+x+">\n")
				if err != nil {
					return err
				}
			}
			// The blocking points: a read with nothing to read, at a deadline and killed.
			err = h.WithTimeout(time.Millisecond, func(*green.Timeout) error { _, err := out.Read(buf); return err })
			expectIs(t, "deadline", err, green.ErrTimeout)
			task := h.Go(func() error { _, err := out.Read(buf); return err })
			h.Yield()
			task.Kill()
			expectIs(t, "kill", task.Err(), green.ErrKilled)
			in.Close()
			if err := c.Wait(); err != nil {
				return err
			}
			rest, err := io.ReadAll(out) // after Wait
			expect(t, "rest", string(rest), "")
			if err != nil {
				return err
			}
			rest, err = io.ReadAll(said)
			expect(t, "stderr", string(rest), "end\n")
			out.Close()
			said.Close()
			return err
		}, opts...)
	})
}

// A write to a program that does not read, at a deadline.
func TestPipes_FullInput(t *testing.T) {
	eachWay(t, func(t *testing.T, opts ...green.Option) {
		mustRun(t, func(h *green.Hub) error {
			c := sh(h, "sleep 1000")
			in, err := c.StdinPipe()
			if err != nil {
				return err
			}
			if err := c.Start(); err != nil {
				return err
			}
			err = h.WithTimeout(20*time.Millisecond, func(*green.Timeout) error {
				_, err := in.Write(make([]byte, 1<<20))
				return err
			})
			expectIs(t, "Write", err, green.ErrTimeout)
			in.Close()
			if err := c.Kill(); err != nil {
				return err
			}
			var exit *exec.ExitError
			if err := c.Wait(); !errors.As(err, &exit) {
				t.Errorf("Wait: %v", err)
			}
			return nil
		}, opts...)
	})
}

func TestStart_Fails(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		c := exec.Command(h, "a program that nobody has")
		c.Stdin, c.Stdout = strings.NewReader("x"), io.Discard
		expectIs(t, "Run", c.Run(), exec.ErrNotFound)
		c = exec.Command(h, "true")
		c.Dir = "/nowhere/at/all"
		expectIs(t, "no folder", c.Run(), os.ErrNotExist)
		expect(t, "pid", c.Pid(), 0)
		if err := c.Kill(); err == nil {
			t.Error("killed what has not started")
		}
		return nil
	})
}

func TestStop(t *testing.T) {
	eachWay(t, func(t *testing.T, opts ...green.Option) {
		mustRun(t, func(h *green.Hub) error {
			start := func(script string) (*exec.Cmd, error) {
				c := sh(h, script)
				out, err := c.StdoutPipe()
				if err != nil {
					return nil, err
				}
				defer out.Close()
				if err := c.Start(); err != nil {
					return nil, err
				}
				_, err = out.Read(make([]byte, 1)) // until the trap is set
				return c, err
			}
			c, err := start("trap 'exit 7' TERM; echo; while :; do sleep 0.01; done")
			if err != nil {
				return err
			}
			var exit *exec.ExitError
			if err := c.Stop(time.Minute); !errors.As(err, &exit) || exit.ExitCode() != 7 {
				t.Errorf("one that obeys: %v", err)
			}
			c, err = start("trap '' TERM; echo; while :; do sleep 0.01; done")
			if err != nil {
				return err
			}
			err = c.Stop(20 * time.Millisecond)
			if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
				t.Errorf("one that does not: %v", err)
			}
			gone(t, c.Pid())
			c, err = start("trap '' TERM; echo; while :; do sleep 0.01; done")
			if err != nil {
				return err
			}
			err = h.WithTimeout(20*time.Millisecond, func(*green.Timeout) error { return c.Stop(time.Hour) })
			expectIs(t, "a deadline", err, green.ErrTimeout)
			gone(t, c.Pid())
			return nil
		}, opts...)
	})
}

func TestContext(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		oops := errors.New("oops")
		ctx, cancel := context.WithCancelCause(context.Background())
		c := exec.CommandContext(h, ctx, "sleep", "1000")
		if err := c.Start(); err != nil {
			return err
		}
		cancel(oops)
		expectIs(t, "Wait", c.Wait(), oops)
		expectIs(t, "Start too late", exec.CommandContext(h, ctx, "true").Start(), oops)
		ctx, cancel = context.WithCancelCause(context.Background())
		defer cancel(nil)
		if err := exec.CommandContext(h, ctx, "true").Run(); err != nil {
			t.Errorf("one that succeeds: %v", err)
		}
		// Bound to the task that starts it.
		task := h.Go(func() error {
			c = exec.CommandContext(h, h.Current().Context(), "sleep", "1000")
			return c.Start()
		})
		if err := task.Join(); err != nil {
			return err
		}
		if err := c.Wait(); err == nil {
			t.Error("the program succeeded")
		}
		return nil
	})
}

// Run of the hub ends, and with it the program that a task waits for.
func TestEndOfRun(t *testing.T) {
	eachWay(t, func(t *testing.T, opts ...green.Option) {
		oops := errors.New("oops")
		var c *exec.Cmd
		err := green.Run(func(h *green.Hub) error {
			h.Go(func() error {
				c = sh(h, "sleep 1000")
				_, err := c.Output()
				return err
			})
			if err := h.Sleep(10 * time.Millisecond); err != nil {
				return err
			}
			return oops
		}, opts...)
		expectIs(t, "Run", err, oops)
		gone(t, c.Pid())
	})
}
