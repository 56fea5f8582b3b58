package net_test

import (
	stdnet "net"
	"testing"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
)

// What was done before a write happens before what is done after the read of it, also for the race detector, which
// would report the uses of n below.
func TestConn_BytesOrderMemoryForTheRaceDetector(t *testing.T) {
	for _, write := range []struct {
		name string
		do   func(c *net.Conn) error
	}{
		{"Write", func(c *net.Conn) error { _, err := c.Write([]byte("x")); return err }},
		{"WriteBuffers", func(c *net.Conn) error {
			_, err := c.WriteBuffers(&stdnet.Buffers{[]byte("x"), []byte("y")})
			return err
		}},
	} {
		t.Run(write.name, func(t *testing.T) {
			each(t, func(t *testing.T, h *green.Hub) {
				l := listen(t, h, "tcp")
				defer l.Close()
				n := 0
				peer := make(chan error, 1)
				go func() {
					c, err := stdnet.Dial("tcp", l.Addr().String())
					if err == nil {
						defer c.Close()
						if _, err = c.Read(make([]byte, 1)); err == nil {
							n++
							_, err = c.Write([]byte("z"))
						}
					}
					peer <- err
				}()
				c, err := l.AcceptConn()
				must(t, err)
				defer c.Close()
				n++
				must(t, write.do(c))
				_, err = c.Read(make([]byte, 1))
				must(t, err)
				expect(t, "n", n, 2)
				must(t, <-peer)
			})
		})
	}
}
