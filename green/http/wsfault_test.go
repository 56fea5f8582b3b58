package http_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	greenhttp "github.com/go-greenlet/greenlet/green/http"
	greennet "github.com/go-greenlet/greenlet/green/net"
	"github.com/gobwas/ws"
)

// fragments are a message in three frames, with a pong between them, as a client sends it.
func fragments(text string) string {
	all := ""
	for _, f := range []ws.Frame{
		ws.NewFrame(ws.OpText, false, []byte(text[:150])), // with the longer form of a length
		ws.NewPongFrame([]byte("?")),
		ws.NewFrame(ws.OpContinuation, false, nil),
		ws.NewFrame(ws.OpContinuation, true, []byte(text[150:])),
	} {
		all += string(ws.MustCompileFrame(ws.MaskFrame(f)))
	}
	return all
}

// Deadlines and kills that end a read at any byte lose nothing.
func TestWebSocketReadIsResumed(t *testing.T) {
	text := strings.Repeat("é", 90)
	raw := fragments(text)
	type reading = func(h *green.Hub, s *greenhttp.WebSocket) (again bool, message []byte, err error)
	for name, read := range map[string]reading{
		"the task's deadline": func(h *green.Hub, s *greenhttp.WebSocket) (again bool, message []byte, err error) {
			inTime, err := h.Within(time.Millisecond, func() (err error) {
				_, message, err = s.ReadMessage()
				return err
			})
			return !inTime, message, err
		},
		"the connection's deadline": func(h *green.Hub, s *greenhttp.WebSocket) (again bool, message []byte, err error) {
			s.NetConn().SetReadDeadline(h.Now().Add(time.Millisecond))
			_, message, err = s.ReadMessage()
			var late net.Error
			if errors.As(err, &late) && late.Timeout() {
				return true, nil, nil
			}
			return false, message, err
		},
		"an error of another task": func(h *green.Hub, s *greenhttp.WebSocket) (again bool, message []byte, err error) {
			wish := errors.New("give up")
			me := h.Current()
			other := h.Go(func() error {
				me.StopWith(wish)
				return nil
			})
			_, message, err = s.ReadMessage()
			if err == nil {
				other.Cancel() // the message was there: nothing had to be waited for
				return false, message, nil
			}
			if errors.Is(err, wish) {
				return true, nil, nil
			}
			return false, nil, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			var left *green.Event // a read has been given up
			handler := func(w http.ResponseWriter, r *http.Request) {
				h := greenhttp.HubOf(r.Context())
				s, err := greenhttp.Upgrade(w, r)
				if err != nil {
					t.Error(err)
					return
				}
				pongs := ""
				s.OnPong = func(p []byte) { pongs += string(p) }
				for {
					again, message, err := read(h, s)
					if again {
						left.Set()
						if err := h.Sleep(time.Millisecond); err != nil {
							t.Error(err)
						}
						continue
					}
					if err != nil || string(message) != text {
						t.Errorf("ReadMessage: %q, %v", message, err)
					}
					break
				}
				expect(t, "pongs", pongs, "?")
				s.NetConn().SetReadDeadline(time.Time{})
				s.Close(greenhttp.CloseNormal, "")
			}
			with(t, handler, func(t *testing.T, h *green.Hub, addr string) error {
				left = h.NewEvent()
				p, err := socketPeer(h, addr)
				if err != nil {
					return err
				}
				defer p.Close()
				for rest := raw; rest != ""; {
					n := min(len(rest), 7) // heads and some of the text byte by byte
					if at := len(raw) - len(rest); at < 12 || at > 150 && at < 190 {
						n = 1
					}
					left.Clear()
					if err := left.Wait(); err != nil {
						return err
					}
					io.WriteString(p, rest[:n])
					rest = rest[n:]
				}
				end, err := readFrame(p.br)
				if err != nil {
					return err
				}
				expect(t, "what comes", end.Header.OpCode, ws.OpClose)
				return p.sendFrame(closeFrame(1000, ""))
			})
		})
	}
}

