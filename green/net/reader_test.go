package net_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
)

func TestReader_Lines(t *testing.T) {
	text := "one\r\n\ntwo\nthree" // the last one has no end
	for name, in := range map[string]io.Reader{
		"at once": strings.NewReader(text), "in bytes": iotest.OneByteReader(strings.NewReader(text)),
	} {
		t.Run(name, func(t *testing.T) {
			r := net.NewReader(in)
			for _, want := range []string{"one", "", "two"} {
				line, err := r.ReadLine(5)
				must(t, err)
				expect(t, "line", string(line), want)
			}
			line, err := r.ReadLine(5)
			expect(t, "rest", string(line), "three")
			expect(t, "its error", err, io.ErrUnexpectedEOF)
			_, err = r.ReadLine(5)
			expect(t, "end", err, io.EOF)
		})
	}
}

func TestReader_LimitOfLines(t *testing.T) {
	for _, end := range []string{"\n", "\r\n"} {
		r := net.NewReader(strings.NewReader("12345" + end + "123456" + end))
		line, err := r.ReadLine(5)
		must(t, err)
		expect(t, "as long as may be", string(line), "12345")
		_, err = r.ReadLine(5)
		expectIs(t, "one more", err, net.ErrTooLong)
		line, err = r.ReadLine(6)
		must(t, err)
		expect(t, "with a higher limit", string(line), "123456")
	}
	endless := net.NewReader(iotest.DataErrReader(&zeros{}))
	_, err := endless.ReadLine(10000)
	expectIs(t, "a line without end", err, net.ErrTooLong)
	if n := endless.Buffered(); n > 32<<10 {
		t.Errorf("%d bytes were kept of it", n)
	}
}

// zeros reads zeros for ever.
type zeros struct{}

func (*zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestReader_Frames(t *testing.T) {
	var stream bytes.Buffer
	frames := [][]byte{[]byte("a frame"), {}, pattern(100000)}
	for _, f := range frames {
		must(t, net.WriteFrame(&stream, f))
	}
	data := stream.Bytes()
	r := net.NewReader(iotest.HalfReader(bytes.NewReader(data)))
	for _, want := range frames {
		got, err := r.ReadFrame(100000)
		must(t, err)
		same(t, "frame", got, want)
	}
	_, err := r.ReadFrame(10)
	expect(t, "end", err, io.EOF)
	_, err = net.NewReader(bytes.NewReader(data[:9])).ReadFrame(10)
	expect(t, "end within a frame", err, io.ErrUnexpectedEOF)
	_, err = net.NewReader(bytes.NewReader(data[:2])).ReadFrame(10)
	expect(t, "end within its length", err, io.ErrUnexpectedEOF)
	r = net.NewReader(bytes.NewReader([]byte("\xff\xff\xff\xff")))
	_, err = r.ReadFrame(1 << 20)
	expectIs(t, "a frame that is too long", err, net.ErrTooLong)
	expect(t, "it stays", r.Buffered(), 4)
}

func TestReader_LinesThenBytes(t *testing.T) {
	r := net.NewReader(strings.NewReader("5\nhello, and the rest"))
	line, err := r.ReadLine(10)
	must(t, err)
	expect(t, "line", string(line), "5")
	p, err := r.Next(5)
	must(t, err)
	expect(t, "bytes", string(p), "hello")
	rest, err := io.ReadAll(r)
	must(t, err)
	expect(t, "rest", string(rest), ", and the rest")
	_, err = r.Next(1)
	expect(t, "end", err, io.EOF)
}

func TestReader_ADeadlineLosesNothing(t *testing.T) {
	eachPair(t, func(t *testing.T, h *green.Hub, a, b *net.Conn) {
		r := net.NewReader(b)
		for _, part := range []string{"half a ", "line, and ", "more"} {
			_, err := a.Write([]byte(part))
			must(t, err)
			err = h.WithTimeout(5*ms, func(*green.Timeout) error { _, err := r.ReadLine(100); return err })
			expectIs(t, "ReadLine", err, green.ErrTimeout)
		}
		must(t, errors.Join(func() error { _, err := a.Write([]byte("\n")); return err }(), net.WriteFrame(a, []byte("framed"))))
		line, err := r.ReadLine(100)
		must(t, err)
		expect(t, "line", string(line), "half a line, and more")
		frame, err := r.ReadFrame(100)
		must(t, err)
		expect(t, "frame", string(frame), "framed")
	})
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("a\nb\r\n\x00\x00\x00\x01x"), 10)
	f.Fuzz(func(t *testing.T, data []byte, limit int) {
		limit = max(0, limit)
		r := net.NewReader(iotest.OneByteReader(bytes.NewReader(data)))
		got := 0
		for {
			line, err := r.ReadLine(limit)
			if err == nil && len(line) > limit {
				t.Fatalf("a line of %d bytes with a limit of %d", len(line), limit)
			}
			if got += len(line); err != nil {
				break
			}
		}
		if got > len(data) {
			t.Fatalf("%d bytes read of %d", got, len(data))
		}
		r = net.NewReader(bytes.NewReader(data))
		for {
			frame, err := r.ReadFrame(limit)
			if err != nil {
				break
			}
			if len(frame) > limit {
				t.Fatalf("a frame of %d bytes with a limit of %d", len(frame), limit)
			}
		}
	})
}
