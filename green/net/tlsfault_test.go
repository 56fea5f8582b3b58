package net_test

import (
	"crypto/tls"
	"errors"
	"io"
	"math"
	stdnet "net"
	"os"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
)

// A fault is what becomes of a peer that has sent as much as it may.
type fault int

const (
	resets fault = iota
	ends         // its stream; it still reads
	falls        // silent, and reads nothing
)

// A wire is a TCP connection of package net on which a fault waits.
type wire struct {
	*stdnet.TCPConn
	left   int // bytes until then
	dosage int // bytes to a packet; 0 means all
	fault  fault
	sent   int
	broken bool
	cut    bool          // there was more to send; signatures differ in length, so that whole is not always as long
	over   chan struct{} // closed when the test has seen enough
	ended  chan struct{} // closed when nothing is left of it
}

var errWire = errors.New("the fault of the test")

func (w *wire) Write(p []byte) (n int, err error) {
	if w.broken {
		return 0, errWire
	}
	for n < len(p) && w.left > 0 && err == nil {
		more := min(len(p)-n, w.left)
		if w.dosage > 0 {
			more = min(more, w.dosage)
		}
		more, err = w.TCPConn.Write(p[n : n+more])
		n, w.sent, w.left = n+more, w.sent+more, w.left-more
	}
	if n < len(p) && err == nil {
		w.cut = true
		w.fail()
		err = errWire
	}
	return n, err
}

// fail makes the fault happen, if it did not yet.
func (w *wire) fail() {
	if w.broken {
		return
	}
	w.broken = true
	switch w.fault {
	case resets:
		w.SetLinger(0)
		w.TCPConn.Close()
	case ends:
		w.CloseWrite()
	}
}

// meet runs peer on a goroutine at one end of a connection and ours at the other, which is closed behind it, and returns
// when nothing is left of both.
func meet(t *testing.T, l *net.Listener, w *wire, peer func(), ours func(c *net.Conn)) {
	t.Helper()
	raw, err := stdnet.Dial("tcp", l.Addr().String())
	must(t, err)
	w.TCPConn = raw.(*stdnet.TCPConn)
	w.over, w.ended = make(chan struct{}), make(chan struct{})
	c, err := l.AcceptConn()
	must(t, err)
	go func() {
		defer close(w.ended)
		defer w.TCPConn.Close()
		peer()
		w.fail()
		<-w.over
	}()
	ours(c)
	c.Close()
	close(w.over)
	<-w.ended
}

// talk makes the handshake and sends what is in parts, one record each, and the end, as far as it gets.
func (w *wire) talk(make func(stdnet.Conn, *tls.Config) *tls.Conn, config *tls.Config, parts []string) {
	c := make(w, config)
	if c.Handshake() != nil {
		return
	}
	for _, part := range parts {
		if _, err := io.WriteString(c, part); err != nil {
			return
		}
	}
	c.CloseWrite()
}

// A role is one side of TLS: ours, against the other of package crypto/tls.
type role struct {
	name      string
	ours      *net.TLS
	start     func(*net.TLS, *net.Conn) *net.TLSConn
	peer      func(stdnet.Conn, *tls.Config) *tls.Conn
	config    *tls.Config
	offloaded *net.TLS
}

// roles returns both sides, in both versions.
func roles() (all []role) {
	for _, v := range []struct {
		name    string
		version uint16
	}{{"TLS 1.2", tls.VersionTLS12}, {"TLS 1.3", tls.VersionTLS13}} {
		server, client := secure(false)
		server2, client2 := secure(true)
		for _, s := range []*net.TLS{server, client, server2, client2} {
			s.Config.MinVersion, s.Config.MaxVersion = v.version, v.version
			s.Config.CurvePreferences = []tls.CurveID{tls.X25519} // whose messages are short
		}
		all = append(all,
			role{"our server, " + v.name, server, (*net.TLS).Server, tls.Client, client.Config, server2},
			role{"our client, " + v.name, client, (*net.TLS).Client, tls.Server, server.Config, client2})
	}
	return all
}

