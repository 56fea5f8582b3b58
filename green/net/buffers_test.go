package net_test

import (
	"bytes"
	"errors"
	"io"
	stdnet "net"
	"os"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
)

func TestWriteBuffers_WritesAllInOrder(t *testing.T) {
	eachPair(t, func(t *testing.T, h *green.Hub, a, b *net.Conn) {
		data := pattern(2 << 20)
		var bufs stdnet.Buffers
		for i, rest := 0, data; len(rest) > 0; i++ {
			n := min(len(rest), i%1500) // empty ones too, and more than go in one call
			bufs = append(bufs, rest[:n])
			rest = rest[n:]
		}
		w := h.Go(func() error {
			n, err := a.WriteBuffers(&bufs)
			expect(t, "written", n, int64(len(data)))
			expect(t, "left", len(bufs), 0)
			return errors.Join(err, a.CloseWrite())
		})
		got, err := io.ReadAll(b)
		must(t, err)
		must(t, w.Join())
		same(t, "received", got, data)
	})
}

func TestWriteBuffers_AKillLeavesWhatWasNotSent(t *testing.T) {
	eachPair(t, func(t *testing.T, h *green.Hub, a, b *net.Conn) {
		data := pattern(16 << 20)
		bufs := stdnet.Buffers{data[:1000], data[1000 : 8<<20], data[8<<20:]}
		w := h.Go(func() error { _, err := a.WriteBuffers(&bufs); return err })
		must(t, h.Sleep(20*ms))
		must(t, w.Kill())
		expectIs(t, "WriteBuffers", w.Err(), green.ErrKilled)
		rest := h.Go(func() error { _, err := a.WriteBuffers(&bufs); return errors.Join(err, a.CloseWrite()) })
		got, err := io.ReadAll(b)
		must(t, err)
		must(t, rest.Join())
		same(t, "received", got, data)
	})
}

func TestReadFrom_SendsAFile(t *testing.T) {
	data := pattern(3 << 20)
	path := t.TempDir() + "/data"
	must(t, os.WriteFile(path, data, 0o600))
	eachPair(t, func(t *testing.T, h *green.Hub, a, b *net.Conn) {
		f, err := os.Open(path)
		must(t, err)
		defer f.Close()
		w := h.Go(func() error {
			n, err := io.CopyN(a, f, 1000)
			expect(t, "a part", n, 1000)
			if err != nil {
				return err
			}
			n, err = io.Copy(a, f)
			expect(t, "the rest", n, int64(len(data)-1000))
			if err == nil {
				_, err = a.ReadFrom(strings.NewReader("and a string"))
			}
			return errors.Join(err, a.CloseWrite())
		})
		got, err := io.ReadAll(b)
		must(t, err)
		must(t, w.Join())
		same(t, "received", got, append(bytes.Clone(data), "and a string"...))
	})
}

func TestReadFrom_AKillLeavesTheFileBehindWhatWasSent(t *testing.T) {
	data := pattern(16 << 20)
	path := t.TempDir() + "/data"
	must(t, os.WriteFile(path, data, 0o600))
	must(t, green.Run(func(h *green.Hub) error { // sendfile only: a copy has read ahead of what it sends
		a, b := pair(t, h, "tcp")
		defer a.Close()
		defer b.Close()
		f, err := os.Open(path)
		must(t, err)
		defer f.Close()
		if _, ok := any(a).(io.ReaderFrom); !ok {
			t.Fatal("a Conn has no ReadFrom")
		}
		var sent int64
		w := h.Go(func() (err error) { sent, err = a.ReadFrom(f); return err })
		must(t, h.Sleep(20*ms))
		must(t, w.Kill())
		at, err := f.Seek(0, io.SeekCurrent)
		must(t, err)
		if at != sent {
			t.Skip("no sendfile here")
		}
		rest := h.Go(func() error { _, err := io.Copy(a, f); return errors.Join(err, a.CloseWrite()) })
		got, err := io.ReadAll(b)
		must(t, err)
		must(t, rest.Join())
		same(t, "received", got, data)
		return nil
	}))
}
