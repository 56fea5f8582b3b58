package http_test

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	greenhttp "github.com/go-greenlet/greenlet/green/http"
	greennet "github.com/go-greenlet/greenlet/green/net"
	"github.com/gobwas/ws"
)

func pack(w io.Writer, text string) {
	z := gzip.NewWriter(w)
	io.WriteString(z, text)
	z.Close()
}

// echoSocket answers messages with themselves.
func echoSocket(t *testing.T) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s, err := (&greenhttp.Upgrader{Protocols: []string{"echo"}}).Upgrade(w, r)
		if err != nil {
			return
		}
		s.Limit = 100000
		defer s.Close(greenhttp.CloseNormal, "")
		for {
			kind, message, err := s.ReadMessage()
			if err != nil {
				return
			}
			if err := s.WriteMessage(kind, message); err != nil {
				t.Errorf("WriteMessage: %v", err)
			}
		}
	}
}

func TestWebSocket(t *testing.T) {
	with(t, echoSocket(t), func(t *testing.T, h *green.Hub, addr string) error {
		s, err := (&greenhttp.WebSocketDialer{Protocols: []string{"none", "echo"}}).DialWebSocket(h, "ws://"+addr+"/x?y")
		if err != nil {
			return err
		}
		expect(t, "protocol", s.Protocol(), "echo")
		pongs := ""
		s.OnPong = func(p []byte) { pongs += string(p) }
		for _, size := range []int{0, 1, 125, 126, 65535, 65536, 100000} {
			message := strings.Repeat("é", size/2) + strings.Repeat("e", size%2)
			if err := s.Ping([]byte("!")); err != nil {
				return err
			}
			if err := s.WriteMessage(greenhttp.Text, []byte(message)); err != nil {
				return err
			}
			kind, got, err := s.ReadMessage()
			if err != nil {
				return err
			}
			expect(t, "message", kind == greenhttp.Text && string(got) == message, true)
		}
		expect(t, "pongs", pongs, "!!!!!!!")
		if err := s.WriteMessage(greenhttp.Binary, make([]byte, 100001)); err != nil {
			return err
		}
		var end *greenhttp.CloseError
		if _, _, err := s.ReadMessage(); !errors.As(err, &end) || end.Code != greenhttp.CloseTooBig {
			t.Errorf("after a message that is too big: %v", err)
		}
		if err := s.WriteMessage(greenhttp.Text, nil); !errors.Is(err, net.ErrClosed) {
			t.Errorf("after the end: %v", err)
		}
		return s.Close(greenhttp.CloseNormal, "")
	})
}

