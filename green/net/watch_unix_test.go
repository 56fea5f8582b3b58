//go:build unix && !aix && !solaris && !illumos

package net_test

import (
	stdnet "net"
	"os"
	"syscall"
	"testing"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
)

// pipe returns a pipe in blocking mode, as another library might have one.
func pipe(t *testing.T) (r, w int) {
	t.Helper()
	var fds [2]int
	must(t, syscall.Pipe(fds[:]))
	return fds[0], fds[1]
}

func TestWatch_WaitsUntilADescriptorIsReady(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		r, w := pipe(t)
		defer syscall.Close(r)
		in, err := net.Watch(h, uintptr(r))
		must(t, err)
		out, err := net.Watch(h, uintptr(w))
		must(t, err)
		must(t, out.WaitWritable())

		err = h.WithTimeout(5*ms, func(*green.Timeout) error { return in.WaitReadable() })
		expectIs(t, "an empty pipe", err, green.ErrTimeout)
		seen := h.Go(in.WaitReadable)
		blocked(t, h)
		expectIs(t, "second waiter", in.WaitReadable(), net.ErrBusy)
		_, err = syscall.Write(w, []byte("x"))
		must(t, err)
		must(t, seen.Join())
		must(t, seen.Err())
		must(t, in.WaitReadable()) // it still is
		_, err = syscall.Read(r, make([]byte, 1))
		must(t, err)

		k := h.Go(in.WaitReadable)
		blocked(t, h)
		must(t, k.Kill())
		expectIs(t, "killed", k.Err(), green.ErrKilled)

		end := h.Go(in.WaitReadable)
		blocked(t, h)
		must(t, out.Close())
		must(t, syscall.Close(w)) // an end is something to read, too
		must(t, end.Join())
		must(t, end.Err())

		must(t, in.Close())
		expectIs(t, "closed", in.WaitReadable(), stdnet.ErrClosed)
		expectIs(t, "second Close", in.Close(), stdnet.ErrClosed)
	})
}

func TestWatch_BothDirectionsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
		must(t, err)
		defer syscall.Close(fds[0])
		defer syscall.Close(fds[1])
		must(t, syscall.SetNonblock(fds[0], true))
		for _, err := syscall.Write(fds[0], make([]byte, 4096)); err == nil; {
			_, err = syscall.Write(fds[0], make([]byte, 4096))
		}
		w, err := net.Watch(h, uintptr(fds[0]))
		must(t, err)
		defer w.Close()
		readable, writable := h.Go(w.WaitReadable), h.Go(w.WaitWritable)
		blocked(t, h)
		_, err = syscall.Write(fds[1], []byte("x"))
		must(t, err)
		must(t, readable.Join())
		expect(t, "writable already", writable.Ready(), false)
		must(t, syscall.SetNonblock(fds[1], true))
		for _, err := syscall.Read(fds[1], make([]byte, 65536)); err == nil; {
			_, err = syscall.Read(fds[1], make([]byte, 65536))
		}
		must(t, writable.Join())
		must(t, writable.Err())
	})
}

func TestWatch_CloseWakes(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		r, w := pipe(t)
		defer syscall.Close(r)
		defer syscall.Close(w)
		in, err := net.Watch(h, uintptr(r))
		must(t, err)
		var failure error
		wait := h.Go(func() error { failure = in.WaitReadable(); return nil })
		blocked(t, h)
		must(t, in.Close())
		must(t, wait.Join())
		expectIs(t, "waiter", failure, stdnet.ErrClosed)
	})
}

func TestWatch_FilesAreAlwaysReady(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		f, err := os.Create(t.TempDir() + "/file")
		must(t, err)
		defer f.Close()
		w, err := net.Watch(h, f.Fd())
		must(t, err)
		must(t, w.WaitReadable())
		must(t, w.WaitWritable())
		must(t, w.Close())
	})
}

// A number that is used again after the descriptor was closed behind the watcher's back does no harm.
func TestWatch_ANumberThatIsUsedAgain(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		r, w := pipe(t)
		_, err := net.Watch(h, uintptr(r))
		must(t, err)
		syscall.Close(r)
		syscall.Close(w)
		a, b, err := net.SocketPair(h)
		must(t, err)
		pass(t, h, a, b, "hello")
		pass(t, h, b, a, "hello")
		must(t, a.Close())
		must(t, b.Close())
	})
}

// After the end of Run nothing can be opened: nobody would close what that needs.
// A second watcher of a descriptor is refused, and leaves the first one alone.
func TestWatch_Twice(t *testing.T) {
	must(t, green.Run(func(h *green.Hub) error {
		r, w, err := os.Pipe()
		must(t, err)
		defer r.Close()
		defer w.Close()
		first, err := net.Watch(h, r.Fd())
		must(t, err)
		var got error
		waiter := h.Go(func() error { got = first.WaitReadable(); return nil })
		must(t, h.Sleep(ms))
		_, err = net.Watch(h, r.Fd())
		expectIs(t, "a second watcher", err, syscall.EEXIST)
		must(t, h.Sleep(ms))
		expect(t, "the first one goes on", waiter.Ready(), false)
		_, err = w.Write([]byte("x"))
		must(t, err)
		must(t, waiter.Join())
		must(t, got)
		return first.Close()
	}))
}

// That the peer sends no more does not mean that one can write.
func TestWatch_HalfCloseIsNotWritable(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
		must(t, err)
		defer syscall.Close(ends[0])
		defer syscall.Close(ends[1])
		must(t, syscall.SetNonblock(ends[0], true))
		for _, size := range []int{1 << 16, 1} {
			for err = nil; err == nil; {
				_, err = syscall.Write(ends[0], make([]byte, size))
			}
		}
		w, err := net.Watch(h, uintptr(ends[0]))
		must(t, err)
		var wrote error
		writer := h.Go(func() error { wrote = w.WaitWritable(); return nil })
		reader := h.Go(w.WaitReadable)
		must(t, h.Sleep(ms))
		must(t, syscall.Shutdown(ends[1], syscall.SHUT_WR))
		must(t, reader.Join())
		must(t, reader.Err())
		must(t, h.Sleep(5*ms))
		expect(t, "the writer waits", writer.Ready(), false)
		must(t, w.Close())
		must(t, writer.Join())
		expectIs(t, "the writer", wrote, stdnet.ErrClosed)
	})
}

// A connection that is none of sockets is served, too.
func TestAdopt_NoSocket(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		r, w, err := os.Pipe()
		must(t, err)
		defer w.Close()
		c, err := net.Adopt(h, piped{r})
		must(t, err)
		_, err = w.Write([]byte("x"))
		must(t, err)
		var buf [8]byte
		n, err := c.Read(buf[:])
		must(t, err)
		expect(t, "read", string(buf[:n]), "x")
		must(t, c.Close())
	})
}

type piped struct{ *os.File }

func (piped) LocalAddr() stdnet.Addr  { return &stdnet.UnixAddr{Net: "unix"} }
func (piped) RemoteAddr() stdnet.Addr { return &stdnet.UnixAddr{Net: "unix"} }

func TestListen_AfterTheEnd(t *testing.T) {
	var after *green.Hub
	must(t, green.Run(func(h *green.Hub) error { after = h; return nil }))
	_, err := net.Listen(after, "tcp", "127.0.0.1:0")
	expectIs(t, "Listen", err, stdnet.ErrClosed)
}
