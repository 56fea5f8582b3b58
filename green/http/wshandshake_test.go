package http_test

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	greenhttp "github.com/go-greenlet/greenlet/green/http"
	greennet "github.com/go-greenlet/greenlet/green/net"
)

// asks makes the head of a handshake. A change "Name: value" replaces the lines of that name, "+Name: value" adds one,
// "-Name" removes them, and "METHOD target HTTP/x" is another first line.
func asks(changes ...string) string {
	lines := []string{"GET / HTTP/1.1", "Host: x", "Upgrade: websocket", "Connection: Upgrade",
		"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}
	for _, c := range changes {
		if strings.Contains(c, " HTTP/") {
			lines[0] = c
			continue
		}
		if added, is := strings.CutPrefix(c, "+"); is {
			lines = append(lines, added)
			continue
		}
		name, _, valued := strings.Cut(strings.TrimPrefix(c, "-"), ":")
		lines = slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, name+":") })
		if valued {
			lines = append(lines, c)
		}
	}
	return strings.Join(lines, "\r\n") + "\r\n\r\n"
}

// What a client sends, against the rules of RFC 6455, sections 4.2.1 and 11.3, and the lists of RFC 9110.
func TestWebSocketHandshakeOfServer(t *testing.T) {
	handler := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Before", "1")
		u := &greenhttp.Upgrader{Protocols: []string{"v2", "v1"}, Header: http.Header{"Set-Cookie": {"a=b"}}}
		s, err := u.Upgrade(w, r)
		if (err == nil) != (s != nil) {
			t.Errorf("Upgrade: %v, %v", s, err)
		}
		if err == nil {
			s.Close(greenhttp.CloseNormal, "")
		}
	}
	const offer = "+Sec-WebSocket-Protocol: "
	for name, c := range map[string]struct {
		head  string
		want  int
		field string // that the answer has
	}{
		"as it should be":            {asks(), 101, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
		"a header of the handler":    {asks(), 101, "X-Before: 1"},
		"a header of the upgrader":   {asks(), 101, "Set-Cookie: a=b"},
		"POST":                       {asks("POST / HTTP/1.1"), 405, "Allow: GET"},
		"HTTP/1.0":                   {asks("GET / HTTP/1.0"), 426, "Upgrade: websocket"},
		"no upgrade":                 {asks("-Upgrade"), 426, "Upgrade: websocket"},
		"another upgrade":            {asks("Upgrade: h2c"), 426, "Upgrade: websocket"},
		"an upgrade with a version":  {asks("Upgrade: websocket/13"), 426, "Upgrade: websocket"},
		"upgrade in capitals":        {asks("Upgrade: WebSocket"), 101, ""},
		"one of two upgrades":        {asks("Upgrade: h2c, websocket"), 101, ""},
		"upgrade in two lines":       {asks("Upgrade: h2c", "+Upgrade: websocket"), 101, ""},
		"no connection":              {asks("-Connection"), 400, ""},
		"another connection":         {asks("Connection: keep-alive"), 400, ""},
		"a connection like it":       {asks("Connection: NoUpgrade"), 400, ""},
		"one of two connections":     {asks("Connection: keep-alive, UPGRADE"), 101, ""},
		"connection in two lines":    {asks("Connection: keep-alive", "+Connection: Upgrade"), 101, ""},
		"connection, empty elements": {asks("Connection: ,, Upgrade ,"), 101, ""},
		"no version":                 {asks("-Sec-WebSocket-Version"), 400, ""},
		"an empty version":           {asks("Sec-WebSocket-Version: "), 400, ""},
		"another version":            {asks("Sec-WebSocket-Version: 8"), 426, "Sec-WebSocket-Version: 13"},
		"two versions":               {asks("Sec-WebSocket-Version: 13, 8"), 426, "Sec-WebSocket-Version: 13"},
		"version in two lines":       {asks("+Sec-WebSocket-Version: 13"), 400, ""},
		"no key":                     {asks("-Sec-WebSocket-Key"), 400, ""},
		"a key of no base64":         {asks("Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!=="), 400, ""},
		"a key without padding":      {asks("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ"), 400, ""},
		"a key of 15 bytes":          {asks("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j"), 400, ""},
		"a key of 17 bytes":          {asks("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZSE="), 400, ""},
		"a key of 18 bytes":          {asks("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZSEh"), 400, ""},
		"two keys":                   {asks("+Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), 400, ""},
		"protocols":                  {asks("+Sec-WebSocket-Protocol: v1, v2"), 101, "Sec-WebSocket-Protocol: v2"},
		"protocols in two lines":     {asks(offer+"x,v1", offer+"v2"), 101, offer[1:] + "v2"},
		"the second protocol":        {asks("+Sec-WebSocket-Protocol: x, v1"), 101, "Sec-WebSocket-Protocol: v1"},
		"a protocol in capitals":     {asks("+Sec-WebSocket-Protocol: V1"), 101, "-Sec-WebSocket-Protocol"},
		"no protocol":                {asks(), 101, "-Sec-WebSocket-Protocol"},
		"an unknown protocol":        {asks("+Sec-WebSocket-Protocol: x"), 101, "-Sec-WebSocket-Protocol"},
		"an empty protocol":          {asks("+Sec-WebSocket-Protocol: "), 400, ""},
		"a protocol with a space":    {asks("+Sec-WebSocket-Protocol: v1, a b"), 400, ""},
		"an extension":               {asks("+Sec-WebSocket-Extensions: x; a; b=1; c=\"2\", y"), 101, "-Sec-WebSocket-Extensions"},
		"an extension without name":  {asks("+Sec-WebSocket-Extensions: ;;;="), 400, ""},
		"an extension's empty value": {asks("+Sec-WebSocket-Extensions: x; a="), 400, ""},
		"an extension's quotes":      {asks("+Sec-WebSocket-Extensions: x; a=\"b"), 400, ""},
		"an extension's quoted gap":  {asks("+Sec-WebSocket-Extensions: x; a=\"b c\""), 400, ""},
		"empty extensions":           {asks("+Sec-WebSocket-Extensions: "), 400, ""},
		"no host":                    {asks("-Host"), 400, ""},
		"two hosts":                  {asks("+Host: y"), 400, ""},
		"the own origin":             {asks("+Origin: http://x"), 101, ""},
		"another origin":             {asks("+Origin: http://evil"), 403, ""},
		"another port":               {asks("+Origin: http://x:81"), 403, ""},
		"no origin that is said":     {asks("+Origin: null"), 403, ""},
		"an origin with a user":      {asks("+Origin: http://y@x"), 403, ""},
		"two origins":                {asks("+Origin: http://x", "+Origin: http://evil"), 403, ""},
		"an empty body":              {asks("+Content-Length: 0"), 101, ""},
		"a body":                     {asks("+Content-Length: 2") + "\x81\x80", 400, ""},
		"a body in chunks":           {asks("+Transfer-Encoding: chunked") + "2\r\n\x81\x80\r\n0\r\n\r\n", 400, ""},
		"an empty body in chunks":    {asks("+Transfer-Encoding: chunked") + "0\r\n\r\n", 400, ""},
	} {
		t.Run(name, func(t *testing.T) {
			with(t, handler, func(t *testing.T, h *green.Hub, addr string) error {
				p, err := dial(h, addr)
				if err != nil {
					return err
				}
				defer p.Close()
				io.WriteString(p, c.head)
				r, err := http.ReadResponse(p.br, nil)
				if err != nil {
					return err
				}
				expect(t, "status", r.StatusCode, c.want)
				key, value, _ := strings.Cut(c.field, ": ")
				if absent, is := strings.CutPrefix(key, "-"); is {
					key = absent
				}
				expect(t, key, strings.Join(r.Header[http.CanonicalHeaderKey(key)], "|"), value)
				if c.want == 101 {
					expect(t, "Upgrade", r.Header.Get("Upgrade"), "websocket")
					expect(t, "Connection", strings.Join(r.Header["Connection"], "|"), "Upgrade")
				}
				return nil
			})
		})
	}
}

// What cannot be sent is an error, and nothing of it is.
func TestWebSocketUpgraderThatIsWrong(t *testing.T) {
	for want, u := range map[string]*greenhttp.Upgrader{
		`"a b" in Protocols is not a token`: {Protocols: []string{"a b"}},
		`Protocols has "a" twice`:           {Protocols: []string{"a", "b", "a"}},
		"the invalid field name":            {Header: http.Header{"a b": {"c"}}},
		"an invalid value for X":            {Header: http.Header{"X": {"a\r\nEvil: 1"}}},
		"which the handshake sets itself":   {Header: http.Header{"sec-websocket-accept": {"x"}}},
		"use Protocols":                     {Header: http.Header{"Sec-Websocket-Protocol": {"a"}}},
	} {
		t.Run(want, func(t *testing.T) {
			handler := func(w http.ResponseWriter, r *http.Request) {
				if _, err := u.Upgrade(w, r); err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("Upgrade: %v", err)
				}
			}
			with(t, handler, func(t *testing.T, h *green.Hub, addr string) error {
				p, err := dial(h, addr)
				if err != nil {
					return err
				}
				defer p.Close()
				r, _, err := p.ask("GET", asks())
				if err != nil {
					return err
				}
				expect(t, "status", r.StatusCode, 500)
				expect(t, "what it must not have", r.Header.Get("Evil"), "")
				return nil
			})
		})
	}
}

// acceptOf returns the answer to a key.
func acceptOf(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// answering accepts one connection, reads the request of a handshake, and calls serve. f gets the address.
func answering(h *green.Hub, serve func(p *peer, r *http.Request), f func(addr string) error) error {
	l, err := greennet.Listen(h, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := h.Go(func() error {
		c, err := l.Accept()
		if err != nil {
			return nil // nobody came
		}
		defer c.Close()
		p := &peer{c, bufio.NewReader(c)}
		r, err := http.ReadRequest(p.br)
		if err != nil {
			return err
		}
		serve(p, r)
		return nil
	})
	err = f(l.Addr().String())
	l.Close()
	return errors.Join(err, server.Join())
}

// agrees makes the head of an answer to key, changed as by asks.
func agrees(key string, changes ...string) string {
	lines := []string{"HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
		"Sec-WebSocket-Accept: " + acceptOf(key)}
	for _, c := range changes {
		if strings.HasPrefix(c, "HTTP/") {
			lines[0] = c
			continue
		}
		if added, is := strings.CutPrefix(c, "+"); is {
			lines = append(lines, added)
			continue
		}
		name, _, valued := strings.Cut(strings.TrimPrefix(c, "-"), ":")
		lines = slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, name+":") })
		if valued {
			lines = append(lines, c)
		}
	}
	return strings.Join(lines, "\r\n") + "\r\n\r\n"
}

