package http

import (
	"bytes"
	"net/http/httptrace"
)

var noTrace = &httptrace.ClientTrace{}

// traceHead calls the hooks for a head that has been written.
func (x *exchange) traceHead(head []byte) {
	if f := x.trace.WroteHeaderField; f != nil {
		_, rest, _ := bytes.Cut(head, crlf)
		last, values := "", []string(nil)
		for len(rest) > 0 {
			var line []byte
			line, rest, _ = bytes.Cut(rest, crlf)
			name, value, _ := bytes.Cut(line, []byte(": "))
			if string(name) != last && last != "" {
				f(last, values)
				values = nil
			}
			last, values = string(name), append(values, string(value))
		}
	}
	if f := x.trace.WroteHeaders; f != nil {
		f()
	}
}

// traceWritten calls the hook for the end of writing.
func (x *exchange) traceWritten(err error) {
	if f := x.trace.WroteRequest; f != nil {
		f(httptrace.WroteRequestInfo{Err: err})
	}
}
