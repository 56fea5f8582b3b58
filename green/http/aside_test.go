package http_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/pprof"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet/green"
)

// What goroutines write to a response arrives, in order, also while the handler keeps the hub, as that of a profile
// does; and never does it wait for the hub.
func TestGoroutinesWriteToAResponse(t *testing.T) {
	big := strings.Repeat("0123456789", 100000)
	late := make(chan error, 1)
	with(t, func(w http.ResponseWriter, r *http.Request) {
		beside := func(f func()) { // keeps the hub
			done := make(chan bool)
			go func() { defer close(done); f() }()
			<-done
		}
		switch r.URL.Path {
		case "/small":
			beside(func() { io.WriteString(w, "a") })
			io.WriteString(w, "b")
			beside(func() { io.WriteString(w, "c") })
		case "/big":
			beside(func() { io.WriteString(w, big) })
		case "/parts":
			beside(func() {
				for i := range 1000 {
					io.WriteString(w, big[i*1000:(i+1)*1000])
				}
				w.(http.Flusher).Flush()
			})
		case "/status":
			beside(func() { http.Error(w, "none", http.StatusNotFound) })
		case "/panic":
			beside(func() { io.WriteString(w, "lost") })
			panic(http.ErrAbortHandler)
		case "/late":
			returned := r.Context().Done()
			go func() {
				<-returned
				for { // it is the end of the request's context that comes first, by a moment
					if _, err := io.WriteString(w, "x"); err != nil {
						late <- err
						return
					}
				}
			}()
		case "/profile":
			pprof.Profile(w, r)
		}
	}, func(t *testing.T, h *green.Hub, addr string) error {
		for _, c := range []struct{ path, want string }{{"/small", "abc"}, {"/big", big}, {"/parts", big}, {"/late", ""}} {
			p, err := dial(h, addr)
			if err != nil {
				return err
			}
			defer p.Close()
			_, body, err := p.ask("GET", request("GET", c.path, ""))
			if err != nil {
				return err
			}
			if c.path != "/late" && body != c.want {
				t.Errorf("%s: got %d bytes that are not the %d written", c.path, len(body), len(c.want))
			}
		}
		if err := <-late; err == nil || errors.Is(err, http.ErrHijacked) {
			t.Errorf("a write after the handler: %v", err)
		}
		p, err := dial(h, addr)
		if err != nil {
			return err
		}
		defer p.Close()
		resp, body, err := p.ask("GET", request("GET", "/status", ""))
		if err != nil {
			return err
		}
		expect(t, "status", resp.StatusCode, http.StatusNotFound)
		expect(t, "its text", body, "none\n")
		resp, body, err = p.ask("GET", request("GET", "/profile?seconds=1", ""))
		if err != nil {
			return err
		}
		if resp.StatusCode != http.StatusOK || !strings.HasPrefix(body, "\x1f\x8b") {
			t.Errorf("a profile: %s, %.80q", resp.Status, body)
		}
		if got, _ := talk(h, addr, request("GET", "/panic", "")); got != "" {
			t.Errorf("an answer that was aborted: %q", got)
		}
		return nil
	})
}
