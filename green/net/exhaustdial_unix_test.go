//go:build unix && !aix && !solaris && !illumos

package net_test

import (
	"context"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
)

// Without a descriptor left everything that makes a socket says so, leaves nothing behind, and does it again when there are
// some. The limit is the whole process's, so one of its own runs out.
func TestDial_TooManyOpenFiles(t *testing.T) {
	if os.Getenv("GREEN_EXHAUST_TEST_CHILD") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestDial_TooManyOpenFiles$", "-test.timeout=1m")
		cmd.Env = append(os.Environ(), "GREEN_EXHAUST_TEST_CHILD=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("child: %v\n%s", err, out)
		}
		return
	}
	var limit syscall.Rlimit
	must(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	limit.Cur = 64
	must(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit))
	plain := plainListener(t)
	host := plain.Addr().String()
	keeps(t, func(t *testing.T) {
		each(t, func(t *testing.T, h *green.Hub) {
			a, b := pair(t, h, "tcp")
			l := listen(t, h, "tcp")
			files := takeAll(t)
			attempts := map[string]func() error{
				"Dial":         func() error { c, err := net.Dial(h, "tcp", host); return closed(c, err) },
				"DialTLS":      func() error { c, err := net.DialTLS(h, "tcp", host, nil); return closed(c, err) },
				"Listen":       func() error { c, err := net.Listen(h, "tcp", "127.0.0.1:0"); return closed(c, err) },
				"ListenPacket": func() error { c, err := net.ListenPacket(h, "udp", "127.0.0.1:0"); return closed(c, err) },
				"SocketPair": func() error {
					a, b, err := net.SocketPair(h)
					if err == nil {
						b.Close()
					}
					return closed(a, err)
				},
			}
			for name, f := range attempts {
				expectIs(t, name, f(), syscall.EMFILE)
			}
			if _, err := (&net.Resolver{}).LookupNetIP(h, "ip", "name.invalid"); err == nil {
				t.Error("a name was looked up without a descriptor")
			}
			pass(t, h, a, b, "those that are open go on")
			pass(t, h, b, a, "both ways")
			files.free()
			delete(attempts, "DialTLS") // nobody would answer
			for name, f := range attempts {
				if err := f(); err != nil {
					t.Errorf("%s, with descriptors again: %v", name, err)
				}
			}
			must(t, l.Close())
			must(t, a.Close())
			must(t, b.Close())
		})
		// A hub that has none of its own yet.
		each(t, func(t *testing.T, h *green.Hub) {
			files := takeAll(t)
			_, err := net.Listen(h, "tcp", "127.0.0.1:0")
			expectIs(t, "the first Listen", err, syscall.EMFILE)
			must(t, h.Sleep(ms))
			inTime, err := h.Within(20*time.Second, func() error {
				_, err := green.Offload(h, func(context.Context) (int, error) { return 0, nil })
				return err
			})
			must(t, err)
			expect(t, "in time", inTime, true)
			files.free()
			l, err := net.Listen(h, "tcp", "127.0.0.1:0")
			must(t, err)
			must(t, l.Close())
		})
		for n := 1; n < 5; n++ { // and one that finds a few
			each(t, func(t *testing.T, h *green.Hub) {
				files := takeAll(t)
				for range n {
					files[0].Close()
					files = files[1:]
				}
				l, err := net.Listen(h, "tcp", "127.0.0.1:0")
				if err != nil {
					expectIs(t, "Listen", err, syscall.EMFILE)
				} else {
					must(t, l.Close())
				}
				files.free()
				l, err = net.Listen(h, "tcp", "127.0.0.1:0")
				must(t, err)
				must(t, l.Close())
			})
		}
	})
}

// closed closes c, if it was made.
func closed(c interface{ Close() error }, err error) error {
	if err == nil {
		return c.Close()
	}
	return err
}

type files []*os.File

// takeAll opens files until there are no descriptors left.
func takeAll(t *testing.T) (all files) {
	t.Helper()
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			expectIs(t, "the last descriptor", err, syscall.EMFILE)
			return all
		}
		all = append(all, f)
	}
}

func (all files) free() {
	for _, f := range all {
		f.Close()
	}
}
