package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/live"
)

const (
	topEvery = time.Second
	topRows  = 12 // tasks of each hub
)

// showTop shows again and again what the hubs do, if that is asked for, until end is called.
func (s *server) showTop() (end func()) {
	if !s.o.top {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.top(ctx)
	}()
	return func() {
		cancel()
		<-ended
	}
}

func (s *server) top(ctx context.Context) {
	s.mu.Lock()
	parts := s.parts
	s.mu.Unlock()
	last := make([]*green.Snapshot, len(parts))
	ticks := time.NewTicker(topEvery)
	defer ticks.Stop()
	for {
		var text bytes.Buffer
		text.WriteString("\x1b[H\x1b[2J" + s.banner() + "\n")
		for i, p := range parts {
			now, err := live.Snapshot(ctx, p.h, false)
			if ctx.Err() != nil {
				return
			}
			fmt.Fprintf(&text, "\nhub %d\n", i+1)
			if err != nil {
				fmt.Fprintln(&text, err)
				continue
			}
			live.Write(&text, now, last[i], topRows) // a buffer never fails
			last[i] = now
		}
		if _, err := os.Stdout.Write(text.Bytes()); err != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
	}
}
