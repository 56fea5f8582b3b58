package net

import "net"

// WriteBuffers writes all of bufs, with one call to the system where it can, and takes off what it has written: after
// an error, what is left in bufs is what was not sent. Its errors are Write's.
func (c *Conn) WriteBuffers(bufs *net.Buffers) (done int64, err error) {
	c.h.Check()
	if v, ok := c.s.(interface {
		writeBuffers(*net.Buffers) (int64, error)
	}); ok {
		done, err = v.writeBuffers(bufs)
	} else {
		for len(*bufs) > 0 && err == nil {
			var n int
			n, err = c.s.write((*bufs)[0])
			done += int64(n)
			consume(bufs, int64(n))
		}
	}
	if err != nil {
		err = c.fail("writev", err)
	}
	return done, err
}

// consume takes the first n bytes off bufs, and what is empty then.
func consume(bufs *net.Buffers, n int64) {
	for len(*bufs) > 0 {
		size := int64(len((*bufs)[0]))
		if n < size {
			(*bufs)[0] = (*bufs)[0][n:]
			return
		}
		n -= size
		(*bufs)[0] = nil
		*bufs = (*bufs)[1:]
	}
}
