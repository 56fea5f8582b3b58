package net_test

import (
	"errors"
	"io"
	stdnet "net"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
	"github.com/go-greenlet/greenlet/tasklet"
)

func TestConn_PassesBothWaysAndEndsWithEOF(t *testing.T) {
	eachPair(t, func(t *testing.T, h *green.Hub, a, b *net.Conn) {
		pass(t, h, a, b, "there")
		pass(t, h, b, a, "and back")
		must(t, a.Close())
		n, err := b.Read(make([]byte, 8))
		expect(t, "read at the end", n, 0)
		expect(t, "error at the end", err, io.EOF)
	})
}

func TestConn_EmptyReadsAndWritesDoNotWait(t *testing.T) {
	eachPair(t, func(t *testing.T, h *green.Hub, a, b *net.Conn) {
		n, err := a.Read(nil)
		must(t, err)
		expect(t, "read", n, 0)
		n, err = a.Write(nil)
		must(t, err)
		expect(t, "written", n, 0)
		pass(t, h, b, a, "still there")
	})
}

func TestConn_HalfCloseLetsTheOtherWayGoOn(t *testing.T) {
	eachPair(t, func(t *testing.T, h *green.Hub, a, b *net.Conn) {
		must(t, a.CloseWrite())
		_, err := b.Read(make([]byte, 1))
		expect(t, "error after CloseWrite", err, io.EOF)
		pass(t, h, b, a, "the other way")
		_, err = a.Write([]byte("x"))
		expectIs(t, "write after CloseWrite", err, errShut)
		must(t, b.CloseRead())
	})
}

func TestConn_LargeTransferBothWaysAtOnce(t *testing.T) {
	eachPair(t, func(t *testing.T, h *green.Hub, a, b *net.Conn) {
		data := pattern(3 << 20)
		must(t, h.Group(func(g *green.Group) error {
			for _, c := range []*net.Conn{a, b} {
				g.Go(func() error {
					n, err := c.Write(data)
					expect(t, "written", n, len(data))
					return errors.Join(err, c.CloseWrite())
				})
				g.Go(func() error {
					got, err := io.ReadAll(c)
					same(t, "received", got, data)
					return err
				})
			}
			return nil
		}))
	})
}

func TestConn_TalksToAPeerOnAGoroutine(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		l := plainListener(t)
		go func() {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			io.Copy(c, c)
		}()
		c, err := net.Dial(h, "tcp", l.Addr().String())
		must(t, err)
		defer c.Close()
		expect(t, "peer", c.RemoteAddr().String(), l.Addr().String())
		data := pattern(2 << 20)
		w := h.Go(func() error {
			_, err := c.Write(data)
			return errors.Join(err, c.CloseWrite())
		})
		got, err := io.ReadAll(c)
		must(t, err)
		must(t, w.Join())
		same(t, "echo", got, data)
	})
}

func TestConn_CloseWakesReaderAndWriter(t *testing.T) {
	eachPair(t, func(t *testing.T, h *green.Hub, a, b *net.Conn) {
		var readErr, writeErr error
		r := h.Go(func() error { _, readErr = a.Read(make([]byte, 1)); return nil })
		w := h.Go(func() error { _, writeErr = a.Write(make([]byte, 64<<20)); return nil })
		blocked(t, h)
		must(t, h.Sleep(20*ms)) // until the system takes no more
		must(t, a.Close())
		must(t, r.Join())
		must(t, w.Join())
		expectIs(t, "reader", readErr, stdnet.ErrClosed)
		expectIs(t, "writer", writeErr, stdnet.ErrClosed)
		_, err := a.Read(make([]byte, 1))
		expectIs(t, "read of a closed one", err, stdnet.ErrClosed)
		_, err = a.Write([]byte("x"))
		expectIs(t, "write to a closed one", err, stdnet.ErrClosed)
		expectIs(t, "second Close", a.Close(), stdnet.ErrClosed)
	})
}