func TestWebSocketViolations(t *testing.T) {
	frame := func(f ws.Frame) string {
		return string(ws.MustCompileFrame(ws.MaskFrame(f)))
	}
	with(t, echoSocket(t), func(t *testing.T, h *green.Hub, addr string) error {
		for name, c := range map[string]struct {
			raw  string
			code int
		}{
			"not masked":         {string(ws.MustCompileFrame(ws.NewTextFrame([]byte("x")))), greenhttp.CloseProtocol},
			"reserved bits":      {"\xc1\x80\x00\x00\x00\x00", greenhttp.CloseProtocol},
			"reserved code":      {"\x83\x80\x00\x00\x00\x00", greenhttp.CloseProtocol},
			"continues nothing":  {frame(ws.NewFrame(ws.OpContinuation, true, nil)), greenhttp.CloseProtocol},
			"not continued":      {frame(ws.NewFrame(ws.OpText, false, nil)) + frame(ws.NewFrame(ws.OpText, true, nil)), greenhttp.CloseProtocol},
			"ping in parts":      {frame(ws.NewFrame(ws.OpPing, false, nil)), greenhttp.CloseProtocol},
			"no UTF-8":           {frame(ws.NewTextFrame([]byte("\xff"))), greenhttp.CloseInvalid},
			"half a close code":  {frame(ws.NewCloseFrame([]byte{3})), greenhttp.CloseProtocol},
			"reserved close":     {frame(ws.NewCloseFrame(ws.NewCloseFrameBody(1005, ""))), greenhttp.CloseProtocol},
			"announces too much": {"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00", greenhttp.CloseTooBig},
			"too big in parts": {frame(ws.NewFrame(ws.OpText, false, make([]byte, 60000))) +
				frame(ws.NewFrame(ws.OpContinuation, true, make([]byte, 60000))), greenhttp.CloseTooBig},
			"orderly": {frame(ws.NewFrame(ws.OpText, false, []byte("a"))) + frame(ws.NewPingFrame(nil)) +
				frame(ws.NewCloseFrame(ws.NewCloseFrameBody(1000, "bye"))), greenhttp.CloseNormal},
		} {
			p, err := dial(h, addr)
			if err != nil {
				return err
			}
			defer p.Close()
			r, _, err := p.ask("GET", get("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"+
				"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"))
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			expect(t, "accept", r.Header.Get("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
			io.WriteString(p, c.raw)
			for {
				head, err := ws.ReadHeader(p.br)
				if err != nil {
					t.Errorf("%s: %v", name, err)
					break
				}
				payload := make([]byte, head.Length)
				if _, err := io.ReadFull(p.br, payload); err != nil {
					return err
				}
				if head.OpCode == ws.OpClose {
					code, _ := ws.ParseCloseFrameData(payload)
					expect(t, name, int(code), c.code)
					break
				}
			}
		}
		return nil
	})
}

func TestWebSocketThatIsRefused(t *testing.T) {
	with(t, echoSocket(t), func(t *testing.T, h *green.Hub, addr string) error {
		const upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n" +
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		for fields, want := range map[string]string{
			"Connection: close\r\n":                             "HTTP/1.1 426",
			upgrade + "Origin: http://evil\r\n":                 "HTTP/1.1 403",
			strings.Replace(upgrade, "13", "12", 1):             "HTTP/1.1 426",
			"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n": "HTTP/1.1 400",
		} {
			p, err := dial(h, addr)
			if err != nil {
				return err
			}
			defer p.Close()
			io.WriteString(p, get(fields))
			line, err := p.br.ReadString('\n')
			if err != nil {
				return err
			}
			expect(t, fields, line[:len(want)], want)
		}
		return nil
	})
}

// Close waits for the peer, even while another task reads.
func TestWebSocketCloseBesideAReader(t *testing.T) {
	with(t, echoSocket(t), func(t *testing.T, h *green.Hub, addr string) error {
		s, err := greenhttp.DialWebSocket(h, "ws://"+addr)
		if err != nil {
			return err
		}
		reader := h.Go(func() error {
			_, _, err := s.ReadMessage()
			var end *greenhttp.CloseError
			if !errors.As(err, &end) || end.Code != greenhttp.CloseGoing {
				t.Errorf("ReadMessage: %v", err)
			}
			return nil
		})
		h.Yield()
		if _, _, err := s.ReadMessage(); !errors.Is(err, greennet.ErrBusy) {
			t.Errorf("a second reader: %v", err)
		}
		s.Close(greenhttp.CloseGoing, "bye")
		return reader.Join()
	})
}

func TestEventStream(t *testing.T) {
	want := []greenhttp.Event{
		{Data: "one"},
		{ID: "2", Name: "n", Data: "two\nlines", Retry: time.Second},
		{ID: "2", Data: ""},
		{ID: "3", Data: " space: colon"},
	}
	ended := false
	handler := func(w http.ResponseWriter, r *http.Request) {
		s, err := greenhttp.NewEventStream(w)
		if err != nil {
			t.Error(err)
			return
		}
		if err := s.Send(greenhttp.Event{Name: "a\nb"}); err == nil {
			t.Error("an event with a line break in its name was sent")
		}
		for _, e := range want {
			if err := errors.Join(s.Comment("ping"), s.Send(e)); err != nil {
				t.Error(err)
			}
		}
		for s.Comment("") == nil { // until the client has gone
			greenhttp.HubOf(r.Context()).Sleep(time.Millisecond)
		}
		ended = true
	}
	with(t, handler, func(t *testing.T, h *green.Hub, addr string) error {
		ended = false
		c := greenhttp.NewClient(h)
		r, err := c.Get("http://" + addr)
		if err != nil {
			return err
		}
		expect(t, "type", r.Header.Get("Content-Type"), "text/event-stream")
		events := greenhttp.NewEventReader(r.Body)
		for _, e := range want {
			got, err := events.Next()
			if err != nil {
				return err
			}
			expect(t, "event", got, e)
		}
		expect(t, "last", fmt.Sprint(events.LastID(), events.Retry()), "31s")
		r.Body.Close()
		for !ended {
			if err := h.Sleep(time.Millisecond); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestEventReader(t *testing.T) {
	const text = "\ufeffdata: a\rdata:b\r\n\r\n: x\nid: 1\nevent: e\n\ndata\n\n" +
		"data: c\nid\n\nretry: x\nretry: 5\ndata:  d\nother: y\n\ndata: lost\n"
	r := greenhttp.NewEventReader(bufio.NewReader(strings.NewReader(text)))
	for _, want := range []greenhttp.Event{
		{Data: "a\nb"}, {ID: "1"}, {Data: "c"}, {Data: " d", Retry: 5 * time.Millisecond},
	} {
		got, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		expect(t, "event", got, want)
	}
	if _, err := r.Next(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
}
