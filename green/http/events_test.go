package http_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	greenhttp "github.com/go-greenlet/greenlet/green/http"
)

// interrupted gives a byte and an error by turns.
type interrupted struct {
	text  string
	turns int
}

var errInterrupted = errors.New("interrupted")

func (r *interrupted) Read(p []byte) (int, error) {
	if r.turns++; r.turns%2 == 0 {
		return 0, errInterrupted
	}
	if r.text == "" {
		return 0, io.EOF
	}
	n := copy(p[:1], r.text)
	r.text = r.text[n:]
	return n, nil
}

// An error of the reader that passes, as a deadline does, loses nothing of an event.
func TestEventReaderIsResumed(t *testing.T) {
	r := greenhttp.NewEventReader(&interrupted{text: "\ufeffid: 1\r\nevent: e\r\ndata: one\r\ndata: line\r\n\r\ndata: two\n\n"})
	for _, want := range []greenhttp.Event{{ID: "1", Name: "e", Data: "one\nline"}, {ID: "1", Data: "two"}} {
		got, err := r.Next()
		for errors.Is(err, errInterrupted) {
			got, err = r.Next()
		}
		if err != nil {
			t.Fatal(err)
		}
		expect(t, "event", got, want)
	}
}

// An event that has not come whole is not the last one: a client that connects again would miss it.
func TestEventReaderLastID(t *testing.T) {
	r := greenhttp.NewEventReader(strings.NewReader("id: 1\ndata: a\n\nid: 2\n\nid: 3\ndata: lost\n"))
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	expect(t, "after the first", r.LastID(), "1")
	if _, err := r.Next(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
	expect(t, "at the end", r.LastID(), "2")
}

// What follows in a line that was too long is not an event.
func TestEventReaderTooBig(t *testing.T) {
	long := bytes.Repeat([]byte("x"), 1<<20+1)
	for name, text := range map[string]string{
		"a comment": ": " + string(long) + "data: x\n\n",
		"data":      "data: " + string(long[:1<<19]) + "\ndata: " + string(long[:1<<19]) + "\n\ndata: x\n\n",
	} {
		r := greenhttp.NewEventReader(strings.NewReader(text))
		for range 3 {
			if e, err := r.Next(); err == nil || err == io.EOF {
				t.Errorf("%s: %.20q, %v", name, e.Data, err)
			}
		}
	}
}
