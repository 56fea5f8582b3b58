//go:build unix && !aix && !solaris && !illumos

package net_test

import (
	"errors"
	"fmt"
	stdnet "net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
)

func init() { exhaust = exhaustDescriptors }

// The limit is the whole process's, so a process of its own runs out of descriptors.
func TestServer_RecoversFromTooManyOpenFiles(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "GREEN_NET_TEST_CHILD=exhaust")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "recovered") {
		t.Errorf("child: %v\n%s", err, out)
	}
}

func exhaustDescriptors() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	limit.Cur = 64
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	for _, opts := range [][]green.Option{nil, {green.Portable()}} {
		if err := green.Run(exhaustHub, opts...); err != nil {
			return err
		}
	}
	return nil
}

func exhaustHub(h *green.Hub) error {
	l, err := net.Listen(h, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &net.StreamServer{Handler: func(c *net.Conn) error {
		_, err := c.Write([]byte("!"))
		return err
	}}
	served := h.Go(func() error { return server.Serve(l) })
	if err := h.Sleep(ms); err != nil {
		return err
	}
	var files []*os.File
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			break
		}
		files = append(files, f)
	}
	free := func(n int) {
		for ; n > 0; n-- {
			files[0].Close()
			files = files[1:]
		}
	}
	free(1) // for the client; the server finds none
	client, err := stdnet.Dial("tcp", l.Addr().String())
	if err != nil {
		return err
	}
	defer client.Close()
	if err := h.WithTimeout(10*time.Second, func(*green.Timeout) error {
		for server.Stats.Refused.Load() < 3 {
			if err := h.Sleep(ms); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return fmt.Errorf("waiting for refusals: %w", err)
	}
	free(len(files))
	if err := h.WithTimeout(10*time.Second, func(*green.Timeout) error {
		for server.Stats.Accepted.Load() == 0 {
			if err := h.Sleep(ms); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return fmt.Errorf("waiting to be accepted: %w", err)
	}
	return errors.Join(server.Stop(time.Second), served.Join(), served.Err())
}
