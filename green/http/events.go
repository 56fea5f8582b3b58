package http

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// An Event is one of a stream of server-sent events.
type Event struct {
	ID    string        // "" means that of the event before
	Name  string        // "" means "message"
	Data  string        // may have several lines
	Retry time.Duration // after which a client that lost the connection should try again; 0 says nothing
}

// An EventStream sends events as the response to a request. One task at a time may use it.
type EventStream struct {
	w   http.ResponseWriter
	rc  *http.ResponseController
	buf []byte
}

// NewEventStream begins a stream of events as the response. The stream ends when the handler returns. The request's
// Last-Event-ID says where a client wants to go on that was connected before.
func NewEventStream(w http.ResponseWriter) (*EventStream, error) {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-cache")
	w.WriteHeader(http.StatusOK)
	s := &EventStream{w: w, rc: http.NewResponseController(w)}
	return s, s.rc.Flush()
}

// Send sends an event at once. The error is the connection's: the client has gone, mostly. An ID or a Name with a line
// break in it is an error, as is a NUL in an ID.
func (s *EventStream) Send(e Event) error {
	if strings.ContainsAny(e.ID, "\r\n\x00") || strings.ContainsAny(e.Name, "\r\n") {
		return errors.New("http: an event with a line break in its ID or Name")
	}
	b := s.buf[:0]
	if e.Name != "" {
		b = fmt.Appendf(b, "event: %s\n", e.Name)
	}
	if e.ID != "" {
		b = fmt.Appendf(b, "id: %s\n", e.ID)
	}
	if e.Retry > 0 {
		b = fmt.Appendf(b, "retry: %d\n", e.Retry.Milliseconds())
	}
	for line := range lines(e.Data) {
		b = append(b, "data: "...)
		b = append(b, line...)
		b = append(b, '\n')
	}
	return s.send(append(b, '\n'))
}

// Comment sends a comment, which clients ignore: it keeps a connection from looking idle, and finds out whether the
// client is there.
func (s *EventStream) Comment(text string) error {
	b := s.buf[:0]
	for line := range lines(text) {
		b = append(b, ": "...)
		b = append(b, line...)
		b = append(b, '\n')
	}
	return s.send(append(b, '\n'))
}

func (s *EventStream) send(b []byte) error {
	s.buf = b[:0]
	if _, err := s.w.Write(b); err != nil {
		return err
	}
	return s.rc.Flush()
}

// lines are the lines of a text, which may end in three ways.
func lines(text string) func(yield func(string) bool) {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	return strings.SplitSeq(text, "\n")
}

// An EventReader reads a stream of events: the body of a response. One task at a time may use it.
type EventReader struct {
	r     *bufio.Reader
	id    string // of the last event that was whole
	retry time.Duration
	begun bool
	cr    bool   // the line before ended with a CR, to which an LF may belong
	line  []byte // what has come of a line
	event Event  // what has come of an event, with the ID that it will have
	data  []byte
	some  bool // the event has data
	err   error
}

// maxEvent limits the lines of an event, in bytes.
const maxEvent = 1 << 20

// NewEventReader makes a reader of r.
func NewEventReader(r io.Reader) *EventReader { return &EventReader{r: bufio.NewReader(r)} }

// LastID returns the ID of the last event that had one and has come whole: what a client that connects again sends as
// Last-Event-ID.
func (r *EventReader) LastID() string { return r.id }

// Retry returns the time after which the server wants the client to connect again, 0 if it said nothing.
func (r *EventReader) Retry() time.Duration { return r.retry }

// Next waits for the next event. Its ID is that of the last event that had one. At the end it returns io.EOF: an
// event that was not finished is dropped, as the standard wants it. Other errors are r's: what has come of an event
// stays, and if r can be read on, as after a deadline, the next call goes on. A line, or the data of an event, of
// more than 1 MB is an error after which nothing can be read.
func (r *EventReader) Next() (Event, error) {
	for {
		line, err := r.readLine()
		if err != nil {
			return Event{}, err
		}
		r.line = r.line[:0]
		e := &r.event
		if len(line) == 0 {
			r.id = e.ID // also of one without data, which is none
			done, some := *e, r.some
			done.Data = string(r.data)
			r.event, r.data, r.some = Event{ID: r.id}, r.data[:0], false
			if some {
				return done, nil
			}
			continue
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, space)
		switch string(name) {
		case "event":
			e.Name = string(value)
		case "data":
			if r.some {
				r.data = append(r.data, '\n')
			}
			r.some = true
			if r.data = append(r.data, value...); len(r.data) > maxEvent {
				r.err = errTooBig
			}
		case "id":
			if bytes.IndexByte(value, 0) < 0 {
				e.ID = string(value)
			}
		case "retry":
			if n, err := strconv.ParseUint(string(value), 10, 31); err == nil {
				r.retry = time.Duration(n) * time.Millisecond
				e.Retry = r.retry
			}
		}
	}
}

var errTooBig = errors.New("http: an event that is too big")

// readLine reads a line that ends with CR, LF, or both.
func (r *EventReader) readLine() ([]byte, error) {
	for {
		if r.err != nil {
			return nil, r.err
		}
		c, err := r.r.ReadByte()
		if err != nil {
			return nil, err
		}
		after := r.cr
		r.cr = c == '\r'
		switch {
		case c == '\n' && after:
		case c == '\r' || c == '\n':
			if !r.begun {
				r.begun = true
				r.line = bytes.TrimPrefix(r.line, []byte("\ufeff"))
			}
			return r.line, nil
		case len(r.line) >= maxEvent:
			r.err = errTooBig
		default:
			r.line = append(r.line, c)
		}
	}
}
