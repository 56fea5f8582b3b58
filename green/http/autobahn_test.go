package http_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet/green"
	greenhttp "github.com/go-greenlet/greenlet/green/http"
	"github.com/gobwas/ws"
)

// The cases of the Autobahn test suite for WebSockets (crossbario/autobahn-testsuite) but for those of compression,
// which is not offered here, written anew: what each sends and expects is theirs. A fuzzer sends frames, and the
// other side echoes each message. Where the original waits for a second to see that nothing comes, this one sends a
// ping and awaits its pong.

// An autobahnCase is what the fuzzer sends and what must come back.
type autobahnCase struct {
	name string
	send []sending
	want []received
	// code is that of the close frame that must come. 0 means that the fuzzer closes with 1000 when it has got what
	// it wants, and gets that code back.
	code int
	make func() autobahnCase // makes one that takes much memory, when its turn has come
}

// A sending is some frames that are sent at once, or in pieces of chop bytes.
type sending struct {
	frames []ws.Frame
	chop   int
	cut    int // so many bytes from the end are not sent
	await  int // so many messages and pongs must have come, in all, before the next sending
}

// received is a message or a pong.
type received struct {
	op      ws.OpCode
	payload string
}

func textOf(s string) received { return received{ws.OpText, s} }
func pongOf(s string) received { return received{ws.OpPong, s} }

// whole makes the last frame of a message, or its only one, or a control frame. part makes one that others follow.
func whole(op ws.OpCode, payload string) ws.Frame { return ws.NewFrame(op, true, []byte(payload)) }
func part(op ws.OpCode, payload string) ws.Frame  { return ws.NewFrame(op, false, []byte(payload)) }

// reserved sets the reserved bits of a frame.
func reserved(bits byte, f ws.Frame) ws.Frame {
	f.Header.Rsv = bits
	return f
}

// each sends frames one by one, together all at once, and chopped in pieces.
func each(frames ...ws.Frame) (all []sending) {
	for _, f := range frames {
		all = append(all, sending{frames: []ws.Frame{f}})
	}
	return all
}
func together(frames ...ws.Frame) []sending          { return []sending{{frames: frames}} }
func chopped(chop int, frames ...ws.Frame) []sending { return []sending{{frames: frames, chop: chop}} }

// split makes a message of frames whose payloads have size bytes.
func split(op ws.OpCode, payload string, size int) (frames []ws.Frame) {
	for len(payload) > size {
		frames = append(frames, part(op, payload[:size]))
		op, payload = ws.OpContinuation, payload[size:]
	}
	return append(frames, whole(op, payload))
}

func autobahnCases() []autobahnCase {
	return slices.Concat(framingCases(), pingCases(), reservedCases(), opcodeCases(), fragmentCases(), textCases(),
		closeCases(), limitCases(), miscCases())
}

// Each section has as many cases as the original.
func TestAutobahnIsComplete(t *testing.T) {
	got := map[string]int{}
	names := map[string]bool{}
	for _, c := range autobahnCases() {
		section, _, _ := strings.Cut(c.name, ".")
		got[section]++
		expect(t, c.name+" is there twice", names[c.name], false)
		names[c.name] = true
	}
	want := map[string]int{"1": 16, "2": 11, "3": 7, "4": 10, "5": 20, "6": 145, "7": 37, "9": 54, "10": 1}
	expect(t, "sections", fmt.Sprint(got), fmt.Sprint(want))
	expect(t, "cases", len(names), 301)
}

// echoAll echoes messages until the peer closes, or breaks a rule.
func echoAll(s *greenhttp.WebSocket) error {
	s.Limit = 16 << 20
	for {
		kind, message, err := s.ReadMessage()
		if err != nil {
			return errors.Join(err, s.Close(greenhttp.CloseNormal, ""))
		}
		if err := s.WriteMessage(kind, message); err != nil {
			return errors.Join(fmt.Errorf("WriteMessage: %w", err), s.Close(greenhttp.CloseNormal, ""))
		}
	}
}

// Our server, and a fuzzer that is its client.
func TestAutobahnServer(t *testing.T) {
	for _, c := range autobahnCases() {
		t.Run(c.name, func(t *testing.T) {
			if c.make != nil {
				c = c.make()
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
				result = echoAll(s)
			}
			with(t, handler, func(t *testing.T, h *green.Hub, addr string) error {
				ended = h.NewEvent()
				p, err := socketPeer(h, addr)
				if err != nil {
					return err
				}
				c.fuzz(t, p, ws.StateClientSide)
				p.Close()
				if err := ended.Wait(); err != nil {
					return err
				}
				c.check(t, result)
				return nil
			})
		})
	}
}

