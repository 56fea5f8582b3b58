package http

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-greenlet/greenlet/green"
	greennet "github.com/go-greenlet/greenlet/green/net"
	"github.com/gobwas/ws"
)

// A MessageType says what a message of a WebSocket is.
type MessageType byte

// The types of messages.
const (
	Text   = MessageType(ws.OpText)
	Binary = MessageType(ws.OpBinary)
)

// A CloseError is what reading returns after the peer has closed the WebSocket. Its code is one that [WebSocket.Close] takes.
type CloseError struct {
	Code   int // 1005 if the peer gave none
	Reason string
}

func (e *CloseError) Error() string {
	return fmt.Sprintf("http: the WebSocket was closed by the peer: %d %s", e.Code, e.Reason)
}

// Codes with which a WebSocket is closed, of RFC 6455.
const (
	CloseNormal   = 1000
	CloseGoing    = 1001
	CloseProtocol = 1002
	CloseNoCode   = 1005
	CloseInvalid  = 1007
	CloseTooBig   = 1009
)

// A WebSocket is a connection of messages. One task at a time may read; any number may write. It belongs to one hub. There
// are no extensions, and so no compression.
type WebSocket struct {
	// Limit is the longest message that is read, in bytes; 0 means 1 MB. A longer one closes the connection.
	Limit int64
	// OnPong, if not nil, hears of pongs while a task reads. It must not block.
	OnPong func(payload []byte)

	h        *green.Hub
	nc       net.Conn
	br       *bufio.Reader
	state    ws.State
	lock     *green.Mutex // of writing
	protocol string
	out      []byte
	told     bool         // a close frame was sent, or never will be
	reading  bool         // a task reads
	closing  bool         // Close was called: ReadMessage begins no more
	left     *green.Event // the task that read when Close was called does so no more
	err      error
}

const defaultMessage = 1 << 20

func newWebSocket(h *green.Hub, nc net.Conn, br *bufio.Reader, state ws.State, protocol string) *WebSocket {
	if br == nil {
		br = bufio.NewReaderSize(nc, bufferSize)
	}
	return &WebSocket{h: h, nc: nc, br: br, state: state, lock: h.NewMutex(), left: h.NewEvent(), protocol: protocol}
}

// An Upgrader is how a handler makes WebSockets of requests. Its zero value is what Upgrade uses.
type Upgrader struct {
	// Protocols are those that the server speaks, the preferred first.
	Protocols []string
	// CheckOrigin says whether a page of that origin may connect. Nil allows the server's own origin, and requests that
	// are not a browser's: without an Origin.
	CheckOrigin func(r *http.Request) bool
	// Header is added to the response.
	Header http.Header
}

// Upgrade makes a WebSocket of a request, in the handler of a [Server]. If the request does not ask for one, or a page of
// another origin does, it answers with an error, which it also returns. The handler must close the WebSocket.
func Upgrade(w http.ResponseWriter, r *http.Request) (*WebSocket, error) {
	return (&Upgrader{}).Upgrade(w, r)
}

// Upgrade is the function [Upgrade] with the settings of u.
func (u *Upgrader) Upgrade(w http.ResponseWriter, r *http.Request) (*WebSocket, error) {
	h := HubOf(r.Context())
	if h == nil {
		return nil, errors.New("http: Upgrade of a request that no Server of this package has received")
	}
	allowed := u.CheckOrigin
	if allowed == nil {
		allowed = sameOrigin
	}
	if !allowed(r) {
		http.Error(w, "this origin is not allowed", http.StatusForbidden)
		return nil, errors.New("http: Upgrade by a page of another origin")
	}
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		w.Header().Set("Upgrade", "websocket")
		http.Error(w, "a WebSocket is expected here", http.StatusUpgradeRequired)
		return nil, errors.New("http: Upgrade of a request that asks for no WebSocket")
	}
	up := ws.HTTPUpgrader{Header: u.Header, Protocol: func(p string) bool { return containsFold(u.Protocols, p) }}
	nc, rw, hs, err := up.Upgrade(r, w)
	if err != nil {
		if nc != nil {
			nc.Close()
		}
		return nil, err
	}
	return newWebSocket(h, nc, rw.Reader, ws.StateServerSide, hs.Protocol), nil
}

