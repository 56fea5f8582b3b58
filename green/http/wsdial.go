package http

import (
	"bufio"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-greenlet/greenlet/green"
	greennet "github.com/go-greenlet/greenlet/green/net"
	"github.com/gobwas/ws"
)

// A WebSocketDialer is how to connect to a WebSocket. Its zero value is what DialWebSocket uses.
type WebSocketDialer struct {
	// Protocols are the subprotocols that the client speaks, the preferred first. The server takes one or none of
	// them, see [WebSocket.Protocol].
	Protocols []string
	// Header is added to the request: an Origin, a Cookie, an Authorization. A Host in it replaces that of the URL.
	// The fields of the handshake are not allowed in it.
	Header http.Header
	// TLSConfig is for wss; nil means the system's certificates.
	TLSConfig *tls.Config
	// Dialer connects; nil means one with the defaults.
	Dialer *greennet.Dialer
	// Dial, if not nil, makes the connection instead of Dialer. Its operations must block the calling task only.
	Dial func(network, address string) (net.Conn, error)
}

// DialWebSocket connects to a URL with the scheme ws or wss. It ends early when the task is killed or its deadline
// passes.
func DialWebSocket(h *green.Hub, address string) (*WebSocket, error) {
	return (&WebSocketDialer{}).DialWebSocket(h, address)
}

// DialWebSocket is the function [DialWebSocket] with the settings of d.
//
// A name and a password in the URL are sent as an Authorization, unless Header has one. A fragment in the URL is an
// error, as are a URL, a name or a value that cannot be sent. It follows no redirect. The response must be a 101 that
// answers the handshake as RFC 6455, section 4.1 wants it; other responses of 1xx before it are skipped. The heads
// that the server sends must not be longer than 1 MB together. There is no limit of time but the task's deadline.
func (d *WebSocketDialer) DialWebSocket(h *green.Hub, address string) (*WebSocket, error) {
	req, err := d.request(address)
	if err != nil {
		return nil, err
	}
	packed := false
	head, _, err := appendRequest(nil, req, nil, true, &packed)
	if err != nil {
		return nil, err
	}
	nc, err := connect(h, keyOf(req.URL), d.Dial, d.Dialer, d.TLSConfig)
	if err != nil {
		return nil, err
	}
	agreed := false
	defer func() {
		if !agreed { // by an error, or by a panic that is raised in a wait
			nc.Close()
		}
	}()
	bounded := &boundedReader{r: nc, left: maxHandshake}
	br := bufio.NewReaderSize(bounded, bufferSize)
	var protocol string
	if _, err = nc.Write(head); err == nil {
		protocol, err = d.receive(br, req)
	}
	if err != nil && bounded.err != nil {
		err = bounded.err // which the parser hides if it comes amid a line
	}
	if err != nil {
		return nil, fmt.Errorf("http: the handshake of a WebSocket: %w", err)
	}
	agreed, bounded.left = true, math.MaxInt64
	return newWebSocket(h, nc, br, ws.StateClientSide, protocol), nil
}

// request makes the request of the handshake.
func (d *WebSocketDialer) request(address string) (*http.Request, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	switch u.Scheme {
	case "ws":
		u.Scheme = "http"
	case "wss":
		u.Scheme = "https"
	default:
		return nil, errors.New("http: the scheme of a WebSocket is ws or wss")
	}
	switch {
	case u.Hostname() == "":
		return nil, errors.New("http: a WebSocket without a host")
	case u.Fragment != "" || strings.Contains(address, "#"):
		return nil, errors.New("http: a WebSocket's URL with a fragment: remove it, or write %23 for a # in the path")
	}
	header := http.Header{}
	host, replaced := "", false
	for key, values := range d.Header {
		if http.CanonicalHeaderKey(key) != "Host" {
			header[key] = values
			continue
		}
		if len(values) != 1 || values[0] == "" || replaced {
			return nil, errors.New("http: WebSocketDialer.Header must have one Host, or none")
		}
		host, replaced = values[0], true
	}
	if err := errors.Join(checkProtocols(d.Protocols), checkFields("WebSocketDialer.Header", header)); err != nil {
		return nil, err
	}
	if u.User != nil && !slices.ContainsFunc(sortedKeys(header), isAuthorization) {
		password, _ := u.User.Password()
		login := u.User.Username() + ":" + password
		header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(login)))
	}
	var nonce [16]byte
	rand.Read(nonce[:])
	header["Upgrade"] = []string{"websocket"}
	header["Connection"] = []string{"Upgrade"}
	header["Sec-WebSocket-Version"] = []string{"13"}
	header[keyField] = []string{base64.StdEncoding.EncodeToString(nonce[:])}
	if len(d.Protocols) > 0 {
		header["Sec-WebSocket-Protocol"] = []string{strings.Join(d.Protocols, ", ")}
	}
	return &http.Request{Method: http.MethodGet, URL: u, Host: host, Header: header}, nil
}

func isAuthorization(key string) bool { return strings.EqualFold(key, "Authorization") }

// keyField is the name of the key as RFC 6455 writes it, which is not as package net/http would.
var keyField = "Sec-WebSocket-Key"

// receive reads the server's answer and returns the protocol that the server has chosen.
func (d *WebSocketDialer) receive(br *bufio.Reader, req *http.Request) (protocol string, err error) {
	for {
		resp, err := http.ReadResponse(br, req)
		if err != nil {
			return "", err
		}
		switch {
		case resp.ProtoMajor != 1 || resp.ProtoMinor < 1:
			return "", fmt.Errorf("the server answers in %s", resp.Proto)
		case resp.StatusCode == http.StatusSwitchingProtocols:
			return d.agree(resp.Header, req.Header[keyField][0])
		case resp.StatusCode >= 200:
			return "", ws.StatusError(resp.StatusCode)
		}
	}
}

// agree checks the header of the server's answer, item by item of RFC 6455, section 4.1.
func (d *WebSocketDialer) agree(header http.Header, key string) (protocol string, err error) {
	accept, chosen := header[wsAccept], header[wsProtocol]
	switch {
	case len(header["Upgrade"]) != 1 || !strings.EqualFold(trim(header["Upgrade"][0]), "websocket"):
		return "", fmt.Errorf("the server's Upgrade is %q instead of websocket", header["Upgrade"])
	case !listHas(header["Connection"], "upgrade"):
		return "", fmt.Errorf("the server's Connection is %q, without Upgrade", header["Connection"])
	case len(accept) != 1 || trim(accept[0]) != acceptFor(key):
		return "", errors.New("the server's Sec-WebSocket-Accept does not answer the key")
	case header[wsExtensions] != nil:
		return "", fmt.Errorf("the server chose extensions that nobody offered: %q", header[wsExtensions])
	case chosen == nil:
		return "", nil
	case len(chosen) != 1 || !slices.Contains(d.Protocols, trim(chosen[0])):
		return "", fmt.Errorf("the server chose the protocol %q of %q", chosen, d.Protocols)
	}
	return trim(chosen[0]), nil
}

// maxHandshake limits the heads of the server's answer, in bytes.
const maxHandshake = 1 << 20

// A boundedReader reads at most left bytes, and keeps the error that ends it.
type boundedReader struct {
	r    io.Reader
	left int64
	err  error
}

func (b *boundedReader) Read(p []byte) (n int, err error) {
	if b.left <= 0 {
		err = errors.New("the head of the server's answer is too big")
	} else {
		n, err = b.r.Read(p[:min(int64(len(p)), b.left)])
		b.left -= int64(n)
	}
	if b.err = err; err == io.EOF {
		b.err = io.ErrUnexpectedEOF
	}
	return n, err
}
