package net_test

import (
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
)

// Deadlines with and without a reading of the monotonic clock: those that have passed end everything at once, even where
// there is something to read and room to write, and the others when their time has come.
func TestConn_DeadlinesOfBothClocks(t *testing.T) {
	eachPair(t, func(t *testing.T, h *green.Hub, a, b *net.Conn) {
		_, err := b.Write([]byte("there"))
		must(t, err)
		now := h.Now()
		for _, past := range []time.Time{
			now, now.Round(0), now.Add(-time.Nanosecond), now.Add(-time.Hour).Round(0), now.Add(-1 << 62).Round(0), time.Unix(0, 0),
			time.Time{}.Add(time.Nanosecond),
		} {
			must(t, a.SetDeadline(past))
			_, err := a.Read(make([]byte, 1))
			expectIs(t, "read", err, os.ErrDeadlineExceeded)
			_, err = a.Write([]byte("x"))
			expectIs(t, "write", err, os.ErrDeadlineExceeded)
		}
		for _, future := range []time.Time{
			now.Add(time.Hour), now.Add(time.Hour).Round(0), now.Add(1 << 62), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), {},
		} {
			must(t, a.SetDeadline(future))
			pass(t, h, a, b, "in time")
			waits := h.Go(func() error { _, err := io.ReadFull(a, make([]byte, 10)); return err })
			must(t, h.Sleep(ms))
			expect(t, "ready before its bytes came", waits.Ready(), false)
			_, err := b.Write([]byte("and more"))
			must(t, err)
			must(t, waits.Kill())
			must(t, a.SetDeadline(time.Time{}))
			drain(t, h, a)
		}
		for _, at := range []func() time.Time{
			func() time.Time { return h.Now().Add(20 * ms) },
			func() time.Time { return h.Now().Add(20 * ms).Round(0) },
			func() time.Time { return time.Unix(0, h.Now().Add(20*ms).UnixNano()).UTC() },
		} {
			begin := h.Now()
			must(t, a.SetReadDeadline(at()))
			_, err := a.Read(make([]byte, 1))
			expectIs(t, "read", err, os.ErrDeadlineExceeded)
			if waited := h.Now().Sub(begin); waited < 10*ms { // the system may adjust its clock meanwhile
				t.Errorf("the deadline in 20ms came after %v", waited)
			}
		}
	})
}

// drain reads what is there.
func drain(t *testing.T, h *green.Hub, c *net.Conn) {
	t.Helper()
	must(t, c.SetReadDeadline(h.Now().Add(5*ms)))
	if _, err := io.Copy(io.Discard, c); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("drain: %v", err)
	}
	must(t, c.SetReadDeadline(time.Time{}))
}