// beside runs f while a connection with TLS on the same hub echoes all the time, which must never notice.
func beside(t *testing.T, h *green.Hub, f func()) {
	t.Helper()
	a, b := pair(t, h, "tcp")
	s, c := secure(false)
	server, client := s.Server(a), c.Client(b)
	echo := h.Go(func() error {
		_, err := io.Copy(server, server)
		return errors.Join(err, server.Close())
	})
	trips, stop := 0, false
	trip := h.Go(func() error {
		want, got := pattern(100), make([]byte, 100)
		for ; !stop; trips++ {
			if _, err := client.Write(want); err != nil {
				return err
			}
			if _, err := io.ReadFull(client, got); err != nil {
				return err
			}
			same(t, "echo beside it", got, want)
			if err := h.Sleep(ms); err != nil {
				return err
			}
		}
		return client.Close()
	})
	f()
	for before := trips; trips == before && !trip.Ready(); {
		must(t, h.Sleep(ms))
	}
	stop = true
	must(t, trip.Join())
	must(t, trip.Err())
	must(t, echo.Join())
	must(t, echo.Err())
}

// keeps runs f and wants as many descriptors afterwards as before.
func keeps(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	plainListener(t).Close() // what Go itself opens at the first is no leak
	before := descriptors()
	t.Run("descriptors", f)
	expect(t, "descriptors", descriptors(), before)
}

// The peer's stream breaks off behind every so many bytes: in the middle of any message of the handshake, of any record,
// and between them.
func TestTLS_PeerBreaksOffAnywhere(t *testing.T) {
	step := 11
	if testing.Short() {
		step = 83
	}
	parts := []string{strings.Repeat("a", 40), strings.Repeat("b", 40)}
	data := strings.Join(parts, "")
	for _, r := range roles() {
		t.Run(r.name, func(t *testing.T) {
			keeps(t, func(t *testing.T) {
				each(t, func(t *testing.T, h *green.Hub) {
					l := listen(t, h, "tcp")
					defer l.Close()
					// try returns what came before the end, which is an error's or io.EOF.
					try := func(w *wire, with *net.TLS) (got []byte, done bool, err error) {
						meet(t, l, w, func() { w.talk(r.peer, r.config, parts) }, func(raw *net.Conn) {
							c := r.start(with, raw)
							if err = c.Handshake(); err != nil {
								if _, e := c.Read(make([]byte, 1)); e == nil {
									t.Error("a read after a handshake that failed")
								}
								must(t, c.Close())
								return
							}
							got, err = io.ReadAll(c)
							done = true
							must(t, c.Close())
						})
						return got, done, err
					}
					whole := &wire{left: math.MaxInt, fault: ends}
					got, done, err := try(whole, r.ours)
					must(t, err)
					expect(t, "handshake", done, true)
					expect(t, "received of the whole", string(got), data)

					beside(t, h, func() {
						for n := 0; n < whole.sent; n += step {
							with := r.ours
							if n/step%2 == 1 {
								with = r.offloaded
							}
							w := &wire{left: n, fault: resets}
							got, done, err := try(w, with)
							if w.cut && !errors.Is(err, errReset) && !isAny(err, errsGone...) {
								t.Errorf("reset behind %d bytes of %d, handshake done %v: %v", n, whole.sent, done, err)
							}
							if !strings.HasPrefix(data, string(got)) {
								t.Errorf("reset behind %d bytes: received %q", n, got)
							}
							w = &wire{left: n, fault: ends}
							got, done, err = try(w, with)
							atEnd := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
							if !atEnd && (err != nil || !done) { // between two records it passes for an end
								t.Errorf("end behind %d bytes of %d, handshake done %v: %v", n, whole.sent, done, err)
							}
							if !strings.HasPrefix(data, string(got)) || err == nil && len(got)%len(parts[0]) != 0 {
								t.Errorf("end behind %d bytes: received %q, %v", n, got, err)
							}
						}
					})
				})
			})
		})
	}
}