func containsFold(list []string, s string) bool {
	for _, x := range list {
		if strings.EqualFold(x, s) {
			return true
		}
	}
	return false
}

// sameOrigin says whether a request comes from a page of the server, or from no page.
func sameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, r.Host)
}

// Protocol returns the protocol that was agreed on, or "".
func (s *WebSocket) Protocol() string { return s.protocol }

// NetConn returns the connection, for deadlines and addresses.
func (s *WebSocket) NetConn() net.Conn { return s.nc }

// ReadMessage waits for the next message and returns it. Meanwhile it answers pings. When the peer has closed the WebSocket,
// it returns a [*CloseError], after having closed it too. After [WebSocket.Close] was called, also by a task that is still in
// it, ReadMessage returns [net.ErrClosed]; only a call that had begun before gets the message that comes, or the peer's
// answer as a [*CloseError]. Any other error means that the connection is of no use any more, but for one of the task's
// deadline, or of its end, before a message has begun.
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
	t, message, err = s.read()
	s.reading = false
	if s.closing {
		s.left.Set()
	}
	var bad *violation
	if errors.As(err, &bad) {
		s.sendClose(bad.code, bad.why)
		s.nc.Close()
	}
	return t, message, err
}

// A violation is what a peer does that it must not.
type violation struct {
	code int
	why  string
}

func (e *violation) Error() string { return "http: WebSocket: " + e.why }

func (s *WebSocket) read() (t MessageType, message []byte, err error) {
	limit := s.Limit
	if limit <= 0 {
		limit = defaultMessage
	}
	begun := false
	for {
		if !begun {
			if _, err := s.br.Peek(1); errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
				return 0, nil, s.broken(err)
			} else if err != nil {
				return 0, nil, err // nothing is lost
			}
		}
		head, err := ws.ReadHeader(s.br)
		if errors.Is(err, ws.ErrHeaderLengthMSB) {
			err = &violation{CloseProtocol, err.Error()}
		}
		if err != nil {
			return 0, nil, s.broken(err)
		}
		state := s.state
		if begun {
			state = state.Set(ws.StateFragmented)
		}
		if err := ws.CheckHeader(head, state); err != nil {
			return 0, nil, s.broken(&violation{CloseProtocol, err.Error()})
		}
		if head.OpCode.IsControl() {
			if err := s.control(head); err != nil {
				return 0, nil, s.broken(err)
			}
			continue
		}
		if head.Length > limit-int64(len(message)) {
			return 0, nil, s.broken(&violation{CloseTooBig, "a message that is too big"})
		}
		if !begun {
			t, begun = MessageType(head.OpCode), true
		}
		if message, err = s.payload(message, head); err != nil {
			return 0, nil, s.broken(err)
		}
		if head.Fin {
			break
		}
	}
	if t == Text && !utf8.Valid(message) {
		return 0, nil, s.broken(&violation{CloseInvalid, "a text that is not UTF-8"})
	}
	return t, message, nil
}

// broken notes an error after which nothing more can be read.
func (s *WebSocket) broken(err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	s.err = err
	return err
}

// payload appends the payload of a frame. It takes memory as the bytes come, not as the frame announces.
func (s *WebSocket) payload(to []byte, head ws.Header) ([]byte, error) {
	const step = 64 << 10
	from := len(to)
	for left := head.Length; left > 0; {
		n := int(min(left, step))
		at := len(to)
		to = append(to, make([]byte, n)...)
		if _, err := io.ReadFull(s.br, to[at:]); err != nil {
			return nil, err
		}
		left -= int64(n)
	}
	if head.Masked {
		ws.Cipher(to[from:], head.Mask, 0)
	}
	return to, nil
}