// raises reports whether a panic of another task is raised in f, which the main task calls.
func raises(h *green.Hub, f func()) (raised bool) {
	h.Go(func() error { panic("raised in main") })
	defer func() { raised = recover() != nil }()
	f()
	return false
}

// Another task's panic, which is raised in a wait, leaves neither a flag nor a connection behind.
func TestWebSocketPanicRaisedInAWait(t *testing.T) {
	const message = "\x81\x05whole"
	write := func(s *greenhttp.WebSocket) { s.WriteMessage(greenhttp.Binary, make([]byte, 64<<20)) }
	for name, c := range map[string]struct {
		sent string // before
		f    func(s *greenhttp.WebSocket)
		next string // message; "" if the connection must be closed
	}{
		"ReadMessage, nothing has come": {"", func(s *greenhttp.WebSocket) { s.ReadMessage() }, message},
		"ReadMessage, amid a message":   {message[:4], func(s *greenhttp.WebSocket) { s.ReadMessage() }, message[4:]},
		"WriteMessage":                  {"", write, ""},
		"Close":                         {"", func(s *greenhttp.WebSocket) { s.Close(greenhttp.CloseNormal, "") }, ""},
		"a violation":                   {"\x83\x00", func(s *greenhttp.WebSocket) { s.ReadMessage() }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, h *green.Hub) error {
				raised := h.NewEvent()
				serve := func(p *peer, r *http.Request) {
					io.WriteString(p, agrees(r.Header.Get("Sec-WebSocket-Key"))+c.sent)
					raised.Wait()
					io.WriteString(p, c.next)
					if c.next != "" {
						io.Copy(io.Discard, p.br)
					}
				}
				return answering(h, serve, func(addr string) error {
					s, err := greenhttp.DialWebSocket(h, "ws://"+addr)
					if err != nil {
						return err
					}
					defer s.NetConn().Close()
					expect(t, "raised", raises(h, func() { c.f(s) }), true)
					raised.Set()
					if c.next == "" {
						if _, err := s.NetConn().Write(nil); !errors.Is(err, net.ErrClosed) {
							t.Errorf("the connection afterwards: %v", err)
						}
						return nil
					}
					_, m, err := s.ReadMessage()
					expect(t, "the message afterwards", string(m), "whole")
					return err
				})
			})
		})
	}
}

// So it does in a handshake.
func TestWebSocketPanicRaisedInDial(t *testing.T) {
	run(t, func(t *testing.T, h *green.Hub) error {
		raised := h.NewEvent()
		return answering(h, func(*peer, *http.Request) { raised.Wait() }, func(addr string) error {
			c, err := greennet.Dial(h, "tcp", addr)
			if err != nil {
				return err
			}
			d := &greenhttp.WebSocketDialer{Dial: func(string, string) (net.Conn, error) { return c, nil }}
			expect(t, "raised", raises(h, func() { d.DialWebSocket(h, "ws://"+addr) }), true)
			raised.Set()
			if _, err := c.Write(nil); !errors.Is(err, net.ErrClosed) {
				t.Errorf("the connection afterwards: %v", err)
			}
			return nil
		})
	})
}

// A peer that goes on sending what nobody reads gets the reason all the same.
func TestWebSocketReasonOutlivesUnreadData(t *testing.T) {
	handler := func(w http.ResponseWriter, r *http.Request) {
		s, err := greenhttp.Upgrade(w, r)
		if err != nil {
			t.Error(err)
			return
		}
		s.Limit = 10
		s.ReadMessage()
	}
	with(t, handler, func(t *testing.T, h *green.Hub, addr string) error {
		for range 20 {
			p, err := socketPeer(h, addr)
			if err != nil {
				return err
			}
			defer p.Close()
			if err := p.sendFrame(ws.NewBinaryFrame(make([]byte, 1<<20))); err != nil {
				t.Errorf("sending what is too big: %v", err)
			}
			got, err := p.closed()
			if err != nil {
				t.Errorf("after what is too big: %q, %v", got, err)
				continue
			}
			expect(t, "code", got[:2], code(greenhttp.CloseTooBig))
		}
		return nil
	})
}