// A peer that falls silent in the middle of the handshake, or of a record, is ended by every kind of deadline.
func TestTLS_PeerFallsSilentAnywhere(t *testing.T) {
	step := 97
	if testing.Short() {
		step = 307
	}
	for _, r := range roles() {
		t.Run(r.name, func(t *testing.T) {
			keeps(t, func(t *testing.T) {
				each(t, func(t *testing.T, h *green.Hub) {
					l := listen(t, h, "tcp")
					defer l.Close()
					whole := &wire{left: math.MaxInt, fault: ends}
					parts := []string{strings.Repeat("a", 100)}
					meet(t, l, whole, func() { whole.talk(r.peer, r.config, parts) }, func(raw *net.Conn) {
						_, err := io.ReadAll(r.start(r.ours, raw))
						must(t, err)
					})
					limited := *r.ours
					limited.HandshakeTimeout = 3 * ms
					kinds := []struct {
						name string
						with *net.TLS
						want error
						read func(c *net.TLSConn) error
					}{
						{"deadline of the task", r.ours, green.ErrTimeout, func(c *net.TLSConn) error {
							return h.WithTimeout(3*ms, func(*green.Timeout) error { _, err := io.ReadAll(c); return err })
						}},
						{"deadline of the task, offloaded", r.offloaded, green.ErrTimeout, func(c *net.TLSConn) error {
							return h.WithTimeout(3*ms, func(*green.Timeout) error { _, err := io.ReadAll(c); return err })
						}},
						{"deadline of the connection", r.ours, os.ErrDeadlineExceeded, func(c *net.TLSConn) error {
							must(t, c.SetDeadline(h.Now().Add(3*ms)))
							_, err := io.ReadAll(c)
							return err
						}},
						{"deadline of reading, offloaded", r.offloaded, os.ErrDeadlineExceeded, func(c *net.TLSConn) error {
							must(t, c.SetReadDeadline(h.Now().Add(3*ms)))
							_, err := io.ReadAll(c)
							return err
						}},
						{"limit of the handshake", &limited, green.ErrTimeout, func(c *net.TLSConn) error {
							if err := c.Handshake(); err != nil {
								return err
							}
							return h.WithTimeout(3*ms, func(*green.Timeout) error { _, err := io.ReadAll(c); return err })
						}},
						{"kill", r.offloaded, green.ErrKilled, func(c *net.TLSConn) error {
							reader := h.Go(func() error { _, err := io.ReadAll(c); return err })
							must(t, h.Sleep(3*ms))
							must(t, reader.Kill())
							return reader.Err()
						}},
						{"Close", r.ours, stdnet.ErrClosed, func(c *net.TLSConn) (err error) {
							reader := h.Go(func() error { _, err = io.ReadAll(c); return nil })
							must(t, h.Sleep(3*ms))
							must(t, c.Close())
							must(t, reader.Join())
							return err
						}},
					}
					beside(t, h, func() {
						for n := 0; n < whole.sent; n += step {
							for _, k := range kinds {
								w := &wire{left: n, fault: falls}
								var err error
								meet(t, l, w, func() { w.talk(r.peer, r.config, parts) }, func(raw *net.Conn) {
									c := r.start(k.with, raw)
									err = k.read(c)
									c.Close()
								})
								if w.cut && !errors.Is(err, k.want) {
									t.Errorf("%s, silent behind %d bytes of %d: %v", k.name, n, whole.sent, err)
								}
							}
						}
					})
				})
			})
		})
	}
}

// A crowd of half-open peers takes a server's tasks no longer than the limit, and the others do not notice.
func TestTLS_ACrowdOfHalfOpenPeers(t *testing.T) {
	keeps(t, func(t *testing.T) {
		each(t, func(t *testing.T, h *green.Hub) {
			server, _ := secure(true)
			server.HandshakeTimeout = 20 * ms
			late := 0
			s := &net.StreamServer{Handler: server.Handler(func(*net.TLSConn) error { return errors.New("a handshake was made") })}
			s.OnError = func(_ stdnet.Conn, err error) {
				if expectIs(t, "the handshake", err, green.ErrTimeout); errors.Is(err, green.ErrTimeout) {
					late++
				}
			}
			address, served := serve(t, h, s)
			hello := []byte("\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03") // of 200 bytes, which never come
			var crowd []stdnet.Conn
			beside(t, h, func() {
				for i := range 40 {
					c, err := stdnet.Dial("tcp", address)
					must(t, err)
					_, err = c.Write(hello[:i%(len(hello)+1)])
					must(t, err)
					crowd = append(crowd, c)
				}
				for s.Conns() > 0 || late < len(crowd) {
					must(t, h.Sleep(ms))
				}
			})
			expect(t, "too late", late, len(crowd))
			for _, c := range crowd {
				c.Close()
			}
			must(t, s.Stop(-1))
			must(t, served.Join())
		})
	})
}

// A peer whose bytes come one at a time is slow, and nothing else.
func TestTLS_PeerDribbles(t *testing.T) {
	for _, r := range roles() {
		t.Run(r.name, func(t *testing.T) {
			each(t, func(t *testing.T, h *green.Hub) {
				l := listen(t, h, "tcp")
				defer l.Close()
				for _, with := range []*net.TLS{r.ours, r.offloaded} {
					w := &wire{left: math.MaxInt, dosage: 1, fault: ends}
					meet(t, l, w, func() { w.talk(r.peer, r.config, []string{"drop", " by ", "drop"}) }, func(raw *net.Conn) {
						c := r.start(with, raw)
						got, err := io.ReadAll(c)
						must(t, err)
						expect(t, "received", string(got), "drop by drop")
						must(t, c.Close())
					})
				}
			})
		})
	}
}