func TestConn_TwoReadersOrWritersAreAnError(t *testing.T) {
	eachPair(t, func(t *testing.T, h *green.Hub, a, b *net.Conn) {
		first := green.Spawn(h, func() (int, error) { return a.Read(make([]byte, 1)) })
		blocked(t, h)
		_, err := a.Read(make([]byte, 1))
		expectIs(t, "second reader", err, net.ErrBusy)
		pass(t, h, a, b, "writing is another thing")
		_, err = b.Write([]byte("x"))
		must(t, err)
		n, err := first.Get()
		must(t, err)
		expect(t, "first reader got", n, 1)

		w := h.Go(func() error { _, err := a.Write(make([]byte, 64<<20)); return err })
		must(t, h.Sleep(20*ms))
		_, err = a.Write([]byte("x"))
		expectIs(t, "second writer", err, net.ErrBusy)
		must(t, w.Kill())
	})
}

func TestConn_DeadlineOfTheConnection(t *testing.T) {
	eachPair(t, func(t *testing.T, h *green.Hub, a, b *net.Conn) {
		must(t, a.SetReadDeadline(h.Now().Add(10*ms)))
		_, err := a.Read(make([]byte, 1))
		expectIs(t, "read", err, os.ErrDeadlineExceeded)
		var e stdnet.Error
		if !errors.As(err, &e) || !e.Timeout() {
			t.Errorf("%v is no time-out", err)
		}
		_, err = b.Write([]byte("x"))
		must(t, err)
		_, err = a.Read(make([]byte, 1))
		expectIs(t, "read after the deadline, of something", err, os.ErrDeadlineExceeded)
		must(t, a.SetReadDeadline(time.Time{}))
		n, err := a.Read(make([]byte, 8))
		must(t, err)
		expect(t, "bytes that waited", n, 1)

		must(t, a.SetWriteDeadline(h.Now().Add(30*ms)))
		n, err = a.Write(make([]byte, 64<<20))
		expectIs(t, "write", err, os.ErrDeadlineExceeded)
		if n >= 64<<20 {
			t.Errorf("%d bytes written before the deadline", n)
		}
		must(t, a.SetDeadline(time.Time{}))
	})
}

func TestConn_DeadlineReachesAReadThatWaits(t *testing.T) {
	eachPair(t, func(t *testing.T, h *green.Hub, a, b *net.Conn) {
		var failure error
		r := h.Go(func() error { _, failure = a.Read(make([]byte, 1)); return nil })
		blocked(t, h)
		must(t, a.SetReadDeadline(time.Unix(1, 0)))
		must(t, r.Join())
		expectIs(t, "a read that waited", failure, os.ErrDeadlineExceeded)
		must(t, a.SetReadDeadline(time.Time{}))

		must(t, a.SetReadDeadline(h.Now().Add(time.Hour)))
		got := green.Spawn(h, func() (int, error) { return a.Read(make([]byte, 1)) })
		blocked(t, h)
		must(t, a.SetReadDeadline(time.Time{})) // taken back
		_, err := b.Write([]byte("x"))
		must(t, err)
		_, err = got.Get()
		must(t, err)
	})
}

func TestConn_DeadlineOfTheTaskLeavesItUsable(t *testing.T) {
	eachPair(t, func(t *testing.T, h *green.Hub, a, b *net.Conn) {
		for range 3 {
			err := h.WithTimeout(5*ms, func(*green.Timeout) error {
				_, err := a.Read(make([]byte, 1))
				return err
			})
			expectIs(t, "read", err, green.ErrTimeout)
		}
		pass(t, h, b, a, "after the deadline")
	})
}

func TestConn_KillLosesNoByte(t *testing.T) {
	eachPair(t, func(t *testing.T, h *green.Hub, a, b *net.Conn) {
		var got []byte
		data := pattern(200)
		for i, x := range data {
			var part [8]byte
			n := 0
			r := green.Spawn(h, func() (none struct{}, err error) { n, err = a.Read(part[:]); return none, err })
			blocked(t, h)
			_, err := b.Write([]byte{x})
			must(t, err)
			if i%3 == 0 {
				must(t, h.Yield())
			}
			must(t, r.Kill())
			if n > 0 {
				expectIs(t, "read that succeeded", r.Err(), nil)
			} else {
				expectIs(t, "read that was killed", r.Err(), green.ErrKilled)
			}
			got = append(got, part[:n]...)
		}
		must(t, b.CloseWrite())
		rest, err := io.ReadAll(a)
		must(t, err)
		same(t, "received", append(got, rest...), data)
	})
}