// What a server answers, against the rules of RFC 6455, section 4.1.
func TestWebSocketHandshakeOfClient(t *testing.T) {
	const early = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
	for name, c := range map[string]struct {
		before  string
		changes []string
		want    string // of the error; "" for none
	}{
		"as it should be": {"", nil, ""},
		"1xx before":      {early, nil, ""},
		"lower case": {"", []string{"-Upgrade", "+upgrade: WEBSOCKET", "-Connection", "+connection: upgrade"},
			""},
		"connection with another token": {"", []string{"Connection: keep-alive, Upgrade"}, ""},
		"connection in two lines":       {"", []string{"Connection: keep-alive", "+Connection: Upgrade"}, ""},
		"white space around the accept": {"", []string{"+X: y"}, ""},
		"a protocol":                    {"", []string{"+Sec-WebSocket-Protocol: v1"}, ""},
		"a long cookie":                 {"", []string{"+Set-Cookie: " + strings.Repeat("a", 10000)}, ""},
		"another status":                {"", []string{"HTTP/1.1 401 Unauthorized", "+Content-Length: 0"}, "401"},
		"a redirect":                    {early, []string{"HTTP/1.1 302 Found", "+Location: /y", "+Content-Length: 0"}, "302"},
		"no error either":               {"", []string{"HTTP/1.1 200 OK", "+Content-Length: 0"}, "200"},
		"HTTP/1.0":                      {"", []string{"HTTP/1.0 101 Switching Protocols"}, "HTTP/1.0"},
		"no HTTP":                       {"", []string{"HTTP/1.1"}, "malformed"},
		"no upgrade":                    {"", []string{"-Upgrade"}, "Upgrade"},
		"another upgrade":               {"", []string{"Upgrade: h2c"}, "Upgrade"},
		"two upgrades":                  {"", []string{"Upgrade: h2c, websocket"}, "Upgrade"},
		"no connection":                 {"", []string{"-Connection"}, "Connection"},
		"another connection":            {"", []string{"Connection: keep-alive"}, "Connection"},
		"no accept":                     {"", []string{"-Sec-WebSocket-Accept"}, "Accept"},
		"a wrong accept":                {"", []string{"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}, "Accept"},
		"two accepts":                   {"", []string{"+Sec-WebSocket-Accept: x"}, "Accept"},
		"a protocol nobody offered":     {"", []string{"+Sec-WebSocket-Protocol: v3"}, `"v3"`},
		"a protocol in capitals":        {"", []string{"+Sec-WebSocket-Protocol: V1"}, `"V1"`},
		"two protocols":                 {"", []string{"+Sec-WebSocket-Protocol: v1", "+Sec-WebSocket-Protocol: v2"}, "protocol"},
		"an empty protocol":             {"", []string{"+Sec-WebSocket-Protocol: "}, "protocol"},
		"an extension":                  {"", []string{"+Sec-WebSocket-Extensions: permessage-deflate"}, "extensions"},
		"an endless head":               {"", []string{"+X: " + strings.Repeat("y", 1<<20)}, "too big"},
		"1xx without an end":            {strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 50000), nil, "too big"},
		"the end amid the head":         {"HTTP/1.1 101", []string{"HTTP/1.1"}, "malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, h *green.Hub) error {
				serve := func(p *peer, r *http.Request) {
					io.WriteString(p, c.before+agrees(r.Header.Get("Sec-WebSocket-Key"), c.changes...)+"\x81\x05hello")
					io.Copy(io.Discard, p.br) // until the client has closed
				}
				return answering(h, serve, func(addr string) error {
					s, err := (&greenhttp.WebSocketDialer{Protocols: []string{"v1", "v2"}}).DialWebSocket(h, "ws://"+addr)
					if c.want != "" {
						if err == nil || !strings.Contains(err.Error(), c.want) {
							t.Errorf("DialWebSocket: %v", err)
						}
						return nil
					}
					if err != nil {
						return err
					}
					defer s.NetConn().Close()
					_, m, err := s.ReadMessage()
					expect(t, "the message behind the handshake", string(m), "hello")
					return err
				})
			})
		})
	}
}

