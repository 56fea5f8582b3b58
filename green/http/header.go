package http

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// framingKeys are the fields that say where a message ends.
var framingKeys = map[string]bool{
	"Content-Length": true, "Transfer-Encoding": true, "Trailer": true, "Connection": true, "Host": true,
}

// sorted returns the names of the header's fields in order. They are in a buffer of the connection.
func (w *response) sorted() []string {
	keys := w.c.keys[:0]
	for key := range w.header {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	w.c.keys = keys
	return keys
}

// appendStatus appends a status line.
func appendStatus(out []byte, old bool, status int) []byte {
	if status == http.StatusOK && !old {
		return append(out, "HTTP/1.1 200 OK\r\n"...)
	}
	out = append(out, "HTTP/1.1 "...)
	if old {
		out[len(out)-2] = '0'
	}
	out = strconv.AppendInt(out, int64(status), 10)
	out = append(out, ' ')
	if text := http.StatusText(status); text != "" {
		out = append(out, text...)
	} else {
		out = append(out, "status code "...)
		out = strconv.AppendInt(out, int64(status), 10)
	}
	return append(out, "\r\n"...)
}

// appendFields appends the fields of one name. One that has an invalid name is left out.
func appendFields(out []byte, key string, values []string) []byte {
	if !isToken(key) {
		return out
	}
	for _, v := range values {
		out = append(out, key...)
		out = append(out, ": "...)
		out = appendValue(out, v)
		out = append(out, "\r\n"...)
	}
	return out
}

// appendValue appends the value of a field, in which control characters become spaces: a line break would let whoever
// chooses the value write a header.
func appendValue(out []byte, v string) []byte {
	from := len(out)
	out = append(out, v...)
	for i := from; i < len(out); i++ {
		if c := out[i]; c < ' ' && c != '\t' || c == 0x7f {
			out[i] = ' '
		}
	}
	return out
}

func appendLength(out []byte, n int64) []byte {
	out = append(out, "Content-Length: "...)
	out = strconv.AppendInt(out, n, 10)
	return append(out, "\r\n"...)
}

// A dateCache has the text of the current second.
type dateCache struct {
	second int64
	text   []byte
}

func (d *dateCache) at(now time.Time) []byte {
	if now.Unix() != d.second || d.text == nil {
		d.second = now.Unix()
		d.text = now.UTC().AppendFormat(d.text[:0], http.TimeFormat)
	}
	return d.text
}
