package http

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"syscall"
	"unicode/utf8"

	greennet "github.com/go-greenlet/greenlet/green/net"
	"github.com/gobwas/ws"
)

// incoming is what has come of a message that is not whole yet. A call that ends early leaves it to the next one.
type incoming struct {
	begun   bool // a frame of it has
	framed  bool // the payload of a frame comes
	kind    MessageType
	head    ws.Header // of that frame
	left    int64     // bytes of it that have not come
	message []byte
	checked int // so many bytes of a text are whole characters of UTF-8
}

// ReadMessage waits for the next message and returns it. Meanwhile it answers pings. When the peer has closed the
// WebSocket, it returns a [*CloseError], after having closed it too. After [WebSocket.Close] was called, also by a
// task that is still in it, ReadMessage returns [net.ErrClosed]; only a call that had begun before gets the message
// that comes, or the peer's answer as a [*CloseError].
//
// A call that ends early because the task was killed, or because a deadline of the task or the connection has passed,
// loses nothing: the next call goes on with what has come. Only while a pong is being sent it is as in WriteMessage.
// Any other error means that the connection is of no use any more.
//
// If the peer does what it must not do, ReadMessage tells it why, closes the connection and returns an error: for a
// text that is no UTF-8 as soon as the first wrong byte has come, for a message that is longer than Limit as soon as
// its length is known. It stays for half a second at most until the peer has closed, too, so that the peer gets to
// know the reason.
func (s *WebSocket) ReadMessage() (t MessageType, message []byte, err error) {
	if s.closing {
		return 0, nil, net.ErrClosed
	}
	if s.err != nil {
		return 0, nil, s.err
	}
	if s.reading {
		return 0, nil, greennet.ErrBusy
	}
	s.reading = true
	defer func() { // also if a panic is raised in the wait
		s.reading = false
		if s.closing {
			s.left.Set()
		}
	}()
	t, message, err = s.read()
	var bad *violation
	if errors.As(err, &bad) {
		s.end(bad.code, bad.why, true)
	}
	return t, message, err
}

// A violation is what a peer does that it must not.
type violation struct {
	code int
	why  string
}

func (e *violation) Error() string { return "http: WebSocket: " + e.why }

// read reads on until a message is whole.
func (s *WebSocket) read() (MessageType, []byte, error) {
	in := &s.in
	for {
		if !in.framed {
			if err := s.nextFrame(); err != nil {
				return 0, nil, s.broken(err)
			}
		}
		if err := s.payload(); err != nil {
			return 0, nil, s.broken(err)
		}
		in.framed = false
		if in.head.Fin {
			break
		}
	}
	t, message := in.kind, in.message
	whole := t != Text || in.checked == len(message)
	*in = incoming{}
	if !whole {
		return 0, nil, s.broken(&violation{CloseInvalid, "a text that ends amid a character"})
	}
	return t, message, nil
}

// broken notes an error after which nothing can be read any more: one of the peer or of the connection. Those of the
// task and of deadlines pass.
func (s *WebSocket) broken(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	var bad *violation
	var end *CloseError
	var system syscall.Errno
	if err == io.ErrUnexpectedEOF || errors.Is(err, net.ErrClosed) ||
		errors.As(err, &bad) || errors.As(err, &end) || errors.As(err, &system) {
		s.err = err
	}
	return err
}

// nextFrame reads the head of the next frame of data. It deals with the control frames before that.
func (s *WebSocket) nextFrame() error {
	in := &s.in
	limit := s.Limit
	if limit <= 0 {
		limit = defaultMessage
	}
	for {
		head, size, err := s.peekHead()
		if err != nil {
			return err
		}
		state := s.state
		if in.begun {
			state = state.Set(ws.StateFragmented)
		}
		if err := ws.CheckHeader(head, state); err != nil {
			return &violation{CloseProtocol, err.Error()}
		}
		if head.OpCode.IsControl() {
			if err := s.control(head, size); err != nil {
				return err
			}
			continue
		}
		if head.Length > limit-int64(len(in.message)) {
			return &violation{CloseTooBig, "a message that is too big"}
		}
		s.br.Discard(size)
		if !in.begun {
			in.begun, in.kind = true, MessageType(head.OpCode)
		}
		in.framed, in.head, in.left = true, head, head.Length
		return nil
	}
}