// A server that goes silent, or ends, at the beginning of its answer or amid a line of it.
func TestWebSocketHandshakeThatDoesNotCome(t *testing.T) {
	for _, sent := range []string{"", "HTTP/1.1 101 Switching Protocols\r\nUpgr"} {
		t.Run(fmt.Sprintf("%q", sent), func(t *testing.T) {
			run(t, func(t *testing.T, h *green.Hub) error {
				done := h.NewEvent()
				silent := func(p *peer, _ *http.Request) {
					io.WriteString(p, sent)
					done.Wait()
				}
				err := answering(h, silent, func(addr string) error {
					defer done.Set()
					inTime, err := h.Within(10*time.Millisecond, func() error {
						_, err := greenhttp.DialWebSocket(h, "ws://"+addr)
						return err
					})
					expect(t, "in time", inTime, false)
					return err
				})
				ends := func(p *peer, _ *http.Request) { io.WriteString(p, sent) }
				return errors.Join(err, answering(h, ends, func(addr string) error {
					if _, err := greenhttp.DialWebSocket(h, "ws://"+addr); !errors.Is(err, io.ErrUnexpectedEOF) {
						t.Errorf("DialWebSocket: %v", err)
					}
					return nil
				}))
			})
		})
	}
}

// What the client sends, against RFC 6455, section 4.1.
func TestWebSocketRequest(t *testing.T) {
	header := func(key, value string) greenhttp.WebSocketDialer {
		return greenhttp.WebSocketDialer{Header: http.Header{key: {value}}}
	}
	for name, c := range map[string]struct {
		d    greenhttp.WebSocketDialer
		url  string // ADDR is the server's address
		want string // "Name: value" of lines that are sent, separated by |
	}{
		"plain": {url: "ws://ADDR", want: "Host: ADDR|Upgrade: websocket|Connection: Upgrade|Sec-WebSocket-Version: 13|" +
			"Authorization: |Sec-WebSocket-Protocol: |Sec-WebSocket-Extensions: |Origin: |Accept-Encoding: |target: /"},
		"a path":        {url: "ws://ADDR/a%20b?c=d", want: "target: /a%20b?c=d"},
		"protocols":     {greenhttp.WebSocketDialer{Protocols: []string{"a", "b"}}, "ws://ADDR", "Sec-WebSocket-Protocol: a, b"},
		"a header":      {header("Origin", "http://me"), "ws://ADDR", "Origin: http://me"},
		"a host":        {header("host", "other:1"), "ws://ADDR", "Host: other:1"},
		"a login":       {url: "ws://user:p%40ss@ADDR", want: "Authorization: Basic dXNlcjpwQHNz|Host: ADDR"},
		"a name alone":  {url: "ws://user@ADDR", want: "Authorization: Basic dXNlcjo="},
		"another login": {header("authorization", "x"), "ws://user@ADDR", "Authorization: x"},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, h *green.Hub) error {
				var got *http.Request
				serve := func(p *peer, r *http.Request) {
					got = r
					io.WriteString(p, agrees(r.Header.Get("Sec-WebSocket-Key")))
				}
				var at string
				err := answering(h, serve, func(addr string) error {
					at = addr
					s, err := c.d.DialWebSocket(h, strings.Replace(c.url, "ADDR", addr, 1))
					if err == nil {
						s.NetConn().Close()
					}
					return err
				})
				if err != nil {
					return err
				}
				key, _ := base64.StdEncoding.DecodeString(got.Header.Get("Sec-WebSocket-Key"))
				expect(t, "bytes of the key", len(key), 16)
				got.Header["Host"] = append(got.Header["Host"], got.Host)
				for line := range strings.SplitSeq(strings.ReplaceAll(c.want, "ADDR", at), "|") {
					name, value, _ := strings.Cut(line, ": ")
					if name == "target" {
						expect(t, name, got.RequestURI, value)
						continue
					}
					expect(t, name, strings.Join(got.Header[http.CanonicalHeaderKey(name)], "|"), value)
				}
				return nil
			})
		})
	}
}