func TestConn_KillInTheMiddleOfAWriteTellsHowMuchIsWritten(t *testing.T) {
	eachPair(t, func(t *testing.T, h *green.Hub, a, b *net.Conn) {
		data := pattern(16 << 20)
		sent := 0
		var failure error
		w := h.Go(func() error { sent, failure = a.Write(data); return failure })
		must(t, h.Sleep(30*ms))
		must(t, w.Kill())
		expectIs(t, "write", failure, green.ErrKilled)
		if sent == 0 || sent == len(data) {
			t.Errorf("%d of %d bytes written before the kill", sent, len(data))
		}
		rest := h.Go(func() error {
			_, err := a.Write(data[sent:])
			return errors.Join(err, a.CloseWrite())
		})
		got, err := io.ReadAll(b)
		must(t, err)
		must(t, rest.Join())
		same(t, "received", got, data)
	})
}

func TestConn_ResetIsAnErrorOfReadAndWrite(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		a, b := pair(t, h, "tcp")
		defer a.Close()
		var failure error
		r := h.Go(func() error { _, failure = a.Read(make([]byte, 1)); return nil })
		blocked(t, h)
		must(t, b.SetLinger(0))
		must(t, b.Close())
		must(t, r.Join())
		expectIs(t, "read", failure, errReset)
		_, err := a.Write([]byte("x"))
		if err == nil {
			_, err = a.Write([]byte("x"))
		}
		if !isAny(err, errsGone...) {
			t.Errorf("write after that: %v", err)
		}

		a, b = pair(t, h, "tcp") // in the middle of a write
		defer a.Close()
		w := h.Go(func() error { _, failure = a.Write(make([]byte, 64<<20)); return nil })
		must(t, h.Sleep(20*ms))
		must(t, b.SetLinger(0))
		must(t, b.Close())
		must(t, w.Join())
		wasReset(t, "write to one that was reset", failure)
	})
}

func TestConn_HalfOpenPeerEndsAtTheDeadline(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		l := plainListener(t) // which accepts in the kernel, and says nothing
		c, err := net.Dial(h, "tcp", l.Addr().String())
		must(t, err)
		defer c.Close()
		inTime, err := h.Within(10*ms, func() error {
			_, err := c.Read(make([]byte, 1))
			return err
		})
		must(t, err)
		expect(t, "an answer came", inTime, false)
	})
}

func TestConn_SlowReaderHoldsTheWriterUp(t *testing.T) {
	eachPair(t, func(t *testing.T, h *green.Hub, a, b *net.Conn) {
		written, read := 0, 0
		chunk := pattern(32 << 10)
		w := h.Go(func() error {
			for range 1000 {
				n, err := a.Write(chunk)
				if written += n; err != nil {
					return err
				}
			}
			return a.CloseWrite()
		})
		must(t, h.Sleep(30*ms))
		if written >= 1000*len(chunk) {
			t.Fatal("the writer was never held up")
		}
		buf := make([]byte, 1000)
		worst := 0
		for {
			n, err := b.Read(buf)
			if read += n; err == io.EOF {
				break
			}
			must(t, err)
			worst = max(worst, written-read)
			if read > 8<<20 {
				buf = make([]byte, 64<<10) // enough of that
			}
		}
		must(t, w.Join())
		expect(t, "received", read, 1000*len(chunk))
		if worst > 24<<20 {
			t.Errorf("%d bytes under way at a time", worst)
		}
	})
}

func TestConn_Settings(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		a, b := pair(t, h, "tcp")
		defer a.Close()
		defer b.Close()
		must(t, a.SetNoDelay(false))
		must(t, a.SetKeepAlive(30*time.Second))
		must(t, a.SetKeepAlive(0))
		must(t, a.SetKeepAlive(-1))
		must(t, a.SetLinger(-1))
		raw, err := a.SyscallConn()
		must(t, err)
		seen := false
		must(t, raw.Control(func(uintptr) { seen = true }))
		expect(t, "Control called its function", seen, true)
		expect(t, "hub", a.Hub(), h)
		expect(t, "addresses", a.LocalAddr().String(), b.RemoteAddr().String())
		must(t, a.Close())
		expectIs(t, "setting of a closed one", a.SetNoDelay(true), stdnet.ErrClosed)
	})
}

