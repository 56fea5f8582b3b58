package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// A talker is somebody in a chat, by a WebSocket that knows nothing of greenlets.
type talker struct {
	*testing.T
	c net.Conn
	r io.Reader // what was read with the handshake, and then c
}

// enters connects to a room.
func (s *serving) enters(room, name string) *talker {
	s.Helper()
	at := "ws://" + s.addr + "/ws?" + url.Values{"room": {room}, "name": {name}}.Encode()
	dialer := ws.Dialer{Timeout: late}
	c, br, _, err := dialer.Dial(context.Background(), at)
	check(s.T, err)
	s.Cleanup(func() { c.Close() })
	check(s.T, c.SetDeadline(time.Now().Add(late)))
	k := &talker{s.T, c, c}
	if br != nil {
		k.r = br
	}
	return k
}

func (k *talker) Read(p []byte) (int, error)  { return k.r.Read(p) }
func (k *talker) Write(p []byte) (int, error) { return k.c.Write(p) }

// says sends a message.
func (k *talker) says(text string) {
	k.Helper()
	raw, err := json.Marshal(note{Kind: "say", Text: text})
	check(k.T, err)
	check(k.T, wsutil.WriteClientText(k, raw))
}

// hears waits for the next note, which must be want but for the time.
func (k *talker) hears(want note) {
	k.Helper()
	raw, err := wsutil.ReadServerText(k)
	check(k.T, err)
	var n note
	check(k.T, json.Unmarshal(raw, &n))
	for _, n := range append([]*note{&n}, pointers(n.Past)...) {
		if (n.At != "") != (n.Kind == "said") {
			k.Errorf("the time of %+v", n)
		}
		n.At = ""
	}
	if !reflect.DeepEqual(n, want) {
		k.Fatalf("heard %+v, and not %+v", n, want)
	}
}

func pointers(ns []note) []*note {
	var ps []*note
	for i := range ns {
		ps = append(ps, &ns[i])
	}
	return ps
}

// ended waits for the end of the connection, in which nothing more is said.
func (k *talker) ended() {
	k.Helper()
	if raw, err := wsutil.ReadServerText(k); err == nil {
		k.Errorf("heard %s", raw)
	} else if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
		k.Error("the connection does not end")
	}
}

func TestServeChat(t *testing.T) {
	s := serves(t, "chat")
	ann := s.enters("lobby", "Ann")
	ann.hears(note{Kind: "welcome", Name: "Ann", Text: "lobby", Names: []string{"Ann"}})
	ann.says("  is there anybody? ")
	said := note{Kind: "said", Name: "Ann", Text: "is there anybody?"}
	ann.hears(said)

	// Who comes later hears what was said before; names are told apart without regard to case and spaces.
	bob := s.enters(" lobby", "Bob")
	bob.hears(note{Kind: "welcome", Name: "Bob", Text: "lobby", Names: []string{"Ann", "Bob"}, Past: []note{said}})
	ann.hears(note{Kind: "joined", Name: "Bob"})
	twin := s.enters("lobby", " ANN")
	twin.hears(note{Kind: "refused", Text: errNameTaken.Error()})
	twin.ended()
	for _, name := range []string{"", " \t", "a\u200bb\x00", strings.Repeat("ä", maxName+1), "\xff"} {
		nobody := s.enters("lobby", name)
		nobody.hears(note{Kind: "refused", Text: errBadName.Error()})
		nobody.ended()
	}

	// What is said in one room is not heard in another.
	cat := s.enters("kitchen", "Ann")
	cat.hears(note{Kind: "welcome", Name: "Ann", Text: "kitchen", Names: []string{"Ann"}})
	cat.says("miaow")
	cat.hears(note{Kind: "said", Name: "Ann", Text: "miaow"})
	bob.says("<b>me</b>")
	bob.hears(note{Kind: "said", Name: "Bob", Text: "<b>me</b>"})
	ann.hears(note{Kind: "said", Name: "Bob", Text: "<b>me</b>"})

	// What is too long is refused, and only to who said it; what is empty is not said.
	bob.says(strings.Repeat("ü", maxText+1))
	bob.hears(note{Kind: "refused", Text: errTooLong.Error()})
	bob.says("   ")
	bob.says(strings.Repeat("ü", maxText))
	ann.hears(note{Kind: "said", Name: "Bob", Text: strings.Repeat("ü", maxText)})

	// Leaving is heard, also that of a connection that breaks; what is not of the chat ends the connection.
	bob.c.Close()
	ann.hears(note{Kind: "left", Name: "Bob"})
	check(t, wsutil.WriteClientText(cat, []byte("no JSON")))
	cat.ended()

	s.signal(os.Interrupt)
	ann.ended()
	s.ends(0)
	if s.stderr.Len() > 0 {
		t.Errorf("it said %q", s.stderr)
	}
}

// A room remembers so many messages, the last ones.
func TestServeChatHistory(t *testing.T) {
	s := serves(t, "chat")
	ann := s.enters("lobby", "Ann")
	ann.hears(note{Kind: "welcome", Name: "Ann", Text: "lobby", Names: []string{"Ann"}})
	var past []note
	for i := range maxHistory + 10 {
		n := note{Kind: "said", Name: "Ann", Text: fmt.Sprint("message ", i)}
		ann.says(n.Text)
		ann.hears(n)
		past = append(past, n)
	}
	bob := s.enters("lobby", "Bob")
	bob.hears(note{Kind: "welcome", Name: "Bob", Text: "lobby", Names: []string{"Ann", "Bob"}, Past: past[10:]})
}

