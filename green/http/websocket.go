package http

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
	"unicode/utf8"

	"github.com/go-greenlet/greenlet/green"
	"github.com/gobwas/ws"
)

// A MessageType says what a message of a WebSocket is.
type MessageType byte

// The types of messages.
const (
	Text   = MessageType(ws.OpText)
	Binary = MessageType(ws.OpBinary)
)

// A CloseError is what reading returns after the peer has closed the WebSocket. Its code is one that
// [WebSocket.Close] takes.
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

// A WebSocket is a connection of messages. One task at a time may read; any number may write. It belongs to one hub.
// There are no extensions, and so no compression.
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
	in       incoming     // what has come of a message that is not whole yet
	told     bool         // a close frame was sent, or never will be
	reading  bool         // a task reads
	closing  bool         // Close was called: ReadMessage begins no more
	left     *green.Event // the task that read when Close was called does so no more
	gone     *green.Event // a task is closing the connection; set when it has
	err      error        // after which nothing can be read
}

const (
	defaultMessage = 1 << 20
	wholeControl   = ws.MaxHeaderSize + ws.MaxControlFramePayloadSize // of which the buffer must have room for one
)

// newWebSocket makes a WebSocket of a connection whose handshake is done. br has what was read beyond it.
func newWebSocket(h *green.Hub, nc net.Conn, br *bufio.Reader, state ws.State, protocol string) *WebSocket {
	br = bufio.NewReaderSize(br, wholeControl) // which is br itself, if that is large enough
	return &WebSocket{h: h, nc: nc, br: br, state: state, lock: h.NewMutex(), left: h.NewEvent(), protocol: protocol}
}

// Protocol returns the protocol that was agreed on, or "".
func (s *WebSocket) Protocol() string { return s.protocol }

// NetConn returns the connection, for deadlines and addresses.
func (s *WebSocket) NetConn() net.Conn { return s.nc }

// WriteMessage sends a message, in one frame. Several tasks may call it: the messages go one after the other. A Text
// must be UTF-8, which is not checked here: the peer closes the connection if it is not. WriteMessage returns
// [net.ErrClosed] after Close, or an error of the task or the connection. One that ends it while it sends closes the
// connection, since the peer may have got half a frame: a deadline, too.
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

// write sends one frame. If an error or a panic that is raised in its wait ends it amid the frame, it closes the
// connection: the peer may have got half of it.
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
		whole := false
		defer func() {
			if !whole {
				s.nc.Close()
			}
		}()
		_, err := s.nc.Write(frame.b)
		whole = err == nil
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
	s.shielded(closeTime, func() error { return s.write(ws.OpClose, payload) })
}

// closeTime is how long a close frame may take, and how long Close waits for that of the peer.
const closeTime = time.Second

// shielded calls f with no other deadline than d, and out of reach of kills.
func (s *WebSocket) shielded(d time.Duration, f func() error) {
	s.h.Shield(func() error { return s.h.WithTimeout(d, func(*green.Timeout) error { return f() }) })
}

// closes begins to close the connection. What it returns ends that.
func (s *WebSocket) closes() (end func()) {
	gone := s.h.NewEvent()
	s.gone = gone
	return func() {
		s.nc.Close()
		gone.Set()
	}
}

// end closes the connection after what the peer has sent, of which it is told code and why. With linger, it stays for
// a moment, as the server does after its last answer: what comes and nobody reads would reset the connection, and the
// peer could lose the frame.
func (s *WebSocket) end(code int, why string, linger bool) {
	if s.told {
		s.nc.Close()
		return
	}
	defer s.closes()()
	s.sendClose(code, why)
	half, ok := s.nc.(interface{ CloseWrite() error })
	if !linger || !ok {
		return
	}
	s.shielded(lingerTime, func() error {
		if err := half.CloseWrite(); err != nil {
			return err
		}
		_, err := io.Copy(io.Discard, onlyReader{s.nc})
		return err
	})
}

// Close closes the WebSocket: it tells the peer code and reason, waits for its answer, for a second at the longest,
// and closes the connection. Even in a task that was killed it does so. While another task closes the WebSocket,
// Close waits until it has. Closed already, nothing happens.
//
// The code is 1000 to 1003, 1007 to 1014 or 3000 to 4999, or [CloseNoCode], which tells the peer neither a code nor a
// reason. With any other, Close tells the peer nothing, closes the connection and returns an error. A reason is cut
// where it is no UTF-8 any more, and after 123 bytes.
func (s *WebSocket) Close(code int, reason string) error {
	if s.told {
		if s.gone != nil {
			s.shielded(closeTime, s.gone.Wait)
		}
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
	defer s.closes()()
	s.sendClose(code, reason)
	s.shielded(closeTime, func() error {
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
	return nil
}
