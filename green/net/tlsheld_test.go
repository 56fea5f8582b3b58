package net_test

import (
	"context"
	"errors"
	"io"
	"math"
	stdnet "net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
	"github.com/go-greenlet/greenlet/tasklet"
)

// The peer resets while we write and nobody reads there, while another task of ours reads.
func TestTLS_ResetWhileWeWrite(t *testing.T) {
	for _, r := range roles() {
		t.Run(r.name, func(t *testing.T) {
			keeps(t, func(t *testing.T) {
				each(t, func(t *testing.T, h *green.Hub) {
					l := listen(t, h, "tcp")
					defer l.Close()
					w := &wire{left: math.MaxInt, fault: resets}
					full := make(chan struct{}) // closed when nothing more goes out
					peer := func() {
						c := r.peer(w, r.config)
						if err := c.Handshake(); err != nil {
							t.Errorf("the peer's handshake: %v", err)
						}
						io.ReadFull(c, make([]byte, 1000))
						<-full
					}
					beside(t, h, func() {
						meet(t, l, w, peer, func(raw *net.Conn) {
							c := r.start(r.ours, raw)
							must(t, c.Handshake())
							var readErr, writeErr error
							done := 0
							reader := h.Go(func() error { _, readErr = c.Read(make([]byte, 1)); return nil })
							writer := h.Go(func() error {
								for writeErr == nil {
									var n int
									n, writeErr = c.Write(make([]byte, 1<<20))
									done += n
								}
								return nil
							})
							for before := -1; before != done || done == 0; {
								before = done
								pause(t, h)
							}
							close(full)
							must(t, reader.Join())
							must(t, writer.Join())
							// The system tells one of the two of the reset, and the other that the connection has ended.
							told := 0
							for what, err := range map[string]error{"read": readErr, "write": writeErr} {
								switch {
								case errors.Is(err, errReset):
									told++
								case what == "read" && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)):
								case what == "write" && isAny(err, errsGone...):
								default:
									t.Errorf("%s: %v", what, err)
								}
							}
							if told == 0 {
								t.Errorf("nobody heard of the reset: read %v, write %v", readErr, writeErr)
							}
							_, err := c.Write([]byte("x"))
							if !isAny(err, errsGone...) {
								t.Errorf("the next write: %v", err)
							}
							must(t, c.Close())
						})
					})
				})
			})
		})
	}
}

// pause lets the others go on for a while of the system's time, whatever clock the hub has.
func pause(t *testing.T, h *green.Hub) {
	t.Helper()
	_, err := green.Offload(h, func(context.Context) (none struct{}, err error) {
		time.Sleep(20 * ms)
		return none, nil
	})
	must(t, err)
}

// fill writes to c until nothing more goes out, and leaves a record half sent.
func fill(t *testing.T, h *green.Hub, c *net.TLSConn) {
	t.Helper()
	for done, before := 0, -1; before != done; { // again, since a system that had no room may find some
		before = done
		w := h.Go(func() error {
			for {
				n, err := c.Write(make([]byte, 1<<20))
				if done += n; err != nil {
					return err
				}
			}
		})
		for last := -1; last != done; {
			last = done
			pause(t, h)
		}
		must(t, w.Kill())
		expectIs(t, "the writer", w.Err(), green.ErrKilled)
	}
}

// Close, which waits for the peer to take the end of the stream, is woken by a reset.
func TestTLS_ResetWhileWeClose(t *testing.T) {
	t.Run("before Close", func(t *testing.T) {
		for _, r := range roles() {
			each(t, func(t *testing.T, h *green.Hub) {
				l := listen(t, h, "tcp")
				defer l.Close()
				w := &wire{left: math.MaxInt, fault: resets}
				gone := make(chan struct{})
				meet(t, l, w, func() { defer close(gone); w.talk(r.peer, r.config, nil); w.fail() }, func(raw *net.Conn) {
					c := r.start(r.ours, raw)
					if err := c.Handshake(); err == nil { // else the reset was faster than the session tickets
						<-gone
					}
					must(t, c.Close())
					expectIs(t, "second Close", c.Close(), stdnet.ErrClosed)
				})
			})
		}
	})
	// The time of a clock of its own stands still while Close waits for the outside: the limit of Close can't end that
	// here.
	t.Run("in Close", func(t *testing.T) {
		keeps(t, func(t *testing.T) {
			world := green.WithWorld(tasklet.NewClock(time.Unix(0, 0)))
			must(t, green.Run(func(h *green.Hub) error { resetInClose(t, h); return nil }, world))
			each(t, func(t *testing.T, h *green.Hub) { resetInClose(t, h) })
		})
	})
}

