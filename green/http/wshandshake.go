package http

import (
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// This file has what both sides of the handshake of RFC 6455, sections 4 and 11.3, need.

// The fields of the handshake, as http.Header spells them.
const (
	wsAccept     = "Sec-Websocket-Accept"
	wsExtensions = "Sec-Websocket-Extensions"
	wsKey        = "Sec-Websocket-Key"
	wsProtocol   = "Sec-Websocket-Protocol"
	wsVersion    = "Sec-Websocket-Version"
)

// handshakeKeys are the fields that the handshake sets itself, and those that a message without a body cannot have.
var handshakeKeys = map[string]bool{
	wsAccept: true, wsExtensions: true, wsKey: true, wsProtocol: true, wsVersion: true,
	"Upgrade": true, "Connection": true, "Content-Length": true, "Transfer-Encoding": true, "Trailer": true,
}

// acceptFor returns the Sec-WebSocket-Accept that answers a Sec-WebSocket-Key.
func acceptFor(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// listHas reports whether a field that is a list, possibly in several lines, has an element. Case does not matter.
func listHas(lines []string, element string) bool {
	for _, line := range lines {
		for e := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(trim(e), element) {
				return true
			}
		}
	}
	return false
}

// trim removes the white space that HTTP allows around a value.
func trim(s string) string { return strings.Trim(s, " \t") }

// tokenList returns the elements of a field that is a list of tokens. It reports whether all of them are tokens. Empty
// elements are left out, as RFC 9110, section 5.6.1.2 wants it.
func tokenList(lines []string) (elements []string, ok bool) {
	for _, line := range lines {
		for e := range strings.SplitSeq(line, ",") {
			switch e = trim(e); {
			case e == "":
			case !isToken(e):
				return nil, false
			default:
				elements = append(elements, e)
			}
		}
	}
	return elements, true
}

// validExtensions reports whether the lines of Sec-WebSocket-Extensions follow the grammar of RFC 6455, section 9.1.
// What they offer does not matter here.
func validExtensions(lines []string) bool {
	named := false
	for _, line := range lines {
		for extension := range strings.SplitSeq(line, ",") { // no comma is within quotes: what they hold is a token
			if trim(extension) == "" {
				continue
			}
			named = true
			name, params, more := strings.Cut(extension, ";")
			if !isToken(trim(name)) {
				return false
			}
			for more {
				var param string
				param, params, more = strings.Cut(params, ";")
				key, value, valued := strings.Cut(param, "=")
				value = trim(value)
				if n := len(value); n > 1 && value[0] == '"' && value[n-1] == '"' {
					value = value[1 : n-1]
				}
				if !isToken(trim(key)) || valued && !isToken(value) {
					return false
				}
			}
		}
	}
	return named || len(lines) == 0
}

// checkProtocols returns an error unless the names are tokens, each of them once.
func checkProtocols(protocols []string) error {
	for i, p := range protocols {
		if !isToken(p) {
			return fmt.Errorf("http: %q in Protocols is not a token: use letters, digits and !#$%%&'*+-.^_`|~", p)
		}
		for _, before := range protocols[:i] {
			if p == before {
				return fmt.Errorf("http: Protocols has %q twice", p)
			}
		}
	}
	return nil
}

// checkFields returns an error if header cannot go into a handshake. where names it.
func checkFields(where string, header http.Header) error {
	for key, values := range header {
		switch {
		case !isToken(key):
			return fmt.Errorf("http: %s has the invalid field name %q", where, key)
		case handshakeKeys[http.CanonicalHeaderKey(key)]:
			use := ""
			if http.CanonicalHeaderKey(key) == wsProtocol {
				use = "; use Protocols"
			}
			return fmt.Errorf("http: %s has %s, which the handshake sets itself%s", where, key, use)
		}
		for _, v := range values {
			if control(v) {
				return fmt.Errorf("http: %s has an invalid value for %s: %q", where, key, v)
			}
		}
	}
	return nil
}

// checkKey returns an error unless the lines of Sec-WebSocket-Key are one that decodes to 16 bytes.
func checkKey(lines []string) error {
	if len(lines) != 1 {
		return errors.New("there must be one Sec-WebSocket-Key")
	}
	if raw, err := base64.StdEncoding.DecodeString(trim(lines[0])); err != nil || len(raw) != 16 {
		return errors.New("a Sec-WebSocket-Key is 16 bytes in base64")
	}
	return nil
}