// Our client, and a fuzzer that is its server.
func TestAutobahnClient(t *testing.T) {
	for _, c := range autobahnCases() {
		t.Run(c.name, func(t *testing.T) {
			if c.make != nil {
				c = c.make()
			}
			run(t, func(t *testing.T, h *green.Hub) error {
				serve := func(p *peer, r *http.Request) {
					io.WriteString(p, agrees(r.Header.Get("Sec-WebSocket-Key")))
					c.fuzz(t, p, ws.StateServerSide)
				}
				return answering(h, serve, func(addr string) error {
					s, err := greenhttp.DialWebSocket(h, "ws://"+addr)
					if err != nil {
						return err
					}
					c.check(t, echoAll(s))
					return nil
				})
			})
		})
	}
}

// check checks how ReadMessage has ended: by the fuzzer's close frame, or for a violation.
func (c *autobahnCase) check(t *testing.T, err error) {
	t.Helper()
	closes := c.code == 0 || c.code == greenhttp.CloseNormal || strings.HasPrefix(c.name, "7.7.")
	var end *greenhttp.CloseError
	if errors.As(err, &end) != closes {
		t.Errorf("ReadMessage: %v", err)
	}
}

// fuzz sends and receives what the case has.
func (c *autobahnCase) fuzz(t *testing.T, p *peer, state ws.State) {
	t.Helper()
	var got []received
	for _, s := range c.send {
		// What follows a violation may meet a closed connection.
		if err := p.transmit(s, state); err != nil && c.code == 0 {
			t.Errorf("sending: %v", err)
			return
		}
		for len(got) < s.await {
			one, err := p.receive(state)
			if err != nil {
				t.Errorf("instead of the answer %d: %v", len(got)+1, err)
				return
			}
			got = append(got, one)
		}
	}
	code := c.code
	if code == 0 {
		code = greenhttp.CloseNormal
		for len(got) < len(c.want) {
			one, err := p.receive(state)
			if err != nil {
				t.Errorf("instead of the answer %d: %v", len(got)+1, err)
				return
			}
			got = append(got, one)
		}
		if err := p.transmit(sending{frames: []ws.Frame{closeFrame(code, "")}}, state); err != nil {
			t.Errorf("sending the close frame: %v", err)
		}
	}
	for {
		one, err := p.receive(state)
		var end *greenhttp.CloseError
		if errors.As(err, &end) {
			expect(t, "the code", end.Code, code)
			break
		}
		if err != nil {
			t.Errorf("instead of a close frame: %v", err)
			return
		}
		got = append(got, one)
	}
	if rest, err := io.ReadAll(p.br); err != nil || len(rest) > 0 {
		t.Errorf("after the close frame: %q, %v", rest, err)
	}
	if !slices.Equal(got, c.want) {
		t.Errorf("got %s, want %s", shorten(got), shorten(c.want))
	}
}

// shorten formats messages whose payloads may be long.
func shorten(all []received) string {
	var b strings.Builder
	for _, r := range all[:min(len(all), 10)] {
		fmt.Fprintf(&b, "[%d: %d bytes %.40q]", r.op, len(r.payload), r.payload)
	}
	return b.String()
}

// transmit sends frames, which those of a client are masked in.
func (p *peer) transmit(s sending, state ws.State) error {
	var b bytes.Buffer
	for i, f := range s.frames {
		if state.ClientSide() {
			f = ws.MaskFrameWith(f, [4]byte{1, 0x82, byte(i), 0xff})
		}
		if err := ws.WriteFrame(&b, f); err != nil {
			return err
		}
	}
	all := b.Bytes()
	all = all[:len(all)-s.cut]
	for chop := max(s.chop, 0); chop > 0 && len(all) > chop; all = all[chop:] {
		if _, err := p.Write(all[:chop]); err != nil {
			return err
		}
	}
	_, err := p.Write(all)
	return err
}

// receive reads a message or a pong. A close frame is a CloseError.
func (p *peer) receive(state ws.State) (one received, err error) {
	for {
		head, err := ws.ReadHeader(p.br)
		if err != nil {
			return one, err
		}
		now := state
		if one.payload != "" || one.op != 0 {
			now = now.Set(ws.StateFragmented)
		}
		if err := ws.CheckHeader(head, now); err != nil {
			return one, err
		}
		payload := make([]byte, head.Length)
		if _, err := io.ReadFull(p.br, payload); err != nil {
			return one, err
		}
		if head.Masked {
			ws.Cipher(payload, head.Mask, 0)
		}
		switch head.OpCode {
		case ws.OpClose:
			code, reason := ws.ParseCloseFrameData(payload)
			return one, &greenhttp.CloseError{Code: int(code), Reason: reason}
		case ws.OpPing, ws.OpPong:
			return received{head.OpCode, string(payload)}, nil
		case ws.OpText, ws.OpBinary:
			one.op = head.OpCode
		}
		one.payload += string(payload)
		if head.Fin {
			return one, nil
		}
	}
}