func resetInClose(t *testing.T, h *green.Hub) {
	t.Helper()
	l := listen(t, h, "tcp")
	defer l.Close()
	r := roles()[0]
	w := &wire{left: math.MaxInt, fault: resets}
	full := make(chan struct{})
	peer := func() {
		if err := r.peer(w, r.config).Handshake(); err != nil {
			t.Errorf("the peer's handshake: %v", err)
		}
		<-full
	}
	meet(t, l, w, peer, func(raw *net.Conn) {
		c := r.start(r.ours, raw)
		must(t, c.Handshake())
		fill(t, h, c)
		closing := h.Go(c.Close)
		blocked(t, h)
		_, err := c.Read(make([]byte, 1))
		expectIs(t, "a read while the connection is being closed", err, stdnet.ErrClosed)
		close(full)
		must(t, closing.Join())
		must(t, closing.Err())
	})
}

// A peer that takes nothing holds Close up for its limit and no longer.
func TestTLS_CloseOfAHalfOpenPeer(t *testing.T) {
	if testing.Short() {
		t.Skip("takes the 5 s that Close waits")
	}
	keeps(t, func(t *testing.T) {
		for name, opts := range map[string][]green.Option{"poller": nil, "portable": {green.Portable()}} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				must(t, green.Run(func(h *green.Hub) error {
					beside(t, h, func() {
						server, client := pairTLS(t, h)
						pass(t, h, client, server, "well begun")
						fill(t, h, server)
						begin := h.Now()
						must(t, server.Close())
						if waited := h.Now().Sub(begin); waited < time.Second {
							t.Errorf("Close has waited for %v: there was room", waited)
						}
						_, err := server.NetConn().Write([]byte("x"))
						expectIs(t, "the connection below", err, stdnet.ErrClosed)
						must(t, client.NetConn().Close())
					})
					return nil
				}, opts...))
			})
		}
	})
}

// pairTLS returns both ends of a connection that takes no byte more than its buffers hold, unlike one of TCP, whose
// buffers grow.
func pairTLS(t *testing.T, h *green.Hub) (server, client *net.TLSConn) {
	t.Helper()
	a, b, err := net.SocketPair(h)
	must(t, err)
	s, c := secure(false)
	return s.Server(a), c.Client(b)
}

// A handshake with a deadline that has passed fails at once, with or without a reading of the monotonic clock, and
// whatever has come from the peer already.
func TestTLS_DeadlineThatHasPassed(t *testing.T) {
	eachTLS(t, func(t *testing.T, h *green.Hub, server, client *net.TLSConn) {
		shake := h.Go(func() error { return client.Handshake() })
		blocked(t, h)
		must(t, server.SetDeadline(h.Now().Add(-time.Hour).Round(0)))
		expectIs(t, "handshake", server.Handshake(), os.ErrDeadlineExceeded)
		must(t, server.Close())
		must(t, shake.Join())
		if shake.Err() == nil {
			t.Error("the client has made a handshake alone")
		}
	})
	eachTLS(t, func(t *testing.T, h *green.Hub, server, client *net.TLSConn) {
		pass(t, h, client, server, "well begun")
		for _, at := range []time.Time{h.Now().Add(-ms), h.Now().Add(-ms).Round(0), time.Unix(1, 0)} {
			must(t, server.SetDeadline(at))
			_, err := server.Read(make([]byte, 1))
			expectIs(t, "read", err, os.ErrDeadlineExceeded)
			n, err := server.Write([]byte("x"))
			expectIs(t, "write", err, os.ErrDeadlineExceeded)
			expect(t, "encrypted", n, 0)
		}
		must(t, server.SetDeadline(time.Time{}))
		pass(t, h, client, server, "after the deadlines")
		w := h.Go(server.CloseWrite) // which would send what is left, too
		got, err := io.ReadAll(client)
		must(t, err)
		expect(t, "what the deadlines held up", string(got), "")
		must(t, w.Join())
		must(t, w.Err())
	})
}

