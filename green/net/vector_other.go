//go:build unix && (!linux || greenlet_kqueue) && !aix && !solaris && !illumos

package net

import "net"

// maxGather is how much is put together for one write.
const maxGather = 64 << 10

// vectored has the buffer in which small ones are put together.
type vectored struct{ gather []byte }

// writeBuffers writes bufs, the small ones together, and takes off what is written.
func (s *descriptor) writeBuffers(bufs *net.Buffers) (done int64, err error) {
	for len(*bufs) > 0 && err == nil {
		p := (*bufs)[0]
		if len(p) < maxGather && len(*bufs) > 1 {
			s.gather = s.gather[:0]
			for _, b := range *bufs {
				if s.gather = append(s.gather, b[:min(len(b), maxGather-len(s.gather))]...); len(s.gather) == maxGather {
					break
				}
			}
			p = s.gather
		}
		var n int
		n, err = s.write(p)
		done += int64(n)
		consume(bufs, int64(n))
	}
	return done, err
}