// So does one that speaks TLS.
func TestWebSocketOverTLS(t *testing.T) {
	peer := httptest.NewTLSServer(http.NotFoundHandler()) // whose certificate is used
	defer peer.Close()
	handler := func(w http.ResponseWriter, r *http.Request) {
		s, err := greenhttp.Upgrade(w, r)
		if err != nil {
			t.Error(err)
			return
		}
		if err := echoAll(s); err == nil {
			t.Error("ReadMessage reads what is too big")
		}
	}
	run(t, func(t *testing.T, h *green.Hub) error {
		l, err := greennet.Listen(h, "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		s := &greenhttp.Server{Handler: http.HandlerFunc(handler)}
		s.TLSConfig = &tls.Config{Certificates: peer.TLS.Certificates}
		server := h.Go(func() error {
			if err := s.ServeTLS(h, l, "", ""); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
		d := &greenhttp.WebSocketDialer{TLSConfig: peer.Client().Transport.(*http.Transport).TLSClientConfig}
		c, err := d.DialWebSocket(h, "wss://"+l.Addr().String())
		if err != nil {
			return errors.Join(err, s.Close(), server.Join())
		}
		defer c.NetConn().Close()
		if err := c.WriteMessage(greenhttp.Text, []byte("hello")); err != nil {
			return err
		}
		_, m, err := c.ReadMessage()
		expect(t, "the echo", string(m), "hello")
		if err != nil {
			return err
		}
		c.WriteMessage(greenhttp.Binary, make([]byte, 17<<20)) // which may fail: not all of it is read
		var end *greenhttp.CloseError
		if _, _, err := c.ReadMessage(); !errors.As(err, &end) || end.Code != greenhttp.CloseTooBig {
			t.Errorf("after what is too big: %v", err)
		}
		return errors.Join(s.Close(), server.Join())
	})
}

// A second Close waits for the first one instead of cutting it off.
func TestWebSocketCloseBesideClose(t *testing.T) {
	var first, second, ended *green.Event
	handler := func(w http.ResponseWriter, r *http.Request) {
		defer ended.Set()
		h := greenhttp.HubOf(r.Context())
		s, err := greenhttp.Upgrade(w, r)
		if err != nil {
			t.Error(err)
			return
		}
		closer := h.Go(func() error { return s.Close(greenhttp.CloseGoing, "") })
		if err := first.Wait(); err != nil {
			t.Error(err)
		}
		waits := h.Go(func() error { return s.Close(greenhttp.CloseNormal, "") })
		h.Yield()
		expect(t, "the second Close has returned", waits.Ready(), false)
		second.Set()
		if err := errors.Join(closer.Join(), waits.Join()); err != nil {
			t.Error(err)
		}
	}
	with(t, handler, func(t *testing.T, h *green.Hub, addr string) error {
		first, second, ended = h.NewEvent(), h.NewEvent(), h.NewEvent()
		p, err := socketPeer(h, addr)
		if err != nil {
			return err
		}
		defer p.Close()
		end, err := readFrame(p.br)
		if err != nil {
			return err
		}
		expect(t, "code", string(end.Payload), code(greenhttp.CloseGoing))
		first.Set()
		if err := second.Wait(); err != nil {
			return err
		}
		return errors.Join(p.sendFrame(closeFrame(greenhttp.CloseGoing, "")), ended.Wait())
	})
}

// readFrame reads a frame whose length is the test's own.
func readFrame(r io.Reader) (f ws.Frame, err error) {
	if f.Header, err = ws.ReadHeader(r); err == nil {
		f.Payload = make([]byte, f.Header.Length)
		_, err = io.ReadFull(r, f.Payload)
	}
	return f, err
}
