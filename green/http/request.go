package http

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// appendRequest appends the head of a request and returns the length of the body, or -1 for chunks. packed is set if
// gzip was asked for.
func appendRequest(out []byte, req *http.Request, body io.Reader, plain bool, packed *bool) ([]byte, int64, error) {
	method := req.Method
	if method == "" {
		method = http.MethodGet
	}
	host := req.Host
	if host == "" {
		host = req.URL.Host
	}
	host, err := httpguts.PunycodeHostPort(host)
	if err != nil {
		return nil, 0, fmt.Errorf("http: invalid Host: %w", err)
	}
	host = withoutZone(host)
	if !validHost([]byte(host)) {
		return nil, 0, errors.New("http: invalid Host")
	}
	target := req.URL.RequestURI()
	if method == http.MethodConnect && req.URL.Path == "" {
		if target = host; req.URL.Opaque != "" {
			target = req.URL.Opaque
		}
	}
	for i := range len(target) {
		if target[i] <= ' ' || target[i] == 0x7f {
			return nil, 0, errors.New("http: a control character in the URL")
		}
	}
	n := req.ContentLength
	switch {
	case body == nil || body == http.NoBody:
		n = 0
	case n == 0:
		n = -1 // not known
	}
	out = append(out, method...)
	out = append(out, ' ')
	out = append(out, target...)
	out = append(out, " HTTP/1.1\r\nHost: "...)
	out = append(out, host...)
	out = append(out, "\r\n"...)
	if _, said := req.Header["User-Agent"]; !said {
		out = append(out, "User-Agent: go-greenlet\r\n"...)
	}
	for _, key := range sortedKeys(req.Header) {
		if framingKeys[key] && key != "Connection" || key == "User-Agent" && req.Header.Get(key) == "" {
			continue
		}
		out = appendFields(out, key, req.Header[key])
	}
	switch {
	case n > 0:
		out = appendLength(out, n)
	case n < 0 && method == http.MethodConnect: // its body is what goes through the tunnel
	case n < 0:
		out = append(out, "Transfer-Encoding: chunked\r\n"...)
		if len(req.Trailer) > 0 {
			out = append(out, "Trailer: "+strings.Join(sortedKeys(req.Trailer), ", ")+"\r\n"...)
		}
	case method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch:
		out = appendLength(out, 0)
	}
	if !plain && method != http.MethodHead && req.Header.Get("Accept-Encoding") == "" && req.Header.Get("Range") == "" {
		*packed = true
		out = append(out, "Accept-Encoding: gzip\r\n"...)
	}
	if req.Close && !listHas(req.Header["Connection"], "close") {
		out = append(out, "Connection: close\r\n"...)
	}
	return append(out, "\r\n"...), n, nil
}

// withoutZone removes the zone from an IPv6 address, which is for this machine alone: [fe80::1%en0]:80 is sent as
// [fe80::1]:80.
func withoutZone(host string) string {
	address, rest, is := strings.Cut(host, "]")
	if !is || host[0] != '[' {
		return host
	}
	address, _, _ = strings.Cut(address, "%")
	return address + "]" + rest
}

func sortedKeys(h http.Header) []string {
	keys := make([]string, 0, len(h))
	for key := range h {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// writeChunks writes r in chunks, and the trailers.
func writeChunks(w io.Writer, r io.Reader, trailer http.Header) error {
	const size = 16 << 10
	buf := make([]byte, size)
	var out []byte
	for {
		n, err := r.Read(buf)
		out = out[:0]
		if n > 0 {
			out = strconv.AppendInt(out, int64(n), 16)
			out = append(out, "\r\n"...)
			out = append(out, buf[:n]...)
			out = append(out, "\r\n"...)
		}
		if err == io.EOF {
			if err := checkTrailer(trailer); err != nil { // the values are known only now
				return err
			}
			out = append(out, "0\r\n"...)
			for _, key := range sortedKeys(trailer) {
				out = appendFields(out, key, trailer[key])
			}
			_, err := w.Write(append(out, "\r\n"...))
			return err
		}
		if err != nil {
			return err
		}
		if _, err := w.Write(out); err != nil {
			return err
		}
	}
}
