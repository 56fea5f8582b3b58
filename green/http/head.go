package http

import (
	"bytes"
	"strings"
)

// A refusal is a request that is not served: its status and why.
type refusal struct {
	status int
	why    string
}

func (r *refusal) Error() string { return "http: " + r.why }

func refuse(status int, why string) *refusal { return &refusal{status, why} }

// scanHead finds the end of the head that begins b, of which the first from bytes are known to hold none. It returns
// how long the head is, the empty line included, or 0 if b does not hold all of it, and where to go on then.
func scanHead(b []byte, from int) (size, next int, err *refusal) {
	for from < len(b) {
		i := bytes.IndexByte(b[from:], '\n')
		if i < 0 {
			return 0, from, nil
		}
		end := from + i
		switch {
		case end == 0 || b[end-1] != '\r':
			return 0, 0, refuse(400, "a line ends without CR")
		case i == 1 && from > 0:
			return end + 1, 0, nil
		}
		from = end + 1
	}
	return 0, from, nil
}

// A framing is what the head of a request says about its body and its peer.
type framing struct {
	minor   int   // of the version
	length  int64 // -1 if there is none
	chunked bool
	hundred bool // it expects a 100
}

// checkHead checks a head, the empty line included, in which every line ends with CRLF.
func checkHead(b []byte) (f framing, err *refusal) {
	line, rest, _ := bytes.Cut(b, crlf)
	if f.minor, err = checkRequestLine(line); err != nil {
		return f, err
	}
	f.length = -1
	hosts, codings := 0, 0
	var late *refusal // of a request that is well-formed
	for {
		line, rest, _ = bytes.Cut(rest, crlf)
		if len(line) == 0 {
			break
		}
		name, value, err := field(line)
		if err != nil {
			return f, err
		}
		switch {
		case is(name, "host"):
			hosts++
			if !validHost(value) {
				return f, refuse(400, "an invalid Host")
			}
		case is(name, "content-length"):
			if f.length >= 0 {
				return f, refuse(400, "more than one Content-Length")
			}
			if f.length, err = parseLength(value); err != nil && err.status == 400 {
				return f, err
			} else if err != nil {
				late = err
			}
		case is(name, "transfer-encoding"):
			if codings++; codings > 1 {
				return f, refuse(400, "more than one Transfer-Encoding")
			}
			if f.chunked = is(value, "chunked"); !f.chunked {
				late = refuse(501, "a Transfer-Encoding that is not supported")
			}
		case is(name, "expect"):
			for one := range bytes.SplitSeq(value, []byte(",")) { // a list, which may be empty
				switch one = bytes.Trim(one, " \t"); {
				case is(one, "100-continue"):
					f.hundred = f.minor > 0
				case len(one) > 0:
					late = refuse(417, "an expectation that is not supported")
				}
			}
		}
	}
	switch {
	case hosts > 1:
		return f, refuse(400, "more than one Host")
	case hosts == 0 && f.minor > 0:
		return f, refuse(400, "no Host")
	case codings > 0 && f.length >= 0:
		return f, refuse(400, "both a Content-Length and a Transfer-Encoding")
	case codings > 0 && f.minor == 0:
		return f, refuse(400, "a Transfer-Encoding in HTTP/1.0")
	}
	return f, late
}

var crlf = []byte("\r\n")

// checkRequestLine returns the minor version of HTTP/1.
func checkRequestLine(line []byte) (minor int, err *refusal) {
	method, rest, _ := bytes.Cut(line, space)
	target, version, ok := bytes.Cut(rest, space)
	if !ok || !isToken(method) || len(target) == 0 {
		return 0, refuse(400, "a request line that is malformed")
	}
	for _, c := range target {
		if c <= ' ' || c == 0x7f {
			return 0, refuse(400, "a control character in the request line")
		}
	}
	if len(version) != len("HTTP/1.1") || string(version[:5]) != "HTTP/" || version[6] != '.' ||
		!digit(version[5]) || !digit(version[7]) {
		return 0, refuse(400, "a version that is malformed")
	}
	if version[5] != '1' {
		return 0, refuse(505, "a version that is not supported")
	}
	return min(int(version[7]-'0'), 1), nil
}

var space = []byte(" ")

// field splits a line of a header, and checks it.
func field(line []byte) (name, value []byte, err *refusal) {
	if line[0] == ' ' || line[0] == '\t' {
		return nil, nil, refuse(400, "a line that continues the one before")
	}
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok || !isToken(name) {
		return nil, nil, refuse(400, "a header field whose name is malformed")
	}
	if control(value) {
		return nil, nil, refuse(400, "a control character in a header field")
	}
	return name, bytes.Trim(value, " \t"), nil
}

// parseLength parses a Content-Length: digits and nothing else.
func parseLength(v []byte) (n int64, err *refusal) {
	if len(v) == 0 {
		return 0, refuse(400, "an empty Content-Length")
	}
	for _, c := range v {
		if !digit(c) {
			return 0, refuse(400, "a Content-Length that is no number")
		}
	}
	if v = bytes.TrimLeft(v, "0"); len(v) > 18 {
		return 0, refuse(413, "a Content-Length that is too big")
	}
	for _, c := range v {
		n = n*10 + int64(c-'0')
	}
	return n, nil
}

// is compares, without regard to case, with a word in lower case.
func is(b []byte, lower string) bool {
	return len(b) == len(lower) && strings.EqualFold(string(b), lower) // which does not allocate
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// isToken says whether b is a token of RFC 9110.
func isToken[T string | []byte](b T) bool {
	for i := range len(b) {
		if !tokens[b[i]] {
			return false
		}
	}
	return len(b) > 0
}

// control reports whether b has a control character, by which whoever chooses a value could write a line of his own.
func control[T string | []byte](b T) bool {
	for i := range len(b) {
		if c := b[i]; c < ' ' && c != '\t' || c == 0x7f {
			return true
		}
	}
	return false
}

// validHost reports whether v can be a Host: possibly empty, a name or an address in brackets, with or without a port.
func validHost(v []byte) bool {
	for _, c := range v {
		if !hosts[c] {
			return false
		}
	}
	host, port := v, []byte(nil)
	if len(v) > 0 && v[0] == '[' {
		end := bytes.IndexByte(v, ']')
		if end <= 1 {
			return false
		}
		host, port = v[1:end], v[end+1:]
		if len(port) > 0 && port[0] != ':' {
			return false
		}
	} else if i := bytes.IndexByte(v, ':'); i >= 0 {
		host, port = v[:i], v[i:]
	}
	return !bytes.ContainsAny(host, "[]") && validPort(port)
}

// validPort reports whether p is nothing, or a colon and a port, which may be empty.
func validPort(p []byte) bool {
	if len(p) == 0 {
		return true
	}
	n := 0
	for _, c := range p[1:] {
		if n = 10*n + int(c-'0'); !digit(c) || n > 65535 {
			return false
		}
	}
	return true
}

var tokens, hosts = table("!#$%&'*+-.^_`|~"), table("!$%&'()*+,-.:;=[]_~")

// table makes the set of letters, digits and others.
func table(others string) (t [256]bool) {
	for c := range 256 {
		b := byte(c)
		t[c] = digit(b) || 'a' <= b|0x20 && b|0x20 <= 'z' || strings.IndexByte(others, b) >= 0 && c < 128
	}
	return t
}
