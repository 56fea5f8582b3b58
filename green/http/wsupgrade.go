package http

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gobwas/ws"
)

// An Upgrader is how a handler makes WebSockets of requests. Its zero value is what Upgrade uses.
type Upgrader struct {
	// Protocols are the subprotocols that the server speaks, the preferred first. The first one that the client
	// offers is taken, whatever the client's order. Names are compared exactly. If the client offers none of them,
	// the WebSocket has no subprotocol: [WebSocket.Protocol] is "", and the handler decides whether it goes on.
	Protocols []string
	// CheckOrigin reports whether a page of that origin may connect. Nil allows the server's own origin, and requests
	// that are not a browser's: without an Origin.
	CheckOrigin func(r *http.Request) bool
	// Header is added to the response, besides what the header of the ResponseWriter has: a Set-Cookie, say. The
	// fields of the handshake are not allowed in it.
	Header http.Header
}

// Upgrade makes a WebSocket of a request, in the handler of a [Server]. If the request does not ask for one, or a
// page of another origin does, it answers with an error, which it also returns. The handler must close the WebSocket.
func Upgrade(w http.ResponseWriter, r *http.Request) (*WebSocket, error) {
	return (&Upgrader{}).Upgrade(w, r)
}

// Upgrade is the function [Upgrade] with the settings of u.
//
// The answer to a request that is no handshake of RFC 6455 has the status 400; to one of another origin 403; to
// another method than GET 405; to another protocol than websocket, another version than 13, or HTTP/1.0, 426; and 500
// if Protocols or Header cannot be sent. A request with a body is answered with 400, too: nobody could tell the body
// from the first messages. Extensions that the client offers are not used.
func (u *Upgrader) Upgrade(w http.ResponseWriter, r *http.Request) (*WebSocket, error) {
	h := HubOf(r.Context())
	if h == nil {
		return nil, errors.New("http: Upgrade of a request that no Server of this package has received")
	}
	if bad := u.check(w, r); bad != nil {
		http.Error(w, bad.why, bad.status)
		return nil, fmt.Errorf("http: Upgrade: %s", bad.why)
	}
	protocol := u.choose(r)
	answer, err := u.answer(w.Header(), r, protocol)
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return nil, err
	}
	nc, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, fmt.Errorf("http: Upgrade: %w", err)
	}
	sent := false
	defer func() {
		if !sent { // by an error, or by a panic that is raised in the wait
			nc.Close()
		}
	}()
	if _, err := nc.Write(answer); err != nil {
		return nil, fmt.Errorf("http: Upgrade: %w", err)
	}
	sent = true
	return newWebSocket(h, nc, rw.Reader, ws.StateServerSide, protocol), nil
}

// check says why r cannot be upgraded. It sets the fields that the answer must have then.
func (u *Upgrader) check(w http.ResponseWriter, r *http.Request) *refusal {
	allowed := u.CheckOrigin
	if allowed == nil {
		allowed = sameOrigin
	}
	version := r.Header[wsVersion]
	switch {
	case !allowed(r):
		return refuse(403, "this origin is not allowed")
	case !listHas(r.Header["Upgrade"], "websocket") || !r.ProtoAtLeast(1, 1): // an Upgrade in HTTP/1.0 does not count
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Connection", "Upgrade")
		return refuse(426, "a WebSocket is expected here")
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		return refuse(405, "a WebSocket begins with GET")
	case !listHas(r.Header["Connection"], "upgrade"):
		return refuse(400, "Connection does not say Upgrade")
	case r.ContentLength != 0 || r.Body != nil && r.Body != http.NoBody:
		return refuse(400, "a WebSocket's request has no body")
	case len(version) != 1 || trim(version[0]) == "":
		return refuse(400, "there must be one Sec-WebSocket-Version")
	case trim(version[0]) != "13":
		w.Header().Set(wsVersion, "13")
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Connection", "Upgrade")
		return refuse(426, "the version of WebSocket here is 13")
	}
	if err := checkKey(r.Header[wsKey]); err != nil {
		return refuse(400, err.Error())
	}
	if offered, ok := tokenList(r.Header[wsProtocol]); !ok || len(offered) == 0 && r.Header[wsProtocol] != nil {
		return refuse(400, "a Sec-WebSocket-Protocol that is malformed")
	}
	if !validExtensions(r.Header[wsExtensions]) {
		return refuse(400, "a Sec-WebSocket-Extensions that is malformed")
	}
	return nil
}

// choose returns the first of the server's protocols that the client offers, or "".
func (u *Upgrader) choose(r *http.Request) string {
	offered, _ := tokenList(r.Header[wsProtocol])
	for _, p := range u.Protocols {
		if slices.Contains(offered, p) {
			return p
		}
	}
	return ""
}

// answer makes the response that agrees.
func (u *Upgrader) answer(header http.Header, r *http.Request, protocol string) ([]byte, error) {
	if err := errors.Join(checkProtocols(u.Protocols), checkFields("Upgrader.Header", u.Header)); err != nil {
		return nil, err
	}
	out := append([]byte(nil), "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"...)
	out = appendFields(out, "Sec-WebSocket-Accept", []string{acceptFor(trim(r.Header.Get(wsKey)))})
	if protocol != "" {
		out = appendFields(out, "Sec-WebSocket-Protocol", []string{protocol})
	}
	for _, key := range sortedKeys(header) {
		if name := http.CanonicalHeaderKey(key); !handshakeKeys[name] && !strings.HasPrefix(key, http.TrailerPrefix) {
			out = appendFields(out, key, header[key])
		}
	}
	for _, key := range sortedKeys(u.Header) {
		out = appendFields(out, key, u.Header[key])
	}
	return append(out, "\r\n"...), nil
}

// sameOrigin reports whether a request comes from a page of the server, or from no page.
func sameOrigin(r *http.Request) bool {
	switch lines := r.Header["Origin"]; len(lines) {
	case 0:
		return true
	case 1:
		u, err := url.Parse(lines[0])
		return err == nil && u.User == nil && strings.EqualFold(u.Host, r.Host) && lines[0] != ""
	}
	return false
}
