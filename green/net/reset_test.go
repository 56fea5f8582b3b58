package net_test

import (
	"errors"
	"io"
	stdnet "net"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
)

// reset closes c so that its peer gets a reset.
func reset(t *testing.T, c *net.Conn) {
	t.Helper()
	must(t, c.SetLinger(0))
	must(t, c.Close())
}

// wasReset wants err to say that the peer has reset the connection. Who hears of it first is told so, and who comes later
// that there is none.
func wasReset(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, errReset) && !isAny(err, errsGone...) {
		t.Errorf("%s: %v", what, err)
	}
}

func TestConn_ResetInEveryState(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	must(t, os.Truncate(file, 64<<20))
	much := make([]byte, 64<<20) // more than any system takes that nobody reads
	// Each is given both ends and resets b.
	states := []struct {
		name string
		f    func(t *testing.T, h *green.Hub, a, b *net.Conn)
	}{
		{"nobody waits", func(t *testing.T, h *green.Hub, a, b *net.Conn) {
			reset(t, b)
			must(t, h.Sleep(ms))
		}},
		{"something is unread", func(t *testing.T, h *green.Hub, a, b *net.Conn) {
			_, err := b.Write([]byte("last words"))
			must(t, err)
			reset(t, b)
			got, err := io.ReadAll(a)
			wasReset(t, "read", err)
			if len(got) > 0 { // some systems throw it away
				expect(t, "what came before", string(got), "last words")
			}
		}},
		{"a task reads", func(t *testing.T, h *green.Hub, a, b *net.Conn) {
			r := h.Go(func() error { _, err := a.Read(make([]byte, 1)); return err })
			r.LinkError(func(*green.Task) {})
			blocked(t, h)
			reset(t, b)
			must(t, r.Join())
			expectIs(t, "read", r.Err(), errReset)
		}},
		{"a task writes", func(t *testing.T, h *green.Hub, a, b *net.Conn) {
			w := h.Go(func() error { _, err := a.Write(much); return err })
			w.LinkError(func(*green.Task) {})
			must(t, h.Sleep(20*ms))
			reset(t, b)
			must(t, w.Join())
			wasReset(t, "write", w.Err())
		}},
		{"a task writes several buffers", func(t *testing.T, h *green.Hub, a, b *net.Conn) {
			w := h.Go(func() error {
				_, err := a.WriteBuffers(&stdnet.Buffers{much[:32<<20], much[32<<20:]})
				return err
			})
			w.LinkError(func(*green.Task) {})
			must(t, h.Sleep(20*ms))
			reset(t, b)
			must(t, w.Join())
			wasReset(t, "write", w.Err())
		}},
		{"a task sends a file", func(t *testing.T, h *green.Hub, a, b *net.Conn) {
			f, err := os.Open(file)
			must(t, err)
			defer f.Close()
			w := h.Go(func() error { _, err := io.Copy(a, f); return err })
			w.LinkError(func(*green.Task) {})
			must(t, h.Sleep(20*ms))
			reset(t, b)
			must(t, w.Join())
			wasReset(t, "copy", w.Err())
		}},
		{"one reads and one writes", func(t *testing.T, h *green.Hub, a, b *net.Conn) {
			r := h.Go(func() error { _, err := a.Read(make([]byte, 1)); return err })
			w := h.Go(func() error { _, err := a.Write(much); return err })
			r.LinkError(func(*green.Task) {})
			w.LinkError(func(*green.Task) {})
			must(t, h.Sleep(20*ms))
			reset(t, b)
			must(t, r.Join())
			must(t, w.Join())
			wasReset(t, "write", w.Err())
			if err := r.Err(); err != io.EOF { // what the system says if the writer was told of the reset
				wasReset(t, "read", err)
			}
			if !errors.Is(r.Err(), errReset) && !errors.Is(w.Err(), errReset) {
				t.Errorf("nobody heard of the reset: read %v, write %v", r.Err(), w.Err())
			}
		}},
		{"our side is closed for writing", func(t *testing.T, h *green.Hub, a, b *net.Conn) {
			must(t, a.CloseWrite())
			r := h.Go(func() error { _, err := a.Read(make([]byte, 1)); return err })
			r.LinkError(func(*green.Task) {})
			_, err := b.Read(make([]byte, 1))
			expect(t, "the peer reads", err, io.EOF)
			reset(t, b)
			must(t, r.Join())
			wasReset(t, "read", r.Err())
		}},
		{"the peer's side was closed for writing", func(t *testing.T, h *green.Hub, a, b *net.Conn) {
			must(t, b.CloseWrite())
			_, err := a.Read(make([]byte, 1))
			expect(t, "read", err, io.EOF)
			w := h.Go(func() error { _, err := a.Write(much); return err })
			w.LinkError(func(*green.Task) {})
			must(t, h.Sleep(20*ms))
			reset(t, b)
			must(t, w.Join())
			wasReset(t, "write", w.Err())
		}},
	}
	for _, s := range states {
		t.Run(s.name, func(t *testing.T) {
			keeps(t, func(t *testing.T) {
				each(t, func(t *testing.T, h *green.Hub) {
					other, peer := pair(t, h, "tcp")
					a, b := pair(t, h, "tcp")
					s.f(t, h, a, b)
					_, err := a.Write([]byte("x"))
					if err == nil {
						_, err = a.Write([]byte("x"))
					}
					wasReset(t, "a write afterwards", err)
					if _, err := a.Read(make([]byte, 1)); err == nil {
						t.Error("a read afterwards found something")
					}
					must(t, a.Close())
					pass(t, h, other, peer, "another connection")
					must(t, other.Close())
					must(t, peer.Close())
				})
			})
		})
	}
}

// A connection that is reset before it is accepted harms no other.
func TestListener_ResetBeforeAccept(t *testing.T) {
	keeps(t, func(t *testing.T) {
		each(t, func(t *testing.T, h *green.Hub) {
			l := listen(t, h, "tcp")
			for range 3 {
				c, err := net.Dial(h, "tcp", l.Addr().String())
				must(t, err)
				_, err = c.Write([]byte("never mind"))
				must(t, err)
				reset(t, c)
			}
			good, err := net.Dial(h, "tcp", l.Addr().String())
			must(t, err)
			for range 4 {
				c, err := l.AcceptConn() // some systems leave out those that were reset
				must(t, err)
				if c.RemoteAddr().String() == good.LocalAddr().String() {
					pass(t, h, good, c, "hello")
					must(t, c.Close())
					break
				}
				_, err = io.ReadAll(c)
				wasReset(t, "read", err)
				must(t, c.Close())
			}
			must(t, good.Close())
			must(t, l.Close())
		})
	})
}
