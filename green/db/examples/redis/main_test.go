package main

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/db"
	"github.com/go-greenlet/greenlet/green/db/internal/server"
	"go.uber.org/goleak"
)

func TestRun(t *testing.T) {
	s, err := server.Redis()
	if errors.Is(err, server.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	socket := filepath.Join(s.Dir, "redis.sock")
	var out strings.Builder
	if err := run(&out, socket); err != nil {
		t.Fatal(err)
	}
	const want = "20 of 20 jobs done\na job in time: false\n"
	if out.String() != want {
		t.Errorf("got %s", out.String())
	}
	goleak.VerifyNone(t)
}

// A task that waits in the server is killed, and so is one at the end of Run: nobody waits for the server.
func TestKill(t *testing.T) {
	s, err := server.Redis()
	if errors.Is(err, server.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	oops := errors.New("oops")
	err = green.Run(func(h *green.Hub) error {
		p := open(h, filepath.Join(s.Dir, "redis.sock"), 2)
		defer p.Close()
		wait := func() error { _, err := take(p); return err }
		task := h.Go(wait)
		if err := h.Sleep(20 * time.Millisecond); err != nil {
			return err
		}
		task.Kill()
		if err := task.Err(); !errors.Is(err, green.ErrKilled) {
			t.Errorf("killed: %v", err)
		}
		v, err := db.Do(p, func(ctx context.Context, c *client) (string, error) { return c.Echo(ctx, "hello").Result() })
		if v != "hello" || err != nil {
			t.Errorf("afterwards: %s %v", v, err)
		}
		h.Go(wait)
		if err := h.Sleep(20 * time.Millisecond); err != nil {
			return err
		}
		return oops
	})
	if !errors.Is(err, oops) {
		t.Errorf("Run: %v", err)
	}
	goleak.VerifyNone(t)
}
