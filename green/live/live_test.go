package live_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/live"
	"github.com/go-greenlet/greenlet/tasklet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// inHub runs a hub with a few tasks, and outside on a goroutine of its own meanwhile.
func inHub(t *testing.T, outside func(h *green.Hub)) *green.Hub {
	t.Helper()
	var hub *green.Hub
	err := green.Run(func(h *green.Hub) error {
		hub = h
		e := h.NewEvent()
		h.Go(e.Wait).SetName("a <waiter>")
		h.Go(e.Wait)
		h.Yield()
		_, err := green.Offload(h, func(context.Context) (int, error) { outside(h); return 0, nil })
		e.Set()
		return err
	}, green.WithWorld(tasklet.NewClock(time.Unix(0, 0))))
	if err != nil {
		t.Errorf("Run: %v", err)
	}
	return hub
}

func get(h *green.Hub, url, accept string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "http://localhost"+url, nil)
	r.Header.Set("Accept", accept)
	live.Handler(h).ServeHTTP(w, r)
	return w
}

func TestHandler(t *testing.T) {
	hub := inHub(t, func(h *green.Hub) {
		w := get(h, "/", "text/html,application/json")
		body := w.Body.String()
		if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			t.Errorf("the page: %d %v", w.Code, w.Header())
		}
		for _, part := range []string{"task 2 &#34;a &lt;waiter&gt;&#34;", "waits for an event", "task 1 &#34;main&#34;"} {
			if !strings.Contains(body, part) {
				t.Errorf("no %q in %s", part, body)
			}
		}
		if strings.Contains(body, "live_test.go") || !strings.Contains(get(h, "/?stacks=1", "").Body.String(), "live_test.go") {
			t.Error("stacks when they were not asked for, or none")
		}
		for _, w := range []*httptest.ResponseRecorder{get(h, "/?format=json", ""), get(h, "/", "application/json")} {
			var s green.Snapshot
			if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil || s.Stats.Tasks != 3 || len(s.Tasks) != 3 {
				t.Errorf("JSON: %v, %+v", err, s)
			}
		}
		if s := get(h, "/?format=text", "").Body.String(); !strings.Contains(s, `task 2 "a <waiter>": waits for an event`) {
			t.Errorf("dump: %s", s)
		}
		w = httptest.NewRecorder()
		live.Handler(h).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "http://localhost/", nil))
		if w.Code != http.StatusMethodNotAllowed {
			t.Errorf("POST: %d", w.Code)
		}
	})
	if w := get(hub, "/", ""); w.Code != http.StatusServiceUnavailable {
		t.Errorf("after the end: %d", w.Code)
	}
}

func TestWrite(t *testing.T) {
	inHub(t, func(h *green.Hub) {
		s, err := live.Snapshot(context.Background(), h, false)
		if err != nil {
			t.Error(err)
			return
		}
		s.Tasks[1].Name = "an escape \x1b[2J and more"
		last := *s
		last.Time = s.Time.Add(-2 * time.Second)
		last.Stats.Switches -= 2
		var b bytes.Buffer
		if err := live.Write(&b, s, &last, 2); err != nil {
			t.Error(err)
		}
		for _, part := range []string{
			"3 tasks, 0 others: 0 runnable, 3 blocked", "switches (1/s)", "an escape  [2J and …", "more\n",
		} {
			if !strings.Contains(b.String(), part) {
				t.Errorf("no %q in\n%s", part, b.String())
			}
		}
	})
}

// A writer ends the context after some pictures.
type writer struct {
	bytes.Buffer
	left   int
	cancel func()
}

func (w *writer) Write(p []byte) (int, error) {
	if w.left--; w.left == 0 {
		w.cancel()
	}
	return w.Buffer.Write(p)
}

func TestTop(t *testing.T) {
	hub := inHub(t, func(h *green.Hub) {
		ctx, cancel := context.WithCancel(context.Background())
		w := &writer{left: 2, cancel: cancel}
		if err := live.Top(ctx, h, w, time.Millisecond, 10); err != nil {
			t.Error(err)
		}
		if n := strings.Count(w.String(), "3 tasks"); n != 2 {
			t.Errorf("drawn %d times: %s", n, w.String())
		}
	})
	if err := live.Top(context.Background(), hub, &bytes.Buffer{}, time.Hour, 10); err != nil {
		t.Errorf("after the end: %v", err)
	}
}

// Only a request that names this server is answered: the name of another may lead here for a while (DNS rebinding).
func TestHandlerHost(t *testing.T) {
	inHub(t, func(h *green.Hub) {
		for host, want := range map[string]int{
			"localhost": 200, "localhost:8080": 200, "LocalHost.": 200, "127.0.0.1": 200, "127.0.0.1:80": 200, "[::1]:80": 200,
			"[::1]": 200, "192.168.1.5:1": 200, "": 200, "hub.example": 200, "Hub.Example:8080": 200,
			"evil.test": 403, "evil.test:8080": 403, "localhost.evil.test": 403, "127.0.0.1.evil.test": 403,
			"hub.example.evil.test": 403, "evil.test:localhost": 403, "localhost@evil.test": 403,
		} {
			for _, url := range []string{"/", "/?format=json", "/?format=text&stacks=1"} {
				w := httptest.NewRecorder()
				r := httptest.NewRequest(http.MethodGet, url, nil)
				r.Host = host
				live.Handler(h, "hub.example").ServeHTTP(w, r)
				if w.Code != want || want == 403 && strings.Contains(w.Body.String(), "waiter") {
					t.Errorf("%s with the host %q: %d %s", url, host, w.Code, w.Body)
				}
			}
		}
	})
}
