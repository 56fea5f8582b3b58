package http_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet/green"
	greenhttp "github.com/go-greenlet/greenlet/green/http"
)

// get is a request without what is put in front of its end.
func get(fields string) string { return "GET / HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n" }

// post is one with a body.
func post(fields, body string) string {
	return "POST / HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n" + body
}

const smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"

// What is malformed is answered with an error, and what follows it on the connection is never served.
var malformed = []struct {
	name   string
	status int
	raw    string
}{
	{"CL.TE", 400, post("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nG")},
	{"TE.CL", 400, post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "5c\r\nGPOST")},
	{"TE.TE twice", 400, post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n")},
	{"TE.TE twice the same", 400, post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
	{"TE.TE unknown first", 400, post("Transfer-Encoding: cow\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
	{"TE xchunked", 501, post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n")},
	{"TE list", 501, post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")},
	{"TE chunked then identity", 501, post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n")},
	{"TE empty", 501, post("Transfer-Encoding:\r\n", "0\r\n\r\n")},
	{"TE quoted", 501, post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n")},
	{"TE vertical tab", 400, post("Transfer-Encoding: \x0bchunked\r\n", "0\r\n\r\n")},
	{"TE space before colon", 400, post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n")},
	{"TE tab before colon", 400, post("Transfer-Encoding\t: chunked\r\n", "0\r\n\r\n")},
	{"TE space before name", 400, post(" Transfer-Encoding: chunked\r\n", "0\r\n\r\n")},
	{"TE obs-fold", 400, post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n")},
	{"TE bare CR", 400, post("X: y\rTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
	{"TE bare LF", 400, post("X: y\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
	{"TE NUL", 400, post("Transfer-Encoding: chunked\x00\r\n", "0\r\n\r\n")},
	{"TE in HTTP/1.0", 400, "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
	{"CL twice", 400, post("Content-Length: 1\r\nContent-Length: 2\r\n", "a")},
	{"CL twice the same", 400, post("Content-Length: 1\r\nContent-Length: 1\r\n", "a")},
	{"CL list", 400, post("Content-Length: 1, 1\r\n", "a")},
	{"CL negative", 400, post("Content-Length: -1\r\n", "a")},
	{"CL plus", 400, post("Content-Length: +1\r\n", "a")},
	{"CL inner space", 400, post("Content-Length: 1 0\r\n", "a")},
	{"CL hexadecimal", 400, post("Content-Length: 0x1\r\n", "a")},
	{"CL underscore", 400, post("Content-Length: 1_0\r\n", "a")},
	{"CL empty", 400, post("Content-Length:\r\n", "a")},
	{"CL too big for any number", 413, post("Content-Length: 99999999999999999999\r\n", "a")},
	{"CL space before colon", 400, post("Content-Length : 1\r\n", "a")},
	{"CL obs-fold", 400, post("Content-Length:\r\n\t1\r\n", "a")},
	{"bare LF all over", 400, "GET / HTTP/1.1\nHost: x\n\n"},
	{"bare LF after the request line", 400, "GET / HTTP/1.1\nHost: x\r\n\r\n"},
	{"bare LF at the end", 400, "GET / HTTP/1.1\r\nHost: x\r\n\n"},
	{"bare CR", 400, "GET / HTTP/1.1\rHost: x\r\n\r\n"},
	{"NUL in a value", 400, get("X: a\x00b\r\n")},
	{"NUL in a name", 400, get("X\x00: a\r\n")},
	{"NUL in the target", 400, "GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n"},
	{"no colon", 400, get("X\r\n")},
	{"empty name", 400, get(": x\r\n")},
	{"no Host", 400, "GET / HTTP/1.1\r\n\r\n"},
	{"two Hosts", 400, get("Host: y\r\n")},
	{"Host with a space", 400, "GET / HTTP/1.1\r\nHost: x y\r\n\r\n"},
	{"Host with a slash", 400, "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n"},
	{"Host with half a bracket", 400, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"},
	{"Host with a name for a port", 400, "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"},
	{"Host with a port that is too big", 400, "GET / HTTP/1.1\r\nHost: a:999999\r\n\r\n"},
	{"NUL in the extension of a chunk", 400, post("Transfer-Encoding: chunked\r\n", "1;a=\x00\r\nx\r\n0\r\n\r\n")},
	{"two spaces", 400, "GET  / HTTP/1.1\r\nHost: x\r\n\r\n"},
	{"trailing space", 400, "GET / HTTP/1.1 \r\nHost: x\r\n\r\n"},
	{"no target", 400, "GET HTTP/1.1\r\nHost: x\r\n\r\n"},
	{"no version", 400, "GET /\r\nHost: x\r\n\r\n"},
	{"method that is no token", 400, "G@T / HTTP/1.1\r\nHost: x\r\n\r\n"},
	{"version without a number", 400, "GET / HTTP/x.y\r\nHost: x\r\n\r\n"},
	{"version in lower case", 400, "GET / http/1.1\r\nHost: x\r\n\r\n"},
	{"version of two digits", 400, "GET / HTTP/1.10\r\nHost: x\r\n\r\n"},
	{"HTTP/2", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
	{"HTTP/0.9", 505, "GET / HTTP/0.9\r\nHost: x\r\n\r\n"},
	{"target that is no URI", 400, "GET x HTTP/1.1\r\nHost: x\r\n\r\n"},
	{"unknown expectation", 417, get("Expect: tea\r\n")},
	{"head too big", 431, get("X: " + strings.Repeat("x", 70<<10) + "\r\n")},
	{"head too big, many fields", 431, get(strings.Repeat("X: y\r\n", 20<<10))},
	{"TLS", 400, "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\n"},

	{"chunk size empty", 400, post("Transfer-Encoding: chunked\r\n", "\r\nx\r\n0\r\n\r\n")},
	{"chunk size negative", 400, post("Transfer-Encoding: chunked\r\n", "-1\r\nx\r\n0\r\n\r\n")},
	{"chunk size plus", 400, post("Transfer-Encoding: chunked\r\n", "+1\r\nx\r\n0\r\n\r\n")},
	{"chunk size 0x", 400, post("Transfer-Encoding: chunked\r\n", "0x1\r\nx\r\n0\r\n\r\n")},
	{"chunk size leading space", 400, post("Transfer-Encoding: chunked\r\n", " 1\r\nx\r\n0\r\n\r\n")},
	{"chunk size overflow", 400, post("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\nx\r\n0\r\n\r\n")},
	{"chunk size overflow to 1", 400, post("Transfer-Encoding: chunked\r\n", "10000000000000001\r\nx\r\n0\r\n\r\n")},
	{"chunk size bare LF", 400, post("Transfer-Encoding: chunked\r\n", "1\nx\r\n0\r\n\r\n")},
	{"chunk extension bare LF", 400, post("Transfer-Encoding: chunked\r\n", "1;a\nx\r\n0\r\n\r\n")},
	{"chunk extension too long", 400, post("Transfer-Encoding: chunked\r\n", "1;"+strings.Repeat("a", 8<<10)+"\r\nx\r\n0\r\n\r\n")},
	{"chunk data too long", 400, post("Transfer-Encoding: chunked\r\n", "1\r\nxyz\r\n0\r\n\r\n")},
	{"chunk data ends with LF", 400, post("Transfer-Encoding: chunked\r\n", "1\r\nx\n0\r\n\r\n")},
	{"last chunk bare LF", 400, post("Transfer-Encoding: chunked\r\n", "0\n\r\n")},
	{"trailer bare LF", 400, post("Transfer-Encoding: chunked\r\n", "0\r\nX: y\n\r\n")},
	{"no trailer, bare LF", 400, post("Transfer-Encoding: chunked\r\n", "0\r\n\n")},
	{"trailer without a colon", 400, post("Transfer-Encoding: chunked\r\n", "0\r\nX\r\n\r\n")},
	{"trailer too long", 431, post("Transfer-Encoding: chunked\r\n", "0\r\nX: "+strings.Repeat("y", 8<<10)+"\r\n\r\n")},
}

func TestMalformedRequestsAreRefused(t *testing.T) {
	served := 0
	handler := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/smuggled" {
			served++
		}
		io.Copy(io.Discard, r.Body)
	}
	with(t, handler, func(t *testing.T, h *green.Hub, addr string) error {
		for _, c := range malformed {
			served = 0
			got, err := talk(h, addr, c.raw+smuggled+"\r\n\r\n")
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(got)), nil)
			if err != nil {
				t.Errorf("%s: %v in %q", c.name, err, got)
				continue
			}
			if resp.StatusCode != c.status || !resp.Close {
				t.Errorf("%s: got %d, closed %v, want %d, closed true", c.name, resp.StatusCode, resp.Close, c.status)
			}
			if n := strings.Count(got, "HTTP/1.1 "); n != 1 || served != 0 {
				t.Errorf("%s: %d responses, %d smuggled requests served", c.name, n, served)
			}
		}
		return nil
	})
}

// A handler that does not read the body learns nothing, and the connection ends all the same.
func TestMalformedBodyThatNobodyReads(t *testing.T) {
	with(t, func(w http.ResponseWriter, r *http.Request) {}, func(t *testing.T, h *green.Hub, addr string) error {
		got, err := talk(h, addr, post("Transfer-Encoding: chunked\r\n", "x\r\n")+smuggled)
		expect(t, "responses", strings.Count(got, "HTTP/1.1 "), 1)
		expect(t, "status", strings.HasPrefix(got, "HTTP/1.1 400 "), true)
		return err
	})
}

// What is unusual but right is served.
func TestUnusualRequestsAreServed(t *testing.T) {
	handler := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s %v", r.Method, r.RequestURI, body, err)
	}
	with(t, handler, func(t *testing.T, h *green.Hub, addr string) error {
		p, err := dial(h, addr)
		if err != nil {
			return err
		}
		defer p.Close()
		for _, c := range []struct{ raw, want string }{
			{"\r\n" + get(""), "GET /  <nil>"},
			{"FROB /a%20b?c HTTP/1.1\r\nhOsT: x\r\n\r\n", "FROB /a%20b?c  <nil>"},
			{"GET http://x/y HTTP/1.1\r\nHost: x\r\n\r\n", "GET http://x/y  <nil>"},
			{"GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET /  <nil>"},
			{"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET /  <nil>"},
			{"GET / HTTP/1.1\r\nHost: a:\r\n\r\n", "GET /  <nil>"},
			{post("Content-Length: 00000000000000000003\r\n", "abc"), "POST / abc <nil>"},
			{post("Transfer-Encoding: chunked\r\n", "1 ; a=b\r\nx\r\n0\r\n\r\n"), "POST / x <nil>"},
			{get("Expect:\r\n"), "GET /  <nil>"},
			{get("Expect: 100-continue, 100-continue\r\n"), "GET /  <nil>"},
			{post("Transfer_Encoding: chunked\r\n", ""), "POST /  <nil>"},
			{get("X:\t y \t\r\nY:\r\n"), "GET /  <nil>"},
			{post("Content-Length: 003\r\n", "abc"), "POST / abc <nil>"},
			{post("Transfer-Encoding: Chunked\r\n", "1;a=b\r\nx\r\n02 \r\nyz\r\n0;q\r\nT: 1\r\n\r\n"), "POST / xyz <nil>"},
			{"GET / HTTP/1.9\r\nHost: x\r\n\r\n", "GET /  <nil>"},
			{get("X: " + strings.Repeat("x", 20<<10) + "\r\n"), "GET /  <nil>"},
		} {
			r, body, err := p.ask("GET", c.raw)
			if err != nil {
				return fmt.Errorf("%q: %w", c.raw, err)
			}
			expect(t, "status", r.StatusCode, 200)
			expect(t, "body", body, c.want)
		}
		return nil
	})
}

func TestBodyLimit(t *testing.T) {
	run(t, func(t *testing.T, h *green.Hub) error {
		s := &greenhttp.Server{MaxBodyBytes: 10, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n, err := io.Copy(io.Discard, r.Body)
			fmt.Fprint(w, n, err)
		})}
		return serve(h, s, func(addr string) error {
			for raw, want := range map[string]string{
				post("Content-Length: 11\r\n", "12345678901"):                                               "HTTP/1.1 413 ",
				post("Transfer-Encoding: chunked\r\n", "b\r\n12345678901\r\n0\r\n\r\n"):                     "HTTP/1.1 413 ",
				post("Connection: close\r\nTransfer-Encoding: chunked\r\n", "a\r\n1234567890\r\n0\r\n\r\n"): "HTTP/1.1 200 ",
			} {
				got, err := talk(h, addr, raw)
				if err != nil {
					return err
				}
				expect(t, "answer", got[:min(len(got), len(want))], want)
			}
			return nil
		})
	})
}