// A member that reads nothing holds up nobody, and is taken for gone.
func TestServeChatSlowMember(t *testing.T) {
	s := serves(t, "chat")
	ann, slow := s.enters("lobby", "Ann"), s.enters("lobby", "Slow")
	heard := make(chan error, 1)
	go func() {
		told := false
		for { // to the end: who does not listen is soon not heard any more
			raw, err := wsutil.ReadServerText(ann)
			if !told && (err != nil || bytes.Contains(raw, []byte(`"left"`))) {
				told = true
				heard <- err
			}
			if err != nil {
				return
			}
		}
	}()
	text := []byte(`{"kind":"say","text":"` + strings.Repeat("x", maxText) + `"}`)
	for done := false; !done; {
		select {
		case err := <-heard:
			check(t, err)
			done = true
		default:
			check(t, wsutil.WriteClientText(ann, text))
		}
	}
	slow.c.Close()
}

// A page of another origin cannot listen, and the page itself may use nothing but what is its own.
func TestServeChatOrigin(t *testing.T) {
	s := serves(t, "chat")
	dialer := ws.Dialer{Timeout: late, Header: ws.HandshakeHeaderHTTP{"Origin": {"http://example.com"}}}
	c, _, _, err := dialer.Dial(context.Background(), "ws://"+s.addr+"/ws?room=lobby&name=Eve")
	if status := ws.StatusError(0); err == nil {
		c.Close()
		t.Error("a page of another origin was let in")
	} else if !asStatus(err, &status) || status != http.StatusForbidden {
		t.Errorf("it was refused with %v", err)
	}
	for path, kind := range map[string]string{"/": "text/html", "/chat.js": "text/javascript", "/chat.css": "text/css"} {
		resp, err := http.Get("http://" + s.addr + path)
		check(t, err)
		resp.Body.Close()
		if got := resp.Header.Get("Content-Type"); resp.StatusCode != 200 || !strings.HasPrefix(got, kind) {
			t.Errorf("%s: %d, %s", path, resp.StatusCode, got)
		}
		if got := resp.Header.Get("Content-Security-Policy"); !strings.Contains(got, "default-src 'self'") {
			t.Errorf("%s: the policy is %q", path, got)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

// Only a request that names this server is answered: the name of a page elsewhere may lead here for a while (DNS
// rebinding).
func TestServeChatHost(t *testing.T) {
	s := serves(t, "chat", "--host", "chat.example", "--host", "talk.example")
	_, port, _ := net.SplitHostPort(s.addr)
	own, err := os.Hostname()
	check(t, err)
	for host, want := range map[string]int{
		s.addr: 200, "localhost:" + port: 200, "LOCALHOST": 200, "[::1]:" + port: 200, own: 200, "chat.example": 200,
		"Talk.Example:" + port: 200, "evil.test": 403, "evil.test:" + port: 403, "localhost.evil.test": 403,
		"127.0.0.1.evil.test": 403, "chat.example.evil.test": 403,
	} {
		for _, path := range []string{"/", "/ws?room=lobby&name=Eve"} {
			r, err := http.NewRequest(http.MethodGet, "http://"+s.addr+path, nil)
			check(t, err)
			r.Host = host
			r.Close = true
			want := want
			if path != "/" {
				r.Header = http.Header{
					"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"},
					"Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}, "Origin": {"http://" + host},
				}
				r.Close = false
				if want == 200 {
					want = http.StatusSwitchingProtocols
				}
			}
			resp, err := http.DefaultClient.Do(r)
			check(t, err)
			resp.Body.Close()
			if resp.StatusCode != want {
				t.Errorf("%s of %q: %d", path, host, resp.StatusCode)
			}
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

// Who comes is told what was said, but no more than is good for a server whose members may not read.
func TestServeChatWelcomeIsBounded(t *testing.T) {
	s := serves(t, "chat")
	ann := s.enters("lobby", "Ann")
	ann.hears(note{Kind: "welcome", Name: "Ann", Text: "lobby", Names: []string{"Ann"}})
	said := func(text string) note { return note{Kind: "said", Name: "Ann", Text: text} }
	for _, text := range []string{strings.Repeat("<", maxText), strings.Repeat("\U0001f600", maxText)} {
		for range maxHistory {
			check(t, wsutil.WriteClientText(ann, []byte(`{"kind":"say","text":"`+text+`"}`))) // not escaped, as of a browser
			ann.hears(said(text))
		}
		ann.says("the last")
		ann.hears(said("the last"))
		bob := s.enters("lobby", "Bob")
		raw, err := wsutil.ReadServerText(bob)
		check(t, err)
		var n note
		check(t, json.Unmarshal(raw, &n))
		if last := len(n.Past) - 1; len(raw) > maxPast+1024 || last < 4 || n.Past[last].Text != "the last" || n.Past[0].Text != text {
			t.Errorf("the welcome has %d bytes, and %d messages", len(raw), len(n.Past))
		}
		ann.hears(note{Kind: "joined", Name: "Bob"})
		bob.c.Close()
		ann.hears(note{Kind: "left", Name: "Bob"})
	}
}

func asStatus(err error, status *ws.StatusError) (ok bool) {
	*status, ok = err.(ws.StatusError)
	return ok
}
