package live

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/internal/hostname"
)

// patience is for how long the hub may take to answer.
const patience = 2 * time.Second

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

// Handler returns a handler that serves a page which renews itself, or, to a request with the query format=json or that
// accepts application/json rather than text/html, a [green.Snapshot] as JSON, or, with format=text, a dump. With the
// query stacks=1 the page and the JSON have the stacks; the dump always has. Any goroutine may call it, but none that
// runs h.
//
// A request must name the server by its address, as localhost or by one of hosts, or the answer is 403. Otherwise a
// page elsewhere could make its own name lead to this machine (DNS rebinding), and read what is here with the browser
// of somebody who may.
//
// It answers 503 if the hub has ended, or does not answer within two seconds.
func Handler(h *green.Hub, hosts ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if host, own := hostname.Own(r.Host, hosts); !own {
			http.Error(w, fmt.Sprintf("live: %q is not known as a name of this server; give it to Handler if it is one", host),
				http.StatusForbidden)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "only GET", http.StatusMethodNotAllowed)
			return
		}
		format := r.URL.Query().Get("format")
		accept := r.Header.Get("Accept")
		if format == "" && strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/html") {
			format = "json"
		}
		stacks := r.URL.Query().Get("stacks") == "1"
		s, err := Snapshot(r.Context(), h, stacks || format == "text")
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		var text bytes.Buffer
		kind := "text/html"
		switch format {
		case "json":
			kind = "application/json"
			err = json.NewEncoder(&text).Encode(s)
		case "text":
			kind = "text/plain"
			err = s.Write(&text)
		default:
			err = page.Execute(&text, view{s, stacks})
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", kind+"; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.Write(text.Bytes())
	})
}

// A view is what the page gets.
type view struct {
	*green.Snapshot
	Stacks bool
}

// Quantile is a quantile of the latency.
func (v view) Quantile(q float64) time.Duration { return v.Stats.Latency.Quantile(q) }

// Snapshot gets a snapshot of h, as [green.Hub.Inspect] does. It fails if h has
// ended, has not answered for two seconds, or ctx is done.
func Snapshot(ctx context.Context, h *green.Hub, stacks bool) (*green.Snapshot, error) {
	soon, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s, err := h.Inspect(soon, stacks)
	switch {
	case err == nil:
		return s, nil
	case soon.Err() == context.DeadlineExceeded && ctx.Err() == nil && err == context.Cause(soon):
		return nil, fmt.Errorf("live: the hub has not answered for %v: a task does not give way", patience)
	case errors.Is(err, green.ErrClosed):
		return nil, fmt.Errorf("live: the hub has ended: %w", err)
	}
	return nil, err
}