// A main task in which another's panic is raised while it reads leaves nothing behind that the hub would wait for, and what
// comes afterwards is read as ever.
func TestConn_PanicRaisedInRead(t *testing.T) {
	eachPair(t, func(t *testing.T, h *green.Hub, a, b *net.Conn) {
		must(t, b.SetReadDeadline(h.Now().Add(time.Hour)))
		h.Go(func() error { panic("raised in main") })
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic was raised")
				}
			}()
			b.Read(make([]byte, 10))
		}()
		must(t, b.SetReadDeadline(time.Time{}))
		var deadlock *tasklet.DeadlockError
		if err := h.NewEvent().Wait(); !errors.As(err, &deadlock) {
			t.Errorf("waiting for nothing: got %v, want a deadlock", err)
		}
		pass(t, h, a, b, "afterwards")
	})
}

// On another goroutine every operation panics, those that would not wait included, and changes nothing.
func TestConn_OtherGoroutine(t *testing.T) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("goroutines are not told apart on " + runtime.GOARCH)
	}
	eachPair(t, func(t *testing.T, h *green.Hub, a, b *net.Conn) {
		_, err := a.Write([]byte("there"))
		must(t, err)
		for name, f := range map[string]func(){
			"Read":        func() { b.Read(make([]byte, 1)) },
			"Write":       func() { b.Write(make([]byte, 1)) },
			"SetDeadline": func() { b.SetDeadline(time.Unix(1, 0)) },
			"Close":       func() { b.Close() },
		} {
			panicked := make(chan bool)
			go func() {
				defer func() { panicked <- recover() != nil }()
				f()
			}()
			expect(t, name+" panicked", <-panicked, true)
		}
		got := make([]byte, 5)
		_, err = io.ReadFull(b, got)
		must(t, err)
		expect(t, "what came", string(got), "there")
	})
}

func TestConn_WaitReadable(t *testing.T) {
	eachPair(t, func(t *testing.T, h *green.Hub, a, b *net.Conn) {
		waits := h.Go(b.WaitReadable)
		h.Sleep(5 * ms)
		expect(t, "returned before there is something", waits.Ready(), false)
		_, err := b.Read(make([]byte, 1))
		expectIs(t, "a read beside it", err, net.ErrBusy)
		_, err = a.Write([]byte("word"))
		must(t, err)
		must(t, waits.Join())
		must(t, b.WaitReadable()) // it still is
		got := make([]byte, 8)
		n, err := b.Read(got)
		must(t, err)
		expect(t, "read", string(got[:n]), "word")

		must(t, b.SetReadDeadline(h.Now().Add(10*ms)))
		expectIs(t, "deadline", b.WaitReadable(), os.ErrDeadlineExceeded)
		must(t, b.SetReadDeadline(time.Time{}))
		killed := h.Go(b.WaitReadable)
		h.Sleep(5 * ms)
		must(t, killed.Kill())
		expectIs(t, "killed", killed.Err(), green.ErrKilled)

		pass(t, h, a, b, "nothing was lost")
		must(t, a.CloseWrite())
		must(t, b.WaitReadable())
		_, err = b.Read(got)
		expect(t, "the end", err, io.EOF)
		must(t, b.Close())
		expectIs(t, "closed", b.WaitReadable(), stdnet.ErrClosed)
	})
}

func TestConn_WaitReadableAfterAReadThatFilledItsBuffer(t *testing.T) {
	eachPair(t, func(t *testing.T, h *green.Hub, a, b *net.Conn) {
		_, err := a.Write([]byte("four"))
		must(t, err)
		_, err = io.ReadFull(b, make([]byte, 4))
		must(t, err)
		err = h.WithTimeout(10*ms, func(*green.Timeout) error { return b.WaitReadable() })
		expectIs(t, "nothing is left", err, green.ErrTimeout)
		pass(t, h, a, b, "more")
	})
}

func TestConn_WaitReadableOfDatagrams(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		peer, err := net.ListenPacket(h, "udp", "127.0.0.1:0")
		must(t, err)
		defer peer.Close()
		c, err := net.Dial(h, "udp", peer.LocalAddr().String())
		must(t, err)
		defer c.Close()
		err = h.WithTimeout(10*ms, func(*green.Timeout) error { return c.WaitReadable() })
		expectIs(t, "nothing has come", err, green.ErrTimeout)
		_, err = peer.WriteTo([]byte("datagram"), c.LocalAddr())
		must(t, err)
		must(t, c.WaitReadable())
		got := make([]byte, 16)
		n, err := c.Read(got)
		must(t, err)
		expect(t, "read", string(got[:n]), "datagram")
	})
}