// peekHead waits for the head of a frame, and returns it and its size. It leaves it in the buffer.
func (s *WebSocket) peekHead() (head ws.Header, size int, err error) {
	b, err := s.br.Peek(2)
	if err != nil {
		return head, 0, err
	}
	head.Fin, head.Rsv, head.OpCode = b[0]&0x80 != 0, b[0]>>4&7, ws.OpCode(b[0]&15)
	head.Masked = b[1]&0x80 != 0
	head.Length = int64(b[1] & 0x7f)
	lengthAt, maskAt := 2, 2
	switch head.Length {
	case 126:
		maskAt += 2
	case 127:
		maskAt += 8
	}
	size = maskAt
	if head.Masked {
		size += 4
	}
	if b, err = s.br.Peek(size); err != nil {
		return head, 0, err
	}
	switch b = b[lengthAt:]; maskAt - lengthAt {
	case 2:
		head.Length = int64(binary.BigEndian.Uint16(b))
	case 8:
		n := binary.BigEndian.Uint64(b)
		if head.Length = int64(n); head.Length < 0 {
			return head, 0, &violation{CloseProtocol, ws.ErrHeaderLengthMSB.Error()}
		}
	}
	if head.Masked {
		copy(head.Mask[:], b[maskAt-lengthAt:])
	}
	return head, size, nil
}

// payload reads the payload of a frame. It takes memory as the bytes come, not as the frame announces.
func (s *WebSocket) payload() error {
	const step = 64 << 10
	in := &s.in
	for in.left > 0 {
		at := len(in.message)
		if at == cap(in.message) {
			in.message = slices.Grow(in.message, int(min(in.left, step)))
		}
		part := in.message[at:min(int64(cap(in.message)), int64(at)+in.left)]
		n, err := s.br.Read(part)
		part = part[:n]
		if in.head.Masked {
			ws.Cipher(part, in.head.Mask, int((in.head.Length-in.left)&3))
		}
		in.message = in.message[:at+n]
		in.left -= int64(n)
		if in.kind == Text {
			whole, ok := wholeText(in.message[in.checked:])
			if !ok {
				return &violation{CloseInvalid, "a text that is not UTF-8"}
			}
			in.checked += whole
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// wholeText returns how many bytes of p are whole characters. Up to three more may be the beginning of another one. It
// reports whether p can be the beginning of a text in UTF-8 at all.
func wholeText(p []byte) (n int, ok bool) {
	n = len(p)
	for i := n - 1; i >= 0 && i > n-utf8.UTFMax; i-- {
		if utf8.RuneStart(p[i]) {
			if !utf8.FullRune(p[i:]) { // which is true of what can't become one
				n = i
			}
			break
		}
	}
	return n, utf8.Valid(p[:n])
}

// control deals with a control frame, whose head has the given size. Its error ends reading. The frame stays in the
// buffer until it is dealt with, so that a ping whose pong could not be sent yet is answered by the next call.
func (s *WebSocket) control(head ws.Header, size int) error {
	whole := size + int(head.Length)
	b, err := s.br.Peek(whole)
	if err != nil {
		return err
	}
	payload := append([]byte(nil), b[size:]...)
	if head.Masked {
		ws.Cipher(payload, head.Mask, 0)
	}
	switch head.OpCode {
	case ws.OpPing:
		if err := s.write(ws.OpPong, payload); err != nil {
			return err
		}
		s.br.Discard(whole)
		return nil
	case ws.OpPong:
		s.br.Discard(whole)
		if s.OnPong != nil {
			s.OnPong(payload)
		}
		return nil
	}
	e := &CloseError{Code: CloseNoCode}
	if len(payload) == 1 {
		return &violation{CloseProtocol, "a close frame that is too short"}
	}
	if len(payload) > 1 {
		code, reason := ws.ParseCloseFrameData(payload)
		if !sendable(int(code)) {
			return &violation{CloseProtocol, fmt.Sprintf("a close frame with the code %d", code)}
		}
		if !utf8.ValidString(reason) {
			return &violation{CloseProtocol, "a reason that is not UTF-8"}
		}
		e.Code, e.Reason = int(code), reason
	}
	code := e.Code
	if code == CloseNoCode {
		code = CloseNormal
	}
	s.err = e // also for those who ask while the answer is sent
	s.br.Discard(whole)
	s.end(code, "", s.br.Buffered() > 0) // nothing should follow a close frame
	return e
}

// sendable reports whether a close frame may carry a code: one that is registered, or left to programs. The frames
// library knows those of RFC 6455 only, and more were registered since.
func sendable(code int) bool {
	return 1000 <= code && code <= 1003 || 1007 <= code && code <= 1014 || 3000 <= code && code <= 4999
}
