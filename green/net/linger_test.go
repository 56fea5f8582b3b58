package net_test

import (
	"os"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
)

// A connection whose unsent data the system is to wait for does not hold up the hub when it is closed.
func TestConn_CloseThatLingersHoldsUpNobody(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		l := plainListener(t) // whose connections nobody reads
		c, err := net.Dial(h, "tcp", l.Addr().String())
		must(t, err)
		must(t, c.SetLinger(1))
		must(t, c.SetWriteDeadline(h.Now().Add(50*ms)))
		for err = nil; err == nil; {
			_, err = c.Write(make([]byte, 1<<20))
		}
		expectIs(t, "Write", err, os.ErrDeadlineExceeded)
		ticks := 0
		ticker := h.Go(func() error {
			for ; ticks < 20; ticks++ {
				if err := h.Sleep(ms); err != nil {
					return err
				}
			}
			return nil
		})
		began := time.Now()
		must(t, c.Close())
		if took := time.Since(began); took > 900*ms {
			t.Errorf("Close took %v", took)
		}
		must(t, ticker.Join())
	})
}
