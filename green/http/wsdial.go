package http

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"github.com/go-greenlet/greenlet/green"
	greennet "github.com/go-greenlet/greenlet/green/net"
	"github.com/gobwas/ws"
)

// A WebSocketDialer is how to connect to a WebSocket. Its zero value is what DialWebSocket uses.
type WebSocketDialer struct {
	// Protocols are those that the client speaks, the preferred first.
	Protocols []string
	// Header is added to the request: an Origin, a Cookie.
	Header http.Header
	// TLSConfig is for wss; nil means the system's certificates.
	TLSConfig *tls.Config
	// Dialer connects; nil means one with the defaults.
	Dialer *greennet.Dialer
	// Dial, if not nil, makes the connection instead of Dialer. Its operations must block the calling task only.
	Dial func(network, address string) (net.Conn, error)
}

// DialWebSocket connects to a URL with the scheme ws or wss. It ends early when the task is killed or its deadline passes.
func DialWebSocket(h *green.Hub, address string) (*WebSocket, error) {
	return (&WebSocketDialer{}).DialWebSocket(h, address)
}

// DialWebSocket is the function [DialWebSocket] with the settings of d.
func (d *WebSocketDialer) DialWebSocket(h *green.Hub, address string) (*WebSocket, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	plain := *u
	switch u.Scheme {
	case "ws":
		plain.Scheme = "http"
	case "wss":
		plain.Scheme = "https"
	default:
		return nil, errors.New("http: the scheme of a WebSocket is ws or wss")
	}
	if u.Host == "" {
		return nil, errors.New("http: a WebSocket without a host")
	}
	nc, err := connect(h, keyOf(&plain), d.Dial, d.Dialer, d.TLSConfig)
	if err != nil {
		return nil, err
	}
	up := ws.Dialer{Protocols: d.Protocols, ReadBufferSize: bufferSize}
	if d.Header != nil {
		up.Header = ws.HandshakeHeaderHTTP(d.Header)
	}
	br, hs, err := up.Upgrade(nc, u)
	if err != nil {
		nc.Close()
		return nil, fmt.Errorf("http: the handshake of a WebSocket: %w", err)
	}
	return newWebSocket(h, nc, br, ws.StateClientSide, hs.Protocol), nil
}
