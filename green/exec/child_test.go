//go:build unix

package exec_test

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/exec"
)

func TestGroups(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		group := func(c *exec.Cmd) (int, error) {
			out, err := c.Output()
			fields := strings.Fields(string(out[bytes.LastIndexByte(out, ')')+1:]))
			if err != nil || len(fields) < 3 {
				return 0, err
			}
			return strconv.Atoi(fields[2])
		}
		if _, err := os.Stat("/proc/self/stat"); err != nil {
			t.Skip("no /proc")
		}
		c := exec.Command(h, "cat", "/proc/self/stat")
		g, err := group(c)
		expect(t, "own", g, c.Pid())
		if err != nil {
			return err
		}
		c = exec.Command(h, "cat", "/proc/self/stat")
		c.SameGroup = true
		g, err = group(c)
		expect(t, "the caller's", g, syscall.Getpgrp())
		return err
	})
}

// Output goes to a descriptor as it is, and an error of the caller's writer is Wait's.
func TestWriters(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		f, err := os.CreateTemp(t.TempDir(), "")
		if err != nil {
			return err
		}
		defer f.Close()
		c := sh(h, "echo 1; echo 2 >&2")
		c.Stdout, c.Stderr = f, f
		if err := c.Run(); err != nil {
			return err
		}
		got, err := os.ReadFile(f.Name())
		expect(t, "file", string(got), "1\n2\n")
		oops := errors.New("oops")
		c = sh(h, "echo 1")
		c.Stdout = writer(func([]byte) (int, error) { return 0, oops })
		expectIs(t, "Run", c.Run(), oops)
		return err
	})
}

// Many programs at the same time.
func TestMany(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		n := 0
		p := green.NewPool(h, 20)
		for i := range 60 {
			p.Go(func() error {
				out, err := sh(h, "echo "+strconv.Itoa(i)).Output()
				if string(out) == strconv.Itoa(i)+"\n" {
					n++
				}
				return err
			})
		}
		err := p.Join()
		expect(t, "right", n, 60)
		return err
	})
}