// Who reads does not send what an interrupted write has left: the peer may want to be heard before it takes any more.
func TestTLS_ReadDoesNotWaitForAnEarlierWrite(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		server, client := pairTLS(t, h)
		pass(t, h, client, server, "well begun")
		fill(t, h, server)
		_, err := client.Write([]byte("enough"))
		must(t, err)
		must(t, h.WithTimeout(20*time.Second, func(*green.Timeout) error {
			got := make([]byte, 6)
			_, err := io.ReadFull(server, got)
			expect(t, "received", string(got), "enough")
			return err
		}))
		must(t, client.CloseWrite())
		must(t, h.WithTimeout(20*time.Second, func(*green.Timeout) error {
			_, err = server.Read(make([]byte, 1))
			expect(t, "at the end", err, io.EOF)
			return nil
		}))
		must(t, client.NetConn().Close()) // else Close of the server would wait for it
		must(t, server.Close())
	})
}

// A peer that reads slowly holds the writer up: what is encrypted and not sent is a record at the most.
func TestTLS_SlowReaderHoldsTheWriterUp(t *testing.T) {
	eachTLS(t, func(t *testing.T, h *green.Hub, server, client *net.TLSConn) {
		pass(t, h, client, server, "well begun")
		data := pattern(32 << 20)
		written, read := 0, 0
		w := h.Go(func() error {
			for written < len(data) {
				n, err := server.Write(data[written:min(len(data), written+1<<20)])
				if written += n; err != nil {
					return err
				}
			}
			return server.CloseWrite()
		})
		pause(t, h)
		if written == len(data) {
			t.Fatal("the writer was never held up")
		}
		got, buf, worst := make([]byte, 0, len(data)), make([]byte, 1000), 0
		for {
			n, err := client.Read(buf)
			got = append(got, buf[:n]...)
			if read += n; err == io.EOF {
				break
			}
			must(t, err)
			worst = max(worst, written-read)
			if read > 1<<20 {
				buf = make([]byte, 64<<10) // enough of that
			}
		}
		must(t, w.Join())
		same(t, "received", got, data)
		if worst > 24<<20 {
			t.Errorf("%d bytes under way at a time", worst)
		}
	})
}

// An alert that nobody takes does not keep from the reader what was wrong, and one that a kill holds up does not take
// the kill away.
func TestTLS_GarbageFromAPeerThatIsGone(t *testing.T) {
	eachTLS(t, func(t *testing.T, h *green.Hub, server, client *net.TLSConn) {
		pass(t, h, client, server, "well begun")
		raw := client.NetConn().(*net.Conn)
		_, err := raw.Write([]byte("\x17\x03\x03\x00\x20 this was never encrypted at all "))
		must(t, err)
		must(t, raw.SetLinger(0))
		must(t, raw.Close())
		_, err = server.Read(make([]byte, 10))
		if err == nil || !strings.Contains(err.Error(), "bad record MAC") {
			t.Errorf("read of garbage: %v", err)
		}
	})
	each(t, func(t *testing.T, h *green.Hub) {
		server, client := pairTLS(t, h)
		pass(t, h, client, server, "well begun")
		raw := server.NetConn().(*net.Conn)
		for _, size := range []int{64 << 10, 1, 1} { // the server's way out, with what the client will never take
			for inTime := true; inTime; {
				var err error
				inTime, err = h.Within(20*ms, func() error { _, err := raw.Write(make([]byte, size)); return err })
				must(t, err)
			}
		}
		_, err := client.NetConn().Write([]byte("\x17\x03\x03\x00\x20 this was never encrypted at all "))
		must(t, err)
		reader := h.Go(func() error { _, err := server.Read(make([]byte, 10)); return err })
		reader.LinkError(func(*green.Task) {})
		must(t, h.Sleep(5*ms))
		must(t, reader.Kill())
		expectIs(t, "a reader that is killed", reader.Err(), green.ErrKilled)
		must(t, client.NetConn().Close())
		if _, err := server.Read(make([]byte, 10)); err == nil || !strings.Contains(err.Error(), "bad record MAC") {
			t.Errorf("the next read: %v", err)
		}
		must(t, server.Close())
	})
}