// control deals with a control frame. Its error ends reading.
func (s *WebSocket) control(head ws.Header) error {
	payload, err := s.payload(nil, head)
	if err != nil {
		return err
	}
	switch head.OpCode {
	case ws.OpPing:
		return s.write(ws.OpPong, payload)
	case ws.OpPong:
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
	s.sendClose(code, "")
	s.nc.Close()
	return e
}

// sendable says whether a close frame may carry a code: one that is registered, or left to programs. The frames library knows
// those of RFC 6455 only, and more were registered since.
func sendable(code int) bool {
	return 1000 <= code && code <= 1003 || 1007 <= code && code <= 1014 || 3000 <= code && code <= 4999
}

// WriteMessage sends a message, in one frame. Several tasks may call it: the messages go one after the other. It returns
// [net.ErrClosed] after Close, or an error of the connection, after which that is of no use any more.
func (s *WebSocket) WriteMessage(t MessageType, message []byte) error {
	if t != Text && t != Binary {
		panic("green/http: WriteMessage of a message that is neither Text nor Binary")
	}
	if s.told {
		return net.ErrClosed
	}
	return s.write(ws.OpCode(t), message)
}

// Ping sends a ping with a payload of at most 125 bytes. A task that reads hears of the pong, see OnPong.
func (s *WebSocket) Ping(payload []byte) error {
	if len(payload) > ws.MaxControlFramePayloadSize {
		return errors.New("http: the payload of a ping is too long")
	}
	if s.told {
		return net.ErrClosed
	}
	return s.write(ws.OpPing, payload)
}

// write sends one frame.
func (s *WebSocket) write(op ws.OpCode, payload []byte) error {
	return s.lock.With(func() error {
		head := ws.Header{Fin: true, OpCode: op, Length: int64(len(payload))}
		if s.state.ClientSide() {
			head.Masked, head.Mask = true, ws.NewMask()
		}
		frame := appender{s.out[:0]}
		if err := ws.WriteHeader(&frame, head); err != nil {
			return err
		}
		from := len(frame.b)
		frame.b = append(frame.b, payload...)
		if head.Masked {
			ws.Cipher(frame.b[from:], head.Mask, 0)
		}
		if cap(frame.b) <= 16<<10 {
			s.out = frame.b[:0]
		}
		_, err := s.nc.Write(frame.b)
		if err != nil {
			s.nc.Close() // the peer may have got half a frame
		}
		return err
	})
}

type appender struct{ b []byte }

func (a *appender) Write(p []byte) (int, error) {
	a.b = append(a.b, p...)
	return len(p), nil
}

// sendClose sends a close frame, unless one was sent, within a second. It cuts the reason to what is UTF-8 and fits.
func (s *WebSocket) sendClose(code int, reason string) {
	if s.told {
		return
	}
	s.told = true
	var payload []byte
	if code != CloseNoCode {
		for len(reason) > ws.MaxControlFramePayloadSize-2 || !utf8.ValidString(reason) {
			reason = reason[:len(reason)-1]
		}
		payload = ws.NewCloseFrameBody(ws.StatusCode(code), reason)
	}
	s.h.Shield(func() error {
		return s.h.WithTimeout(time.Second, func(*green.Timeout) error {
			return s.write(ws.OpClose, payload)
		})
	})
}

// Close closes the WebSocket: it tells the peer code and reason, waits for its answer, for a second at the longest, and
// closes the connection. Even in a task that was killed it does so. Closed already, nothing happens.
//
// The code is 1000 to 1003, 1007 to 1014 or 3000 to 4999, or [CloseNoCode], which tells the peer neither a code nor a reason.
// With any other, Close tells the peer nothing, closes the connection and returns an error. A reason is cut where it is no
// UTF-8 any more, and after 123 bytes.
func (s *WebSocket) Close(code int, reason string) error {
	if s.told {
		s.nc.Close()
		return nil
	}
	s.closing = true
	if code != CloseNoCode && !sendable(code) {
		s.told = true
		s.nc.Close()
		return fmt.Errorf("http: Close of a WebSocket with the code %d: it may be 1000 to 1003, 1005 for none, 1007 to 1014 "+
			"or 3000 to 4999", code)
	}
	s.sendClose(code, reason)
	s.h.Shield(func() error {
		return s.h.WithTimeout(time.Second, func(*green.Timeout) error {
			if s.reading {
				if err := s.left.Wait(); err != nil {
					return err
				}
			}
			for s.err == nil {
				if _, _, err := s.read(); err != nil {
					return err
				}
			}
			return nil
		})
	})
	s.nc.Close()
	return nil
}
