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
		for {
			raw, err := wsutil.ReadServerText(ann)
			if err != nil || bytes.Contains(raw, []byte(`"left"`)) {
				heard <- err
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

func asStatus(err error, status *ws.StatusError) (ok bool) {
	*status, ok = err.(ws.StatusError)
	return ok
}
