//go:build !linux

package main

import (
	"net"
	"sync"
	"time"
)

// drive exchanges lines on all connections for d. On each the next line is sent when the last one has come back.
func drive(conns []net.Conn, d time.Duration) outcome {
	var mu sync.Mutex
	var all histogram
	var o outcome
	var wait sync.WaitGroup
	began := time.Now()
	end := began.Add(d)
	for _, c := range conns {
		wait.Go(func() {
			var mine histogram
			var failed int64
			c.SetDeadline(end.Add(patience))
			for at := time.Now(); at.Before(end); {
				if exchange(c) != nil {
					failed++
					break
				}
				now := time.Now()
				mine.add(now.Sub(at))
				at = now
			}
			mu.Lock()
			defer mu.Unlock()
			all.merge(&mine)
			o.Errors += failed
		})
	}
	wait.Wait()
	o.Seconds = time.Since(began).Seconds()
	o.Requests = all.n
	o.P50, o.P99, o.P999 = all.quantile(0.5), all.quantile(0.99), all.quantile(0.999)
	return o
}
