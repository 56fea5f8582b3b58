package net_test

import (
	"os"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
	"github.com/go-greenlet/greenlet/tasklet"
)

// ticking is a clock that goes on by a nanosecond whenever somebody looks at it.
type ticking struct{ *tasklet.Clock }

func (c ticking) Now() time.Time {
	c.Advance(time.Nanosecond)
	return c.Clock.Now()
}

// A deadline that passes between any two looks at the clock ends the read all the same.
func TestConn_DeadlinePassesBetweenTwoLooks(t *testing.T) {
	must(t, green.Run(func(h *green.Hub) error {
		a, b, err := net.SocketPair(h)
		must(t, err)
		defer b.Close()
		defer a.Close()
		for looks := time.Duration(1); looks < 50; looks++ {
			must(t, a.SetReadDeadline(h.Now().Add(looks)))
			var failure error
			r := h.Go(func() error { _, failure = a.Read(make([]byte, 1)); return nil })
			for begin := time.Now(); !r.Ready(); {
				if time.Since(begin) > 20*time.Second {
					t.Errorf("a deadline in %d looks at the clock has been missed", looks)
					must(t, r.Kill())
				}
				must(t, h.Sleep(0)) // which looks
			}
			if t.Failed() {
				return nil
			}
			expectIs(t, "read", failure, os.ErrDeadlineExceeded)
		}
		return nil
	}, green.WithWorld(ticking{tasklet.NewClock(time.Unix(0, 0))})))
}
