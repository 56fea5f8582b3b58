package http

import (
	"errors"
	"net"
)

// flush writes what there is to write.
func (c *conn) flush() error {
	if len(c.out) > 0 {
		c.write(c.out)
		c.out = c.out[:0]
	}
	return c.failed
}

// errCutOff is why nothing more is written after something of which an unknown part was.
var errCutOff = errors.New("green/http: a write was cut off by the panic of another task")

func (c *conn) write(p []byte) {
	if c.failed == nil {
		c.writing = true
		returned := false
		defer func() {
			if !returned {
				c.failed = errCutOff
			}
			c.wrote()
		}()
		_, err := c.nc.Write(p)
		returned = true
		if c.failed = err; err != nil && c.serving != nil {
			c.serving.gone()
		}
	}
}

func (c *conn) wrote() {
	c.writing = false
	if c.written != nil {
		c.written.WakeAll()
	}
}

// waitWritten waits while another task writes: one that flushes since a goroutine has asked for it.
func (c *conn) waitWritten() error {
	for c.writing {
		if c.written == nil {
			c.written = c.h.Scheduler().NewLine("the end of a write")
		}
		if err := c.written.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// linger ends the connection in such a way that the client can read what was sent: what it has sent itself and nobody
// has read would make the system throw that away. As net/http does, it waits for a moment, however much the client
// sends.
func (c *conn) linger() {
	w, ok := c.nc.(interface{ CloseWrite() error })
	if !ok || w.CloseWrite() != nil {
		return
	}
	c.nc.SetReadDeadline(c.h.Now().Add(lingerTime))
	buf := make([]byte, bufferSize)
	for {
		if _, err := c.nc.Read(buf); err != nil {
			return
		}
	}
}

// close closes the connection. With TLS that waits until the peer has taken the end, which it can't when a write has
// failed.
func (c *conn) close() {
	if t, ok := c.nc.(interface{ NetConn() net.Conn }); ok && c.failed != nil {
		t.NetConn().Close()
	}
	c.nc.Close()
}
