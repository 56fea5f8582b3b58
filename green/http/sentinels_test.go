package http_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	stdhttp "net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	gexec "github.com/go-greenlet/greenlet/green/exec"
	"github.com/go-greenlet/greenlet/green/file"
	"github.com/go-greenlet/greenlet/green/http"
	"github.com/go-greenlet/greenlet/green/net"
	"github.com/go-greenlet/greenlet/tasklet"
)

// Whatever waits fails at a deadline with what is context.DeadlineExceeded and os.ErrDeadlineExceeded, and when it is
// killed with what is context.Canceled: in every package.
func TestErrorsAreGosSentinels(t *testing.T) {
	err := green.Run(func(h *green.Hub) error {
		l, err := net.Listen(h, "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer l.Close()
		c, err := net.Dial(h, "tcp", l.Addr().String())
		if err != nil {
			return err
		}
		defer c.Close()
		if _, err := l.Accept(); err != nil {
			return err
		}
		quiet, err := net.Listen(h, "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer quiet.Close()
		udp, err := net.ListenPacket(h, "udp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer udp.Close()
		r, w, err := file.Pipe(h)
		if err != nil {
			return err
		}
		defer r.Close()
		defer w.Close()
		client := &stdhttp.Client{Transport: http.NewTransport(h)}
		waits := map[string]func() error{
			"tasklet.Line":      h.Scheduler().NewLine("a line").Wait,
			"tasklet.Chan":      func() error { _, err := tasklet.NewChan[int](h.Scheduler()).Receive(); return err },
			"green.Hub.Sleep":   func() error { return h.Sleep(time.Hour) },
			"green.Queue.Get":   func() error { _, err := green.NewQueue[int](h, 0).Get(); return err },
			"green.Event.Wait":  h.NewEvent().Wait,
			"green.Offload":     func() error { return offloaded(h) },
			"green.Group":       func() error { return h.Group(func(*green.Group) error { return h.Sleep(time.Hour) }) },
			"net.Conn.Read":     func() error { _, err := c.Read(make([]byte, 1)); return err },
			"net.Accept":        func() error { _, err := quiet.Accept(); return err },
			"net.PacketConn":    func() error { _, _, err := udp.ReadFrom(make([]byte, 1)); return err },
			"file.File.Read":    func() error { _, err := r.Read(make([]byte, 1)); return err },
			"http.Transport":    func() error { return fetchFrom(client, l.Addr().String()) },
			"exec.Cmd.Run":      func() error { return runSleep(h) },
			"green.Shared.Wait": func() error { return new(green.SharedEvent).Wait(h) },
		}
		for name, wait := range waits {
			err := h.WithTimeout(20*time.Millisecond, func(*green.Timeout) error { return wait() })
			is(t, name+" at a deadline", err, context.DeadlineExceeded, true)
			is(t, name+" at a deadline", err, os.ErrDeadlineExceeded, true)
			is(t, name+" at a deadline", err, context.Canceled, false)
			is(t, name+" at a deadline", err, green.ErrTimeout, true)
			task := green.Spawn(h, func() (int, error) { return 0, wait() })
			if err := h.Sleep(20 * time.Millisecond); err != nil {
				return err
			}
			task.Stop()
			_, err = task.Get()
			is(t, name+", killed", err, context.Canceled, true)
			is(t, name+", killed", err, green.ErrKilled, true)
			is(t, name+", killed", err, context.DeadlineExceeded, false)
		}
		failed := errors.New("failed")
		err = h.Group(func(g *green.Group) error {
			g.Go(func() error { return failed })
			err := h.Sleep(time.Hour)
			is(t, "the body of a group", err, context.Canceled, true)
			is(t, "the body of a group", err, green.ErrCanceled, true)
			return err
		})
		is(t, "the group", err, failed, true)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// An error that calls itself DeadlineExceeded belongs to a scope only if it is the scope's own.
func TestScopesAreToldApart(t *testing.T) {
	err := green.Run(func(h *green.Hub) error {
		return h.WithTimeoutError(time.Hour, context.DeadlineExceeded, func(outer *green.Timeout) error {
			err := h.WithTimeout(time.Millisecond, func(*green.Timeout) error { return h.Sleep(time.Hour) })
			is(t, "the inner scope's error", err, context.DeadlineExceeded, true)
			if outer.Owns(err) {
				t.Error("the outer scope takes the inner one's error for its own")
			}
			outer.Reset(0)
			err = fmt.Errorf("wrapped: %w", errors.Join(io.EOF, h.Sleep(time.Hour)))
			if !outer.Owns(err) {
				t.Errorf("the outer scope does not know its own error: %v", err)
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func is(t *testing.T, what string, err, target error, want bool) {
	t.Helper()
	if errors.Is(err, target) != want {
		t.Errorf("%s: errors.Is(%v, %v) = %v", what, err, target, !want)
	}
}

func offloaded(h *green.Hub) error {
	_, err := green.Offload(h, func(ctx context.Context) (int, error) {
		<-ctx.Done()
		return 0, nil
	})
	return err
}

func fetchFrom(c *stdhttp.Client, addr string) error {
	resp, err := c.Get("http://" + addr)
	if err == nil {
		resp.Body.Close()
	}
	return err
}

func runSleep(h *green.Hub) error {
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		return h.Sleep(time.Hour) // a system without that program
	}
	return gexec.Command(h, sleep, "3600").Run()
}
