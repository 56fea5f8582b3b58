package http_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet/green"
	greenhttp "github.com/go-greenlet/greenlet/green/http"
	"github.com/gobwas/ws"
)

// socketPeer connects to a WebSocket as a client that sends frames of any kind.
func socketPeer(h *green.Hub, addr string) (*peer, error) {
	p, err := dial(h, addr)
	if err != nil {
		return nil, err
	}
	_, _, err = p.ask("GET", get("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"))
	if err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// sendFrame sends a frame as a client does.
func (p *peer) sendFrame(f ws.Frame) error {
	_, err := p.Write(ws.MustCompileFrame(ws.MaskFrame(f)))
	return err
}

func closeFrame(code int, reason string) ws.Frame {
	return ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusCode(code), reason))
}

// closed reads until the connection ends, and returns what the only frame that may come carries: a close frame's
// payload. Its error is io.EOF if none comes.
func (p *peer) closed() (string, error) {
	head, err := ws.ReadHeader(p.br)
	if err != nil {
		return "", err
	}
	payload, err := io.ReadAll(p.br)
	if err == nil && (head.OpCode != ws.OpClose || head.Length != int64(len(payload))) {
		err = errors.New("something else than a close frame")
	}
	return string(payload), err
}

// code is how a code is sent.
func code(n int) string { return string([]byte{byte(n >> 8), byte(n)}) }

// A peer may close with each code that is registered or free for programs, and with no other.
func TestWebSocketClosedByThePeer(t *testing.T) {
	var end error
	var ended *green.Event
	handler := func(w http.ResponseWriter, r *http.Request) {
		defer ended.Set()
		s, err := greenhttp.Upgrade(w, r)
		if err != nil {
			t.Error(err)
			return
		}
		_, _, end = s.ReadMessage()
		s.Close(greenhttp.CloseNormal, "")
	}
	with(t, handler, func(t *testing.T, h *green.Hub, addr string) error {
		try := func(n int, good bool) error {
			ended = h.NewEvent()
			p, err := socketPeer(h, addr)
			if err != nil {
				return err
			}
			defer p.Close()
			if err := p.sendFrame(closeFrame(n, "bye")); err != nil {
				return err
			}
			answer, err := p.closed()
			if err != nil {
				t.Errorf("%d: %v", n, err)
				return nil
			}
			p.Close() // for which the handler waits, but no longer than a moment
			if err := ended.Wait(); err != nil {
				return err
			}
			var closed *greenhttp.CloseError
			if !good {
				expect(t, "the answer to a wrong code", answer[:2], code(greenhttp.CloseProtocol))
				if end == nil || errors.As(end, &closed) {
					t.Errorf("%d: ReadMessage: %v", n, end)
				}
				return nil
			}
			expect(t, "the answer", answer, code(n))
			if !errors.As(end, &closed) || *closed != (greenhttp.CloseError{Code: n, Reason: "bye"}) {
				t.Errorf("%d: ReadMessage: %v", n, end)
			}
			return nil
		}
		for _, n := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999} {
			if err := try(n, true); err != nil {
				return err
			}
		}
		for _, n := range []int{0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535} {
			if err := try(n, false); err != nil {
				return err
			}
		}
		return nil
	})
}

// What Close sends is what the peer may get.
func TestWebSocketCloseCodes(t *testing.T) {
	var give struct {
		code   int
		reason string
	}
	var result error
	var ended *green.Event
	handler := func(w http.ResponseWriter, r *http.Request) {
		defer ended.Set()
		s, err := greenhttp.Upgrade(w, r)
		if err != nil {
			t.Error(err)
			return
		}
		result = s.Close(give.code, give.reason)
		if _, _, err := s.ReadMessage(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("ReadMessage after Close(%d): %v", give.code, err)
		}
		if err := s.WriteMessage(greenhttp.Text, nil); !errors.Is(err, net.ErrClosed) {
			t.Errorf("WriteMessage after Close(%d): %v", give.code, err)
		}
		if err := s.Close(greenhttp.CloseNormal, ""); err != nil {
			t.Errorf("Close after Close(%d): %v", give.code, err)
		}
	}
	with(t, handler, func(t *testing.T, h *green.Hub, addr string) error {
		try := func(n int, reason string, answer ...ws.Frame) (string, error) {
			give.code, give.reason, result, ended = n, reason, nil, h.NewEvent()
			p, err := socketPeer(h, addr)
			if err != nil {
				return "", err
			}
			defer p.Close()
			for _, f := range answer {
				if err := p.sendFrame(f); err != nil {
					return "", err
				}
			}
			got, err := p.closed()
			return got, errors.Join(err, ended.Wait())
		}
		long := strings.Repeat("é", 100)
		for _, c := range []struct {
			code         int
			reason, want string
		}{
			{1000, "", code(1000)},
			{1003, "bye", code(1003) + "bye"},
			{1007, "bye", code(1007) + "bye"},
			{1012, "bye", code(1012) + "bye"},
			{1013, "bye", code(1013) + "bye"},
			{1014, "bye", code(1014) + "bye"},
			{3000, "bye", code(3000) + "bye"},
			{4999, "bye", code(4999) + "bye"},
			{greenhttp.CloseNoCode, "", ""},
			{greenhttp.CloseNoCode, "bye", ""},
			{1000, long[:123-1], code(1000) + long[:122]},
			{1000, "x" + long, code(1000) + "x" + long[:122]},
			{1000, long, code(1000) + long[:122]}, // no half a letter
			{1000, "a\xffb", code(1000) + "a"},
		} {
			got, err := try(c.code, c.reason, closeFrame(1000, ""))
			if err != nil || result != nil {
				t.Errorf("Close(%d, %q): %v; the peer: %v", c.code, c.reason, result, err)
			}
			expect(t, "what the peer got", got, c.want)
		}
		for _, n := range []int{-1, 0, 999, 1004, 1006, 1015, 1016, 2999, 5000, 65536 + 1000} {
			if got, err := try(n, "bye"); !errors.Is(err, io.EOF) {
				t.Errorf("Close(%d): the peer got %q, %v", n, got, err)
			}
			if result == nil || !strings.Contains(result.Error(), "3000 to 4999") {
				t.Errorf("Close(%d): %v", n, result)
			}
		}
		return nil
	})
}