// What cannot be asked for is an error before a connection is made.
func TestWebSocketDialThatIsWrong(t *testing.T) {
	header := func(key, value string) greenhttp.WebSocketDialer {
		return greenhttp.WebSocketDialer{Header: http.Header{key: {value}}}
	}
	for want, c := range map[string]struct {
		url string
		d   greenhttp.WebSocketDialer
	}{
		"the scheme of a WebSocket is ws or wss": {url: "http://x"},
		"without a host":                         {url: "ws://:80"},
		"with a fragment":                        {url: "ws://x/#y"},
		"URL with a fragment":                    {url: "ws://x#"},
		"control character":                      {url: "ws://x/\n"},
		"in the URL":                             {url: "ws://x/?a b"},
		"is not a token":                         {"ws://x", greenhttp.WebSocketDialer{Protocols: []string{""}}},
		"twice":                                  {"ws://x", greenhttp.WebSocketDialer{Protocols: []string{"a", "a"}}},
		"the invalid field name":                 {"ws://x", header("a b", "c")},
		"an invalid value for X":                 {"ws://x", header("X", "a\r\nEvil: 1")},
		"an invalid value for Y":                 {"ws://x", header("Y", "a\x01")},
		"has sec-websocket-key":                  {"ws://x", header("sec-websocket-key", "x")},
		"use Protocols":                          {"ws://x", header("Sec-WebSocket-Protocol", "x")},
		"has Content-Length":                     {"ws://x", header("Content-Length", "1")},
		"one Host":                               {"ws://x", header("Host", "")},
		"invalid Host":                           {"ws://x", header("Host", "a b")},
	} {
		t.Run(want, func(t *testing.T) {
			run(t, func(t *testing.T, h *green.Hub) error {
				c.d.Dial = func(string, string) (net.Conn, error) { return nil, errors.New("a connection is made") }
				if _, err := c.d.DialWebSocket(h, c.url); err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("DialWebSocket: %v", err)
				}
				return nil
			})
		})
	}
}

// The zone of an address is for this machine alone.
func TestWebSocketHostWithoutZone(t *testing.T) {
	run(t, func(t *testing.T, h *green.Hub) error {
		host := ""
		serve := func(p *peer, r *http.Request) { host = r.Host }
		return answering(h, serve, func(addr string) error {
			d := &greenhttp.WebSocketDialer{Dial: func(network, address string) (net.Conn, error) {
				expect(t, "the address", address, "[fe80::1%lo]:80")
				return greennet.Dial(h, network, addr)
			}}
			if _, err := d.DialWebSocket(h, "ws://[fe80::1%25lo]/"); err == nil {
				return fmt.Errorf("DialWebSocket succeeds without an answer")
			}
			expect(t, "Host", host, "[fe80::1]")
			return nil
		})
	})
}
