package net_test

import (
	"errors"
	stdnet "net"
	"testing"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
)

// Whatever happens to a DatagramServer while a handler waits, nothing of it is left: its handlers end, its socket
// closes, OnError is told of what they return, and other clients are served as long as it is not stopped.
func TestDatagramServer_WhateverHappens(t *testing.T) {
	for _, what := range []string{"killed", "stopped", "the client leaves", "its Serve is killed"} {
		t.Run(what, func(t *testing.T) {
			each(t, func(t *testing.T, h *green.Hub) {
				p, err := net.ListenPacket(h, "udp", "127.0.0.1:0")
				must(t, err)
				address := p.LocalAddr().String()
				var told []error
				begun, goOn := h.NewEvent(), h.NewEvent()
				s := &net.DatagramServer{
					Handler: func(c *net.PacketConn, p []byte, from stdnet.Addr) error {
						if string(p) == "wait" {
							begun.Set()
							if err := goOn.Wait(); err != nil {
								return err
							}
						}
						if _, err := c.WriteTo(p, from); err != nil {
							return err
						}
						return errors.New("answered")
					},
					OnError: func(err error) { told = append(told, err) },
				}
				serving := h.Go(func() error { return s.Serve(p) })
				ask := func(text string) *net.Conn {
					c, err := net.Dial(h, "udp", address)
					must(t, err)
					_, err = c.Write([]byte(text))
					must(t, err)
					return c
				}
				first := ask("wait")
				must(t, begun.Wait())
				switch what {
				case "killed":
					must(t, s.Stop(0))
				case "stopped":
					stop := h.Go(func() error { return s.Stop(-1) })
					blocked(t, h)
					goOn.Set()
					must(t, errors.Join(stop.Join(), stop.Err()))
				case "the client leaves":
					must(t, first.Close())
					goOn.Set()
					second := ask("b")
					n, err := second.Read(make([]byte, 2))
					must(t, err)
					expect(t, "an answer to another client", n, 1)
					must(t, second.Close())
					must(t, s.Stop(-1))
				case "its Serve is killed":
					serving.Stop()
					must(t, serving.Join())
					goOn.Set()
					must(t, s.Stop(-1))
				}
				first.Close()
				must(t, serving.Join())
				expect(t, "at work", s.Tasks(), 0)
				expect(t, "active", s.Stats.Active.Load(), 0)
				want := map[string]int{"killed": 0, "stopped": 1, "the client leaves": 2, "its Serve is killed": 1}[what]
				expect(t, "errors told", len(told), want)
				expectIs(t, "its socket", p.Close(), stdnet.ErrClosed)
			})
		})
	}
}