// A task that comes back to read while another one is in Close hears that the WebSocket is closed. What it has begun
// to read, it gets.
func TestWebSocketReadDuringClose(t *testing.T) {
	message := string(ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte("whole")))))
	answer := string(ws.MustCompileFrame(ws.MaskFrame(closeFrame(1001, ""))))
	for name, c := range map[string]struct {
		reading bool   // whether a task reads when Close is called
		before  string // what the peer has sent by then
		told    string // what it sends when Close has told it
		last    string // what it sends when the task has come back to read
	}{
		"between messages": {last: message + answer},
		"amid a message":   {before: message[:8], last: message[8:] + answer},
		"no answer":        {before: message[:8]},
		"reading a head":   {true, message[:1], message[1:] + message, answer},
		"reading":          {true, message[:8], message[8:] + message + message[:8], message[8:] + answer},
	} {
		t.Run(name, func(t *testing.T) {
			var came, told, back *green.Event
			handler := func(w http.ResponseWriter, r *http.Request) {
				h := greenhttp.HubOf(r.Context())
				s, err := greenhttp.Upgrade(w, r)
				if err != nil {
					t.Error(err)
					return
				}
				closer := h.Go(func() error {
					if err := came.Wait(); err != nil {
						return err
					}
					return s.Close(greenhttp.CloseGoing, "")
				})
				if c.reading {
					if _, m, err := s.ReadMessage(); err != nil || string(m) != "whole" {
						t.Errorf("the message that was begun: %q, %v", m, err)
					}
				} else if err := told.Wait(); err != nil {
					t.Error(err)
				}
				for range 2 {
					if _, m, err := s.ReadMessage(); !errors.Is(err, net.ErrClosed) {
						t.Errorf("ReadMessage: %q, %v", m, err)
					}
				}
				back.Set()
				if err := closer.Join(); err != nil {
					t.Errorf("Close: %v", err)
				}
				if _, m, err := s.ReadMessage(); !errors.Is(err, net.ErrClosed) {
					t.Errorf("ReadMessage after Close: %q, %v", m, err)
				}
			}
			with(t, handler, func(t *testing.T, h *green.Hub, addr string) error {
				came, told, back = h.NewEvent(), h.NewEvent(), h.NewEvent()
				p, err := socketPeer(h, addr)
				if err != nil {
					return err
				}
				defer p.Close()
				if c.reading { // which the answer to a ping shows
					io.WriteString(p, string(ws.MustCompileFrame(ws.MaskFrame(ws.NewPingFrame(nil))))+c.before)
					if head, err := ws.ReadHeader(p.br); err != nil || head.OpCode != ws.OpPong {
						t.Errorf("instead of a pong: %v, %v", head, err)
					}
				} else {
					io.WriteString(p, c.before)
				}
				came.Set()
				head, err := ws.ReadHeader(p.br)
				if err != nil {
					return err
				}
				if _, err := p.br.Discard(int(head.Length)); err != nil {
					return err
				}
				expect(t, "what the peer got", head.OpCode, ws.OpClose)
				told.Set()
				io.WriteString(p, c.told)
				if err := back.Wait(); err != nil {
					return err
				}
				io.WriteString(p, c.last)
				if rest, _ := io.ReadAll(p.br); len(rest) > 0 { // a reset may end it: what Close did not wait for
					t.Errorf("at the end: %q", rest)
				}
				return nil
			})
		})
	}
}

// A length that no frame can have is a violation.
func TestWebSocketLengthWithItsTopBit(t *testing.T) {
	with(t, echoSocket(t), func(t *testing.T, h *green.Hub, addr string) error {
		p, err := socketPeer(h, addr)
		if err != nil {
			return err
		}
		defer p.Close()
		io.WriteString(p, "\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")
		payload, err := p.closed()
		if err != nil {
			return err
		}
		expect(t, "code", payload[:2], code(greenhttp.CloseProtocol))
		return nil
	})
}
