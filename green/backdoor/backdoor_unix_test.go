//go:build unix

package backdoor_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/backdoor"
	"github.com/go-greenlet/greenlet/tasklet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// place returns a path for a socket, which must not be long.
func place(t *testing.T) string {
	dir, err := os.MkdirTemp("", "door")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "own", "s")
}

func run(t *testing.T, f func(h *green.Hub) error) {
	t.Helper()
	if err := green.Run(f, green.WithWorld(tasklet.NewClock(time.Unix(0, 0)))); err != nil {
		t.Errorf("Run: %v", err)
	}
}

// A client is at the other end of the console.
type client struct {
	net.Conn
	r *bufio.Reader
}

func connect(t *testing.T, path string) *client {
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Error(err)
		return nil
	}
	cl := &client{c, bufio.NewReader(c)}
	cl.answer()
	return cl
}

// answer reads up to the next prompt.
func (c *client) answer() string {
	var b strings.Builder
	for !strings.HasSuffix("\n"+b.String(), "\n> ") {
		r, err := c.r.ReadByte()
		if err != nil {
			break
		}
		b.WriteByte(r)
	}
	return strings.TrimSuffix(b.String(), "> ")
}

func (c *client) say(line string) string {
	c.Write([]byte(line + "\n"))
	return c.answer()
}

func TestConsole(t *testing.T) {
	path := place(t)
	var killed *green.Task
	run(t, func(h *green.Hub) error {
		if _, err := backdoor.Open(h, path); err != nil {
			return err
		}
		e := h.NewEvent()
		killed = h.Go(e.Wait).SetName("victim")
		h.Yield()
		_, err := green.Offload(h, func(context.Context) (int, error) {
			c := connect(t, path)
			if c == nil {
				return 0, nil
			}
			defer c.Close()
			file := filepath.Join(filepath.Dir(path), "t.json")
			for _, x := range []struct{ line, part string }{
				{"help", "kill ID"},
				{"list", `task 2 "victim": waits for an event`},
				{"top", "victim"},
				{"dump", "backdoor_unix_test.go"},
				{"stats", `"tasks": 2`},
				{"stacks", "goroutine "},
				{"trace off " + file, "not on"},
				{"trace on", ""},
				{"trace on", "already"},
				{"kill 2", `task 2 "victim" was told to end`},
				{"kill 99", "no task 99"},
				{"kill x", "invalid"},
				{"trace off " + file, "written to"},
				{"trace", "say: trace on"},
				{"what", "no command"},
				{"", ""},
			} {
				if s := c.say(x.line); !strings.Contains(s, x.part) {
					t.Errorf("%s: %q", x.line, s)
				}
			}
			if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), "victim") {
				t.Errorf("the trace: %v", err)
			}
			if s := c.say("quit"); s != "" {
				t.Errorf("quit: %q", s)
			}
			return 0, nil
		})
		return err
	})
	if !errors.Is(killed.Err(), green.ErrKilled) {
		t.Errorf("the victim ended with %v", killed.Err())
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
}

// The end of Run ends a connection, also one that nobody reads from.
func TestEndOfRun(t *testing.T) {
	path := place(t)
	var c *client
	run(t, func(h *green.Hub) error {
		if _, err := backdoor.Open(h, path); err != nil {
			return err
		}
		c = connect(t, path)
		c.Write([]byte(strings.Repeat("stacks\nlist\n", 100)))
		return nil
	})
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	for {
		if _, err := c.r.ReadByte(); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("the connection is still open")
		} else if err != nil {
			break
		}
	}
	c.Close()
}

// A task that never gives way does not stop the console: it says where that task is.
func TestStacksOfAStuckHub(t *testing.T) {
	path := place(t)
	run(t, func(h *green.Hub) error {
		if _, err := backdoor.Open(h, path); err != nil {
			return err
		}
		answers := make(chan string)
		go func() {
			c := connect(t, path)
			defer c.Close()
			answers <- c.say("stacks")
		}()
		if s := <-answers; !strings.Contains(s, "TestStacksOfAStuckHub") { // this blocks the whole hub
			t.Errorf("not where the hub is stuck:\n%s", s)
		}
		return nil
	})
}

func TestOpen_Private(t *testing.T) {
	path := place(t)
	run(t, func(h *green.Hub) error {
		d, err := backdoor.Open(h, path)
		if err != nil {
			return err
		}
		for p, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
			if i, err := os.Stat(p); err != nil || i.Mode().Perm() != want {
				t.Errorf("%s: %v, %v", p, i.Mode(), err)
			}
		}
		if _, err := backdoor.Open(h, path); err == nil || !strings.Contains(err.Error(), "already") {
			t.Errorf("a second one: %v", err)
		}
		d.Close()
		d.Close()
		l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		if err != nil {
			return err
		}
		l.SetUnlinkOnClose(false)
		l.Close() // and leaves its socket, as a process that was killed does
		if d, err = backdoor.Open(h, path); err != nil {
			t.Errorf("in place of an old one: %v", err)
		} else {
			d.Close()
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			return err
		}
		if _, err := backdoor.Open(h, path); err == nil || !strings.Contains(err.Error(), "no socket") {
			t.Errorf("in place of a file: %v", err)
		}
		os.Remove(path)
		os.Chmod(filepath.Dir(path), 0o755)
		if _, err := backdoor.Open(h, path); !errors.Is(err, backdoor.ErrNotPrivate) {
			t.Errorf("in a directory that others may enter: %v", err)
		}
		return nil
	})
}
